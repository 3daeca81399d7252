"""`plan` shows what would change and why, from the last good readings, and writes to no calendar."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.timetable.adoption import decision
from scheduling_pipeline.timetable.agendas import CATALOGUE, agenda_by_key, load_agendas
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


def shut(school: School, path: str) -> None:
    """Refuse to read there, until the next test."""
    params = {"status": 403, "code": "ErrorAccessDenied"}
    school.simulators.graph.control.arm(Fault("http", f"GET {path}", times=None, params=params))


def test_a_calendar_that_cannot_be_read_is_named(school: School) -> None:
    school.read(
        FRENCH,
        lesson(FRENCH, "0000001", TUESDAY),
        lesson(FRENCH, "0000002", TUESDAY, teacher="Jo BRANDT"),
    )
    shut(school, f"/users/{school.ids[ANA]}/events")
    outcome = school.run("plan", FRENCH)
    assert outcome.code == 0
    assert "nothing planned for Ana Martel" in outcome.text
    assert "Jo Brandt" in outcome.text


def test_when_no_calendar_can_be_read_that_is_a_sentence(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY))
    shut(school, "/users/.*/events")
    outcome = school.run("plan", FRENCH)
    assert outcome.code == 1
    assert "✗ Private French: none of its 1 calendars is in reach" in outcome.text


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


def test_what_looks_like_markup_is_shown_as_it_is(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = school.folder / "agendas.csv"
    catalogue.write_text(CATALOGUE.read_text().replace("Private French", "French [/day]"))
    monkeypatch.setenv("TEACHER_CALENDARS_AGENDAS_FILE", str(catalogue))
    school.read(FRENCH, lesson(FRENCH, "0000001", TUESDAY, code="[sparksource] [/week] :tada:"))
    outcome = school.run("plan", FRENCH)
    assert outcome.code == 0
    assert "What would change: French [/day]" in outcome.text
    assert "Private: [sparksource] [/week] :tada: - Private Lesson" in outcome.text


def test_a_directory_that_cannot_be_listed_is_a_sentence(school: School) -> None:
    shut(school, "/users")
    try:
        outcome = school.run("plan", FRENCH)
    finally:
        school.simulators.graph.control.clear_faults()  # the next test begins with the directory
    assert outcome.code == 1
    assert "✗ the directory could not be listed: 403 ErrorAccessDenied" in outcome.text


def test_an_unknown_agenda_is_a_sentence(school: School) -> None:
    outcome = school.run("plan", "private_[/week]")
    assert outcome.code == 1
    assert "no agenda 'private_[/week]'; there are" in outcome.text
