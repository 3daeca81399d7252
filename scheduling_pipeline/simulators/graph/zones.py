"""Time zones as Outlook names them (Windows names and IANA names), and times as Graph writes them.

A Graph time is a wall time without offset beside the name of a zone; inside the simulator it is a naive
`datetime` that never leaves the event it belongs to.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import orjson

from scheduling_pipeline.simulators.graph.errors import GraphError, malformed

_WINDOWS: dict[str, str] = orjson.loads((Path(__file__).parent / "windows_zones.json").read_bytes())
_IANA = available_timezones()


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of a Windows or IANA name; an unknown name is refused as Outlook refuses it."""
    iana = _WINDOWS.get(name, name)
    if iana not in _IANA:
        raise GraphError(
            400,
            "TimeZoneNotSupportedException",
            "A valid TimeZone value must be specified. The following TimeZone value is not supported:"
            f" '{name}'.",
        )
    return ZoneInfo(iana)


def wall_time(text: str, in_zone: ZoneInfo) -> datetime:
    """Read a Graph time as the naive wall time in `in_zone`; a time with an offset is converted to it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise malformed() from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(in_zone).replace(tzinfo=None)
    return moment.replace(microsecond=0)


def moved(wall: datetime, source: ZoneInfo, target: ZoneInfo) -> datetime:
    """The same instant on the clocks of `target`."""
    if source is target:
        return wall
    return wall.replace(tzinfo=source).astimezone(target).replace(tzinfo=None)


def instant(wall: datetime, in_zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time."""
    return wall.replace(tzinfo=in_zone).astimezone(UTC)


def graph_time(wall: datetime) -> str:
    """A `dateTimeTimeZone.dateTime`: seven decimals, no offset."""
    return wall.isoformat() + ".0000000"


def graph_instant(moment: datetime) -> str:
    """An `Edm.DateTimeOffset` in UTC, as in `createdDateTime`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "0Z"
