from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.roster.eligibility import Eligibility, core_cost, last_possible
from scheduling_pipeline.roster.model import Employee, Event, EventType, JobTitle, Place
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from tests.roster.store import HORIZON, STORE, TODAY, Store, day, place

RULES = Rules()
SETUPS = (EventType.DIGITAL_SETUP, EventType.DIGITAL_REFRESH, EventType.FREEOSK)


def days_of(event: Event, store: Store, rules: Rules = RULES) -> list[int]:
    return [(when - TODAY).days for when in Eligibility(store.snapshot(), rules).days(event)]


def people(store: Store, event: Event, number: int) -> list[str]:
    return Eligibility(store.snapshot(), RULES).people(event, day(number))


def code_against(store: Store, event: Event, employee: str, number: int) -> Code | None:
    reason = Eligibility(store.snapshot(), RULES).why_not(event, employee, day(number))
    return reason.code if reason else None


class TestDays:
    @pytest.mark.parametrize(("start", "first"), [(-1, 3), (1, 3), (3, 3), (10, 10)])
    def test_the_first_day_is_the_start_or_the_end_of_the_quiet_zone(self, start: int, first: int) -> None:
        store = Store()
        assert days_of(store.core(start, 20), store) == list(range(first, 20))

    def test_the_due_day_is_too_late_and_the_day_before_is_not(self) -> None:
        store = Store()
        assert days_of(store.core(5, 8), store) == [5, 6, 7]

    def test_a_window_that_ends_where_it_starts_is_one_day(self) -> None:
        store = Store()
        one_day = store.core(5, 5)
        assert days_of(one_day, store) == [5]
        assert last_possible(one_day) == day(5)

    def test_weekends_count_and_the_last_day_is_the_end_of_the_horizon(self) -> None:
        store = Store()
        assert days_of(store.core(0, 40), store) == list(range(3, HORIZON + 1))

    def test_without_a_quiet_zone_tomorrow_is_the_first_day(self) -> None:
        store = Store()
        assert days_of(store.core(0, 3), store, Rules(quiet_days=0)) == [1, 2]

    def test_a_window_that_ends_in_the_quiet_zone_is_too_late(self) -> None:
        store = Store()
        late, early = store.core(0, 3), store.core(0, 4)
        eligibility = Eligibility(store.snapshot(), RULES)
        reason = eligibility.too_late(late)
        assert reason is not None
        assert reason.code is Code.BUFFER_PAST_DUE
        assert eligibility.days(late) == []
        assert eligibility.too_late(early) is None


class TestSkipping:
    def test_an_event_after_the_horizon_is_not_considered_yet(self) -> None:
        store = Store()
        inside, after = store.core(HORIZON, 30), store.core(HORIZON + 1, 30)
        eligibility = Eligibility(store.snapshot(), RULES)
        assert eligibility.skip(inside) is None
        reason = eligibility.skip(after)
        assert reason is not None
        assert reason.code is Code.NOT_YET

    def test_an_event_whose_window_is_over_is_past_due(self) -> None:
        store = Store()
        over, last_day = store.core(-5, 0), store.core(-5, 1)
        eligibility = Eligibility(store.snapshot(), RULES)
        reason = eligibility.skip(over)
        assert reason is not None
        assert reason.code is Code.PAST_DUE
        assert eligibility.skip(last_day) is None

    def test_an_event_that_was_taken_out_by_hand_is_left_out(self) -> None:
        store = Store()
        reason = Eligibility(store.snapshot(), RULES).skip(store.core(auto=False))
        assert reason is not None
        assert reason.code is Code.NOT_AUTOMATIC

    def test_what_stands_in_the_planner_and_can_stay_is_not_left_out(self) -> None:
        store = Store()
        anna = store.specialist()
        kept = store.core(3, 40, auto=False, committed=place(30, "09:45", anna))
        assert Eligibility(store.snapshot(), RULES).skip(kept) is None

    def test_what_cannot_stay_is_planned_again_but_where_proposals_are_not_about_it(self) -> None:
        store = Store()
        anna = store.specialist()
        store.away(anna, 5)
        asked = store.core(committed=place(5, "09:45", anna))
        not_asked = store.core(committed=place(5, "09:45", anna), auto=False)
        eligibility = Eligibility(store.snapshot(), RULES)
        assert eligibility.skip(asked) is None
        reason = eligibility.skip(not_asked)
        assert reason is not None
        assert reason.code is Code.NOT_AUTOMATIC


class TestPeople:
    def test_leads_are_asked_first_for_a_core_event_then_specialists_then_baristas(self) -> None:
        store = Store()
        barista, specialist, lead = store.barista(), store.specialist(), store.lead()
        store.club_supervisor()
        assert people(store, store.core(), 5) == [lead, specialist, barista]

    def test_people_of_the_store_are_asked_before_those_of_another_one(self) -> None:
        store = Store()
        away = store.person(JobTitle.LEAD, stores=("100501", STORE), home="100501")
        home = store.person(JobTitle.SPECIALIST, stores=(STORE,), home=STORE)
        barista = store.person(JobTitle.JUICER)
        elsewhere = store.person(JobTitle.LEAD, stores=("100501",), home="100501")
        core = store.core()
        assert people(store, core, 5) == [home, barista, away]
        assert code_against(store, core, elsewhere, 5) is Code.NOT_AT_STORE
        by_id = {employee.id: employee for employee in store.employees}
        assert [core_cost(by_id[one], STORE) for one in (home, barista, away)] == [2, 3, 4]

    def test_the_club_supervisor_never_does_a_core_event(self) -> None:
        store = Store()
        assert code_against(store, store.core(), store.club_supervisor(), 5) is Code.ROLE

    def test_only_the_juicer_of_the_day_juices(self) -> None:
        store = Store()
        bo, cleo = store.barista(), store.barista()
        store.juicer(bo, 5)
        store.juicer(cleo, 6)
        juicing = store.event(EventType.JUICER)
        assert [people(store, juicing, number) for number in (5, 6, 7)] == [[bo], [cleo], []]
        assert code_against(store, juicing, cleo, 5) is Code.NOT_IN_ROTATION
        assert code_against(store, juicing, cleo, 7) is Code.NOT_IN_ROTATION

    def test_somebody_of_another_title_does_not_juice_even_if_the_rotation_says_so(self) -> None:
        store = Store()
        specialist = store.specialist()
        store.juicer(specialist)
        juicing = store.event(EventType.JUICER)
        assert people(store, juicing, 5) == []
        assert code_against(store, juicing, specialist, 5) is Code.ROLE

    def test_nobody_juices_while_the_juicer_of_the_day_is_off(self) -> None:
        store = Store()
        bo = store.barista()
        store.barista()
        store.juicer(bo)
        store.away(bo, 5)
        juicing = store.event(EventType.JUICER)
        assert [people(store, juicing, number) for number in (5, 6)] == [[], [bo]]

    def test_the_club_supervisor_holds_supervisor_events_else_the_primary_lead(self) -> None:
        store = Store()
        club, primary, other = store.club_supervisor(), store.lead(), store.lead()
        store.primary_lead(primary)
        store.away(club, 6)
        store.away(primary, 7)
        store.away(club, 7)
        event = store.event(EventType.SUPERVISOR)
        assert [people(store, event, number) for number in (5, 6, 7)] == [[club], [primary], []]
        assert code_against(store, event, primary, 5) is Code.UNUSUAL_PERSON
        assert code_against(store, event, other, 6) is Code.UNUSUAL_PERSON
        assert code_against(store, event, store.specialist(), 6) is Code.ROLE

    @pytest.mark.parametrize("kind", SETUPS)
    def test_setups_refreshes_and_freeosk_go_from_the_primary_lead_to_the_club_supervisor(
        self, kind: EventType
    ) -> None:
        store = Store()
        club, first, second, third = store.club_supervisor(), store.lead(), store.lead(), store.lead()
        store.primary_lead(second, 5)
        store.primary_lead(second, 6)
        store.away(second, 6)
        event = store.event(kind)
        assert people(store, event, 5) == [second, first, third, club]
        assert people(store, event, 6) == [first, third, club]
        assert people(store, event, 7) == [first, second, third, club]
        assert code_against(store, event, store.specialist(), 5) is Code.ROLE

    def test_a_teardown_goes_to_the_second_lead_who_is_there_then_to_the_club_supervisor(self) -> None:
        store = Store()
        club, primary, second, third = store.club_supervisor(), store.lead(), store.lead(), store.lead()
        store.primary_lead(primary)
        store.away(second, 6)
        store.away(second, 7)
        store.away(third, 7)
        event = store.event(EventType.DIGITAL_TEARDOWN)
        assert people(store, event, 5) == [second, club, primary]
        assert people(store, event, 6) == [third, club, primary]
        assert people(store, event, 7) == [club, primary]
        assert code_against(store, event, third, 5) is Code.UNUSUAL_PERSON

    def test_other_events_go_to_the_club_supervisor_then_to_leads(self) -> None:
        store = Store()
        first, primary, club = store.lead(), store.lead(), store.club_supervisor()
        store.primary_lead(primary)
        event = store.event(EventType.OTHER)
        assert people(store, event, 5) == [club, primary, first]

    def test_saturdays_and_sundays_are_days_like_others(self) -> None:
        store = Store()
        anna = store.specialist()
        core = store.core(3, 10)
        assert [people(store, core, number) for number in (5, 6)] == [[anna], [anna]]


class TestPresence:
    @pytest.mark.parametrize("code", ["HOLIDAY", "TIME_OFF", "NOT_AVAILABLE", "NOT_A_WORK_DAY"])
    def test_somebody_who_is_away_is_not_asked_and_the_reason_is_told(self, code: str) -> None:
        store = Store()
        anna = store.specialist()
        store.away(anna, 5, code=code, detail="because")
        core = store.core()
        assert people(store, core, 5) == []
        reason = Eligibility(store.snapshot(), RULES).why_not(core, anna, day(5))
        assert reason is not None
        assert (reason.code, reason.params["detail"]) == (code, "because")

    def test_somebody_inactive_is_not_asked(self) -> None:
        store = Store()
        anna = store.person(active=False)
        core = store.core()
        assert people(store, core, 5) == []
        assert code_against(store, core, anna, 5) is Code.INACTIVE

    def test_somebody_who_leaves_works_on_the_last_day_and_not_after(self) -> None:
        store = Store()
        anna = store.person(last_day=5)
        core = store.core()
        assert [people(store, core, number) for number in (5, 6)] == [[anna], []]
        assert code_against(store, core, anna, 6) is Code.LEFT

    def test_a_day_outside_the_window_is_told_with_the_window(self) -> None:
        store = Store()
        anna = store.specialist()
        core = store.core(3, 10)
        assert [code_against(store, core, anna, number) for number in (2, 3, 9, 10)] == [
            Code.OUTSIDE_WINDOW,
            None,
            None,
            Code.OUTSIDE_WINDOW,
        ]

    def test_what_an_exception_of_the_rotation_would_mend_is_told_last(self) -> None:
        store = Store()
        bo = store.barista()
        store.away(bo, 5)
        juicing = store.event(EventType.JUICER)
        reasons = Eligibility(store.snapshot(), RULES).reasons(juicing, bo, day(5))
        assert [reason.code for reason in reasons] == [Code.TIME_OFF, Code.NOT_IN_ROTATION]


class TestStandingInThePlanner:
    def test_an_event_stays_while_its_person_is_there(self) -> None:
        store = Store()
        core = store.core(committed=place(5, "09:45", store.specialist()))
        assert Eligibility(store.snapshot(), RULES).displaced(core) is None

    @pytest.mark.parametrize("code", ["HOLIDAY", "TIME_OFF", "NOT_AVAILABLE", "NOT_A_WORK_DAY"])
    def test_it_is_displaced_when_its_person_is_away(self, code: str) -> None:
        store = Store()
        anna = store.specialist()
        store.away(anna, 5, code=code)
        core = store.core(committed=place(5, "09:45", anna))
        reason = Eligibility(store.snapshot(), RULES).displaced(core)
        assert reason is not None
        assert reason.code == code

    def test_it_is_displaced_when_its_person_is_gone_or_elsewhere_or_its_window_moved(self) -> None:
        store = Store()
        inactive, left = store.person(active=False), store.person(last_day=4)
        elsewhere, anna = store.person(stores=("100501",)), store.specialist()
        cores = [store.core(committed=place(5, "09:45", one)) for one in (inactive, left, elsewhere)]
        cores.append(store.core(6, 10, committed=place(5, "09:45", anna)))
        eligibility = Eligibility(store.snapshot(), RULES)
        reasons = [eligibility.displaced(core) for core in cores]
        assert [reason and reason.code for reason in reasons] == [
            Code.INACTIVE,
            Code.LEFT,
            Code.NOT_AT_STORE,
            Code.OUTSIDE_WINDOW,
        ]

    def test_it_is_not_displaced_by_a_title_or_a_rotation_that_changed(self) -> None:
        store = Store()
        bo = store.barista()
        juicing = store.event(EventType.JUICER, committed=place(5, "09:00", bo))
        core = store.core(committed=place(6, "09:45", store.club_supervisor()))
        eligibility = Eligibility(store.snapshot(), RULES)
        assert eligibility.displaced(juicing) is None
        assert eligibility.displaced(core) is None

    def test_somebody_unknown_holds_it_for_good(self) -> None:
        store = Store()
        core = store.core(committed=place(5, "09:45", ""))
        eligibility = Eligibility(store.snapshot(), RULES)
        assert eligibility.displaced(core) is None
        assert not eligibility.movable(core)

    def test_a_day_that_is_not_usual_does_no_harm_where_a_manager_wants_it(self) -> None:
        store = Store()
        anna = store.specialist()
        store.away(anna, 5, code="NOT_A_WORK_DAY")
        store.away(anna, 6)
        stays = store.core(committed=place(5, "09:45", anna), pinned=place(5, "09:45", anna))
        sick = store.core(committed=place(6, "09:45", anna), pinned=place(6, "09:45", anna))
        eligibility = Eligibility(store.snapshot(), RULES)
        assert eligibility.displaced(stays) is None
        assert eligibility.displaced(sick) is not None

    def test_a_core_event_may_make_room(self) -> None:
        store = Store()
        core = store.core(committed=place(5, "09:45", store.specialist()))
        assert Eligibility(store.snapshot(), RULES).movable(core)

    @pytest.mark.parametrize("kind", [kind for kind in EventType if kind is not EventType.CORE])
    def test_nothing_but_core_events_makes_room(self, kind: EventType) -> None:
        store = Store()
        event = store.event(kind, committed=place(5, "09:45", store.lead()))
        assert not Eligibility(store.snapshot(), RULES).movable(event)

    def test_what_is_near_far_pinned_switched_off_displaced_or_open_makes_no_room(self) -> None:
        store = Store()
        anna, sick = store.specialist(), store.specialist()
        store.away(sick, 5)
        there = place(5, "09:45", anna)
        events = [
            store.core(1, 10, committed=place(2, "09:45", anna)),
            store.core(3, 40, committed=place(HORIZON + 1, "09:45", anna)),
            store.core(committed=there, pinned=there),
            store.core(committed=there, auto=False),
            store.core(committed=place(5, "09:45", sick)),
            store.core(),
        ]
        eligibility = Eligibility(store.snapshot(), RULES)
        assert [eligibility.movable(event) for event in events] == [False] * len(events)

    def test_what_is_due_within_two_days_makes_no_room(self) -> None:
        store = Store()
        anna = store.specialist()
        events = [store.core(0, due, committed=place(1, "09:45", anna)) for due in (2, 3)]
        eligibility = Eligibility(store.snapshot(), Rules(quiet_days=0))
        assert [eligibility.movable(event) for event in events] == [False, True]


titles = st.sampled_from(JobTitle)
kinds = st.sampled_from(EventType)


@given(
    st.lists(st.tuples(titles, st.sampled_from([(), (STORE,), ("100501",)]), st.booleans()), max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(3, 8)), max_size=6),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    kinds,
    st.integers(3, 8),
)
def test_exactly_those_who_are_asked_break_no_static_rule(
    staff: list[tuple[JobTitle, tuple[str, ...], bool]],
    away: list[tuple[int, int]],
    rotation: tuple[int, int],
    kind: EventType,
    number: int,
) -> None:
    store = Store()
    ids = [store.person(title, stores=stores, active=active) for title, stores, active in staff]
    for who, when in away:
        if who < len(ids):
            store.away(ids[who], when)
    for name, who in zip((store.juicer, store.primary_lead), rotation, strict=True):
        if who < len(ids):
            name(ids[who])
    event = store.event(kind, 3, 10)
    eligibility = Eligibility(store.snapshot(), RULES)
    asked = eligibility.people(event, day(number))
    assert len(asked) == len(set(asked))
    assert set(asked) == {one for one in ids if eligibility.why_not(event, one, day(number)) is None}


def test_twenty_thousand_events_share_the_lists_of_their_store_day_and_type() -> None:
    stores = [str(100_500 + number) for number in range(150)]
    titles = [
        JobTitle.CLUB_SUPERVISOR,
        *[JobTitle.LEAD] * 3,
        *[JobTitle.JUICER] * 2,
        *[JobTitle.SPECIALIST] * 4,
    ]
    one = Store()
    event = one.core()
    employees = tuple(
        Employee(
            f"US{number:06}",
            f"Person {number}",
            titles[number % 10],
            stores=frozenset({stores[number // 10]}),
        )
        for number in range(1_500)
    )
    kinds = list(EventType)
    events = tuple(
        replace(
            event,
            ref=number,
            type=kinds[number % 8],
            store=stores[number % 150],
            start=day(number % 17),
            due=day(number % 17 + 2 + number % 9),
            committed=Place(day(5), RULES.other_time, employees[number % 1_500].id)
            if number % 4 == 0
            else None,
        )
        for number in range(20_000)
    )
    snapshot = replace(one.snapshot(), events=events, employees=employees)
    eligibility = Eligibility(snapshot, RULES)
    asked = [
        ((event.store, when, event.type), eligibility.people(event, when))
        for event in events
        for when in eligibility.days(event)
    ]
    assert sum(len(people) for _, people in asked) > 100_000
    assert len({id(people) for _, people in asked}) == len({key for key, _ in asked}) < len(asked) / 4
    assert len({id(eligibility.days(event)) for event in events}) < 200
