"""Zone names and the times that Graph writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from scheduling_pipeline.simulators.graph import zones
from scheduling_pipeline.simulators.graph.errors import GraphError

WALLS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda wall: wall.replace(microsecond=0))  # noqa: DTZ001 - wall times


@pytest.mark.parametrize("name", sorted(WINDOWS_TO_OLSON))
def test_windows_names_mean_what_another_library_says(name: str) -> None:
    ours, theirs = zones.zone(name), zones.zone(WINDOWS_TO_OLSON[name])
    for month in range(1, 13):
        moment = datetime(2026, month, 15, tzinfo=UTC)
        assert moment.astimezone(ours).utcoffset() == moment.astimezone(theirs).utcoffset()


@given(WALLS)
def test_a_time_is_read_as_it_was_written(wall: datetime) -> None:
    assert zones.wall_time(zones.graph_time(wall), zones.zone("UTC")) == wall


@given(WALLS, st.sampled_from(("Europe/Zurich", "Pacific Standard Time", "Asia/Kathmandu")))
def test_a_time_stays_the_same_instant_in_every_zone(wall: datetime, name: str) -> None:
    there = zones.moved(wall, zones.zone("UTC"), zones.zone(name))
    assert zones.instant(there, zones.zone(name)) == wall.replace(tzinfo=UTC)


def test_a_time_with_an_offset_is_taken_to_the_zone() -> None:
    zurich = zones.zone("Europe/Zurich")
    for text in ("2026-07-01T08:00:00Z", "2026-07-01T10:00:00.0000000", "2026-07-01T04:00:00-04:00"):
        assert zones.graph_time(zones.wall_time(text, zurich)) == "2026-07-01T10:00:00.0000000"


@pytest.mark.parametrize("name", ["", "Europe/Nowhere", "../etc/passwd", "w. europe time"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(GraphError, match="TimeZoneNotSupportedException"):
        zones.zone(name)
