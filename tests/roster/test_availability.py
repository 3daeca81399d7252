from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.roster.availability import Availability, DaysOff, OneDay, OtherWeek
from tests.roster.store import day

WEEKDAYS = (True, True, True, True, True, False, False)
TUESDAYS = (False, True, False, False, False, False, False)


def codes(availability: Availability, *numbers: int, closed: Sequence[int] = ()) -> list[str | None]:
    holidays = {day(number): "Founders' Day" for number in closed}
    absences = [availability.absence(day(number), holidays) for number in numbers]
    return [absence.code if absence else None for absence in absences]


def test_without_any_word_they_work_every_day_weekends_too() -> None:
    assert codes(Availability(), *range(7)) == [None] * 7


def test_the_weekly_pattern_says_which_weekdays_are_off() -> None:
    assert codes(Availability(WEEKDAYS), 4, 5, 6, 7) == [None, "NOT_A_WORK_DAY", "NOT_A_WORK_DAY", None]


def test_time_off_includes_its_first_and_its_last_day() -> None:
    away = Availability(time_off=[DaysOff(day(3), day(5), "a wedding")])
    assert codes(away, 2, 3, 4, 5, 6) == [None, "TIME_OFF", "TIME_OFF", "TIME_OFF", None]
    absence = away.absence(day(3), {})
    assert absence is not None
    assert absence.detail == "a wedding"


def test_a_word_about_one_day_wins_over_the_week_both_ways() -> None:
    one = Availability(WEEKDAYS, {day(1): OneDay(works=False), day(5): OneDay(works=True)})
    assert codes(one, 1, 5, 6) == ["NOT_AVAILABLE", None, "NOT_A_WORK_DAY"]


def test_another_week_wins_over_one_day_both_ways_and_is_silent_where_it_says_nothing() -> None:
    other = OtherWeek(day(0), day(6), (True, False, None, None, None, True, None), "exams")
    mixed = Availability(WEEKDAYS, {day(0): OneDay(works=False), day(2): OneDay(works=False)}, [other])
    assert codes(mixed, 0, 1, 2, 5, 6, 8) == [
        None,
        "NOT_A_WORK_DAY",
        "NOT_AVAILABLE",
        None,
        "NOT_A_WORK_DAY",
        None,
    ]


def test_another_week_counts_from_its_first_to_its_last_day() -> None:
    other = Availability(other_weeks=[OtherWeek(day(1), day(8), TUESDAYS)])
    assert codes(other, 0, 1, 2, 8, 9) == [None, None, "NOT_A_WORK_DAY", None, None]


def test_of_several_other_weeks_the_last_one_counts() -> None:
    first = OtherWeek(day(0), day(13), TUESDAYS)
    second = OtherWeek(day(7), day(13), (None, None, True, None, None, None, None))
    both = Availability(other_weeks=[first, second])
    assert codes(both, 2, 7, 8, 9) == ["NOT_A_WORK_DAY", "NOT_A_WORK_DAY", None, None]


def test_holidays_and_time_off_always_win() -> None:
    eager = Availability(
        days={day(1): OneDay(works=True), day(2): OneDay(works=True)},
        other_weeks=[OtherWeek(day(0), day(6), (True,) * 7)],
        time_off=[DaysOff(day(2), day(2))],
    )
    assert codes(eager, 1, 2, 3, closed=[1]) == ["HOLIDAY", "TIME_OFF", None]


ranges = st.tuples(st.integers(0, 20), st.integers(0, 9)).map(lambda pair: (day(pair[0]), day(sum(pair))))
availabilities = st.builds(
    Availability,
    week=st.tuples(*[st.booleans()] * 7),
    days=st.dictionaries(st.integers(0, 29).map(day), st.builds(OneDay, st.booleans())),
    other_weeks=st.lists(
        st.builds(
            lambda span, week: OtherWeek(span[0], span[1], week),
            ranges,
            st.tuples(*[st.none() | st.booleans()] * 7),
        ),
        max_size=3,
    ),
    time_off=st.lists(st.builds(lambda span: DaysOff(*span), ranges), max_size=2),
)


@given(availabilities, st.sets(st.integers(0, 29).map(day), max_size=3))
def test_each_day_is_judged_by_the_first_word_that_is_said_about_it(
    availability: Availability, closed: set[date]
) -> None:
    days = [day(0) + timedelta(days=number) for number in range(30)]
    absences = availability.absences(days, dict.fromkeys(closed, "Founders' Day"))
    for when in days:
        said = [
            *([False] if when in closed else []),
            *[False for off in availability.time_off if off.first <= when <= off.last],
            *[
                works
                for other in reversed(availability.other_weeks)
                if other.first <= when <= other.last and (works := other.week[when.weekday()]) is not None
            ],
            *([availability.days[when].works] if when in availability.days else []),
            availability.week[when.weekday()],
        ]
        assert (when not in absences) == said[0]
