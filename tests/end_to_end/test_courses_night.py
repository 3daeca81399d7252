"""Nights of a college through the real jobs: what becomes of everybody when some things go wrong for some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina
from sqlalchemy import delete

from assets.course_jobs import CATALOGUE_JOB, CREATE_JOB, RECONCILE_JOB
from scheduling_pipeline.calendars.holds import held_plans, release
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.models import SyncedEvent
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.server import Simulators
from tests.assets.college import College, noted, observed
from tests.courses.school import SPRING, ZONE, School, address, enrollment, exam, small_school, user
from tests.end_to_end.college import provide_calendars
from tests.end_to_end.students import Student, sign_in
from tests.resources.google_project import Project

NAMES = ("ada", "ann", "ben", "bo", "cem", "dot", "eli", "fay", "gus", "hal", "ida", "jo")
MONDAYS, WEDNESDAYS, TUESDAYS, EXAM = (
    f"class-{SPRING}-1-1",
    f"class-{SPRING}-1-2",
    f"class-{SPRING}-2-1",
    f"exam-{SPRING}-1",
)
A_MONDAY = date(2026, 3, 23)
AFTER_THE_EXAM = datetime(2026, 4, 20, 12, tzinfo=ZONE)
EACH = 6  # events of a student: three classes, two exams and a holiday


def files_of_twelve() -> dict[str, list[dict[str, Any]]]:
    """Everybody takes both courses."""
    return small_school() | {
        "users": [user(address(name)) for name in NAMES],
        "enrollments": [enrollment(address(name), crn) for name in NAMES for crn in (1, 2)],
        "final_exams": [exam(1), exam(2, exam_date=date(2026, 4, 22))],
    }


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    """Simulators that the tests of the module share, each with calendars of its own."""
    with Simulators(tmp_path_factory.mktemp("simulators")) as running:
        yield running


@pytest.fixture
def college(
    outside: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path
) -> Iterator[College]:
    """A college of twelve, whose calendars were all brought up to date last night."""
    database = tmp_path / "pipeline.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    for name, value in outside.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SCHEDULING_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    outside.clock.set(DEMO_START)
    project = Project(outside)
    project.reset()
    project.settings.change({"user_quota": 10**6, "project_quota": 10**6})
    engine = connect(f"sqlite:///{database}")
    college = College(project, engine, School(engine, files_of_twelve()))
    college.school.night()
    for name in NAMES:
        college.connect(address(name))
    college.calendars = provide_calendars(engine, project.google(), DEMO_START)
    with stamina.set_testing(True, attempts=3):
        assert college.run().success
        yield college
    college.close()


def student(college: College, name: str) -> Student:
    """Somebody of the college, signed in to Google."""
    account = college.accounts[address(name)]
    client = sign_in(college.project.simulators.environment, account.refresh_token)
    return Student(client, college.calendars[address(name)])


def emails(*names: str) -> set[str]:
    return {address(name) for name in names}


def change_rooms(college: College, room: str) -> None:
    """Files arrive with another room for the first course's Mondays: everybody is concerned."""
    college.school.files["meeting_times"][0]["room"] = room
    college.school.arrive()


def test_one_persons_trouble_is_theirs_alone(college: College) -> None:
    """Cases 10, 13 and 9: of twelve that are due, one withdrew their consent, one deleted the calendar, one
    changed what they like, and Google fails for one; all others are done."""
    editor = student(college, "cem")
    editor.edit(editor.event(MONDAYS), summary="Algebra at last")
    editor.delete(editor.occurrence(editor.event(MONDAYS), A_MONDAY))
    editor.delete(editor.event(TUESDAYS))
    college.project.revoke(address("ada"))
    student(college, "ben").delete_calendar()
    college.project.arm("http", college.calendars[address("dot")], None, status=503)
    change_rooms(college, "112")

    ran = college.run()

    assert ran.success
    assert ran.tags["degraded"] == "true"
    assert ran.failed_checks == {"needs_sign_in", "missing_calendars", "failed_users"}
    said = noted(ran, "google_calendars")
    outcomes = {row["person"]: row["outcome"] for row in said["by person"]}
    assert outcomes == {address(name): "synced" for name in NAMES} | {
        address("ada"): "needs to sign in",
        address("ben"): "calendar missing",
        address("dot"): "failed",
    }
    assert said["people brought up to date"] == 9
    assert said["people not brought up to date"] == 3
    assert sum(row["people"] for row in said["errors by kind"]) == 3
    assert "google connect ada@college.example" in (ran.check("needs_sign_in").description or "")
    assert "create_course_calendars" in (ran.check("missing_calendars").description or "")
    assert "503" in (ran.check("failed_users").description or "")
    for name in set(NAMES) - {"ada", "ben", "dot"}:
        assert student(college, name).event(MONDAYS)["location"] == "Wilder Hall 112"
    assert editor.event(MONDAYS)["summary"] == "Algebra at last"
    assert A_MONDAY not in editor.dates(editor.event(MONDAYS))
    assert not editor.has(TUESDAYS)
    assert college.school.due() == {"ada", "dot"}  # Ben's calendar is not there to be brought up to date

    college.project.reset()
    calls = college.calls()
    next_night = college.run()

    assert {row["person"] for row in noted(next_night, "google_calendars")["by person"]} == emails("dot")
    assert noted(next_night, "google_calendars")["people not brought up to date"] == 0
    assert next_night.failed_checks == {"needs_sign_in", "missing_calendars"}
    touched = {call["path"].split("/")[2] for call in made_since(college, calls)}
    assert touched == {college.calendars[address("dot")]}
    assert student(college, "dot").event(MONDAYS)["location"] == "Wilder Hall 112"

    college.connect(address("ada"))
    assert noted(college.run(), "google_calendars")["people brought up to date"] == 1
    assert college.school.due() == set()


def made_since(college: College, n: int) -> list[dict[str, Any]]:
    """The calls about calendars that Google has got since."""
    journal = college.project.simulators.google.control.journal(n)
    return [entry for entry in journal if entry["kind"] == "call"]


def test_7_a_second_night_without_a_change_makes_no_call_at_all(college: College) -> None:
    calls = college.calls()
    ran = college.run()
    everybody = college.run(config={"course_events": {"everybody": True}})

    assert noted(ran, "google_calendars")["people"] == 0
    assert noted(everybody, "google_calendars")["people"] == len(NAMES)
    assert noted(everybody, "google_calendars")["calendar writes"] == 0
    assert made_since(college, calls) == []


def test_13_a_change_during_a_sync_is_not_lost_and_no_older_plan_undoes_it(college: College) -> None:
    change_rooms(college, "112")
    college.run(assets=("course_catalogue", "course_events", "google_changes"))
    college.school.files["enrollments"] = [
        row
        for row in college.school.files["enrollments"]
        if row != enrollment(address("ann"), 1)  # she drops the course that the plan is about
    ]
    college.school.arrive()
    college.run(assets=("course_catalogue",))

    ran = college.run(assets=("google_calendars",))

    said = noted(ran, "google_calendars")
    assert (said["people brought up to date"], said["changed again since"]) == (len(NAMES) - 1, 1)
    assert student(college, "ann").event(MONDAYS)["location"] == "Wilder Hall 101"
    assert college.school.due() == {"ann"}

    college.run()
    assert college.school.due() == set()
    assert student(college, "ann").event(MONDAYS)["location"] == "Wilder Hall 101"  # it ended as it was
    assert max(student(college, "ann").dates(student(college, "ann").event(MONDAYS))) < DEMO_START.date()


def test_when_everybody_fails_the_run_fails_and_everybody_stays_due(college: College) -> None:
    change_rooms(college, "112")
    college.project.arm("http", "^PATCH", None, status=503)

    ran = college.run()

    assert not ran.success
    assert "nobody's calendar could be brought up to date" in ran.errors
    assert "503" in ran.errors
    assert college.school.due() == set(NAMES)


def test_a_dry_run_tells_and_writes_nothing(college: College) -> None:
    change_rooms(college, "112")
    calls = college.calls()

    ran = college.run(config={"google_calendars": {"dry_run": True}})

    assert ran.success
    assert noted(ran, "google_changes")["to update"] == len(NAMES)
    assert college.writes(calls) == 0
    assert college.school.due() == set(NAMES)


def test_9_force_puts_right_what_one_person_changed_and_leaves_the_others_theirs(college: College) -> None:
    for name in ("ann", "cem"):
        person = student(college, name)
        person.edit(person.event(MONDAYS), summary="Algebra at last", colorId="3")
        person.delete(person.event(TUESDAYS))
        person.delete(person.event(EXAM))

    ran = college.run("sync_one_course_calendar", run_config={"email": address("ann"), "force": True})

    assert ran.success
    ann, cem = student(college, "ann"), student(college, "cem")
    assert ann.event(MONDAYS)["summary"] == "Course 1"
    assert ann.event(MONDAYS)["colorId"] == "7"
    assert ann.has(TUESDAYS)
    assert ann.has(EXAM)
    assert cem.event(MONDAYS)["summary"] == "Algebra at last"
    assert not cem.has(TUESDAYS)
    assert college.run("sync_one_course_calendar", run_config={"email": address("cem")}).success
    assert cem.event(MONDAYS)["summary"] == "Algebra at last"
    assert college.run("force_all_course_calendars").success
    assert cem.event(MONDAYS)["summary"] == "Course 1"
    assert cem.has(TUESDAYS)


def test_an_emptied_file_takes_nobodys_classes_away(college: College) -> None:
    college.school.files["enrollments"] = []
    college.school.arrive()

    ran = college.run()

    assert ran.success
    assert "removals" in ran.failed_checks
    assert "24 of 24 would be removed" in (ran.check("removals").description or "")
    assert noted(ran, "google_calendars")["calendar writes"] == 0
    assert len(student(college, "ann").events()) == EACH


def test_removals_from_many_calendars_wait_for_a_person_while_the_rest_goes_on(college: College) -> None:
    files = college.school.files
    files["meeting_times"] = files["meeting_times"][2:]  # the first course meets no more, and has no exam
    files["final_exams"] = files["final_exams"][1:]
    files["courses"][1]["title"] = "Renamed"
    college.school.arrive()

    held = college.run()

    assert held.success
    assert "brake" in held.failed_checks
    assert noted(held, "google_changes")["held"] == 3 * len(NAMES)
    assert noted(held, "google_calendars")["events updated"] == 2 * len(NAMES)  # classes and exam
    assert {row["outcome"] for row in noted(held, "google_calendars")["by person"]} == {"held"}
    assert student(college, "ann").has(MONDAYS)
    assert college.school.due() == set(NAMES)

    (waiting,) = held_plans(college.engine)
    assert waiting["digest"] in (held.check("brake").description or "")
    release(college.engine, waiting["digest"], who="Kim Weber", why="cancelled", now=DEMO_START)
    released = college.run()

    assert not released.failed_checks
    assert noted(released, "google_calendars")["calendar writes"] == 3 * len(NAMES)
    assert college.school.due() == set()
    ann = student(college, "ann")
    assert not ann.has(EXAM)
    assert max(ann.dates(ann.event(MONDAYS))) < DEMO_START.date()  # what took place stays
    assert held_plans(college.engine) == []


def test_15_the_past_stays_and_a_course_that_was_dropped_goes_on_no_more(college: College) -> None:
    college.project.simulators.clock.set(AFTER_THE_EXAM)
    files = college.school.files
    files["final_exams"] = files["final_exams"][1:]
    files["enrollments"] = [row for row in files["enrollments"] if row != enrollment(address("ann"), 2)]
    college.school.arrive()

    assert college.run().success

    ann = student(college, "ann")
    assert ann.has(EXAM)
    assert ann.has(MONDAYS)
    assert max(ann.dates(ann.event(TUESDAYS))) == date(2026, 4, 14)
    assert max(student(college, "ben").dates(student(college, "ben").event(TUESDAYS))) == date(2026, 4, 21)


def test_17_the_same_files_again_keep_everything_and_a_meeting_that_goes_takes_its_event_along(
    college: College,
) -> None:
    before = student(college, "ann").events()
    college.school.files = {name: list(reversed(rows)) for name, rows in college.school.files.items()}
    college.school.arrive()
    assert noted(college.run(), "google_calendars")["people"] == 0

    college.school.files["meeting_times"] = [
        row for row in college.school.files["meeting_times"] if row["day_of_week"] != 3
    ]
    college.school.arrive()
    college.run()

    ann = student(college, "ann")
    assert max(ann.dates(ann.event(WEDNESDAYS))) < DEMO_START.date()
    others = [event for event in before if event["id"] != ann.event(WEDNESDAYS)["id"]]
    assert [event for event in ann.events() if event["id"] != ann.event(WEDNESDAYS)["id"]] == others


def test_22_two_accounts_of_a_person_share_one_calendar(college: College) -> None:
    college.school.files["users"].append(user(address("kim")))
    college.school.files["enrollments"].append(enrollment(address("kim"), 1))
    college.school.arrive()
    college.run(CATALOGUE_JOB)
    for account in (address("kim"), address("kim.at.home")):
        college.connect(address("kim"), account)

    created = college.run(CREATE_JOB)
    again = college.run(CREATE_JOB)

    assert observed(created)["calendars created"] == 1
    assert observed(again)["calendars created"] == 0
    assert noted(college.run(), "google_calendars")["people brought up to date"] == 1
    lists = [
        {entry["id"] for entry in sign_in(environment, token).calendarList().list().execute()["items"]}
        for environment in [college.project.simulators.environment]
        for token in (college.project.consent(address(name)).refresh_token for name in ("kim", "kim.at.home"))
    ]
    assert len(lists[0] & lists[1]) == 1


def test_23_a_comparison_tells_and_then_takes_over_and_the_next_night_puts_right(college: College) -> None:
    ann, ben = student(college, "ann"), student(college, "ben")
    files = college.school.files
    files["enrollments"] = [row for row in files["enrollments"] if row != enrollment(address("ann"), 2)]
    college.school.arrive()
    with college.engine.begin() as connection:  # the orphan: nobody knows of it, and nobody wants it
        theirs = SyncedEvent.calendar == ann.calendar
        connection.execute(delete(SyncedEvent).where(theirs, SyncedEvent.uid == TUESDAYS))
    college.run()
    moved = ann.occurrence(ann.event(MONDAYS), A_MONDAY)
    ann.edit(moved, summary="Algebra, in the park")
    ben.edit(ben.event(MONDAYS), summary="Algebra at last")
    ben.delete(ben.event(EXAM))
    calls = college.calls()

    dry = observed(college.run(RECONCILE_JOB))

    counts = ("not in the ledger", "deleted by their owners", "changed by their owners")
    assert [dry[name] for name in counts] == [1, 1, 1]
    assert {(row["person"], row["what"]) for row in dry["found"]} == {
        (address("ann"), "stands, not in the ledger"),
        (address("ben"), "in the ledger, deleted by hand"),
        (address("ben"), "changed by hand"),
    }
    assert observed(college.run(RECONCILE_JOB))["found"] == dry["found"]  # it changed nothing
    for_real = college.run(RECONCILE_JOB, config={"compare_with_ledger": {"dry_run": False}})
    assert observed(for_real)["found"] == dry["found"]
    assert college.writes(calls) == 0
    assert college.school.due() == {"ann"}

    assert noted(college.run(), "google_calendars")["calendar writes"] == 1
    assert max(ann.dates(ann.event(TUESDAYS))) < DEMO_START.date()
    assert ann.occurrence(ann.event(MONDAYS), A_MONDAY)["summary"] == "Algebra, in the park"
    change_rooms(college, "112")
    college.run()
    assert ben.event(MONDAYS)["summary"] == "Algebra at last"
    assert ben.event(MONDAYS)["location"] == "Wilder Hall 112"
    assert not ben.has(EXAM)


def test_23_a_comparison_asks_for_what_changed_and_for_everything_when_that_is_too_long_ago(
    college: College,
) -> None:
    """410 on a sync token."""
    for_real = {"compare_with_ledger": {"dry_run": False}}
    ann = student(college, "ann")
    college.run(RECONCILE_JOB, config=for_real)
    ann.edit(ann.event(MONDAYS), summary="Algebra at last")
    assert observed(college.run(RECONCILE_JOB, config=for_real))["changed by their owners"] == 1
    assert observed(college.run(RECONCILE_JOB, config=for_real))["changed by their owners"] == 0
    ann.edit(ann.event(EXAM), location="At home")
    ann.delete(ann.event(TUESDAYS))
    college.project.simulators.clock.advance(timedelta(days=30))
    calls = college.calls()

    found = observed(college.run(RECONCILE_JOB, config=for_real))

    assert {call["status"] for call in made_since(college, calls)} >= {200, 410}
    assert (found["changed by their owners"], found["deleted by their owners"]) == (1, 1)
    assert found["calendars not read"] == 0
    change_rooms(college, "112")
    college.run()
    assert ann.event(MONDAYS)["summary"] == "Algebra at last"
    assert ann.event(EXAM)["location"] == "At home"
    assert not ann.has(TUESDAYS)
