"""`plan` shows what would change and why, from the last good readings, and writes to no calendar."""

from __future__ import annotations

from datetime import timedelta

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.timetable.adoption import decision
from scheduling_pipeline.timetable.agendas import agenda_by_key, load_agendas
from tests.commands.school import (
    ANA,
    FRENCH,
    NOW,
    SFS,
    School,
    days,
    lesson,
)

TUESDAY, WEDNESDAY, NEXT_TUESDAY = days(1, 2, 8)


def test_a_plan_shows_who_when_what_and_why(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    outcome = school.run("plan", FRENCH)
    assert outcome.code == 0
    (row,) = [line for line in outcome.text.splitlines() if "create" in line]
    for cell in (
        "Ana Martel",
        "Tue 03 Mar 2026 09:00-10:00",
        "Private: VAD - VIP Adults",
        "new at the source",
    ):
        assert cell in row
    assert "1 changes, 0 held" in outcome.text


def test_a_class_shows_as_a_weekly_one(school: School) -> None:
    school.read(
        SFS,
        lesson(SFS, "0000001", TUESDAY, "09:00-12:00"),
        lesson(SFS, "0000002", NEXT_TUESDAY, "09:00-12:00"),
    )
    assert "Tuesdays 09:00-12:00 from 03 Mar 2026" in school.run("plan", SFS).text


def test_a_plan_writes_to_no_calendar_and_decides_nothing(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    calls = school.calls
    school.run("plan", FRENCH)
    assert school.writes(calls) == []
    assert school.events(ANA) == []
    assert school.ledger(FRENCH) == []
    agenda = agenda_by_key(load_agendas(), FRENCH)
    assert decision(school.engine, "outlook", agenda) is None


def test_a_plan_says_how_old_its_readings_are(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY), read_at=NOW - timedelta(hours=30))
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY), read_at=NOW - timedelta(hours=2), weeks=1)
    outcome = school.run("plan", FRENCH)
    assert "read up to 30 hours ago" in outcome.text
    assert "1 of these weeks were read too long ago" in outcome.text


def test_an_agenda_that_was_never_read_has_no_plan(school: School) -> None:
    with school.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM readings")
    outcome = school.run("plan", FRENCH)
    assert outcome.code == 1
    assert "was never read completely" in outcome.text


def test_a_calendar_that_cannot_be_read_is_named(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    fault = Fault(
        "http", "GET /users/.*/events", times=None, params={"status": 403, "code": "ErrorAccessDenied"}
    )
    school.simulators.graph.control.arm(fault)
    outcome = school.run("plan", FRENCH)
    assert "nothing planned for Ana Martel" in outcome.text
    assert "0 changes" in outcome.text


def test_a_refused_sign_in_is_a_sentence(school: School) -> None:
    settings = school.simulators.graph.settings
    right, settings.client_secret = settings.client_secret, "another"
    try:
        outcome = school.run("plan", FRENCH)
    finally:
        settings.client_secret = right
    assert outcome.code == 1
    assert "AZURE_CLIENT_SECRET is not right" in outcome.text
    assert right not in outcome.text
