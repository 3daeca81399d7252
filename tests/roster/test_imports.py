"""The planner's exports, once ingested, become events and schedules: all of a file, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, RowMapping, delete, insert, select, update

from scheduling_pipeline.database.models import Base, IngestedVersion
from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent, RosterSchedule
from scheduling_pipeline.datasets.roster import ROSTER
from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.tables import ensure_tables, table_of
from scheduling_pipeline.roster.exports import export_schedule
from scheduling_pipeline.roster.imports import (
    CALENDAR,
    WORK_BANK,
    Imported,
    ImportRefusedError,
    import_visits,
)
from scheduling_pipeline.roster.refresh import refresh_events
from tests.datasets.reading import arrive as parse_file
from tests.roster.listing import NOW, SETTINGS, Listing, at, listed
from tests.roster.store import ZONE

ZURICH = ZoneInfo("Europe/Zurich")
NAME = "606001-ACME-Peach Tea (260302000001)  - V2-CORE"
VERSIONS = count()

Row = dict[str, Any]


def visit(ref: str = "400000101", **values: object) -> Row:
    return {
        "project_name": NAME,
        "project_reference_number": ref,
        "location_mvid": "7c1e6a52-0000-4000-8000-000000000001",
        "store_number": "4108",
        "store_name": "Market, Lakeside",
        "start": at(3, "00:00"),
        "due": at(10, "00:01"),
        "estimated_minutes": 360,
        "rep_name": None,
        "employee_id": None,
        "scheduled": None,
    } | values


def held(ref: str = "400000101", **values: object) -> Row:
    someone = {"rep_name": "Ada Reed", "employee_id": "US100001", "scheduled": at(4, "09:45")}
    return visit(ref, **(someone | values))


def arrive(engine: Engine, dataset: Dataset, *rows: Row) -> None:
    """A file of a dataset is ingested in place of the one before it."""
    ensure_tables(engine, ROSTER)
    table, log = table_of(dataset), IngestedVersion
    with engine.begin() as connection:
        connection.execute(delete(table))
        earlier = update(log).where(log.dataset == dataset.name, log.superseded_at.is_(None))
        connection.execute(earlier.values(superseded_at=NOW))
        version = str(next(VERSIONS))
        file = connection.execute(
            insert(log).values(**logged(dataset, version)).returning(log.id)
        ).scalar_one()
        numbered = [{**row, "file": file, "source_row": number} for number, row in enumerate(rows, start=2)]
        if numbered:
            connection.execute(insert(table), numbered)


def logged(dataset: Dataset, version: str) -> Row:
    return {
        "drive": "drive",
        "item": dataset.name,
        "etag": version,
        "path": f"{dataset.name}.csv",
        "size": 1,
        "sha256": version,
        "modified_by": "",
        "dataset": dataset.name,
        "outcome": "loaded",
        "missing_columns": [],
        "extra_columns": [],
        "run_id": "run",
        "ingested_at": NOW,
    }


def take_over(engine: Engine, files_zone: ZoneInfo = ZONE) -> Imported:
    return import_visits(engine, SETTINGS, NOW, files_zone=files_zone)


def rows(engine: Engine, table: type[Base]) -> list[RowMapping]:
    with engine.connect() as connection:
        return list(connection.execute(select(table.__table__)).mappings())


def test_without_any_file_there_is_nothing_to_do(engine: Engine) -> None:
    assert take_over(engine) == Imported(0, 0, 0, 0, 0, {})


def test_an_open_visit_becomes_an_event_that_cannot_be_submitted_yet(engine: Engine) -> None:
    arrive(engine, WORK_BANK, visit())
    assert take_over(engine).events_new == 1
    (event,) = rows(engine, RosterEvent)
    assert (event["project_ref_num"], event["external_id"], event["event_type"]) == (
        400_000_101,
        None,
        "core",
    )
    assert (event["store_number"], event["estimated_time"], event["is_scheduled"]) == (4108, 360, False)
    assert (event["start_datetime"], event["due_datetime"]) == (at(3, "00:00"), at(10, "00:01"))


def test_empty_optional_fields_are_nothing(engine: Engine) -> None:
    empty = visit(location_mvid=None, store_number=None, store_name=None, estimated_minutes=None)
    arrive(engine, WORK_BANK, empty, visit("400000102", estimated_minutes=0, store_number=" "))
    take_over(engine)
    for event in rows(engine, RosterEvent):
        assert (event["store_number"], event["estimated_time"]) == (None, None)


def test_duplicates_in_the_file_and_in_the_database_are_skipped_and_counted(engine: Engine) -> None:
    arrive(engine, WORK_BANK, visit(), visit())
    assert take_over(engine).skipped == {"twice": 1}
    arrive(engine, WORK_BANK, visit(store_name="Elsewhere"), visit("400000102"))
    again = take_over(engine)
    assert (again.events_new, again.events_changed, again.skipped) == (1, 0, {"known": 1})
    assert rows(engine, RosterEvent)[0]["store_name"] == "Market, Lakeside"


def test_a_scheduled_visit_brings_event_person_and_schedule(engine: Engine) -> None:
    arrive(engine, CALENDAR, held())
    done = take_over(engine)
    assert (done.events_new, done.people_new, done.schedules_new) == (1, 1, 1)
    (person,) = rows(engine, RosterEmployee)
    assert (person["id"], person["name"], person["job_title"]) == ("US100001", "Ada Reed", "Event Specialist")
    (schedule,) = rows(engine, RosterSchedule)
    assert (schedule["employee_id"], schedule["schedule_datetime"]) == ("US100001", at(4, "09:45"))
    assert rows(engine, RosterEvent)[0]["is_scheduled"]


def test_somebody_whom_an_open_visit_names_is_made_known(engine: Engine) -> None:
    arrive(engine, WORK_BANK, visit(employee_id="us100002"))
    assert take_over(engine).people_new == 1
    assert [(one["id"], one["name"]) for one in rows(engine, RosterEmployee)] == [("US100002", "US100002")]


def test_importing_the_same_again_changes_nothing(engine: Engine) -> None:
    arrive(engine, CALENDAR, held())
    take_over(engine)
    before = [rows(engine, table) for table in (RosterEvent, RosterEmployee, RosterSchedule)]
    again = take_over(engine)
    assert again == Imported(0, 0, 0, 0, 0, {"known": 1})
    assert [rows(engine, table) for table in (RosterEvent, RosterEmployee, RosterSchedule)] == before


def test_a_scheduled_import_brings_what_is_known_up_to_date(engine: Engine) -> None:
    arrive(engine, WORK_BANK, visit())
    take_over(engine)
    arrive(engine, CALENDAR, held(scheduled=at(5, "11:00"), employee_id="US100009"))
    done = take_over(engine)
    assert (done.events_changed, done.schedules_new) == (1, 1)
    assert rows(engine, RosterEvent)[0]["is_scheduled"]
    arrive(engine, CALENDAR, held(scheduled=at(6, "11:00"), employee_id="US100009"))
    assert take_over(engine).schedules_changed == 1
    assert [one["schedule_datetime"] for one in rows(engine, RosterSchedule)] == [at(6, "11:00")]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"project_reference_number": "A-17"}, "'A-17' is no reference number"),
        ({"store_number": "four"}, "'four' is no store number"),
        ({"due": at(2, "00:01")}, "it is due before it begins"),
    ],
)
def test_a_row_that_makes_no_sense_refuses_all_files_with_its_number(
    engine: Engine, wrong: Row, reason: str
) -> None:
    arrive(engine, WORK_BANK, visit(), visit("400000102", **wrong))
    arrive(engine, CALENDAR, held("400000103"), held("400000104", **wrong))
    with pytest.raises(ImportRefusedError, match=f"work_bank_visits, row 3: {reason}") as refused:
        take_over(engine)
    assert [(one.dataset, one.row) for one in refused.value.problems] == [
        ("work_bank_visits", 3),
        ("calendar_schedule", 3),
    ]
    assert [rows(engine, table) for table in (RosterEvent, RosterEmployee, RosterSchedule)] == [[], [], []]


def test_the_files_times_are_store_times_whatever_zone_ingestion_took_them_for(engine: Engine) -> None:
    read_as = datetime(2026, 3, 6, 9, 45, tzinfo=ZURICH).astimezone(UTC)
    start = datetime(2026, 3, 5, tzinfo=ZURICH)
    due = datetime(2026, 3, 12, 0, 1, tzinfo=ZURICH)
    arrive(engine, CALENDAR, held(scheduled=read_as, start=start, due=due))
    take_over(engine, ZURICH)
    assert rows(engine, RosterSchedule)[0]["schedule_datetime"] == at(4, "09:45")
    assert rows(engine, RosterEvent)[0]["start_datetime"] == at(3, "00:00")


def test_what_the_planner_lists_is_left_to_it(engine: Engine) -> None:
    refresh_events(engine, Listing([listed(name=NAME)]), SETTINGS, NOW)
    arrive(engine, CALENDAR, held())
    arrive(engine, WORK_BANK, visit("30000001", project_name="Another"))
    assert take_over(engine).skipped == {"listed by the planner": 2}
    assert len(rows(engine, RosterEvent)) == 1
    assert rows(engine, RosterSchedule) == []


def test_a_file_that_was_taken_away_says_nothing(engine: Engine) -> None:
    arrive(engine, WORK_BANK, visit())
    with engine.begin() as connection:
        connection.execute(update(IngestedVersion).values(superseded_at=NOW))
    assert take_over(engine) == Imported(0, 0, 0, 0, 0, {})


def test_what_is_exported_can_be_imported(engine: Engine, tmp_path: Path) -> None:
    outside = held("400000103", scheduled=at(12, "09:45"))  # a remark in the export, and so left out
    arrive(engine, CALENDAR, held(), held("400000102", scheduled=at(3, "17:00")), outside)
    take_over(engine)
    text = export_schedule(engine, SETTINGS, NOW)
    line = text.splitlines()[2]
    assert line.startswith(f'{NAME},400000101,7c1e6a52-0000-4000-8000-000000000001,4108,"Market, Lakeside",')
    assert line.endswith(",360,Ada Reed,US100001,03/06/2026 09:45:00 AM")

    frame = parse_file(tmp_path, "CalendarSchedule.csv", text, ZURICH.key).frame
    rows_read = [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
    before = [rows(engine, table) for table in (RosterEvent, RosterEmployee, RosterSchedule)]
    arrive(engine, CALENDAR, *rows_read)
    assert take_over(engine, ZURICH) == Imported(0, 0, 0, 0, 0, {"known": 2})
    assert [rows(engine, table) for table in (RosterEvent, RosterEmployee, RosterSchedule)] == before
