"""The university's events: what is joined, left out, of which category and of which term."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.courses.categories import CATEGORIES
from scheduling_pipeline.courses.model import Term
from scheduling_pipeline.courses.university import RawEvent, clean

MONDAY = date(2026, 3, 9)
DAY = timedelta(days=1)
SPRING = Term(202620, date(2026, 1, 12), date(2026, 4, 24), None)
SUMMER = Term(202630, date(2026, 5, 18), date(2026, 8, 14), None)


def whole(summary: str, first: date = MONDAY, days: int = 1) -> RawEvent:
    return RawEvent(summary, first, first + (days - 1) * DAY, ics_uid=f"{summary}/{first}")


def timed(summary: str, begin: time, end: time) -> RawEvent:
    return RawEvent(summary, MONDAY, MONDAY, begin, end, ics_uid=f"{summary}/{begin}")


def category(event: RawEvent) -> str:
    (one,) = clean([event]).events
    return one.category


def test_21_consecutive_days_of_one_title_are_one_event() -> None:
    days = [whole("Spring Break", MONDAY + number * DAY) for number in range(5)]
    (week,) = clean(days).events
    assert (week.start_date, week.end_date) == (MONDAY, MONDAY + 4 * DAY)
    assert clean(days[::-1]).events == (week,)


def test_21_a_break_that_grows_by_a_day_stays_the_same_event() -> None:
    days = [whole("Spring Break", MONDAY + number * DAY) for number in range(5)]
    for named in (days, [replace(day, ics_uid="") for day in days]):
        uids = {event.ics_uid for count in range(1, 6) for event in clean(named[:count]).events}
        assert len(uids) == 1


def test_21_a_gap_keeps_events_apart() -> None:
    assert len(clean([whole("Spring Break"), whole("Spring Break", MONDAY + 2 * DAY)]).events) == 2
    assert len(clean([whole("Spring Break"), whole("Alumni Week", MONDAY + DAY)]).events) == 2
    assert len(clean([timed("Tour", time(9), time(10)), timed("Tour", time(14), time(15))]).events) == 2


def test_21_a_cancelled_event_is_left_out() -> None:
    cleaned = clean(
        [replace(whole("Founders Day"), status="cancelled"), replace(whole("Open House"), status="Confirmed")]
    )
    assert [event.summary for event in cleaned.events] == ["Open House"]
    assert [(skipped.event.summary, skipped.reason) for skipped in cleaned.skipped] == [
        ("Founders Day", "is cancelled")
    ]


def test_21_events_that_are_much_alike_are_one_and_the_registrar_is_believed() -> None:
    library = replace(whole("Spring Recess - No Classes", days=5), organization="Library")
    registrar = replace(whole("Spring Recess (No Classes)", days=5), organization="Office of the Registrar")
    for events in ([library, registrar], [registrar, library]):
        cleaned = clean(events)
        assert [event.organization for event in cleaned.events] == ["Office of the Registrar"]
        assert [skipped.reason for skipped in cleaned.skipped] == [
            "is much like 'Spring Recess (No Classes)' of the same day"
        ]


def test_21_alike_on_other_days_at_other_times_or_of_another_category_are_two() -> None:
    graduates = timed("Commencement: Graduate", time(10), time(12))
    undergraduates = timed("Commencement: Undergraduate", time(14), time(16))
    assert len(clean([graduates, undergraduates]).events) == 2
    assert len(clean([whole("Labor Day"), whole("Labor Day (observed)", MONDAY + DAY)]).events) == 2
    assert len(clean([whole("Spring Break", days=5), whole("Spring Break begins")]).events) == 2
    assert len(clean([whole("Spring Break"), whole("Spring Concert")]).events) == 2


def test_21_the_same_event_twice_is_there_once() -> None:
    first = timed("Open House", time(9), time(10))
    cleaned = clean([first, replace(first, ics_uid="other"), first])
    assert len(cleaned.events) == 1
    assert [skipped.reason for skipped in cleaned.skipped] == ["is there twice"] * 2


def test_21_entities_are_decoded() -> None:
    fair = whole("Arts &amp; Crafts &ndash;  Fair")
    raw = replace(fair, location="Building A &amp; B", organization="Q&#38;A")
    (event,) = clean([raw]).events
    assert event.summary == "Arts & Crafts \N{EN DASH} Fair"
    assert (event.location, event.organization) == ("Building A & B", "Q&A")


@pytest.mark.parametrize(
    ("words", "day", "term"),
    [
        ("Fall 2026", MONDAY, 202710),
        ("2026 Fall", MONDAY, 202710),
        ("Autumn 2026", MONDAY, 202710),
        ("Spring 2026", MONDAY, 202620),
        ("2026 summer", MONDAY, 202630),
        ("Fall", date(2026, 11, 3), 202710),
        ("Spring", date(2025, 11, 20), 202620),  # registration for it is open
        ("Fall", date(2027, 1, 5), 202710),
        ("", MONDAY, 202620),
        ("", date(2026, 5, 1), None),
        ("Winter 2026", date(2026, 5, 1), None),
    ],
)
def test_21_a_term_is_found_by_its_name_either_way_round(words: str, day: date, term: int | None) -> None:
    (event,) = clean([replace(whole("Alumni Week", day), academic_term=words)], [SPRING, SUMMER]).events
    assert event.term == term


def test_21_the_date_goes_before_the_name_for_dates_of_terms() -> None:
    begins = replace(whole("Classes begin", date(2026, 5, 18)), academic_term="Spring 2026")
    other = replace(whole("Alumni Week", date(2026, 5, 18)), academic_term="Spring 2026")
    events = clean([begins, other], [SPRING, SUMMER]).events
    assert {event.summary: event.term for event in events} == {"Classes begin": 202630, "Alumni Week": 202620}
    (given,) = clean([replace(begins, term=202710)], [SPRING, SUMMER]).events
    assert given.term == 202710


@pytest.mark.parametrize(
    ("begin", "begin_day", "end", "days"),
    [(time(12), 0, time(23, 58), 1), (time(12, 1), 0, time(23, 59), 3), (time(0), 0, time(23, 59), 1)],
)
def test_from_noon_to_midnight_is_a_whole_day(begin: time, begin_day: int, end: time, days: int) -> None:
    last = MONDAY + (days - 1) * DAY
    (event,) = clean([RawEvent("Founders Day", MONDAY + begin_day * DAY, last, begin, end)]).events
    assert (event.start_time, event.end_time, event.end_date) == (None, None, last)


def test_a_day_from_midnight_to_midnight_is_that_day() -> None:
    (event,) = clean([RawEvent("Founders Day", MONDAY, MONDAY + DAY, time(0), time(0))]).events
    assert (event.start_time, event.start_date, event.end_date) == (None, MONDAY, MONDAY)


def test_an_afternoon_is_no_whole_day() -> None:
    (event,) = clean([timed("Open House", time(12), time(18))]).events
    assert (event.start_time, event.end_time) == (time(12), time(18))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (whole("  "), "has no summary"),
        (whole("Open House", days=0), "ends before it begins"),
        (timed("Open House", time(10), time(9)), "ends before it begins"),
        (RawEvent("Open House", MONDAY, MONDAY, None, time(9)), "has an end, but no time at which it begins"),
    ],
)
def test_what_makes_no_sense_is_left_out(event: RawEvent, reason: str) -> None:
    cleaned = clean([event])
    assert cleaned.events == ()
    assert [skipped.reason for skipped in cleaned.skipped] == [reason]


def test_an_event_of_which_only_the_beginning_is_known_ends_there() -> None:
    (event,) = clean([RawEvent("Open House", MONDAY, MONDAY, time(9))]).events
    assert event.end_time == time(9)


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Patriots' Day", "holiday"),
        ("Patriots\N{RIGHT SINGLE QUOTATION MARK} Day", "holiday"),
        ("Presidents' Day", "holiday"),
        ("Martin Luther King Jr. Day", "holiday"),
        ("Spring Break", "holiday"),
        ("Thanksgiving Break - No Classes", "holiday"),
        ("No classes (Friday after Thanksgiving)", "holiday"),
        ("University closed", "holiday"),
        ("Holiday Market", "other"),
        ("Classes resume after Spring Break", "term_dates"),
        ("Last day before Thanksgiving break", "other"),
        ("Residence halls close for Spring Break", "other"),
        ("Spring Semester Begins", "term_dates"),
        ("First day of spring classes", "term_dates"),
        ("Last day of classes", "term_dates"),
        ("Tuesday follows Monday schedule", "term_dates"),
        ("Registration opens for seniors", "registration"),
        ("Last day to add/drop", "registration"),
        ("Last day to withdraw", "deadline"),
        ("Housing deposit due", "deadline"),
        ("Study Day", "study_day"),
        ("Reading Days", "study_day"),
        ("Final Exam Period", "finals"),
        ("Finals Week", "finals"),
        ("Final exam schedule available", "announcement"),
        ("Study Day schedule posted", "announcement"),
        ("Commencement", "graduation"),
        ("Midterm grades due", "deadline"),
        ("Faculty colloquium", "academic"),
        ("Open House", "campus_event"),
        ("Board of Trustees", "meeting"),
        ("Senior Showcase", "exhibit"),
        ("Notice of fire drill", "announcement"),
        ("Something", "other"),
    ],
)
def test_the_category_follows_from_the_words_of_the_summary(summary: str, expected: str) -> None:
    assert category(whole(summary)) == expected


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Thanksgiving Dinner", "campus_event"),
        ("Independence Day Fireworks", "other"),
        ("Study Day Breakfast", "campus_event"),
        ("How to survive finals: a workshop", "campus_event"),
    ],
)
def test_an_hour_that_is_named_after_a_holiday_is_none(summary: str, expected: str) -> None:
    assert category(timed(summary, time(18), time(20))) == expected
    assert category(timed("Final Exam Period", time(8), time(17))) == "finals"


def test_what_is_given_goes_before_words_and_words_before_the_type() -> None:
    assert category(replace(whole("Spring Break"), category="Campus Event")) == "campus_event"
    assert category(replace(whole("Spring Break"), event_type="Meeting")) == "holiday"
    assert (
        category(replace(whole("Something"), event_type="Campus Event \N{EN DASH} General")) == "campus_event"
    )
    assert (
        category(replace(whole("Something"), category="Academic Calendar", event_type="Holiday")) == "holiday"
    )


def test_events_without_a_uid_get_one_that_stays() -> None:
    events = [replace(whole(name), ics_uid="") for name in ("Open House", "Founders Day")]
    uids = {event.summary: event.ics_uid for event in clean(events).events}
    assert len(set(uids.values())) == 2
    assert {event.summary: event.ics_uid for event in clean(events[::-1]).events} == uids


def test_a_uid_names_one_event() -> None:
    first, second = (
        whole("Open House"),
        replace(whole("Founders Day", MONDAY + DAY), ics_uid="Open House/2026-03-09"),
    )
    cleaned = clean([second, first])
    assert [event.summary for event in cleaned.events] == ["Open House"]
    assert [skipped.reason for skipped in cleaned.skipped] == ["has the uid of 'Open House'"]


titles = st.sampled_from(
    ["Spring Break", "Spring break", "Study Day", "Open House", "Classes begin", "Fair &amp; fun"]
)
events = st.builds(
    lambda title, day, days, begin, uid: RawEvent(
        title, MONDAY + day * DAY, MONDAY + (day + days) * DAY, begin, None, ics_uid=uid
    ),
    titles,
    st.integers(0, 12),
    st.integers(-1, 3),
    st.sampled_from([None, time(0), time(9), time(12)]),
    st.sampled_from(["", "a", "b", "c", "d", "e", "f"]),
)


@given(st.lists(events, max_size=12))
def test_whatever_is_published_comes_out_sound(raw: list[RawEvent]) -> None:
    cleaned = clean(raw, [SPRING])
    uids = [event.ics_uid for event in cleaned.events]
    assert len(set(uids)) == len(uids)
    assert all(uids)
    for event in cleaned.events:
        assert event.start_date <= event.end_date
        assert event.category in CATEGORIES
        assert (event.start_time is None) == (event.end_time is None)
    assert clean(cleaned.events, [SPRING]).events == cleaned.events


@given(st.lists(events, max_size=12))
def test_every_day_of_a_holiday_stays_free(raw: list[RawEvent]) -> None:
    """Whatever is joined or left out: a day that was without classes still is."""

    def free(of: tuple[RawEvent, ...] | list[RawEvent]) -> set[date]:
        return {
            event.start_date + number * DAY
            for event in of
            if event.summary.casefold() in {"spring break", "study day"} and event.start_time is None
            for number in range((event.end_date - event.start_date).days + 1)
        }

    named = [replace(event, ics_uid=str(number)) for number, event in enumerate(raw)]
    assert free(named) <= free(clean(named).events)
