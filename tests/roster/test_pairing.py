from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.pairing import pair
from scheduling_pipeline.roster.reasons import Code
from tests.roster.store import Store


def test_a_supervisor_event_belongs_to_the_core_event_with_its_number() -> None:
    store = Store()
    core = store.core(3, 10, number="606001")
    store.core(3, 10, number="606002")
    supervisor = store.event(EventType.SUPERVISOR, 3, 10, number="606001")
    pairing = pair(store.events)
    assert pairing.parents == {supervisor.ref: core.ref}
    assert pairing.unpaired == {}


def test_a_core_event_without_a_partner_is_no_problem() -> None:
    store = Store()
    store.core(number="606001")
    pairing = pair(store.events)
    assert (pairing.parents, pairing.unpaired) == ({}, {})


def test_a_partner_without_a_core_event_is_named() -> None:
    store = Store()
    supervisor = store.event(EventType.SUPERVISOR, number="606001")
    reason = pair(store.events).unpaired[supervisor.ref]
    assert (reason.code, reason.params) == (Code.NO_MATCHING_CORE, {"number": "606001"})


def test_digits_inside_the_parentheses_make_no_pair() -> None:
    store = Store()
    store.core()
    supervisor = store.event(EventType.SUPERVISOR)
    assert pair(store.events).unpaired[supervisor.ref].code is Code.NO_EVENT_NUMBER


def test_another_store_or_other_days_make_no_pair() -> None:
    store = Store()
    store.core(3, 10, number="606001", store="100501")
    store.core(10, 14, number="606001")
    store.event(EventType.DIGITAL_SETUP, 3, 10, number="606001")
    supervisor = store.event(EventType.SUPERVISOR, 3, 10, number="606001")
    assert pair(store.events).unpaired[supervisor.ref].code is Code.NO_MATCHING_CORE


def test_several_core_events_make_no_pair_and_are_named() -> None:
    store = Store()
    cores = [store.core(3, 10, number="606001"), store.core(9, 14, number="606001")]
    supervisor = store.event(EventType.SUPERVISOR, 3, 10, number="606001")
    reason = pair(store.events).unpaired[supervisor.ref]
    assert reason.code is Code.SEVERAL_CORES
    assert reason.params["cores"] == sorted(core.name for core in cores)


def test_two_partners_both_follow_their_core_event() -> None:
    store = Store()
    core = store.core(number="606001")
    partners = [store.event(EventType.SUPERVISOR, number="606001") for _ in range(2)]
    assert pair(store.events).parents == dict.fromkeys((one.ref for one in partners), core.ref)


def test_a_window_of_one_day_pairs_with_the_days_around_it() -> None:
    store = Store()
    core = store.core(5, 5, number="606001")
    inside = store.event(EventType.SUPERVISOR, 3, 6, number="606001")
    before = store.event(EventType.SUPERVISOR, 3, 5, number="606001")
    pairing = pair(store.events)
    assert pairing.parents == {inside.ref: core.ref}
    assert list(pairing.unpaired) == [before.ref]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(EventType),
            st.integers(0, 10),
            st.integers(0, 5),
            st.sampled_from(["", "606001", "606002"]),
        ),
        max_size=12,
    )
)
def test_every_supervisor_event_is_paired_or_told_why_not(
    rows: list[tuple[EventType, int, int, str]],
) -> None:
    store = Store()
    for kind, start, length, number in rows:
        store.event(kind, start, start + length, number=number)
    pairing = pair(store.events)
    by_ref = {event.ref: event for event in store.events}
    supervisors = {event.ref for event in store.events if event.type is EventType.SUPERVISOR}
    assert pairing.parents.keys() | pairing.unpaired.keys() == supervisors
    assert not pairing.parents.keys() & pairing.unpaired.keys()
    for ref, parent in pairing.parents.items():
        assert by_ref[parent].type is EventType.CORE
        assert by_ref[parent].number == by_ref[ref].number != ""
