"""Zone names: ours are IANA's, Outlook's are Windows'."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from resources.windows_zones import iana_name, windows_name

HOURS = [datetime(2026, month, 15, hour, tzinfo=UTC) for month in range(1, 13) for hour in (0, 12)]


@pytest.mark.parametrize(
    ("iana", "windows"),
    [
        ("Europe/Zurich", "W. Europe Standard Time"),
        ("America/New_York", "Eastern Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("UTC", "UTC"),
        ("Moon/Tranquility", "Moon/Tranquility"),
    ],
)
def test_an_iana_zone_is_written_by_its_windows_name(iana: str, windows: str) -> None:
    assert windows_name(iana) == windows


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Europe/Zurich", "Europe/Zurich"),
        ("tzone://Microsoft/Custom", None),
    ],
)
def test_a_name_from_outlook_is_read_as_an_iana_zone(name: str, iana: str | None) -> None:
    assert iana_name(name) == iana


@pytest.mark.parametrize("name", ["Europe/Zurich", "Europe/London", "America/Toronto", "Asia/Singapore"])
def test_the_clocks_of_a_zone_agree_with_those_that_its_windows_name_stands_for(name: str) -> None:
    usual = iana_name(windows_name(name))
    assert usual is not None
    for hour in HOURS:
        assert hour.astimezone(ZoneInfo(name)).utcoffset() == hour.astimezone(ZoneInfo(usual)).utcoffset()
