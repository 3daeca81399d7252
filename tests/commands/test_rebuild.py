"""`rebuild` clears what we own and makes it again; it touches nothing else and loses nothing on the way."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from resources.graph_sign_in import SignInError
from scheduling_pipeline.commands import rebuild
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.timetable.model import Lesson
from tests.commands.school import ANA, FRENCH, JO, NOW, School, days, lesson, old_lesson

DAYS = list(days(1, 2))
ASIDS = (f"{number:07}" for number in itertools.count(1))  # a mailbox knows again what was made in it before
LATER = date(2026, 3, 24)  # after the weeks that are read


@pytest.fixture
def lessons() -> list[Lesson]:
    return [lesson(FRENCH, next(ASIDS), day) for day in DAYS]


@pytest.fixture
def synced(school: School, lessons: Sequence[Lesson]) -> School:
    """Two lessons of ours and an event of Ana's own stand in her calendar."""
    school.read(FRENCH, *lessons)
    assert school.run("rebuild", FRENCH, "--execute", "--yes").code == 0
    school.write_by_script(ANA, old_lesson(DAYS[0]) | {"subject": "Dentist", "categories": []})
    return school


def ids(school: School) -> set[str]:
    return {event.provider_id for event in school.ours(ANA, FRENCH)}


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(synced: School) -> None:
    before, calls = ids(synced), synced.calls
    outcome = synced.run("rebuild", FRENCH)
    assert outcome.code == 0
    assert "2 to clear, 2 to create, 0 to keep" in outcome.text
    assert "add --execute" in outcome.text
    assert ids(synced) == before
    assert synced.writes(calls) == []


def test_a_rebuild_replaces_what_is_ours_and_nothing_else(synced: School) -> None:
    before = ids(synced)
    outcome = synced.run("rebuild", FRENCH, "--execute", answer="y\n")
    assert outcome.code == 0, outcome.text
    assert "2 deleted" in outcome.text
    assert "2 created" in outcome.text
    assert len(ids(synced)) == 2
    assert not ids(synced) & before
    assert sorted(event["subject"] for event in synced.events(ANA)) == [
        "Dentist",
        "Private: VAD - VIP Adults",
        "Private: VAD - VIP Adults",
    ]
    assert "0 changes, 0 held; kept: 2 unchanged" in synced.run("plan", FRENCH).text


def test_a_no_changes_nothing(synced: School) -> None:
    before = ids(synced)
    assert synced.run("rebuild", FRENCH, "--execute", answer="n\n").code == 1
    assert ids(synced) == before


def test_what_the_fresh_readings_do_not_tell_about_stays(synced: School, lessons: list[Lesson]) -> None:
    synced.read(FRENCH, lesson(FRENCH, next(ASIDS), LATER), weeks=4)
    assert synced.run("rebuild", FRENCH, "--execute", "--yes").code == 0
    (later,) = ids(synced)
    with synced.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM readings")
    synced.read(FRENCH, *lessons)
    outcome = synced.run("rebuild", FRENCH, "--execute", "--yes")
    assert "0 to clear, 2 to create, 1 to keep" in outcome.text
    assert later in ids(synced)


def test_events_of_a_teacher_who_could_not_be_read_stay(synced: School, lessons: list[Lesson]) -> None:
    before = ids(synced)
    synced.read(FRENCH, *(replace(one, teacher=None) for one in lessons))
    outcome = synced.run("rebuild", FRENCH, "--execute", "--yes")
    assert "0 to clear, 0 to create, 2 to keep" in outcome.text
    assert ids(synced) == before


def test_stale_readings_are_refused_before_anything_is_cleared(synced: School, lessons: list[Lesson]) -> None:
    before = ids(synced)
    with synced.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM readings")
    synced.read(FRENCH, *lessons, read_at=NOW - timedelta(days=3))
    outcome = synced.run("rebuild", FRENCH, "--execute", "--yes")
    assert outcome.code == 1
    assert "run the sync job for private_french_lausanne" in outcome.text
    assert ids(synced) == before


def test_a_failure_is_counted_and_made_up_for_by_doing_it_again(synced: School) -> None:
    fault = Fault("http", "POST /users/.*/events", params={"status": 400, "code": "ErrorInvalidRequest"})
    synced.simulators.graph.control.arm(fault)
    outcome = synced.run("rebuild", FRENCH, "--execute", "--yes")
    assert outcome.code == 1
    assert "1 failed" in outcome.text
    assert len(ids(synced)) == 1
    assert synced.run("rebuild", FRENCH, "--execute", "--yes").code == 0
    assert len(ids(synced)) == 2


def test_a_process_that_dies_after_clearing_is_made_up_for_by_the_next(
    synced: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise SignInError("the secret was revoked just now")

    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "plan_agenda", die)
        assert synced.run("rebuild", FRENCH, "--execute", "--yes").code == 1
    assert ids(synced) == set()
    assert "2 changes, 0 held" in synced.run("plan", FRENCH).text
    assert synced.run("rebuild", FRENCH, "--execute", "--yes").code == 0
    assert len(ids(synced)) == 2


def test_older_scripts_events_are_to_be_decided_about_first(school: School) -> None:
    school.read(FRENCH, lesson(FRENCH, next(ASIDS), DAYS[0], teacher="Jo BRANDT"))
    school.write_by_script(JO, old_lesson(DAYS[0]))
    outcome = school.run("rebuild", FRENCH, "--execute", "--yes")
    assert outcome.code == 1
    assert "older scripts left 1 events" in outcome.text
