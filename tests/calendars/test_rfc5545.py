"""Weekly rules as iCalendar text, and the rules that others write read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.calendars.model import EventContent, WeeklyRule
from scheduling_pipeline.calendars.rfc5545 import recurrence_lines, rule_from_lines

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 9, 7)
LAST = date(2026, 12, 14)
ZONES = ["America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "Pacific/Chatham", "America/Havana"]


def weekly(rule: WeeklyRule | None, begin: time = time(9), zone: ZoneInfo = NEW_YORK) -> EventContent:
    dtstart = datetime.combine(MONDAY, begin, zone)
    return EventContent("Class", dtstart, dtstart + timedelta(minutes=75), rrule=rule)


def whole_days(rule: WeeklyRule) -> EventContent:
    midnight = datetime.combine(MONDAY, time.min, NEW_YORK)
    return EventContent("Class", midnight, midnight + timedelta(days=1), rrule=rule, all_day=True)


def read(*lines: str, begin: time = time(9), zone: ZoneInfo = NEW_YORK) -> WeeklyRule | None:
    return rule_from_lines(lines, datetime.combine(MONDAY, begin, zone), all_day=False)


def test_a_rule_ends_with_its_last_local_day() -> None:
    assert recurrence_lines(weekly(WeeklyRule(LAST))) == ["RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261215T045959Z"]
    assert recurrence_lines(weekly(WeeklyRule(date(2026, 10, 5)))) == [
        "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261006T035959Z"
    ]


def test_a_day_that_ends_with_an_hour_twice_ends_with_the_second_one() -> None:
    santiago = ZoneInfo("America/Santiago")  # from 24:00 back to 23:00 on 4 April 2026
    (line,) = recurrence_lines(weekly(WeeklyRule(date(2026, 4, 4)), zone=santiago))
    assert line.endswith("UNTIL=20260405T035959Z")


def test_excluded_dates_have_the_time_of_the_class() -> None:
    rule = WeeklyRule(LAST, frozenset({date(2026, 11, 23), date(2026, 10, 12)}))
    assert recurrence_lines(weekly(rule))[1:] == [
        "EXDATE;TZID=America/New_York:20261012T090000,20261123T090000"
    ]


def test_a_rule_of_whole_days_speaks_of_dates() -> None:
    rule = WeeklyRule(LAST, frozenset({date(2026, 11, 23), date(2026, 10, 12)}))
    assert recurrence_lines(whole_days(rule)) == [
        "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261214",
        "EXDATE;VALUE=DATE:20261012,20261123",
    ]


def test_what_happens_once_has_no_lines() -> None:
    assert recurrence_lines(weekly(None)) == []
    assert read() is None


def test_a_rule_without_end() -> None:
    assert recurrence_lines(weekly(WeeklyRule())) == ["RRULE:FREQ=WEEKLY;BYDAY=MO"]
    assert read("RRULE:FREQ=WEEKLY") == WeeklyRule()


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=WEEKLY;UNTIL=20261215T045959Z;BYDAY=MO",
        "RRULE:FREQ=WEEKLY;INTERVAL=1;WKST=SU;UNTIL=20261215T045959Z",
        "rrule:freq=weekly;byday=mo;until=20261215T045959Z",
        "RRULE:FREQ=WEEKLY;UNTIL=20261214",
        "RRULE:FREQ=WEEKLY;UNTIL=20261214T140000Z",  # exactly when the last class begins
        "RRULE:FREQ=WEEKLY;UNTIL=20261214T090000",
        "RRULE:FREQ=WEEKLY;UNTIL=20261214T140000-00:00",
        "RRULE:FREQ=WEEKLY;COUNT=15",
        " RRULE:FREQ=WEEKLY;COUNT=15 ",
    ],
)
def test_many_ways_to_say_the_same_end(rule: str) -> None:
    assert read(rule) == WeeklyRule(LAST)


def test_an_end_before_the_class_of_its_day_is_the_day_before() -> None:
    evening = read("RRULE:FREQ=WEEKLY;UNTIL=20261214T235959Z", begin=time(19))
    assert evening == WeeklyRule(LAST - timedelta(days=1))
    assert read("RRULE:FREQ=WEEKLY;UNTIL=20261214T235959Z", begin=time(18, 59)) == WeeklyRule(LAST)


def test_an_end_in_the_hour_that_comes_twice() -> None:
    zurich = ZoneInfo("Europe/Zurich")
    sunday = datetime(
        2026, 10, 4, 2, 30, tzinfo=zurich
    )  # 25 October 2026: 02:30 at 00:30Z and again at 01:30Z
    end = "RRULE:FREQ=WEEKLY;UNTIL=20261025T{}Z"
    first, second = sunday, sunday.replace(fold=1)
    assert rule_from_lines([end.format("003000")], first, all_day=False) == WeeklyRule(date(2026, 10, 25))
    assert rule_from_lines([end.format("003000")], second, all_day=False) == WeeklyRule(date(2026, 10, 24))


@pytest.mark.parametrize(
    "exdates",
    [
        ["EXDATE;TZID=America/New_York:20261012T190000,20261123T190000"],
        ["EXDATE;TZID=America/New_York:20261012T190000", "EXDATE;TZID=America/New_York:20261123T190000"],
        ["EXDATE:20261012T230000Z,20261124T000000Z"],
        ["EXDATE;TZID=Europe/Zurich:20261013T010000,20261124T010000"],
        ["EXDATE;VALUE=DATE:20261012,20261123"],
        ["EXDATE:20261012", 'EXDATE;TZID="America/New_York";VALUE=DATE-TIME:20261123T190000'],
    ],
)
def test_many_ways_to_exclude_the_same_dates(exdates: list[str]) -> None:
    rule = read("RRULE:FREQ=WEEKLY;BYDAY=MO", *exdates, begin=time(19))
    assert rule == WeeklyRule(None, frozenset({date(2026, 10, 12), date(2026, 11, 23)}))


def test_dates_of_whole_days_are_never_moved_into_another_zone() -> None:
    midnight = datetime.combine(MONDAY, time.min, NEW_YORK)
    lines = ["RRULE:FREQ=WEEKLY;UNTIL=20261214T000000Z", "EXDATE:20261012T000000Z", "EXDATE:20261123"]
    assert rule_from_lines(lines, midnight, all_day=True) == WeeklyRule(
        LAST, frozenset({date(2026, 10, 12), date(2026, 11, 23)})
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["RRULE:FREQ=DAILY"],
        ["RRULE:FREQ=WEEKLY;INTERVAL=2"],
        ["RRULE:FREQ=WEEKLY;BYDAY=TU"],
        ["RRULE:FREQ=WEEKLY;BYDAY=MO,WE"],
        ["RRULE:FREQ=WEEKLY;BYMONTH=9"],
        ["RRULE:FREQ=WEEKLY;COUNT=3;UNTIL=20261214"],
        ["RRULE:FREQ=WEEKLY;COUNT=0"],
        ["RRULE:FREQ=WEEKLY;COUNT=99999999999"],
        ["RRULE:FREQ=WEEKLY;COUNT=MANY"],
        ["RRULE:FREQ=WEEKLY;UNTIL=SOON"],
        ["RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z"],
        ["RRULE:FREQ=WEEKLY;UNTIL=20261214;UNTIL=20261221"],
        ["RRULE:INTERVAL=1"],
        ["RRULE:"],
        ["RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY"],
        ["RRULE:FREQ=WEEKLY", "RDATE;VALUE=DATE:20261013"],
        ["RRULE:FREQ=WEEKLY", "EXRULE:FREQ=MONTHLY"],
        ["EXDATE;VALUE=DATE:20261012"],
        ["EXDATE:not a date", "RRULE:FREQ=WEEKLY"],
        ["EXDATE;TZID=Nowhere/Atlantis:20261012T090000", "RRULE:FREQ=WEEKLY"],
        ["EXDATE;TZID=America:20261012T090000", "RRULE:FREQ=WEEKLY"],
        ["every Monday"],
    ],
)
def test_a_rule_that_is_none_of_ours_is_kept_as_it_was_said(lines: list[str]) -> None:
    rule = read(*lines)
    assert rule is not None
    assert rule == WeeklyRule(other=rule.other)
    assert sorted(recurrence_lines(weekly(rule))) == sorted(lines)


def test_a_rule_of_another_kind_is_the_same_in_any_order() -> None:
    one = read("EXDATE;VALUE=DATE:20261012", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    assert one == read("rrule:BYDAY=MO;INTERVAL=2;freq=WEEKLY", " ", "EXDATE;VALUE=DATE:20261012 ")
    assert one is not None
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO;INTERVAL=2" in recurrence_lines(weekly(one))


def test_a_rule_of_another_kind_is_known_by_its_end_and_can_be_ended() -> None:
    endless = read("RRULE:FREQ=WEEKLY;BYDAY=MO,WE")
    assert endless == WeeklyRule(other="RRULE:FREQ=WEEKLY;BYDAY=MO,WE")
    ended = weekly(endless).ending_on(date(2026, 12, 14))
    assert not ended.goes_on_after(datetime(2026, 12, 15, tzinfo=UTC))
    (line,) = recurrence_lines(ended)
    assert line == "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261215T045959Z"
    assert read(line) == ended.rrule


def test_a_counted_rule_of_another_kind_that_is_ended_counts_no_more() -> None:
    counted = read("RRULE:FREQ=DAILY;COUNT=90")
    ended = weekly(counted).ending_on(date(2026, 12, 14))
    assert recurrence_lines(ended) == ["RRULE:FREQ=DAILY;UNTIL=20261215T045959Z"]
    assert read(*recurrence_lines(ended)) == ended.rrule


def test_a_rule_needs_a_zone_with_a_name() -> None:
    with pytest.raises(TypeError, match="IANA zone"):
        rule_from_lines(
            ["RRULE:FREQ=WEEKLY;UNTIL=20261214T140000Z"],
            datetime.fromisoformat("2026-09-07T09:00:00-04:00"),
            all_day=False,
        )


days = st.dates(date(2025, 1, 1), date(2028, 12, 31))
rules = st.builds(WeeklyRule, st.none() | days, st.frozensets(days, max_size=8))


@given(rule=rules, day=days, begin=st.times(), key=st.sampled_from(ZONES), all_day=st.booleans())
def test_a_rule_read_back_is_the_same(
    *, rule: WeeklyRule, day: date, begin: time, key: str, all_day: bool
) -> None:
    dtstart = datetime.combine(day, time.min if all_day else begin, ZoneInfo(key))
    content = EventContent("Class", dtstart, dtstart + timedelta(days=1), rrule=rule, all_day=all_day)
    lines = recurrence_lines(content)
    assert rule_from_lines(lines, dtstart, all_day=all_day) == rule
    assert rule_from_lines(reversed(lines), dtstart, all_day=all_day) == rule


words = st.lists(
    st.sampled_from(
        [
            "RRULE:",
            "EXDATE",
            ";TZID=",
            "America/New_York",
            "FREQ=WEEKLY",
            ";UNTIL=",
            "20261214",
            "T090000Z",
            ",",
            "\n",
        ]
    )
    | st.text(max_size=5),
    max_size=8,
).map("".join)


@given(lines=st.lists(words, max_size=4), all_day=st.booleans())
def test_no_text_is_too_strange_to_keep(*, lines: list[str], all_day: bool) -> None:
    dtstart = datetime.combine(MONDAY, time.min, NEW_YORK)
    rule = rule_from_lines(lines, dtstart, all_day=all_day)
    assert (rule is None) == (not "".join(lines).strip())
    if rule is not None:
        content = replace(whole_days(rule), all_day=all_day)
        assert rule_from_lines(recurrence_lines(content), dtstart, all_day=all_day) == rule
