"""Whose an older script's event is and what the flow calls it; and that nothing happens undecided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from scheduling_pipeline.calendars.model import EventContent, WeeklyRule
from scheduling_pipeline.calendars.provider import Cause, Unreadable
from scheduling_pipeline.database.models import SourceScope
from scheduling_pipeline.timetable.accounts import Account
from scheduling_pipeline.timetable.adoption import (
    NONE_FOUND,
    AdoptionNeededError,
    Candidate,
    assign,
    decide,
    decision,
    require_decision,
    where_to_look,
)
from scheduling_pipeline.timetable.events import Desired, desired_events
from scheduling_pipeline.timetable.model import Agenda, Lesson
from tests.timetable.builders import (
    ANA_CALENDAR,
    JO_CALENDAR,
    METHOD,
    MON,
    MONDAY,
    NEXT_MONDAY,
    PRIVATE,
    TUE,
    at,
    classes,
    lesson,
    matching_of,
    week,
)

NOW = at(MONDAY)
TUESDAY = MONDAY + timedelta(days=1)
OTHER = replace(PRIVATE, key="private_english_lausanne", label="Private English")


@dataclass(frozen=True)
class Standing:
    """An event in a calendar."""

    content: EventContent
    calendar: str = ANA_CALENDAR
    provider_id: str = "id"
    etag: str = "etag"


def booked(agenda: Agenda, *lessons: Lesson) -> Desired:
    return desired_events(agenda, [week(MONDAY, *lessons)], matching_of(), NOW)


def old_lesson(
    day: date = TUESDAY,
    hours: str = "09:00-10:00",
    category: str = "VAD - VIP Adults",
    calendar: str = ANA_CALENDAR,
) -> Candidate:
    taught = lesson(day, hours)
    content = EventContent(f"Private: {category}", taught.dtstart, taught.dtend, categories=(category,))
    return Candidate.of_event(Standing(content, calendar))


def old_class(day: date = MONDAY, hours: str = "09:00-12:00") -> Candidate:
    taught = lesson(day, hours)
    return Candidate.of_event(Standing(EventContent("Teaching", taught.dtstart, taught.dtend, WeeklyRule())))


class TestPrivateLessons:
    def test_the_lesson_of_the_same_calendar_start_and_code_gives_the_uid(self) -> None:
        own = booked(PRIVATE, lesson(TUESDAY, "09:00-10:00", asid="0000007"))
        (claim,) = assign(PRIVATE, [old_lesson()], own, {}).fitting
        assert (claim.uid, claim.kin, claim.origin) == ("0000007", None, "ana martel")

    @pytest.mark.parametrize(
        "candidate",
        [
            old_lesson(NEXT_MONDAY),
            old_lesson(hours="09:15-10:00"),
            old_lesson(category="TPC - Test Prep"),
            old_lesson(calendar=JO_CALENDAR),
        ],
    )
    def test_one_that_fits_no_lesson_has_a_name_of_its_own(self, candidate: Candidate) -> None:
        own = booked(PRIVATE, lesson(TUESDAY, "09:00-10:00", asid="0000007"))
        (claim,) = assign(PRIVATE, [candidate], own, {}).stray
        code = candidate.code
        assert claim.uid == f"old-{candidate.start:%Y-%m-%d}-{candidate.start:%H%M}-{code}"

    def test_an_unusual_code_makes_no_tag_that_could_not_be_read_again(self) -> None:
        (claim,) = assign(PRIVATE, [old_lesson(category="A/B - Odd")], booked(PRIVATE), {}).stray
        assert claim.uid == "old-2026-03-03-0900-AB"

    def test_the_room_and_the_end_do_not_matter(self) -> None:
        own = booked(PRIVATE, lesson(TUESDAY, "09:00-11:00", asid="0000007", room="elsewhere"))
        assert [claim.uid for claim in assign(PRIVATE, [old_lesson()], own, {}).fitting] == ["0000007"]

    def test_two_lessons_at_once_are_given_out_once_each(self) -> None:
        own = booked(
            PRIVATE,
            lesson(TUESDAY, "09:00-10:00", asid="0000007"),
            lesson(TUESDAY, "09:00-10:00", asid="0000008", room="R2"),
        )
        claims = assign(PRIVATE, [old_lesson()] * 3, own, {}).fitting
        assert [claim.uid for claim in claims] == ["0000007", "0000008", "0000008"]

    def test_one_that_may_be_of_a_teacher_who_could_not_be_read_is_protected_by_that_lesson(self) -> None:
        own = booked(PRIVATE, lesson(TUESDAY, "09:00-10:00", None, asid="0000007"))
        (claim,) = assign(PRIVATE, [old_lesson()], own, {}).fitting
        assert claim.uid == "0000007"

    def test_a_lesson_of_another_agenda_is_left_for_it(self) -> None:
        others = {OTHER.label: booked(OTHER, lesson(TUESDAY, "09:00-10:00"))}
        assignment = assign(PRIVATE, [old_lesson()], booked(PRIVATE), others)
        assert assignment.claims == []
        assert [label for _, label in assignment.left] == ["Private English"]

    def test_a_lesson_of_two_agendas_is_ours(self) -> None:
        taught = lesson(TUESDAY, "09:00-10:00", asid="0000007")
        assignment = assign(
            PRIVATE, [old_lesson()], booked(PRIVATE, taught), {OTHER.label: booked(OTHER, taught)}
        )
        assert [claim.uid for claim in assignment.fitting] == ["0000007"]

    def test_what_fits_nothing_is_left_while_an_agenda_was_never_read(self) -> None:
        assert assign(PRIVATE, [old_lesson()], booked(PRIVATE), {OTHER.label: None}).claims == []
        assert len(assign(PRIVATE, [old_lesson()], booked(PRIVATE), {OTHER.label: booked(OTHER)}).stray) == 1


class TestClasses:
    def test_a_class_is_called_by_weekday_and_start(self) -> None:
        own = desired_events(METHOD, [classes(MONDAY, (MON, "09:00-12:00"))], matching_of(), NOW)
        (claim,) = assign(METHOD, [old_class()], own, {}).fitting
        assert (claim.uid, claim.kin, claim.origin) == ("monday-0900", "monday", "ana martel")

    def test_one_that_overlaps_a_block_fits_it(self) -> None:
        own = desired_events(METHOD, [classes(MONDAY, (MON, "10:00-13:00"))], matching_of(), NOW)
        assert [claim.uid for claim in assign(METHOD, [old_class()], own, {}).fitting] == ["monday-0900"]

    def test_one_that_no_block_overlaps_is_stray_and_known_by_its_own_time(self) -> None:
        own = desired_events(METHOD, [classes(MONDAY, (TUE, "09:00-12:00"))], matching_of(), NOW)
        (claim,) = assign(METHOD, [old_class()], own, {}).stray
        assert (claim.uid, claim.kin) == ("monday-0900", "monday")

    def test_one_of_an_undecided_teacher_keeps_that_teachers_name(self) -> None:
        taught = classes(MONDAY, (MON, "09:00-12:00", "New TEACHER"))
        own = desired_events(METHOD, [taught], matching_of("New TEACHER"), NOW)
        (claim,) = assign(METHOD, [old_class()], own, {}).fitting
        assert claim.origin == "new teacher"


class Calendars:
    """Calendars in which older scripts' events may be found; counts how often they are looked into."""

    def __init__(self, **found: list[Standing] | Unreadable) -> None:
        self.found = found
        self.looks = 0

    def __call__(self, calendars: Iterable[str]) -> Mapping[str, list[Standing] | Unreadable]:
        self.looks += 1
        return {calendar: self.found[calendar] for calendar in calendars}


def require(engine: Engine, calendars: Calendars) -> dict[str, str]:
    return require_decision(
        PRIVATE, calendars.found, find=calendars, engine=engine, provider="outlook", now=NOW
    )


OLD = Standing(old_lesson().event.content)
PAST = Standing(old_lesson(MONDAY - timedelta(days=3)).event.content)


def test_without_older_events_that_is_recorded_and_costs_nothing_later(engine: Engine) -> None:
    calendars = Calendars(ana=[], jo=[PAST])
    assert require(engine, calendars) == {}
    assert decision(engine, "outlook", PRIVATE) == NONE_FOUND
    assert require(engine, Calendars(ana=[OLD])) == {}
    assert calendars.looks == 1


def test_older_events_stop_the_agenda_until_it_is_decided(engine: Engine) -> None:
    calendars = Calendars(ana=[OLD, OLD], jo=[OLD], lea=[])
    with pytest.raises(AdoptionNeededError, match=r"3 events in 2 calendars.*adopt private_french_lausanne"):
        require(engine, calendars)
    decide(engine, "outlook", PRIVATE, "left alone by Mia: they end", events=0, now=NOW)
    assert require(engine, calendars) == {}


def test_a_calendar_that_cannot_be_read_is_not_decided_about(engine: Engine) -> None:
    calendars = Calendars(ana=[], jo=Unreadable("jo", None, "503"))
    assert list(require(engine, calendars)) == ["jo"]
    assert decision(engine, "outlook", PRIVATE) is None


def test_a_calendar_that_does_not_exist_holds_nothing_back(engine: Engine) -> None:
    assert require(engine, Calendars(ana=[], jo=Unreadable("jo", Cause.NO_CALENDAR, "404"))) == {}
    assert decision(engine, "outlook", PRIVATE) == NONE_FOUND


def test_everybody_s_calendar_is_looked_into_but_those_of_disabled_accounts() -> None:
    here = Account("1", "ana.martel@school.example", "Ana Martel", enabled=True)
    gone = Account("2", "jo.brandt@school.example", "Jo Brandt", enabled=False)
    assert where_to_look([here, gone]) == {here.calendar}


def test_a_later_decision_replaces_an_earlier_one(engine: Engine) -> None:
    decide(engine, "outlook", PRIVATE, "left alone by Mia: they end", events=0, now=NOW)
    decide(engine, "outlook", PRIVATE, "taken over, by their shape", events=4, now=NOW)
    with engine.connect() as connection:
        rows = connection.execute(select(SourceScope.decision, SourceScope.adopted_events)).all()
    assert [tuple(row) for row in rows] == [("taken over, by their shape", 4)]


def test_agendas_are_decided_about_one_by_one(engine: Engine) -> None:
    decide(engine, "outlook", OTHER, NONE_FOUND, events=0, now=NOW)
    assert decision(engine, "outlook", PRIVATE) is None
