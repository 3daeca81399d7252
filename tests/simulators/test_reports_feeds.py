"""The files that feed the other flows: teachers, the course catalogue, store visits."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from scheduling_pipeline.courses.university import RawEvent, clean
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports import DemoFolder
from scheduling_pipeline.simulators.reports.courses import Edition, catalogue
from scheduling_pipeline.simulators.reports.teachers import teachers_workbook
from scheduling_pipeline.simulators.reports.university import published_calendar
from scheduling_pipeline.simulators.reports.visits import COLUMNS, calendar_schedule, work_bank_visits
from scheduling_pipeline.simulators.school import PLANTED
from scheduling_pipeline.simulators.school.people import accounts
from tests.datasets.reading import arrive
from tests.files.parsing import values

MONDAY = date(2026, 3, 2)
_CLOCKS = {"start_time", "end_time"}


def _rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, str]]]:
    return _tables(catalogue(1))


def _tables(files: Mapping[str, bytes]) -> dict[str, list[dict[str, str]]]:
    return {
        name: list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))
        for name, data in files.items()
        if name.endswith(".csv")
    }


def test_all_feeds_stand_in_the_demo_folder() -> None:
    paths = {drop.path for drop in DemoFolder().between(None, DEMO_START)}
    names = ("terms", "courses", "meeting_times", "enrollments", "users", "rooms", "final_exams")
    assert {f"Reports/Courses/{name}.csv" for name in names} <= paths
    assert {"Reports/Roster/WorkBankVisits.csv", "Reports/Roster/CalendarSchedule.csv"} <= paths
    assert {"Reports/School/Teachers.xlsx", "Reports/Courses/university_events.ics"} <= paths


def test_the_workbook_lists_56_teachers_on_one_filtered_sheet() -> None:
    book = openpyxl.load_workbook(io.BytesIO(teachers_workbook()))
    assert book.sheetnames == ["Teachers"]
    sheet = book["Teachers"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == ("Name", "Type", "School", "Phone Number", "Email")
    assert sheet.auto_filter.ref == "A1:E57"
    assert Counter(row[1] for row in rows) == {"In Person": 37, "Online": 19}
    assert Counter(row[2] for row in rows) == {
        "SFS": 20,
        "ESA": 10,
        "WSE": 8,
        "WSE Junior": 8,
        "ESA Junior": 6,
        "SFS Junior": 3,
        "ESA / SFS": 1,
    }
    assert len({row[4] for row in rows}) == 56


def test_the_workbook_has_the_names_and_addresses_of_the_directory() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(teachers_workbook()))["Teachers"]
    emails = {row[0]: row[4] for row in sheet.iter_rows(min_row=2, values_only=True)}
    directory = {account.upn: account.display_name for account in accounts()}
    known = {name: email for name, email in emails.items() if email in directory}
    assert len(known) == 47
    assert all(directory[str(email)] == name for name, email in known.items())
    assert emails["Lukas Tobler"] == "lukas.tobler2@school.example"  # the other one is no teacher
    assert PLANTED.unmatched.title() not in emails


def test_phone_numbers_are_those_kept_for_fiction() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(teachers_workbook()))["Teachers"]
    phones = [row[3] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert phones.count(None) == 1
    assert all(re.fullmatch(r"\+33 6 39 98 \d\d \d\d", str(phone)) for phone in phones if phone)


def test_the_workbook_is_the_same_bytes_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = teachers_workbook()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert teachers_workbook() == first


def test_the_catalogue_is_consistent(tables: dict[str, list[dict[str, str]]]) -> None:
    terms = {row["uid"] for row in tables["terms.csv"]}
    courses = {row["crn"]: row for row in tables["courses.csv"]}
    rooms = {(row["building"], row["number"]) for row in tables["rooms.csv"]}
    users = {row["email"] for row in tables["users.csv"]}
    enrolled = [(row["user_email"], row["crn"], row["term"]) for row in tables["enrollments.csv"]]
    assert len(courses) == len(tables["courses.csv"])
    assert len(users) == len(tables["users.csv"])
    assert len(set(enrolled)) == len(enrolled)
    assert {user for user, _, _ in enrolled} == users
    assert {crn for _, crn, _ in enrolled} <= set(courses)
    for name in ("courses", "meeting_times", "enrollments", "final_exams"):
        assert {row["crn"] for row in tables[f"{name}.csv"]} <= set(courses)
        assert {row["term"] for row in tables[f"{name}.csv"]} <= terms
    for meeting in tables["meeting_times.csv"]:
        assert 0 <= int(meeting["day_of_week"]) <= 6
        assert 0 <= int(meeting["begin_time"]) <= int(meeting["end_time"]) <= 2359
        assert {(meeting["building"], room) for room in meeting["room"].split("/")} <= rooms


def test_a_terms_number_follows_from_year_and_season(tables: dict[str, list[dict[str, str]]]) -> None:
    for term in tables["terms.csv"]:
        year = int(term["year"])
        expected = {"fall": (year + 1) * 100 + 10, "spring": year * 100 + 20, "summer": year * 100 + 30}
        assert int(term["uid"]) == expected[term["season"]]
        assert date.fromisoformat(term["start_date"]) < date.fromisoformat(term["end_date"])


def test_the_catalogue_is_worth_looking_at_when_the_demo_starts(
    tables: dict[str, list[dict[str, str]]],
) -> None:
    today = DEMO_START.date().isoformat()
    meetings = tables["meeting_times.csv"]
    assert all(meeting["start_date"] < today < meeting["end_date"] for meeting in meetings)
    assert any(int(meeting["begin_time"]) >= 1900 for meeting in meetings)
    assert {meeting["meeting_schedule_type"] for meeting in meetings} == {"1", "2"}
    assert any(meeting["building"] == "TBD" for meeting in meetings)
    assert any("/" in meeting["room"] for meeting in meetings)
    assert {course["status"] for course in tables["courses.csv"]} == {"active", "cancelled"}
    assert Counter(Counter(row["user_email"] for row in tables["enrollments.csv"]).values()) == {4: 12}


def _published(folder: Path, content: bytes) -> Iterator[RawEvent]:
    """The rows of a published calendar, as the catalogue takes them."""
    parsed = arrive(folder, "university_events.ics", content, zone="America/New_York")
    names = [name for name in parsed.frame.columns if name != "source_row"]
    for row in zip(*(values(parsed, name) for name in names), strict=True):
        cells = {name: cell for name, cell in zip(names, row, strict=True) if cell is not None}
        clocks = {name: time(*divmod(int(cells.pop(name)), 100)) for name in _CLOCKS & cells.keys()}
        yield RawEvent(**(cells | clocks))


def test_the_published_calendar_becomes_the_universitys_events(tmp_path: Path) -> None:
    content = published_calendar()
    assert content == published_calendar()
    cleaned = clean(list(_published(tmp_path, content)))
    free = [event for event in cleaned.events if event.category in {"holiday", "study_day", "finals"}]
    assert [(event.summary, event.start_date.isoformat(), event.end_date.isoformat()) for event in free] == [
        ("Martin Luther King Jr. Day", "2026-01-19", "2026-01-19"),
        ("Presidents' Day", "2026-02-16", "2026-02-16"),
        ("Spring Break", "2026-03-09", "2026-03-13"),
        ("Patriots' Day", "2026-04-20", "2026-04-20"),
        ("Study Day", "2026-04-23", "2026-04-23"),
        ("Final Exam Period", "2026-04-24", "2026-04-29"),
        ("Memorial Day", "2026-05-25", "2026-05-25"),
        ("Juneteenth", "2026-06-19", "2026-06-19"),
        ("Labor Day", "2026-09-07", "2026-09-07"),
        ("Thanksgiving Break", "2026-11-25", "2026-11-27"),
    ]
    others = Counter(event.category for event in cleaned.events if event not in free)
    assert others == {
        "term_dates": 2,
        "deadline": 1,
        "registration": 1,
        "announcement": 1,
        "campus_event": 1,
        "graduation": 1,
        "meeting": 6,
    }
    assert {skipped.event.summary: skipped.reason for skipped in cleaned.skipped} == {
        "Founders' Lecture": "is cancelled",
        "Spring Break - Residence Life": "is much like 'Spring Break' of the same day",
    }


def test_somebody_corrects_the_catalogue_on_the_first_two_evenings() -> None:
    editions = [_tables(catalogue(1, edition)) for edition in Edition]
    first, moved, changed = editions

    def differences(
        before: dict[str, list[dict[str, str]]], after: dict[str, list[dict[str, str]]]
    ) -> set[str]:
        return {
            f"{name}: {field}"
            for name in before
            for one, other in zip(before[name], after[name], strict=True)
            for field in one
            if one[field] != other[field]
        }

    assert differences(first, moved) == {
        f"meeting_times.csv: {field}" for field in ("building", "room", "begin_time", "end_time")
    }
    enrolled = [
        {(row["user_email"], row["crn"]) for row in each["enrollments.csv"]} for each in (moved, changed)
    ]
    assert [len(enrolled[0] - enrolled[1]), len(enrolled[1] - enrolled[0])] == [1, 1]
    del moved["enrollments.csv"], changed["enrollments.csv"]
    assert differences(moved, changed) == {
        "courses.csv: instructor_name",
        "courses.csv: instructor_email",
    }

    drops = DemoFolder().between(DEMO_START, DEMO_START + timedelta(days=3))
    assert [
        (drop.path.removeprefix("Reports/Courses/"), (drop.at - DEMO_START) // timedelta(days=1))
        for drop in drops
        if drop.path.startswith("Reports/Courses/")
    ] == [("meeting_times.csv", 0), ("courses.csv", 1), ("enrollments.csv", 1)]


def test_open_visits_stop_after_the_estimated_time() -> None:
    header, *rows = _rows(work_bank_visits(1, MONDAY))
    assert tuple(header) == COLUMNS
    assert len(header) == 11
    assert len(rows) > 30
    assert {len(row) for row in rows} == {8}


def test_scheduled_visits_are_complete_and_made_before_they_are_due() -> None:
    header, *rows = _rows(calendar_schedule(1, MONDAY))
    assert tuple(header) == COLUMNS
    assert len(rows) > 30
    for row in rows:
        assert all(row)
        start, due, made = (
            datetime.strptime(row[i], "%m/%d/%Y %I:%M:%S %p").astimezone() for i in (5, 6, 10)
        )
        assert start <= made < due
        assert re.fullmatch(r"\d{9}", row[1])
        assert re.fullmatch(r"US\d{6}", row[9])


def test_a_visit_is_open_or_scheduled_and_never_both() -> None:
    waiting = {row[1] for row in _rows(work_bank_visits(1, MONDAY))[1:]}
    given = {row[1] for row in _rows(calendar_schedule(1, MONDAY))[1:]}
    assert not waiting & given
    tomorrow = {row[1] for row in _rows(calendar_schedule(1, MONDAY + timedelta(days=1)))[1:]}
    assert waiting & tomorrow  # somebody got it over night


def test_every_sampling_has_its_supervisor() -> None:
    names = [
        row[0]
        for export in (work_bank_visits, calendar_schedule)
        for row in _rows(export(1, MONDAY))[1:]
        if row[0].startswith("6")
    ]
    samplings = {name[:6] for name in names if name.endswith("- V2-CORE")}
    assert samplings
    assert samplings == {name[:6] for name in names if name.endswith("- V2-Supervisor")}


def test_the_exports_of_a_day_overwrite_those_of_the_day_before() -> None:
    drops = DemoFolder().between(None, DEMO_START + timedelta(days=2))
    exports = [drop for drop in drops if drop.path == "Reports/Roster/WorkBankVisits.csv"]
    assert len(exports) == 3
    assert len({drop.content for drop in exports}) == 3
