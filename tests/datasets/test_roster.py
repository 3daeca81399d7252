"""The exports of the field-marketing planner."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.dataset import claimant
from tests.datasets.reading import arrive, refusal

HEADER = (
    "Project Name,Project Reference Number,Location MVID,Store Number,Store Name,Start Date/Time,"
    "Due Date/Time,Estimated Time,Rep Name,Employee ID,Schedule Date/Time"
)
VISIT = (
    '606001-ACME-Tea (260701000001)  - V2-CORE,400000101,7c1e6a52,4108,"Market, Lakeside",'
    "07/01/2026 12:00:00 AM,07/15/2026 12:01:00 AM,360"
)
NEW_YORK = "America/New_York"


def test_rows_of_the_work_bank_stop_after_the_eighth_column(tmp_path: Path) -> None:
    parsed = arrive(tmp_path, "WorkBankVisits.csv", f"{HEADER}\n{VISIT}\n{VISIT}\n", NEW_YORK)
    frame = parsed.frame
    assert frame["store_name"].tolist() == ["Market, Lakeside"] * 2
    assert frame["start"].tolist() == [datetime(2026, 7, 1, 4, tzinfo=UTC)] * 2
    assert frame["due"].tolist() == [datetime(2026, 7, 15, 4, 1, tzinfo=UTC)] * 2
    assert frame["estimated_minutes"].tolist() == [360] * 2
    assert frame[["rep_name", "employee_id", "scheduled"]].isna().all(axis=None)


def test_the_last_columns_of_the_work_bank_need_not_be_there(tmp_path: Path) -> None:
    header = ",".join(HEADER.split(",")[:8])
    parsed = arrive(tmp_path, "WorkBankVisits.csv", f"{header}\n{VISIT}\n")
    assert parsed.missing == ("rep_name", "employee_id", "scheduled")
    assert "has no column 'Estimated Time'" in refusal(
        tmp_path, "WorkBankVisits.csv", header.removesuffix(",Estimated Time")
    )


def test_the_calendar_has_a_person_and_a_time_for_each_visit(tmp_path: Path) -> None:
    filled = f"{HEADER}\n{VISIT},Rita Example,US123456,07/02/2026 09:15:00 AM\n"
    frame = arrive(tmp_path, "CalendarSchedule.csv", filled, NEW_YORK).frame
    assert frame["employee_id"].tolist() == ["US123456"]
    assert frame["scheduled"].tolist() == [datetime(2026, 7, 2, 13, 15, tzinfo=UTC)]
    reason = refusal(tmp_path, "CalendarSchedule.csv", f"{HEADER}\n{VISIT}\n")
    assert reason == "row 2, column 'Employee ID': is empty; 1 more cell is wrong"


def test_remarks_at_the_end_of_a_calendar_are_no_rows(tmp_path: Path) -> None:
    filled = f"{HEADER}\n{VISIT},Rita Example,US123456,07/02/2026 09:15:00 AM\n"
    remarks = "# not due yet: 1, 2, 3\n#,,,,,,,,,,\n"
    assert len(arrive(tmp_path, "CalendarSchedule.csv", filled + remarks).frame) == 1


def test_a_date_that_is_none_refuses_the_whole_file_with_its_row(tmp_path: Path) -> None:
    wrong = VISIT.replace("07/15/2026", "15/07/2026")
    reason = refusal(tmp_path, "WorkBankVisits.csv", f"{HEADER}\n{VISIT}\n{wrong}\n")
    assert "row 3, column 'Due Date/Time'" in reason
    assert "15/07/2026" in reason


def test_a_file_of_another_kind_is_nobodys_and_an_old_workbook_is_reported(tmp_path: Path) -> None:
    assert claimant(DATASETS, "WorkBankVisits.txt") is None
    assert "save it as .xlsx" in refusal(tmp_path, "WorkBankVisits.xls", b"\xd0\xcf\x11\xe0" + bytes(600))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "CalendarSchedule.csv", "") == "is empty"
