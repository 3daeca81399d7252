"""The words of the engine: contents, tags, windows and digests."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.calendars.model import EventContent, Tag, WeeklyRule
from scheduling_pipeline.digest import digest
from tests.calendars.builders import MONDAY, NOW, ZURICH, content, lesson, standing, week


def test_content_needs_a_zone_with_a_name() -> None:
    with pytest.raises(ValueError, match="same IANA zone"):
        EventContent("Lesson", datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC))


def test_content_ends_after_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        content(MONDAY, "10:00", "10:00")


def test_a_series_over_the_change_of_clocks_keeps_its_wall_time() -> None:
    series = content(date(2026, 3, 23), rrule=WeeklyRule(date(2026, 4, 6)))
    assert series.last_start == datetime(2026, 4, 6, 9, tzinfo=ZURICH)
    assert series.last_start.utcoffset() != series.dtstart.utcoffset()


@pytest.mark.parametrize(
    ("moment", "last"),
    [
        (datetime(2026, 2, 1, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 9, 7, 59, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 9, 8, 0, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 30, 6, 59, tzinfo=UTC), date(2026, 3, 23)),  # summer time: an hour earlier in UTC
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), date(2026, 3, 30)),
    ],
)
def test_the_last_occurrence_that_has_begun(moment: datetime, last: date) -> None:
    assert content(MONDAY, rrule=WeeklyRule()).last_start_by(moment).date() == last


def test_what_goes_on() -> None:
    past, future = content(date(2026, 3, 4), "11:00", "13:00"), content(date(2026, 3, 4), "12:01", "13:00")
    assert (past.goes_on_after(NOW), future.goes_on_after(NOW)) == (False, True)
    assert replace(past, rrule=WeeklyRule()).goes_on_after(NOW)
    assert not replace(past, rrule=WeeklyRule(date(2026, 3, 10))).goes_on_after(NOW)
    assert replace(past, rrule=WeeklyRule(date(2026, 3, 11))).goes_on_after(NOW)


def test_a_window_of_the_week_of_the_change_of_clocks_ends_at_local_midnight() -> None:
    window = week(date(2026, 3, 23))
    assert window.end - timedelta(seconds=1) in window
    assert datetime(2026, 3, 29, 21, 59, tzinfo=UTC) in window
    assert datetime(2026, 3, 29, 22, 0, tzinfo=UTC) not in window


@given(
    summary=st.text(),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - wall times
    minutes=st.integers(1, 600),
    rule=st.none() | st.builds(WeeklyRule, st.none() | st.dates(date(2026, 1, 1), date(2030, 1, 1))),
    categories=st.lists(st.text(), max_size=3),
)
def test_content_survives_json(
    summary: str, start: datetime, minutes: int, rule: WeeklyRule | None, categories: list[str]
) -> None:
    one = EventContent(
        summary=summary,
        dtstart=start.replace(tzinfo=ZURICH),
        dtend=(start + timedelta(minutes=minutes)).replace(tzinfo=ZURICH),
        rrule=rule,
        categories=tuple(categories),
    )
    again = EventContent.from_json(json.loads(json.dumps(one.to_json())))
    assert again == one
    assert again.content_hash == one.content_hash


def test_tags_are_read_again() -> None:
    for tag in (Tag("agenda", None, "0879034", 1), Tag("agenda", "monday", "monday-0900", 12)):
        assert Tag.parse(str(tag)) == tag


@pytest.mark.parametrize("text", ["", "a/b/c", "a/b/c/d", "a/b/c/1/e"])
def test_a_text_that_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|int"):
        Tag.parse(text)


@pytest.mark.parametrize("parts", [("a/b", None, "c"), ("a", "b/c", "d"), ("a", None, "b/c")])
def test_a_tag_that_could_not_be_read_again_is_refused(parts: tuple[str, str | None, str]) -> None:
    with pytest.raises(ValueError, match="slash"):
        Tag(*parts, 1)


def test_digests_do_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 2, "b": 1})


def test_a_row_knows_its_tag() -> None:
    assert str(standing(lesson("0879034", MONDAY), generation=2).tag) == "private_french//0879034/2"
