"""What holds for every dataset that comes with the pipeline."""

from __future__ import annotations

import pytest

from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.dataset import Dataset, Kind, Loading, claimant
from scheduling_pipeline.files.table import plain

NAMES = {
    "acq": (
        "ACQ__2026-03-01_0905.csv",
        "acq__2026-03-01_0905.CSV",
        "ACQ.csv",
        "ACQ 1 März (équipe n° 2).csv",
        "ACQ.xlsx",
    ),
    "qcbs": ("QCBS__2026-03-01_0905.csv", "QCBs_x.csv"),
    "resc": ("RESC-2026.csv",),
    "ib_calls": ("IB_Calls__2026-03-01_0905.csv", "Archive/IB_CALLS.csv"),
    "dials": ("Dials__2026-03-01_0905.csv", "Dials.2026.csv"),
    "productivity": ("Productivity__2026-03-01_0905.csv",),
    "campaign_interactions": ("Campaign_Interactions__2026-03-01_0905.csv",),
    "teachers": ("School/Teachers.xlsx", "Teachers (2).xlsx", "teachers.csv", "Teachers.xls"),
    "terms": ("Courses/terms.csv",),
    "courses": ("courses.csv", "courses__2026-03-01.csv"),
    "meeting_times": ("meeting_times.csv", "Meeting Times.xlsx"),
    "enrollments": ("enrollments.csv",),
    "users": ("users.csv",),
    "rooms": ("rooms.csv",),
    "final_exams": ("final_exams.csv", "Final-Exams 2026.csv"),
    "university_events": (
        *("university_events.csv", "University Events (1).xlsx", "Courses/University_Events.ics"),
        *("university.ics", "academic_calendar_2026.ics", "Academic Calendar.ics"),
    ),
    "work_bank_visits": ("WorkBankVisits.csv", "WorkBankVisits (1).csv"),
    "calendar_schedule": ("CalendarSchedule.csv",),
}
OTHERS = (
    "ACQUISITION.csv",
    "ACQ",
    "ACQ__notes.docx",
    "My ACQ.csv",
    "Coursesandmore.csv",
    "Please read.txt",
    "acq.csv/x",
    "meetings.ics",
    "academic_calendar.csv",
)

every = pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)


def test_all_are_there_and_each_name_is_claimed_by_one() -> None:
    assert [dataset.name for dataset in DATASETS] == list(NAMES)
    for name, paths in NAMES.items():
        for path in paths:
            assert [dataset.name for dataset in DATASETS if dataset.claims(path)] == [name], path


@pytest.mark.parametrize("path", OTHERS)
def test_other_files_are_nobodys(path: str) -> None:
    assert claimant(DATASETS, path) is None


@every
def test_a_dataset_describes_itself_in_a_sentence(dataset: Dataset) -> None:
    assert dataset.description.endswith(".")
    assert len(dataset.description) > 30


@every
def test_columns_are_told_apart_by_their_headers(dataset: Dataset) -> None:
    headers = [plain(name) for column in dataset.columns for name in (column.header, *column.aliases)]
    assert len(set(headers)) == len(headers)


@every
def test_bounds_are_of_numbers_and_choices_of_texts(dataset: Dataset) -> None:
    numbers = {Kind.INTEGER, Kind.NUMBER, Kind.MILLISECONDS}
    for column in dataset.columns:
        assert column.kind in numbers or (column.low is None and column.high is None)
        assert column.kind is Kind.TEXT or not column.choices


@every
def test_what_tells_rows_or_intervals_apart_is_never_empty(dataset: Dataset) -> None:
    columns = {column.name: column for column in dataset.columns}
    assert not any(
        columns[name].nullable or not columns[name].required for name in (*dataset.key, *dataset.interval)
    )


def test_how_files_join_those_before_them() -> None:
    hourly = {"acq", "qcbs", "resc", "ib_calls", "dials", "productivity"}
    expected = {name: Loading.REPLACE_INTERVAL if name in hourly else Loading.REPLACE_ALL for name in NAMES}
    expected["campaign_interactions"] = Loading.APPEND
    assert {dataset.name: dataset.loading for dataset in DATASETS} == expected
