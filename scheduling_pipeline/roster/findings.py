"""What an audit finds: how bad it is, a stable code, and a sentence that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Check(StrEnum):
    """What an audit looks at beyond the rules of places, whose codes are in `reasons.Code`."""

    # the coming days
    DUE_UNSTAFFED = "DUE_UNSTAFFED"
    UNSTAFFED_SOON = "UNSTAFFED_SOON"
    UNKNOWN_PERSON = "UNKNOWN_PERSON"
    DAY_NOT_RIGHT = "DAY_NOT_RIGHT"
    CORE_WITHOUT_SUPERVISOR = "CORE_WITHOUT_SUPERVISOR"
    PRIMARY_LEAD_WITHOUT_CORE = "PRIMARY_LEAD_WITHOUT_CORE"
    ROTATION_GAP = "ROTATION_GAP"
    ROTATION_PERSON_ABSENT = "ROTATION_PERSON_ABSENT"
    NO_LEAD_TASKS = "NO_LEAD_TASKS"
    LEAD_TASKS_UNSTAFFED = "LEAD_TASKS_UNSTAFFED"
    SLOTS_UNEVEN = "SLOTS_UNEVEN"
    NO_LEAD_AT_OPENING = "NO_LEAD_AT_OPENING"
    NO_LEAD_AT_CLOSING = "NO_LEAD_AT_CLOSING"
    # work that is left to do
    NOT_REPORTED = "NOT_REPORTED"
    STALE_DATA = "STALE_DATA"
    NOT_SUBMITTED = "NOT_SUBMITTED"
    RUN_CRASHED = "RUN_CRASHED"
    WAITS_FOR_APPROVAL = "WAITS_FOR_APPROVAL"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code`: a Check, or the code of the rule that is broken. `day`, `events`, `employee`: what it is about,
    as far as that can be said."""

    severity: Severity
    code: str
    sentence: str
    day: date | None = None
    events: tuple[int, ...] = ()
    employee: str = ""


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, then by day."""
    ranks = list(Severity)
    return tuple(
        sorted(
            findings,
            key=lambda one: (
                ranks.index(one.severity),
                one.day or date.max,
                one.code,
                one.events,
                one.sentence,
            ),
        )
    )


def counted(number: int, what: str) -> str:
    """Such as "1 event" or "3 events"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
