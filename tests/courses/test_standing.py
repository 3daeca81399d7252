"""How it stands with people's calendars: generations, what is missing, who is to be looked after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.courses.provision import mark_missing
from scheduling_pipeline.courses.rosters import finish
from scheduling_pipeline.courses.standing import (
    catalogue_version,
    generations,
    make_due,
    missing_calendars,
    ready_calendars,
    save_sync_tokens,
    sync_tokens,
    without_calendar,
)
from tests.courses.people import ANA, JO, LEA, NOW, add_users, connect, give_calendar, user
from tests.courses.school import School, address


@pytest.fixture
def people(engine: Engine) -> Engine:
    """Ana and Jo have calendars, Lea has none."""
    add_users(engine, JO, ANA, LEA)
    give_calendar(engine, ANA, "ana's")
    give_calendar(engine, JO, "jo's")
    return engine


def test_generations_are_those_of_the_users_asked_for(people: Engine) -> None:
    ana, jo = user(people, ANA).id, user(people, JO).id
    make_due(people, ["ana's"])
    assert generations(people, [ana, jo]) == {ana: 1, jo: 0}
    assert generations(people, [jo, 4711]) == {jo: 0}
    assert generations(people, []) == {}


def test_ready_calendars_are_those_that_can_be_written_to_with_whose_they_are(people: Engine) -> None:
    assert list(ready_calendars(people).items()) == [("ana's", ANA), ("jo's", JO)]
    mark_missing(people, ["ana's"], NOW)
    assert ready_calendars(people) == {"jo's": JO}


def test_ready_calendars_of_some_people_whatever_the_case_of_their_addresses(people: Engine) -> None:
    assert ready_calendars(people, [f" {ANA.upper()} ", LEA, "nobody@college.example"]) == {"ana's": ANA}
    assert ready_calendars(people, [LEA]) == {}
    assert len(ready_calendars(people, [])) == 2


@pytest.mark.parametrize("state", ["creating", "sharing", "missing"])
def test_a_calendar_that_is_not_ready_is_not_written_to(engine: Engine, state: str) -> None:
    add_users(engine, ANA)
    give_calendar(engine, ANA, "ana's", state)
    assert ready_calendars(engine) == {}


def test_missing_calendars_are_told_by_person_with_since_when(people: Engine) -> None:
    assert missing_calendars(people) == []
    mark_missing(people, ["jo's"], NOW)
    mark_missing(people, ["ana's", "jo's"], NOW + timedelta(days=1))
    assert missing_calendars(people) == [(ANA, NOW + timedelta(days=1)), (JO, NOW)]


def test_whose_calendar_was_looked_at_is_due_once_more_and_nobody_else(school: School) -> None:
    school.night()
    school.give_calendars("ann", "ben")
    school.sync_all()
    make_due(school.engine, ["calendar-of-ben", "nobody's"])
    assert school.due() == {"ben"}
    make_due(school.engine, [])
    school.sync_all()
    assert school.due() == set()


def test_who_is_made_due_during_their_sync_stays_due(people: Engine) -> None:
    ana = user(people, ANA).id
    began = generations(people, [ana])
    make_due(people, ["ana's"])
    finish(people, began, {}, now=NOW)
    assert user(people, ANA).calendar_needs_sync


def test_sync_tokens_are_kept_by_calendar_and_replaced(people: Engine) -> None:
    assert sync_tokens(people, ["ana's", "jo's"]) == {}
    save_sync_tokens(people, {"ana's": "first", "nobody's": "lost"})
    save_sync_tokens(people, {"ana's": "second"})
    assert sync_tokens(people, ["ana's", "jo's", "nobody's"]) == {"ana's": "second"}


def test_who_connected_an_account_and_has_no_calendar_yet_waits_for_one(people: Engine) -> None:
    assert without_calendar(people) == []
    for person in (LEA, ANA):
        connect(people, person)
    connect(people, LEA, "lea.private@college.example")
    assert without_calendar(people) == [LEA]
    give_calendar(people, LEA, "lea's", "sharing")
    assert without_calendar(people) == [LEA], "she has seen nothing of it"


def test_a_calendar_that_is_gone_is_not_waited_for(people: Engine) -> None:
    connect(people, ANA)
    mark_missing(people, ["ana's"], NOW)
    assert without_calendar(people) == []


def test_the_version_of_the_catalogue_changes_with_what_calendars_show(school: School) -> None:
    empty = catalogue_version(school.engine)
    school.night()
    first = catalogue_version(school.engine)
    school.night()
    assert catalogue_version(school.engine) == first != empty
    school.files["courses"][0]["seats_available"] = 0
    school.night()
    assert catalogue_version(school.engine) == first
    school.files["courses"][0]["title"] = "Thermodynamics"
    assert school.night().affected.keys() == {address("ann"), address("ben")}
    assert catalogue_version(school.engine) != first
