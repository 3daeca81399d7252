"""What pages call things: types of events, absences, kinds of runs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.reasons import Code

TYPES: Mapping[str, str] = {
    EventType.CORE: "Core",
    EventType.SUPERVISOR: "Supervisor",
    EventType.DIGITAL_SETUP: "digital set-up",
    EventType.DIGITAL_REFRESH: "digital refresh",
    EventType.DIGITAL_TEARDOWN: "digital teardown",
    EventType.FREEOSK: "Freeosk",
    EventType.OTHER: "other",
    EventType.JUICER: "Juicer",
}
ABSENCES: Mapping[str, str] = {
    Code.TIME_OFF: "time off",
    Code.HOLIDAY: "holiday",
    Code.NOT_AVAILABLE: "not available",
    Code.NOT_A_WORK_DAY: "no work day",
}
RUN_TYPES: Mapping[str, str] = {"automatic": "nightly", "manual": "asked for", "hand": "by hand"}
_SUFFIX = re.compile(r"\s*\(\d{9,}\).*$")


def short_name(name: str) -> str:
    """An event's name without its long number and what follows, which says only the type."""
    return _SUFFIX.sub("", name) or name
