from collections.abc import Mapping
from datetime import time

import pytest

from scheduling_pipeline.roster.model import LEAD_TASKS, Event, EventType, JobTitle, Place
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.validator import Validator, standing
from scheduling_pipeline.roster.wording import sentence
from tests.roster.store import HORIZON, Store, place

RULES = Rules()


def violations(
    store: Store,
    event: Event,
    where: Place,
    others: Mapping[int, Place] | None = None,
    *,
    automatic: bool = False,
    rules: Rules = RULES,
) -> dict[Code, bool]:
    """The rules that are broken, and whether they are hard. `others` is where other events are put besides
    what stands in the planner."""
    snapshot = store.snapshot()
    validator = Validator(snapshot, rules, {**standing(snapshot), **(others or {})})
    found = validator.violations(event.ref, where, automatic=automatic)
    assert all(sentence(violation.reason).endswith(".") for violation in found)
    return {violation.reason.code: violation.hard for violation in found}


def test_a_place_that_keeps_all_rules_has_nothing_against_it() -> None:
    store = Store()
    lead = store.lead()
    core = store.core()
    assert violations(store, core, place(5, "09:45", lead)) == {}
    assert violations(store, core, place(5, "09:45", lead), automatic=True) == {}


class TestWindow:
    def test_the_start_day_and_the_day_before_due_are_accepted_and_the_due_day_is_refused(self) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(4, 8)
        broken = [violations(store, core, place(number, "09:45", lead)) for number in (3, 4, 7, 8)]
        assert broken == [{Code.OUTSIDE_WINDOW: True}, {}, {}, {Code.OUTSIDE_WINDOW: True}]

    def test_a_day_that_is_over_is_refused(self) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(-3, 8)
        assert violations(store, core, place(-1, "09:45", lead)) == {Code.DAY_IS_OVER: True}

    def test_a_manager_may_break_the_quiet_zone_and_a_proposal_may_not(self) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(0, 8)
        near = place(2, "09:45", lead)
        assert violations(store, core, near) == {Code.QUIET_ZONE: False}
        assert violations(store, core, near, automatic=True) == {Code.QUIET_ZONE: True}
        assert violations(store, core, place(3, "09:45", lead), automatic=True) == {}

    def test_what_stands_in_the_quiet_zone_or_is_wanted_there_may_stay(self) -> None:
        store = Store()
        lead = store.lead()
        near = place(2, "09:45", lead)
        stays = store.core(0, 8, committed=near)
        assert violations(store, stays, near, automatic=True) == {}
        other = store.lead()
        wanted = place(1, "09:45", other)
        pinned = store.core(0, 8, pinned=wanted)
        assert violations(store, pinned, wanted, automatic=True) == {Code.QUIET_ZONE: False}

    def test_without_a_quiet_zone_a_manager_may_use_today_and_a_proposal_tomorrow(self) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(0, 8)
        rules = Rules(quiet_days=0)
        today, tomorrow = place(0, "09:45", lead), place(1, "09:45", lead)
        assert violations(store, core, today, rules=rules) == {}
        assert violations(store, core, today, rules=rules, automatic=True) == {Code.QUIET_ZONE: True}
        assert violations(store, core, tomorrow, rules=rules, automatic=True) == {}

    def test_somebody_may_stand_in_at_a_supervisor_event_of_a_near_day(self) -> None:
        store = Store()
        club, primary = store.club_supervisor(), store.lead()
        store.primary_lead(primary)
        store.away(club, 2)
        core = store.core(0, 8, committed=place(2, "09:45", store.specialist()))
        supervisor = store.supervisor_of(core, committed=place(2, "12:00", club))
        assert violations(store, supervisor, place(2, "12:00", primary), automatic=True) == {}
        new = store.supervisor_of(core)
        assert violations(store, new, place(2, "12:00", primary), automatic=True) == {Code.QUIET_ZONE: True}


class TestTimes:
    @pytest.mark.parametrize("start", ["09:45", "10:30", "11:00", "11:30"])
    def test_core_shifts_begin_at_the_four_slots_on_every_day_of_the_week(self, start: str) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(3, 10)
        assert [violations(store, core, place(number, start, lead)) for number in range(3, 10)] == [{}] * 7

    def test_another_time_is_up_to_the_manager(self) -> None:
        store = Store()
        lead = store.lead()
        core = store.core()
        assert violations(store, core, place(5, "09:50", lead)) == {Code.WRONG_TIME: False}
        assert violations(store, core, place(5, "09:50", lead), automatic=True) == {Code.WRONG_TIME: True}

    @pytest.mark.parametrize(
        ("kind", "survey", "start"),
        [
            (EventType.JUICER, False, "09:00"),
            (EventType.JUICER, True, "17:00"),
            (EventType.FREEOSK, False, "10:00"),
            (EventType.OTHER, False, "11:00"),
            (EventType.DIGITAL_SETUP, False, "10:15"),
            (EventType.DIGITAL_REFRESH, False, "11:00"),
            (EventType.DIGITAL_TEARDOWN, False, "18:45"),
        ],
    )
    def test_each_type_has_its_own_times(self, kind: EventType, survey: bool, start: str) -> None:  # noqa: FBT001 - a parameter
        store = Store()
        barista, lead = store.barista(), store.lead()
        store.juicer(barista)
        event = store.event(kind, survey=survey)
        who = barista if kind is EventType.JUICER else lead
        assert violations(store, event, place(5, start, who), automatic=True) == {}
        assert Code.WRONG_TIME in violations(store, event, place(5, "13:13", who))

    def test_the_times_are_those_of_the_settings(self) -> None:
        store = Store()
        lead = store.lead()
        event = store.event(EventType.FREEOSK)
        rules = Rules(freeosk_time=time(8))
        assert violations(store, event, place(5, "08:00", lead), rules=rules) == {}
        assert violations(store, event, place(5, "10:00", lead), rules=rules) == {Code.WRONG_TIME: False}


class TestPeople:
    @pytest.mark.parametrize("code", ["HOLIDAY", "TIME_OFF", "NOT_AVAILABLE"])
    def test_nobody_can_be_put_on_a_day_off(self, code: str) -> None:
        store = Store()
        lead = store.lead()
        store.away(lead, 5, code=code)
        assert violations(store, store.core(), place(5, "09:45", lead)) == {Code(code): True}

    def test_a_manager_may_ask_somebody_on_a_day_that_is_not_usual(self) -> None:
        store = Store()
        lead = store.lead()
        store.away(lead, 5, code="NOT_A_WORK_DAY")
        core = store.core()
        assert violations(store, core, place(5, "09:45", lead)) == {Code.NOT_A_WORK_DAY: False}
        automatic = violations(store, core, place(5, "09:45", lead), automatic=True)
        assert automatic == {Code.NOT_A_WORK_DAY: True}

    def test_a_manager_may_ask_another_lead_than_usual_but_nobody_of_another_title(self) -> None:
        store = Store()
        store.lead()
        third, specialist = store.lead(), store.specialist()
        store.primary_lead(store.employees[0].id)
        store.lead()
        teardown = store.event(EventType.DIGITAL_TEARDOWN)
        unusual = store.employees[-1].id
        assert violations(store, teardown, place(5, "18:00", third)) == {}
        assert violations(store, teardown, place(5, "18:00", unusual)) == {Code.UNUSUAL_PERSON: False}
        assert violations(store, teardown, place(5, "18:00", specialist)) == {Code.ROLE: True}

    def test_all_that_is_wrong_is_told_at_once(self) -> None:
        store = Store()
        gone = store.person(JobTitle.CLUB_SUPERVISOR, active=False, last_day=1, stores=("100501",))
        core = store.core(6, 10)
        assert violations(store, core, place(2, "08:00", gone)) == {
            Code.OUTSIDE_WINDOW: True,
            Code.ROLE: True,
            Code.INACTIVE: True,
            Code.LEFT: True,
            Code.NOT_AT_STORE: True,
            Code.QUIET_ZONE: False,
            Code.WRONG_TIME: False,
        }

    def test_somebody_or_something_unknown_is_an_error(self) -> None:
        store = Store()
        core = store.core()
        validator = Validator(store.snapshot(), RULES, {})
        with pytest.raises(KeyError):
            validator.violations(core.ref, place(5, "09:45", "US999999"))
        with pytest.raises(KeyError):
            validator.violations(1, place(5, "09:45", store.lead()))


class TestOneShiftADay:
    def test_a_second_core_event_on_a_day_is_refused_whatever_its_time(self) -> None:
        store = Store()
        lead = store.lead()
        store.core(committed=place(5, "09:45", lead))
        core = store.core()
        assert violations(store, core, place(5, "11:30", lead)) == {
            Code.DAILY_LIMIT: True,
            Code.OVERLAP: True,
        }
        assert violations(store, core, place(5, "17:00", lead)) == {
            Code.DAILY_LIMIT: True,
            Code.WRONG_TIME: False,
        }
        assert violations(store, core, place(6, "11:30", lead)) == {}

    def test_events_of_the_same_proposal_count_like_those_of_the_planner(self) -> None:
        store = Store()
        lead = store.lead()
        first, second = store.core(), store.core()
        others = {first.ref: place(5, "09:45", lead)}
        assert Code.DAILY_LIMIT in violations(store, second, place(5, "11:30", lead), others)

    def test_where_an_event_is_now_does_not_stand_in_its_own_way(self) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(committed=place(5, "09:45", lead))
        assert violations(store, core, place(5, "10:30", lead)) == {}

    def test_two_people_can_swap_since_each_is_judged_without_the_place_that_is_left(self) -> None:
        store = Store()
        ann, bo = store.lead(), store.specialist()
        one = store.core(committed=place(5, "09:45", ann))
        other = store.core(committed=place(5, "10:30", bo))
        swapped = {one.ref: place(5, "09:45", bo), other.ref: place(5, "10:30", ann)}
        assert violations(store, one, swapped[one.ref], swapped) == {}
        assert violations(store, other, swapped[other.ref], swapped) == {}

    def test_nobody_has_a_core_and_a_juicer_event_on_a_day(self) -> None:
        store = Store()
        barista = store.barista()
        store.juicer(barista)
        core, juicing = store.core(), store.event(EventType.JUICER, survey=True)
        survey, shift = place(5, "17:00", barista), place(5, "09:45", barista)
        assert violations(store, core, shift, {juicing.ref: survey}) == {Code.JUICING: True}
        assert violations(store, juicing, survey, {core.ref: shift}) == {Code.JUICING: True}
        assert violations(store, juicing, survey, {core.ref: place(6, "09:45", barista)}) == {}

    def test_one_person_may_have_the_production_and_the_survey_of_a_day(self) -> None:
        store = Store()
        barista = store.barista()
        store.juicer(barista)
        production = store.event(EventType.JUICER)
        survey = store.event(EventType.JUICER, survey=True)
        others = {production.ref: place(5, "09:00", barista)}
        assert violations(store, survey, place(5, "17:00", barista), others, automatic=True) == {}

    @pytest.mark.parametrize(("survey", "start"), [(False, "09:00"), (True, "17:00")])
    def test_nobody_has_two_productions_or_two_surveys_on_a_day(self, survey: bool, start: str) -> None:  # noqa: FBT001 - a parameter
        store = Store()
        barista = store.barista()
        store.juicer(barista)
        one, two = (store.event(EventType.JUICER, survey=survey) for _ in range(2))
        where = place(5, start, barista)
        assert violations(store, two, where, {one.ref: where}) == {Code.DAILY_LIMIT: True, Code.OVERLAP: True}

    def test_only_the_juicer_of_the_day_can_be_put_on_a_juicer_event(self) -> None:
        store = Store()
        bo, cleo = store.barista(), store.barista()
        store.juicer(bo)
        juicing = store.event(EventType.JUICER)
        assert violations(store, juicing, place(5, "09:00", cleo)) == {Code.NOT_IN_ROTATION: True}

    @pytest.mark.parametrize("kind", sorted(LEAD_TASKS))
    def test_a_lead_with_a_core_event_may_take_short_work_as_well(self, kind: EventType) -> None:
        store = Store()
        lead = store.lead()
        store.core(committed=place(5, "10:30", lead))
        task = store.event(kind)
        begin = {EventType.FREEOSK: "10:00", EventType.DIGITAL_TEARDOWN: "18:00"}.get(kind, "11:00")
        first = place(5, begin, lead)
        beside = {store.event(kind).ref: first}
        broken = violations(store, task, first, beside)
        assert broken in ({}, {Code.UNUSUAL_PERSON: False})
        assert Code.UNUSUAL_PERSON not in broken or kind is EventType.DIGITAL_TEARDOWN

    def test_one_club_supervisor_may_have_ten_supervisor_events_at_noon(self) -> None:
        store = Store()
        club = store.club_supervisor()
        noon = place(5, "12:00", club)
        cores = [store.core(committed=place(5, "09:45", store.specialist())) for _ in range(10)]
        supervisors = [store.supervisor_of(core) for core in cores]
        others = {one.ref: noon for one in supervisors}
        assert all(violations(store, one, noon, others, automatic=True) == {} for one in supervisors)


class TestWithItsCore:
    def test_a_supervisor_event_is_on_the_day_of_its_core_event(self) -> None:
        store = Store()
        club, lead = store.club_supervisor(), store.lead()
        core = store.core()
        supervisor = store.supervisor_of(core)
        others = {core.ref: place(5, "09:45", lead)}
        assert violations(store, supervisor, place(5, "12:00", club), others) == {}
        assert violations(store, supervisor, place(6, "12:00", club), others) == {Code.NOT_WITH_CORE: True}

    def test_a_supervisor_event_has_no_place_without_that_of_its_core_event(self) -> None:
        store = Store()
        club = store.club_supervisor()
        supervisor = store.supervisor_of(store.core())
        assert violations(store, supervisor, place(5, "12:00", club)) == {Code.NOT_WITH_CORE: True}

    def test_one_without_a_known_core_event_can_only_be_put_by_hand(self) -> None:
        store = Store()
        noon = place(5, "12:00", store.club_supervisor())
        alone = store.event(EventType.SUPERVISOR)
        assert violations(store, alone, noon) == {}
        assert violations(store, alone, noon, automatic=True) == {Code.NOT_WITH_CORE: True}

    def test_it_follows_its_core_event_to_another_day(self) -> None:
        store = Store()
        club, lead = store.club_supervisor(), store.lead()
        core = store.core(committed=place(5, "09:45", lead))
        supervisor = store.supervisor_of(core, committed=place(5, "12:00", club))
        moved = {core.ref: place(6, "09:45", lead)}
        assert violations(store, supervisor, place(6, "12:00", club), moved, automatic=True) == {}
        stays = violations(store, supervisor, place(5, "12:00", club), moved, automatic=True)
        assert stays == {Code.NOT_WITH_CORE: True}


class TestStandingInThePlanner:
    def test_a_proposal_moves_core_events_only_and_a_manager_all(self) -> None:
        store = Store()
        lead, other = store.lead(), store.lead()
        store.primary_lead(lead)
        core = store.core(committed=place(5, "09:45", lead))
        setup = store.event(EventType.DIGITAL_SETUP, committed=place(5, "10:15", lead))
        assert violations(store, core, place(6, "09:45", other), automatic=True) == {}
        assert violations(store, setup, place(6, "10:15", other)) == {}
        moved = violations(store, setup, place(6, "10:15", other), automatic=True)
        assert moved == {Code.ALREADY_SCHEDULED: True}

    def test_what_cannot_stay_may_be_moved_whatever_it_is(self) -> None:
        store = Store()
        lead, other = store.lead(), store.lead()
        store.away(lead, 5)
        setup = store.event(EventType.DIGITAL_SETUP, committed=place(5, "10:15", lead))
        assert violations(store, setup, place(5, "10:15", other), automatic=True) == {}

    def test_what_stands_at_an_odd_time_with_an_unusual_person_may_stay(self) -> None:
        store = Store()
        store.club_supervisor()
        there = place(5, "12:30", store.lead())
        core = store.core(committed=place(5, "09:45", store.specialist()))
        supervisor = store.supervisor_of(core, committed=there)
        broken = violations(store, supervisor, there, automatic=True)
        assert broken == {Code.UNUSUAL_PERSON: False, Code.WRONG_TIME: False}

    def test_what_somebody_unknown_holds_is_not_taken_away(self) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(committed=place(5, "09:45", ""))
        moved = violations(store, core, place(6, "09:45", lead), automatic=True)
        assert moved == {Code.ALREADY_SCHEDULED: True}


class TestLimits:
    def test_the_hours_of_a_week_count_only_when_they_are_to_be_held(self) -> None:
        store = Store()
        anna = store.person(weekly_minutes=2 * 390)  # two shifts
        for number in (6, 7):  # Sunday and Monday of one week
            store.core(committed=place(number, "09:45", anna))
        core = store.core(3, 20)
        third = place(12, "09:45", anna)  # its Saturday
        assert violations(store, core, third) == {}
        strict = Rules(weekly_hours=True)
        assert violations(store, core, third, rules=strict) == {Code.WEEKLY_HOURS: True}
        assert violations(store, core, place(5, "09:45", anna), rules=strict) == {}
        assert violations(store, core, place(13, "09:45", anna), rules=strict) == {}

    def test_somebody_without_weekly_hours_has_no_limit(self) -> None:
        store = Store()
        anna = store.specialist()
        for number in range(6, 12):
            store.core(3, 20, committed=place(number, "09:45", anna))
        core = store.core(3, 20)
        assert violations(store, core, place(12, "09:45", anna), rules=Rules(weekly_hours=True)) == {}

    def test_days_in_a_row_count_on_both_sides_and_a_day_off_ends_them(self) -> None:
        store = Store()
        anna = store.specialist()
        for number in (5, 6, 8, 9):
            store.core(3, 20, committed=place(number, "09:45", anna))
        core = store.core(3, 20)
        gap = place(7, "09:45", anna)
        assert violations(store, core, gap) == {}
        assert violations(store, core, gap, rules=Rules(consecutive_days=5)) == {}
        assert violations(store, core, gap, rules=Rules(consecutive_days=4)) == {Code.CONSECUTIVE_DAYS: True}
        assert violations(store, core, place(11, "09:45", anna), rules=Rules(consecutive_days=1)) == {}

    def test_short_work_counts_neither_as_hours_nor_as_a_day(self) -> None:
        store = Store()
        lead = store.person(JobTitle.LEAD, weekly_minutes=390)
        store.core(3, 20, committed=place(6, "09:45", lead))
        store.event(EventType.FREEOSK, 3, 20, committed=place(7, "10:00", lead))
        rules = Rules(weekly_hours=True, consecutive_days=1)
        setup = store.event(EventType.DIGITAL_SETUP)
        assert violations(store, setup, place(7, "10:15", lead), rules=rules) == {}
        assert violations(store, store.core(3, 20), place(13, "09:45", lead), rules=rules) == {}


def test_what_others_have_makes_no_difference() -> None:
    store, alone = Store(), Store()
    people = [store.person(JobTitle.LEAD, weekly_minutes=3 * 390) for _ in range(30)]
    for number in range(500):
        event = store.core(0, 30, committed=place(number % HORIZON, "09:45", people[number % 30]))
        if number % 30 == 0:
            alone.events.append(event)
    alone.employees = store.employees
    asked = store.core(0, 30)
    alone.events.append(asked)
    rules = Rules(weekly_hours=True, consecutive_days=5)
    codes: set[Code] = set()
    for number in range(3, HORIZON):
        there = place(number, "09:45", people[0])
        found = violations(store, asked, there, automatic=True, rules=rules)
        assert found == violations(alone, asked, there, automatic=True, rules=rules)
        codes |= found.keys()
    assert codes == {Code.DAILY_LIMIT, Code.OVERLAP, Code.WEEKLY_HOURS}
