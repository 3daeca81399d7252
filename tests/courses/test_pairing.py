"""Which meeting of a course is which."""

from __future__ import annotations

from datetime import date, time
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.courses.meetings import MeetingRow, arrange, merge
from scheduling_pipeline.courses.pairing import Slot, pair

START, MIDDLE, END = date(2026, 1, 12), date(2026, 3, 2), date(2026, 4, 24)
WIL, BEC, NOWHERE = ("WIL", "101"), ("BEC", "M204"), ("TBD", "0")


def slot(
    weekday: int,
    begin: int = 9,
    *,
    start: date = START,
    end: date = END,
    laboratory: bool = False,
) -> Slot:
    return Slot(weekday, time(begin), time(begin + 1), start, end, laboratory)


def slots() -> st.SearchStrategy[list[Slot]]:
    one = st.builds(
        slot,
        st.integers(0, 4),
        st.integers(8, 11),
        start=st.sampled_from([START, MIDDLE]),
        end=st.sampled_from([MIDDLE, END]),
        laboratory=st.booleans(),
    )
    return st.lists(one, max_size=6, unique_by=lambda each: each.when)


def row(when: Slot, *rooms: tuple[str, str]) -> MeetingRow:
    return MeetingRow(when, rooms)


def test_a_changed_time_is_a_change_of_the_same_meeting() -> None:
    assert pair({1: slot(0), 2: slot(2)}, [slot(0, 13), slot(2)]) == {slot(0, 13): 1, slot(2): 2}


def test_a_changed_weekday_is_a_change_of_the_same_meeting() -> None:
    assert pair({1: slot(0), 2: slot(2)}, [slot(1), slot(2)]) == {slot(1): 1, slot(2): 2}


def test_changed_dates_are_a_change_of_the_same_meeting() -> None:
    assert pair({7: slot(0)}, [slot(0, end=MIDDLE)]) == {slot(0, end=MIDDLE): 7}


def test_a_changed_kind_is_a_change_of_the_same_meeting() -> None:
    assert pair({7: slot(0)}, [slot(0, laboratory=True)]) == {slot(0, laboratory=True): 7}


def test_time_and_weekday_may_change_at_once() -> None:
    assert pair({1: slot(0)}, [slot(3, 15)]) == {slot(3, 15): 1}


def test_a_laboratory_does_not_become_the_lecture() -> None:
    old = {1: slot(0), 2: slot(0, 13, laboratory=True)}
    new = [slot(1, 13, laboratory=True), slot(1)]
    assert pair(old, new) == {slot(1): 1, slot(1, 13, laboratory=True): 2}


def test_the_closest_goes_first() -> None:
    # Monday 13:00 could be either the Monday or the 13:00 of before: the same day counts for more.
    assert pair({1: slot(3, 13), 2: slot(0)}, [slot(0, 13)]) == {slot(0, 13): 2}


def test_what_is_over_is_another_meeting() -> None:
    first_half = slot(0, end=date(2026, 2, 27))
    assert pair({1: first_half}, [slot(0, start=MIDDLE)]) == {}


@given(slots(), slots())
def test_pairing_is_sound(old: list[Slot], new: list[Slot]) -> None:
    numbered = dict(enumerate(old, 1))
    found = pair(numbered, new)
    assert found.keys() <= set(new)
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= numbered.keys()
    for each in new:
        if each in old:  # what did not change is never paired with something else
            assert numbered[found[each]].when == each.when
    before = {each.when for each in old}
    for each, number in found.items():
        assert numbered[number].overlaps(each)
        # Nothing moves to where something else stood, so that changes can be written one after another.
        assert each.when == numbered[number].when or each.when not in before


@given(slots(), slots(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(old: list[Slot], new: list[Slot], random: Random) -> None:
    shuffled = random.sample(new, len(new))
    assert pair(dict(enumerate(old, 1)), new) == pair(dict(enumerate(old, 1)), shuffled)


@given(slots(), st.data())
def test_one_change_is_never_a_new_meeting(old: list[Slot], data: st.DataObject) -> None:
    if not old:
        return
    place = data.draw(st.integers(0, len(old) - 1))
    moved = old[place]._replace(weekday=5)
    new = [*old[:place], moved, *old[place + 1 :]]
    assert pair(dict(enumerate(old, 1)), new)[moved] == place + 1


def test_numbers_go_on_after_the_highest() -> None:
    arranged = arrange({}, [row(slot(2)), row(slot(0)), row(slot(0, 8))], last=0)
    assert [each.slot for _, each in sorted(arranged.meetings.items())] == [slot(0, 8), slot(0), slot(2)]
    assert sorted(arranged.meetings) == [1, 2, 3]
    assert arranged.last == 3


def test_the_number_of_what_goes_is_not_given_to_what_comes() -> None:
    first_half = slot(0, end=date(2026, 2, 27))
    arranged = arrange({1: first_half}, [row(slot(0, start=MIDDLE))], last=1)
    assert set(arranged.meetings) == {2}
    assert arranged.gone == (1,)


def test_the_number_of_what_has_gone_before_is_not_given_to_what_comes() -> None:
    arranged = arrange({1: slot(0)}, [row(slot(0)), row(slot(2))], last=3)
    assert {number: each.slot for number, each in arranged.meetings.items()} == {1: slot(0), 4: slot(2)}
    assert arrange({1: slot(0)}, [row(slot(0))], last=3).last == 3


@given(slots(), slots())
def test_every_meeting_of_the_file_has_one_number_and_every_number_is_accounted_for(
    old: list[Slot], new: list[Slot]
) -> None:
    standing = dict(enumerate(old, 1))
    arranged = arrange(standing, [row(each) for each in new], last=len(standing))
    assert {each.slot for each in arranged.meetings.values()} == set(new)
    assert len(arranged.meetings) == len(new)
    assert standing.keys() - arranged.meetings.keys() == set(arranged.gone)


def test_of_rows_that_say_the_same_the_one_with_a_room_counts() -> None:
    assert merge([row(slot(0), NOWHERE), row(slot(0), WIL), row(slot(1))]) == [
        row(slot(0), WIL),
        row(slot(1)),
    ]


def test_of_rows_without_a_room_the_first_counts() -> None:
    assert merge([row(slot(0), NOWHERE), row(slot(0))]) == [row(slot(0), NOWHERE)]


def test_rows_of_several_rooms_are_one_meeting_in_all_of_them() -> None:
    rows = [row(slot(0), WIL), row(slot(0), BEC), row(slot(0), NOWHERE)]
    assert merge(rows) == [row(slot(0), WIL, BEC)]
    assert arrange({}, rows, last=0).merged == 2
