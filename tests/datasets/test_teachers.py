"""The list of teachers, as a workbook and as CSV."""

from __future__ import annotations

import io
from pathlib import Path

from openpyxl import Workbook

from tests.datasets.reading import arrive, refusal

HEADER = ["Name", "Type", "School", "Phone Number", "Email"]
ANNA = ["Anna Example", "In Person", "ESA / SFS", 41791234567, "anna.example@school.example"]
BO = ["Bo Exämple ", "online", None, None, "bo.example@school.example"]


def book(*rows: list[object], title: str = "Teachers") -> bytes:
    made = Workbook()
    page = made.worksheets[0]
    page.title = title
    for row in rows:
        page.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def test_the_workbook_and_the_csv_file_say_the_same(tmp_path: Path) -> None:
    text = "\n".join(",".join(str(cell or "") for cell in row) for row in (HEADER, ANNA, BO))
    workbook = arrive(tmp_path, "Teachers.xlsx", book([*HEADER], [*ANNA], [*BO])).frame
    for frame in (workbook, arrive(tmp_path, "teachers.csv", text).frame):
        assert frame["name"].tolist() == ["Anna Example", "Bo Exämple"]
        assert frame["type"].tolist() == ["In Person", "Online"]
        assert frame["phone_number"].fillna("-").tolist() == ["41791234567", "-"]
        assert frame["source_row"].tolist() == [2, 3]


def test_an_account_is_listed_once(tmp_path: Path) -> None:
    reason = refusal(tmp_path, "Teachers.xlsx", book([*HEADER], [*ANNA], [*BO], [*ANNA]))
    assert reason == "sheet 'Teachers', row 4: has the same Email as row 2"


def test_another_sheet_is_not_taken_for_the_list(tmp_path: Path) -> None:
    reason = refusal(tmp_path, "Teachers.xlsx", book([*HEADER], [*ANNA], title="Old"))
    assert reason == "sheet 'Teachers': is not in the workbook, which has 'Old'"


def test_nobody_is_named_when_something_is_missing(tmp_path: Path) -> None:
    reason = refusal(tmp_path, "Teachers.xlsx", book([*HEADER], ["Anna Example", "Online", "SFS", "", ""]))
    assert reason == "sheet 'Teachers', row 2, column 'Email': is empty"
