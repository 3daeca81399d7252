"""The jobs of the course calendars: whose calendars each is about, giving calendars, and the comparison."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from assets.course_jobs import CREATE_JOB, RECONCILE_JOB
from scheduling_pipeline.courses.standing import ready_calendars
from tests.assets.college import ANN, BEN, CEM, College, noted, observed
from tests.courses.people import calendar_of
from tests.end_to_end.mailboxes import ledger
from tests.end_to_end.pipeline import Ran

EVENTS, CHANGES, CALENDARS = "course_events", "google_changes", "google_calendars"
ONE, EVERYBODY = "sync_one_course_calendar", "force_all_course_calendars"


def one_person(college: College, email: str, **options: Any) -> Ran:  # noqa: ANN401 - of the job's config
    return college.run(ONE, run_config={"email": email, **options})


def create(college: College, **config: Any) -> Ran:  # noqa: ANN401 - fields of CreateConfig
    return college.run(CREATE_JOB, config={"create_calendars": config})


def compare(college: College, **config: Any) -> Ran:  # noqa: ANN401 - fields of ReconcileConfig
    return college.run(RECONCILE_JOB, config={"compare_with_ledger": config})


def outcomes(ran: Ran) -> dict[str, str]:
    """How it ended, by person."""
    rows = noted(ran, CALENDARS)["by person"]
    return {row["person"]: row["outcome"] for row in rows} if isinstance(rows, list) else {}


def event(college: College, person: str, title: str) -> dict[str, Any]:
    """The first event of that title in a person's calendar."""
    return dict(next(one for one in college.events(person) if one["summary"] == title))


def edit(college: College, person: str, title: str, **fields: object) -> None:
    """A person changes an event of theirs."""
    college.by_hand("PATCH", person, f"/{event(college, person, title)['id']}", fields)


def drop(college: College, person: str, title: str) -> None:
    """A person deletes an event of theirs."""
    college.by_hand("DELETE", person, f"/{event(college, person, title)['id']}")


def private(summary: str) -> dict[str, Any]:
    """Something that has nothing to do with courses."""
    return {
        "summary": summary,
        "start": {"dateTime": "2026-03-03T12:00:00-05:00"},
        "end": {"dateTime": "2026-03-03T13:00:00-05:00"},
    }


def test_the_nightly_job_brings_those_who_are_due_up_to_date(college: College) -> None:
    college.settle()
    college.school.files["courses"][1]["title"] = "Thermodynamics"
    college.school.arrive()

    ran = college.run()

    assert ran.success
    assert outcomes(ran) == {ANN: "synced", CEM: "synced"}
    assert "Thermodynamics" in college.titles(ANN) & college.titles(CEM)
    assert noted(ran, CALENDARS)["calendar writes"] == noted(ran, CALENDARS)["events updated"] == 2


def test_7_a_second_run_writes_nothing_because_nobody_is_due(college: College) -> None:
    college.settle()
    calls = college.calls()

    ran = college.run()

    assert ran.success
    assert "degraded" not in ran.tags
    assert outcomes(ran) == {}
    assert college.calls() == calls


def test_one_persons_job_is_about_them_alone_due_or_not(college: College) -> None:
    college.settle()
    college.school.files["courses"][0]["title"] = "Thermodynamics"
    college.school.arrive()

    ran = one_person(college, BEN)

    assert outcomes(ran) == {BEN: "synced"}
    assert "Thermodynamics" in college.titles(BEN)
    assert college.school.due() == {"ann"}
    assert outcomes(one_person(college, BEN)) == {BEN: "synced"}


def test_9_one_persons_job_respects_what_they_changed_unless_forced(college: College) -> None:
    college.settle()
    edit(college, CEM, "Course 2", summary="Gym", location="Home")

    one_person(college, CEM)
    assert "Gym" in college.titles(CEM)

    forced = one_person(college, CEM, force=True)

    assert forced.success
    assert "Gym" not in college.titles(CEM)
    assert event(college, CEM, "Course 2")["location"] == "Wilder Hall 112 / 113"


def test_one_persons_job_needs_to_know_whose(college: College) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match='Missing required config entry "email"'):
        college.run(ONE, run_config={"force": True})


def test_9_everybodys_job_puts_right_what_people_changed_and_deleted(college: College) -> None:
    college.settle()
    edit(college, ANN, "Course 2", summary="Gym")
    drop(college, BEN, "Final Exam: Course 1")
    college.by_hand("POST", BEN, body=private("Dentist"))

    ran = college.run(EVERYBODY)

    assert ran.success
    assert outcomes(ran) == {ANN: "synced", BEN: "synced", CEM: "synced"}
    assert "Gym" not in college.titles(ANN)
    assert {"Final Exam: Course 1", "Dentist"} <= college.titles(BEN)
    assert noted(ran, CALENDARS)["calendar writes"] == 2


def test_creating_gives_a_calendar_to_those_who_signed_in_and_have_none(college: College) -> None:
    college.school.night()
    college.connect(ANN)
    college.connect(CEM)

    ran = create(college)

    assert ran.success, ran.errors
    assert "degraded" not in ran.tags
    metadata = observed(ran)
    assert (metadata["calendars created"], metadata["people without one"]) == (2, 0)
    assert {row["person"]: row["calendar"] for row in metadata["people"]} == {ANN: "created", CEM: "created"}
    assert set(ready_calendars(college.engine).values()) == {ANN, CEM}
    assert college.school.due() == {"ann", "cem"}


def test_22_creating_again_creates_nothing(college: College) -> None:
    college.school.night()
    college.connect(ANN)
    college.connect(ANN, account="ann.private@college.example")
    create(college)
    before = ready_calendars(college.engine)

    ran = create(college)
    named = create(college, users=[ANN])

    assert observed(ran)["people"] == "none"
    assert observed(named)["people"] == [{"person": ANN, "calendar": "shared", "problem": ""}]
    assert ready_calendars(college.engine) == before


def test_the_sync_creates_no_calendar(college: College) -> None:
    college.school.night()
    college.connect(ANN)
    calls = college.calls()

    ran = college.run()

    assert ran.success
    assert ready_calendars(college.engine) == {}
    assert college.calls() == calls


def test_an_address_that_is_nobodys_stops_nobody_else(college: College) -> None:
    college.school.night()
    college.connect(CEM)

    ran = create(college, users=["zoe@college.example", ANN, CEM])

    assert ran.success
    rows = {row["person"]: (row["calendar"], row["problem"]) for row in observed(ran)["people"]}
    assert set(ran.tags["degraded"].splitlines()) == {
        f"{person}: {problem}" for person, (_, problem) in rows.items() if problem
    }
    assert rows[CEM] == ("created", "")
    assert rows[ANN] == ("none", "no Google account is connected, or its owner has to sign in again")
    assert rows["zoe@college.example"] == (
        "none",
        "zoe@college.example is not among the users; first ingest a file of users with them",
    )


def test_when_nobody_could_be_given_one_the_run_fails(college: College) -> None:
    college.school.night()

    ran = create(college, users=[ANN])

    assert not ran.success
    assert f"nothing could be done for anybody: {ANN}: no Google account is connected" in ran.errors
    assert observed(ran)["people without one"] == 1


def test_a_calendar_that_is_gone_is_made_anew_only_for_who_is_named_and_only_when_asked(
    college: College,
) -> None:
    college.settle()
    lost = college.calendars[BEN]
    college.project.call(college.accounts[BEN], "DELETE", f"/calendars/{lost}")
    college.school.files["courses"][0]["title"] = "Thermodynamics"
    college.school.arrive()
    college.run()
    assert calendar_of(college.engine, BEN).state == "missing"

    assert not create(college, users=[BEN]).success
    assert create(college, again=True).success
    assert calendar_of(college.engine, BEN).state == "missing"
    assert create(college, users=[BEN], again=True).success

    college.calendars = {email: calendar for calendar, email in ready_calendars(college.engine).items()}
    assert college.calendars[BEN] != lost
    assert ledger(college.engine, [lost]) == {}
    assert college.school.due() == {"ben"}
    assert outcomes(college.run()) == {BEN: "synced"}
    assert college.titles(BEN) == {
        "Thermodynamics",
        "Final Exam: Thermodynamics",
        "Spring Break - No Classes",
    }


def test_23_comparing_is_a_dry_run_unless_told_otherwise(college: College) -> None:
    college.settle()
    edit(college, ANN, "Course 2", summary="Gym")
    drop(college, CEM, "Course 2")
    before = ledger(college.engine, college.calendars.values())
    calls = college.calls()

    ran = compare(college)

    assert ran.success
    metadata = observed(ran)
    assert metadata["dry run"] is True
    assert metadata["calendars"] == 3
    found = {(row["person"], row["what"]): row["event"] for row in metadata["found"]}
    assert found == {
        (ANN, "changed by hand"): "Gym",
        (CEM, "in the ledger, deleted by hand"): "Course 2",
    }
    assert ledger(college.engine, college.calendars.values()) == before
    assert college.writes(since=calls) == 0
    assert observed(compare(college))["found"] == metadata["found"]


def test_23_for_real_the_ledger_takes_over_what_was_found_and_then_finds_nothing(college: College) -> None:
    college.settle()
    edit(college, ANN, "Course 2", summary="Gym")
    drop(college, CEM, "Course 2")
    calls = college.calls()

    ran = compare(college, dry_run=False)
    again = compare(college, dry_run=False)

    assert observed(ran)["changed by their owners"] == observed(ran)["deleted by their owners"] == 1
    assert observed(again)["found"] == "none"
    assert college.writes(since=calls) == 0
    assert college.school.due() == set()
    one_person(college, ANN)
    one_person(college, CEM)
    assert "Gym" in college.titles(ANN)
    assert "Course 2" not in college.titles(CEM)


def test_comparing_may_be_about_some_people(college: College) -> None:
    college.settle()
    edit(college, ANN, "Course 2", summary="Gym")

    ran = compare(college, users=[BEN, CEM.upper()])

    assert observed(ran)["calendars"] == 2
    assert observed(ran)["found"] == "none"


def test_what_could_not_be_compared_is_told_and_the_run_is_degraded(college: College) -> None:
    college.settle()
    college.project.revoke(BEN)

    ran = compare(college, users=[ANN, BEN, "zoe@college.example"])

    assert ran.success
    assert f"{BEN}: " in ran.tags["degraded"]
    not_read = {row["person"]: row["why"] for row in observed(ran)["not read"]}
    assert set(not_read) == {BEN, "zoe@college.example"}
    assert "has expired or was withdrawn" in not_read[BEN]
    assert observed(ran)["calendars not read"] == 2


def test_a_comparison_that_could_read_nothing_fails(college: College) -> None:
    college.settle()

    ran = compare(college, users=["zoe@college.example"])

    assert not ran.success
    assert "zoe@college.example: has no calendar that could be read" in ran.errors
