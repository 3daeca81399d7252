"""What is written is what is read back, through a real server, whatever the content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.calendars.model import EventContent, WeeklyRule
from scheduling_pipeline.calendars.provider import Done
from tests.resources.operations import update
from tests.resources.tenant import Tenant, create, open_tenant

ZONES = ["Europe/Zurich", "Europe/London", "America/Toronto", "Asia/Kolkata", "Australia/Sydney", "UTC"]
DST_WEEKS = [date(2026, 3, 23), date(2026, 10, 19), date(2027, 3, 8), date(2026, 10, 26)]
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)

_numbers = count(1)


def exists(wall: datetime) -> bool:
    """Clocks that are put forward leave wall times out; no event can be at one of them."""
    return wall.astimezone(UTC).astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None)


@st.composite
def contents(draw: st.DrawFn) -> EventContent:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    mondays = st.sampled_from(DST_WEEKS) | st.dates(date(2025, 1, 1), date(2028, 12, 31))
    day = draw(mondays) + timedelta(days=draw(st.integers(0, 13)))
    wall = datetime.combine(day, time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 10, 15, 30, 45]))))
    dtstart = wall.replace(tzinfo=zone)
    dtend = dtstart + timedelta(minutes=draw(st.integers(15, 240)))
    until = st.none() | st.integers(0, 60).map(lambda days: day + timedelta(days=days))
    return EventContent(
        summary=draw(NAMES),
        dtstart=dtstart,
        dtend=dtend,
        rrule=draw(st.none() | until.map(WeeklyRule)),
        location=draw(NAMES),
        categories=tuple(draw(st.lists(NAMES, max_size=2))),
    )


possible = contents().filter(lambda content: exists(content.dtstart) and exists(content.dtend))


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with open_tenant(tmp_path_factory.mktemp("tenant")) as opened:
        yield opened


@settings(max_examples=60, deadline=None)
@given(content=possible)
def test_what_is_written_is_read_back(tenant: Tenant, content: EventContent) -> None:
    standing = tenant.stand(create(tenant.ids[0], f"{next(_numbers):07}", content))
    assert standing.content == content
    assert standing.content.to_json() == content.to_json()


@settings(max_examples=60, deadline=None)
@given(before=possible, after=possible, kept=st.sets(st.sampled_from(["summary", "location", "categories"])))
def test_what_is_changed_is_read_back(
    tenant: Tenant, before: EventContent, after: EventContent, kept: set[str]
) -> None:
    after = replace(after, **{name: getattr(before, name) for name in kept})
    standing = tenant.stand(create(tenant.ids[1], f"{next(_numbers):07}", before))
    operation = update(standing, after)
    (outcome,) = tenant.outlook.send([operation])
    assert isinstance(outcome, Done), outcome
    now = tenant.only(operation)
    assert now.content.to_json() == after.to_json()
    assert (now.provider_id, now.etag) == (standing.provider_id, outcome.etag)
