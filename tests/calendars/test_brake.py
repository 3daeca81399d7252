"""The brake: each rule at its threshold and just below it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.changes import create, removal, update
from scheduling_pipeline.calendars.model import Change, DesiredEvent, LedgerEvent
from tests.calendars.builders import (
    ANA,
    JO,
    MONDAY,
    NEXT_MONDAY,
    NOW,
    WEEK,
    block,
    lesson,
    lessons,
    standing,
)

LATER = NEXT_MONDAY + WEEK
TEACHERS = [f"teacher-{number}" for number in range(20)]


def spread(count: int, teachers: int = 20) -> list[LedgerEvent]:
    """So many lessons over two coming weeks and several teachers: no week or teacher has them all."""
    return [
        standing(
            lesson(
                str(number),
                (NEXT_MONDAY, LATER)[number % 2] + timedelta(days=number % 5),
                calendar=TEACHERS[number % teachers],
            )
        )
        for number in range(count)
    ]


def removals(rows: list[LedgerEvent]) -> list[Change]:
    return [removal(row, NOW) for row in rows]


def reasons(braked: Braked) -> list[str]:
    return [hold.reason for hold in braked.holds]


@pytest.mark.parametrize(
    ("gone", "of", "held"),
    [
        (10, 49, True),
        (10, 50, False),  # 20 % exactly
        (11, 50, True),
        (9, 40, False),  # too few to be an accident
        (8, 57, False),  # the largest share of a large week that an honest day has shown
        (5, 24, False),
        (150, 150, True),
    ],
)
def test_more_than_a_fifth_of_an_agenda_and_at_least_ten_wait(gone: int, of: int, *, held: bool) -> None:
    ledger = spread(of)
    braked = brake(removals(ledger[:gone]), ledger, now=NOW)
    assert any(reason.startswith("agenda private_french: ") for reason in reasons(braked)) is held
    assert len(braked.held) == (gone if held else 0)
    assert len(braked.free) == (0 if held else gone)


@pytest.mark.parametrize(("gone", "held"), [(9, False), (10, True)])
def test_a_fifth_of_one_week_waits_though_the_agenda_is_large(gone: int, *, held: bool) -> None:
    week = [standing(event) for name in TEACHERS for event in lessons(2, calendar=name)]
    others = [standing(event) for name in TEACHERS for event in lessons(9, monday=LATER, calendar=name)]
    braked = brake(removals(week[::4][:gone]), [*week, *others], now=NOW)
    assert reasons(braked) == (
        [f"agenda private_french, week of {NEXT_MONDAY}: 10 of 40 would be removed"] if held else []
    )


@pytest.mark.parametrize(("gone", "held"), [(9, False), (10, True)])
def test_a_fifth_of_one_calendar_waits_though_the_agenda_is_large(gone: int, *, held: bool) -> None:
    mine = [standing(event) for event in [*lessons(18), *lessons(18, monday=LATER)]]
    others = [standing(event) for name in TEACHERS for event in lessons(30, calendar=name)]
    others += [standing(event) for name in TEACHERS for event in lessons(30, monday=LATER, calendar=name)]
    braked = brake(removals(mine[:gone]), [*mine, *others], now=NOW)
    assert reasons(braked) == ([f"calendar {ANA}: 10 of 36 would be removed"] if held else [])


@pytest.mark.parametrize(("size", "held"), [(2, False), (3, True)])
def test_a_week_that_would_be_emptied_of_three_waits(size: int, *, held: bool) -> None:
    ledger = [standing(event) for event in [*lessons(size), *lessons(9, monday=LATER)]]
    braked = brake(removals(ledger[:size]), ledger, now=NOW)
    assert reasons(braked) == (
        [f"agenda private_french, week of {NEXT_MONDAY}: none of 3 would be left"] if held else []
    )


def test_a_week_is_emptied_too_when_its_last_lesson_moves_elsewhere() -> None:
    ledger = [standing(event) for event in [*lessons(4), *lessons(9, monday=LATER)]]
    moved = update(ledger[3], lesson(ledger[3].uid, LATER, "18:00", "19:00"))
    assert len(brake([*removals(ledger[:3]), moved], ledger, now=NOW).held) == 3


def test_a_week_that_gets_other_lessons_is_not_emptied() -> None:
    ledger = [standing(event) for event in [*lessons(4), *lessons(9, monday=LATER)]]
    new = create(lesson("new", NEXT_MONDAY, "18:00", "19:00"))
    assert brake([*removals(ledger[:4]), new], ledger, now=NOW).held == ()


def test_a_week_that_keeps_a_changed_lesson_is_not_emptied() -> None:
    ledger = [standing(event) for event in [*lessons(4), *lessons(9, monday=LATER)]]
    longer = update(ledger[3], lesson(ledger[3].uid, NEXT_MONDAY, "18:00", "19:00"))
    assert brake([*removals(ledger[:3]), longer], ledger, now=NOW).held == ()


@pytest.mark.parametrize(("size", "held"), [(4, False), (5, True)])
def test_a_teacher_with_five_coming_lessons_who_would_lose_them_all_waits(size: int, *, held: bool) -> None:
    mine = [standing(event) for event in [*lessons(2), *lessons(size - 2, monday=LATER)]]
    others = [standing(event) for event in [*lessons(9, calendar=JO), *lessons(9, monday=LATER, calendar=JO)]]
    braked = brake(removals(mine), [*mine, *others], now=NOW)
    assert reasons(braked) == ([f"calendar {ANA} would lose all of its 5 coming lessons"] if held else [])


def test_past_lessons_do_not_make_a_wiped_out_teacher_look_honest() -> None:
    past = [standing(event) for event in lessons(20, monday=MONDAY - WEEK)]
    mine = [standing(event) for event in [*lessons(3), *lessons(3, monday=LATER)]]
    others = [
        standing(event) for event in [*lessons(20, calendar=JO), *lessons(20, monday=LATER, calendar=JO)]
    ]
    assert len(brake(removals(mine), [*past, *mine, *others], now=NOW).held) == 6


def test_series_that_end_count_as_removals() -> None:
    days = [MONDAY - 4 * WEEK + timedelta(days=number) for number in range(5)]
    ledger = [standing(block(day)) for day in days]
    braked = brake(removals(ledger), ledger, now=NOW)
    assert reasons(braked) == [f"calendar {ANA} would lose all of its 5 coming lessons"]


def test_what_is_created_and_changed_goes_on_while_removals_wait() -> None:
    ledger = spread(40)
    go_on: list[Change] = [
        create(lesson("new", NEXT_MONDAY, "18:00", "19:00")),
        update(ledger[39], _renamed(ledger[39])),
    ]
    braked = brake([*removals(ledger[:12]), *go_on], ledger, now=NOW)
    assert braked.free == tuple(go_on)
    assert len(braked.held) == 12


def _renamed(row: LedgerEvent) -> DesiredEvent:
    wanted = lesson(row.uid, NEXT_MONDAY, calendar=row.calendar)
    return replace(wanted, content=replace(row.content, summary="VIP (Online)"))


def test_removals_that_trip_no_rule_go_on_beside_those_that_do() -> None:
    mine = [standing(event) for event in [*lessons(3), *lessons(3, monday=LATER)]]
    others = [
        standing(event) for event in [*lessons(20, calendar=JO), *lessons(20, monday=LATER, calendar=JO)]
    ]
    braked = brake(removals([*mine, others[0]]), [*mine, *others], now=NOW)
    assert [change.calendar for change in braked.free] == [JO]
    assert {change.calendar for change in braked.held} == {ANA}


class TestRelease:
    """A person releases exactly these removals; the word holds for them and for fewer."""

    ledger = spread(40)

    def keys(self, rows: list[LedgerEvent]) -> list[str]:
        return [change.key for change in removals(rows)]

    def held(self, gone: list[LedgerEvent], *released: list[str]) -> int:
        return len(brake(removals(gone), self.ledger, now=NOW, released=released).held)

    def test_lets_them_through(self) -> None:
        assert self.held(self.ledger[:20], self.keys(self.ledger[:20])) == 0

    def test_lets_a_part_of_them_through(self) -> None:
        assert self.held(self.ledger[:12], self.keys(self.ledger[:20])) == 0

    def test_does_not_let_one_more_through(self) -> None:
        assert self.held(self.ledger[:21], self.keys(self.ledger[:20])) == 21

    def test_does_not_let_others_through(self) -> None:
        assert self.held(self.ledger[20:], self.keys(self.ledger[:20])) == 20

    def test_does_not_add_up_with_another(self) -> None:
        parts = self.keys(self.ledger[:10]), self.keys(self.ledger[10:20])
        assert self.held(self.ledger[:20], *parts) == 20

    def test_does_not_count_for_an_event_that_was_made_again(self) -> None:
        released = self.keys(self.ledger[:20])
        again = [replace(row, generation=2) for row in self.ledger[:20]]
        assert self.held(again, released) == 20

    def test_holds_while_the_day_of_an_end_moves_on(self) -> None:
        series = [
            standing(block(MONDAY - 4 * WEEK, f"{hour:02}:00", f"{hour:02}:30")) for hour in range(8, 18)
        ]
        released = [removal(row, NOW).key for row in series]
        later = [removal(row, NOW + WEEK) for row in series]
        assert brake(later, series, now=NOW + WEEK).held
        assert not brake(later, series, now=NOW + WEEK, released=[released]).held


def test_the_digest_names_what_is_held_and_nothing_else() -> None:
    ledger = spread(40)
    held = removals(ledger[:12])
    alone = brake(held, ledger, now=NOW)
    with_more = brake([*held, create(lesson("new", NEXT_MONDAY))], ledger, now=NOW)
    fewer = brake(held[:11], ledger, now=NOW)
    assert alone.digest == with_more.digest != fewer.digest
    assert brake([], ledger, now=NOW).digest == ""
