"""Workbooks as people keep them, and as they break."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.parse import Limits
from tests.files.parsing import KINDS, LIMITS, read, saved, sheet, values

HEADER = ("Some Text", "Whole")
NAME = "kinds.xlsx"


def edited(content: bytes, part: str, old: str, new: str) -> bytes:
    """A workbook with something replaced in one of its parts."""
    result = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as before, ZipFile(result, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            text = before.read(name)
            if name == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            after.writestr(name, text)
    return result.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_of_excel_become_what_the_columns_want(tmp_path: Path) -> None:
    content = sheet(
        tmp_path,
        [*HEADER, "Number", "Flag", "Lasts", "Day", "Clock", "Moment"],
        [4108.0, 3.0, 0.1, True, 1500, date(2026, 3, 1), time(9, 5), datetime(2026, 7, 1, 9, 5, 30)],  # noqa: DTZ001 - Excel knows no zones
        ["x", "3.0", "0.1", "no", "1500", "2026-03-01", timedelta(hours=9, minutes=5), datetime(2026, 7, 1)],  # noqa: DTZ001 - Excel knows no zones
    )
    parsed = read(tmp_path, content, name=NAME)
    assert values(parsed, "text") == ["4108", "x"]
    assert values(parsed, "whole") == [3, 3]
    assert values(parsed, "number") == [0.1, 0.1]
    assert values(parsed, "flag") == [True, False]
    assert values(parsed, "lasts") == [1.5, 1.5]
    assert values(parsed, "day") == [date(2026, 3, 1)] * 2
    assert values(parsed, "clock") == [time(9, 5)] * 2
    assert values(parsed, "moment") == [
        datetime(2026, 7, 1, 7, 5, 30, tzinfo=UTC),
        datetime(2026, 6, 30, 22, tzinfo=UTC),
    ]


def test_rows_keep_the_numbers_that_excel_shows(tmp_path: Path) -> None:
    content = sheet(tmp_path, [], [], HEADER, ["a", 1], [" "], ["b", 2])
    parsed = read(tmp_path, content, name=NAME)
    assert values(parsed, "source_row") == [4, 6]
    assert parsed.padding == 1


def test_blank_rows_below_the_data_are_no_padding(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append(HEADER)
    page.append(["a", 1])
    page.cell(1_000_000, 1).number_format = "0.00"
    parsed = read(tmp_path, saved(tmp_path, book), name=NAME)
    assert (len(parsed.frame), parsed.padding) == (1, 0)


def test_a_formula_gives_what_excel_stored(tmp_path: Path) -> None:
    content = sheet(tmp_path, HEADER, ["a", "=1+1"])
    stored = edited(content, SHEET, "<v></v>", "<v>2</v>")
    assert values(read(tmp_path, stored, name=NAME), "whole") == [2]


def test_a_formula_that_was_never_calculated_is_a_fault(tmp_path: Path) -> None:
    content = sheet(tmp_path, HEADER, ["a", 1], ["b", "=SUM(B2:B2)"])
    with pytest.raises(Fault, match="formula without a stored result") as caught:
        read(tmp_path, content, name=NAME)
    assert (caught.value.sheet, caught.value.row, caught.value.column) == ("Data", 3, "Whole")


def test_a_formula_whose_result_is_an_empty_text_is_an_empty_cell(tmp_path: Path) -> None:
    content = sheet(tmp_path, HEADER, ["=T(B2)", 1])
    stored = edited(content, SHEET, '<c r="A2">', '<c r="A2" t="str">')
    assert values(read(tmp_path, stored, name=NAME), "text") == [None]


def test_error_cells_are_faults_where_a_declared_column_has_them(tmp_path: Path) -> None:
    header = [*HEADER, "Helper"]
    assert len(read(tmp_path, sheet(tmp_path, header, ["a", 1, "#REF!"]), name=NAME).frame) == 1
    with pytest.raises(Fault, match="sheet 'Data', row 2, column 'Whole': is the error #REF!"):
        read(tmp_path, sheet(tmp_path, header, ["a", "#REF!", "x"]), name=NAME)


def test_the_value_of_merged_cells_belongs_to_the_first(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    for row in (HEADER, ["a", 1], ["b", 2]):
        page.append(list(row))
    page.merge_cells("A2:A3")
    assert values(read(tmp_path, saved(tmp_path, book), name=NAME), "text") == ["a", None]


def test_the_first_visible_sheet_is_read_unless_one_is_named(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].title = "Hidden"
    book.worksheets[0].sheet_state = "hidden"
    for title, text in (("Shown", "a"), ("Other", "b")):
        page = book.create_sheet(title)
        page.append(HEADER)
        page.append([text, 1])
    content = saved(tmp_path, book)
    assert values(read(tmp_path, content, name=NAME), "text") == ["a"]
    other = dataclasses.replace(KINDS, sheet="OTHER")
    assert values(read(tmp_path, content, name=NAME, dataset=other), "text") == ["b"]
    with pytest.raises(
        Fault, match="sheet 'Lost': is not in the workbook, which has 'Hidden', 'Shown', 'Other'"
    ):
        read(tmp_path, content, name=NAME, dataset=dataclasses.replace(KINDS, sheet="Lost"))


def test_an_empty_sheet_is_empty_and_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="sheet 'Data': is empty"):
        read(tmp_path, sheet(tmp_path), name=NAME)
    assert read(tmp_path, sheet(tmp_path, HEADER), name=NAME).frame.empty


def test_limits_hold_while_reading(tmp_path: Path) -> None:
    rows = sheet(tmp_path, HEADER, *(["a", 1] for _ in range(11)))
    with pytest.raises(Fault, match="row 12: has more than 10 rows"):
        read(tmp_path, rows, name=NAME, limits=Limits(10, 50, 10_000_000))
    book = Workbook()
    book.worksheets[0].append(HEADER)
    book.worksheets[0]["XFD1048576"] = "far"
    with pytest.raises(Fault, match="row 1048576: has more than 50 columns"):
        read(tmp_path, saved(tmp_path, book), name=NAME)
    with pytest.raises(Fault, match="unpacks to more than 1,000 bytes"):
        read(tmp_path, rows, name=NAME, limits=Limits(10, 50, 1_000))


def test_what_cannot_be_read_is_said_in_plain_words(tmp_path: Path) -> None:
    content = sheet(tmp_path, HEADER, ["a", 1])
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    for name, file, reason in (
        ("kinds.xlsx", ole, "is an encrypted or a very old workbook"),
        ("kinds.xls", ole, "is an encrypted or a very old workbook"),
        ("kinds.xlsm", content, "is a workbook of the kind .xlsm"),
        ("kinds.xlsb", content, "is a workbook of the kind .xlsb"),
        ("kinds.csv", content, "is called .csv, but is a packed file"),
        ("kinds.xlsx", b"Some Text,Whole\n", "is called .xlsx, but is no Excel workbook"),
        ("kinds.docx", content, "is of a kind that is not read .*: only CSV, .xlsx and .ics are"),
        ("kinds.xlsx", content[:1_000], "is a damaged workbook"),
        ("kinds.xlsx", repacked(content, {"xl/vbaProject.bin": b"x"}), "is a workbook with macros"),
        ("kinds.xlsx", repacked(content, {"xl/workbook.bin": b"x"}), "is a binary workbook"),
        ("kinds.xlsx", repacked({}, {"word/document.xml": b"x"}), "is a packed file, but no Excel workbook"),
        ("kinds.xlsx", repacked(content, {}, ZIP_BZIP2), "is packed in a way that Excel does not use"),
    ):
        with pytest.raises(Fault, match=reason):
            read(tmp_path, file, name=name)


def repacked(content: bytes | dict[str, bytes], more: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    """A package with more parts."""
    result = io.BytesIO()
    with ZipFile(result, "w", method) as after:
        if isinstance(content, bytes):
            with ZipFile(io.BytesIO(content)) as before:
                for name in before.namelist():
                    after.writestr(name, before.read(name))
        for name, part in more.items():
            after.writestr(name, part)
    return result.getvalue()


@pytest.mark.parametrize("tag", ["<x/>", '<c t="n"/>'])
def test_a_row_that_would_fill_the_memory_is_refused(tmp_path: Path, tag: str) -> None:
    content = edited(sheet(tmp_path, HEADER, ["a", 1]), SHEET, "</row>", tag * 600_000 + "</row>")
    with pytest.raises(Fault, match="too large to be read"):
        read(tmp_path, content, name=NAME, limits=LIMITS)


def test_entities_are_refused(tmp_path: Path) -> None:
    laughs = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet'
    content = edited(sheet(tmp_path, HEADER, ["a", 1]), SHEET, "<worksheet", laughs)
    with pytest.raises(Fault, match=r"EntitiesForbidden"):
        read(tmp_path, content, name=NAME)
