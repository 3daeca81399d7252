"""What counts as a person's edit, and what a change of ours becomes around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.calendars.changes import CONTENT_FIELDS, fields_that_differ
from scheduling_pipeline.calendars.edits import TIMES, carried_over, edits_between, respecting
from scheduling_pipeline.calendars.model import NO_EDITS, Edits, EventContent, WeeklyRule
from tests.calendars.builders import MONDAY, NEXT_MONDAY, WEEK, content
from tests.calendars.student import BEGAN, LAST, course

CLASS = course().content
OTHERS = tuple(name for name in CONTENT_FIELDS if name not in TIMES)


def at(first: date, start: str, end: str, of: EventContent = CLASS) -> EventContent:
    """The same event at other times."""
    times = content(first, start, end)
    return replace(of, dtstart=times.dtstart, dtend=times.dtend)


def without(event: EventContent, *days: date) -> EventContent:
    """The same series without some dates."""
    assert event.rrule is not None
    return replace(event, rrule=replace(event.rrule, exdates=event.rrule.exdates | set(days)))


def edits(*fields: str, dates: tuple[date, ...] = ()) -> Edits:
    return Edits(frozenset(fields), frozenset(dates))


class TestWhatCountsAsAnEdit:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("summary", "Plants!"),
            ("location", "Garden"),
            ("description", ""),
            ("color", "3"),
            ("reminders", ()),
            ("reminders", None),
            ("categories", ("mine",)),
        ],
    )
    def test_each_field_that_a_person_changed(self, field: str, value: object) -> None:
        changed: dict[str, Any] = {field: value}
        assert edits_between(CLASS, replace(CLASS, **changed)) == edits(field)

    def test_nothing_where_it_was_merely_saved(self) -> None:
        assert edits_between(CLASS, CLASS) is not None
        assert edits_between(CLASS, CLASS) == NO_EDITS

    def test_another_time_of_day(self) -> None:
        assert edits_between(CLASS, at(BEGAN, "11:00", "12:00")) == edits("dtstart", "dtend")

    def test_a_date_taken_out_of_a_series_is_that_date_and_no_field(self) -> None:
        assert edits_between(CLASS, without(CLASS, NEXT_MONDAY)) == edits(dates=(NEXT_MONDAY,))

    def test_a_date_taken_out_beside_other_edits(self) -> None:
        standing = replace(without(CLASS, NEXT_MONDAY), summary="Plants!")
        assert edits_between(CLASS, standing) == edits("summary", dates=(NEXT_MONDAY,))

    def test_a_date_put_back_into_a_series_is_a_change_of_its_rule(self) -> None:
        assert edits_between(without(CLASS, NEXT_MONDAY), CLASS) == edits("rrule")

    @pytest.mark.parametrize("rule", [None, WeeklyRule(MONDAY), WeeklyRule(other="RRULE:FREQ=DAILY")])
    def test_another_rule(self, rule: WeeklyRule | None) -> None:
        assert edits_between(CLASS, replace(CLASS, rrule=rule)) == edits("rrule")

    def test_what_is_as_it_is_wanted_is_none(self) -> None:
        wanted = replace(CLASS, location="B 2", summary="Botany I")
        standing = replace(CLASS, location="B 2", color="3")
        assert edits_between(CLASS, standing, wanted) == edits("color")

    def test_times_that_are_half_the_old_ones_and_half_the_wanted_ones_are_one(self) -> None:
        wanted = at(BEGAN, "10:00", "11:00")
        assert edits_between(CLASS, at(BEGAN, "09:00", "11:00"), wanted) == edits("dtend")

    def test_a_date_taken_out_after_a_write_that_nobody_answered(self) -> None:
        written = replace(CLASS, rrule=WeeklyRule(LAST - WEEK, frozenset({MONDAY})))
        standing = without(written, NEXT_MONDAY)
        assert edits_between(CLASS, standing, written) == edits(dates=(NEXT_MONDAY,))

    def test_a_holiday_that_is_none_any_more_was_not_taken_out_by_hand(self) -> None:
        known = without(CLASS, NEXT_MONDAY)
        assert edits_between(known, known, CLASS) == NO_EDITS

    def test_a_date_that_is_to_go_anyway_was_not_taken_out_by_hand(self) -> None:
        wanted = replace(without(CLASS, NEXT_MONDAY), location="B 2")
        assert edits_between(CLASS, without(CLASS, NEXT_MONDAY), wanted) == NO_EDITS


class TestWhatAChangeBecomes:
    def test_9_a_room_changes_around_a_title_of_ones_own(self) -> None:
        standing = replace(CLASS, summary="Plants!")
        after, found = carried_over(CLASS, replace(CLASS, location="B 2"), standing)
        assert (after, found) == (replace(standing, location="B 2"), edits("summary"))

    @pytest.mark.parametrize("times", [("11:00", "12:00"), ("08:30", "10:00"), ("09:00", "09:45")])
    def test_9_times_go_together(self, times: tuple[str, str]) -> None:
        standing = at(BEGAN, *times)
        wanted = replace(without(at(BEGAN, "09:00", "11:30"), NEXT_MONDAY), location="B 2")
        after, _ = carried_over(CLASS, wanted, standing)
        assert after == replace(standing, location="B 2")

    def test_9_a_rule_of_ones_own_keeps_all_times(self) -> None:
        standing = replace(CLASS, rrule=WeeklyRule(other="RRULE:FREQ=WEEKLY;INTERVAL=2"))
        after, found = carried_over(CLASS, replace(at(BEGAN, "10:00", "11:00"), color="3"), standing)
        assert (after, found) == (replace(standing, color="3"), edits("rrule"))

    def test_an_end_that_moves_leaves_times_of_ones_own_alone(self) -> None:
        standing = at(BEGAN, "11:00", "12:00")
        after, _ = carried_over(CLASS, CLASS.ending_on(LAST - WEEK), standing)
        assert after == standing

    def test_9_deleted_dates_stay_deleted_when_the_weekday_changes(self) -> None:
        standing = without(CLASS, NEXT_MONDAY)
        wanted = at(BEGAN + timedelta(days=2), "09:00", "10:00")
        after, _ = carried_over(CLASS, wanted, standing)
        assert after == without(wanted, NEXT_MONDAY + timedelta(days=2))

    def test_deleted_dates_find_their_way_back_with_the_class(self) -> None:
        deleted = edits(dates=(NEXT_MONDAY,))
        thursday = respecting(at(BEGAN + timedelta(days=3), "09:00", "10:00"), CLASS, deleted)
        assert respecting(CLASS, thursday, deleted) == without(CLASS, NEXT_MONDAY)

    def test_deleted_dates_mean_nothing_to_what_happens_once(self) -> None:
        once = replace(CLASS, rrule=None)
        assert respecting(once, CLASS, edits(dates=(NEXT_MONDAY,))) == once


def rules() -> st.SearchStrategy[WeeklyRule | None]:
    weeks = st.integers(0, 12).map(lambda number: MONDAY + number * WEEK)
    weekly = st.builds(WeeklyRule, st.none() | weeks, st.frozensets(weeks, max_size=3))
    return st.none() | weekly | st.just(WeeklyRule(other="RRULE:FREQ=WEEKLY;INTERVAL=2"))


@st.composite
def contents(draw: st.DrawFn) -> EventContent:
    """Any event, from few values, so that two of them often agree on a field."""
    day = MONDAY + timedelta(days=draw(st.integers(0, 6)))
    start, end = draw(st.sampled_from([("09:00", "10:00"), ("09:00", "11:00"), ("10:00", "11:00")]))
    return replace(
        content(day, start, end, rrule=draw(rules())),
        summary=draw(st.sampled_from(["Botany", "Botany I", "Plants!"])),
        location=draw(st.sampled_from(["", "A 1", "B 2"])),
        description=draw(st.sampled_from(["", "Ida Falk"])),
        color=draw(st.sampled_from(["", "5", "7"])),
        reminders=draw(st.sampled_from([None, (), (30,)])),
    )


class TestAlways:
    @given(known=contents(), standing=contents(), wanted=contents())
    def test_what_was_edited_stays_and_the_rest_follows_the_source(
        self, known: EventContent, standing: EventContent, wanted: EventContent
    ) -> None:
        after, found = carried_over(known, wanted, standing)
        for name in OTHERS:
            untouched = getattr(standing, name) in (getattr(known, name), getattr(wanted, name))
            assert getattr(after, name) == getattr(wanted if untouched else standing, name)
        if found.fields & TIMES:
            assert not TIMES.intersection(fields_that_differ(after, standing))
        elif wanted.rrule is None or after.rrule is None:
            assert not TIMES.intersection(fields_that_differ(after, wanted))
        else:
            assert after.rrule.exdates >= wanted.rrule.exdates
            assert replace(after, rrule=wanted.rrule).slot == wanted.slot
            assert after.rrule.until == wanted.rrule.until

    @given(known=contents(), standing=contents(), wanted=contents())
    def test_to_plan_again_from_what_stands_comes_to_the_same(
        self, known: EventContent, standing: EventContent, wanted: EventContent
    ) -> None:
        after, found = carried_over(known, wanted, standing)
        assert respecting(wanted, standing, found) == after
        assert respecting(wanted, after, found) == after
        assert carried_over(standing, after, after) == (after, NO_EDITS)

    @given(known=contents(), standing=contents())
    def test_what_nobody_touched_is_as_the_source_says(
        self, known: EventContent, standing: EventContent
    ) -> None:
        assert carried_over(known, standing, known) == (standing, NO_EDITS)
        assert carried_over(known, standing, standing) == (standing, NO_EDITS)

    @given(known=contents(), standing=contents())
    def test_where_the_source_stands_still_everything_is_left_as_it_is(
        self, known: EventContent, standing: EventContent
    ) -> None:
        after, found = carried_over(known, known, standing)
        assert after == standing
        assert bool(found) == (known != standing)

    @given(fields=st.frozensets(st.sampled_from(CONTENT_FIELDS)), dates=st.frozensets(st.dates()))
    def test_edits_are_kept_in_the_ledger_as_they_are(
        self, fields: frozenset[str], dates: frozenset[date]
    ) -> None:
        found = Edits(fields, dates)
        assert Edits.from_json(found.to_json()) == found
