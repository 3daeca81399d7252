"""Why something cannot be or was not done: stable codes with parameters, and plain sentences made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Param = str | int | float | list[str]


class Code(StrEnum):
    """What is wrong with a place, or why an event has none. Codes are kept in the database: never rename."""

    # a place breaks a rule
    OUTSIDE_WINDOW = "OUTSIDE_WINDOW"
    DAY_IS_OVER = "DAY_IS_OVER"
    ROLE = "ROLE"
    NOT_AT_STORE = "NOT_AT_STORE"
    INACTIVE = "INACTIVE"
    LEFT = "LEFT"
    HOLIDAY = "HOLIDAY"
    TIME_OFF = "TIME_OFF"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    NOT_A_WORK_DAY = "NOT_A_WORK_DAY"
    DAILY_LIMIT = "DAILY_LIMIT"
    JUICING = "JUICING"
    OVERLAP = "OVERLAP"
    NOT_IN_ROTATION = "NOT_IN_ROTATION"
    NOT_WITH_CORE = "NOT_WITH_CORE"
    ALREADY_SCHEDULED = "ALREADY_SCHEDULED"
    WEEKLY_HOURS = "WEEKLY_HOURS"
    CONSECUTIVE_DAYS = "CONSECUTIVE_DAYS"
    # soft: a manager may go against these, and says why
    QUIET_ZONE = "QUIET_ZONE"
    WRONG_TIME = "WRONG_TIME"
    UNUSUAL_PERSON = "UNUSUAL_PERSON"
    OPEN_PROPOSAL = "OPEN_PROPOSAL"
    # an event has no place
    NO_ROTATION_JUICER_BEFORE_DUE = "NO_ROTATION_JUICER_BEFORE_DUE"
    ROTATION_PERSON_AWAY = "ROTATION_PERSON_AWAY"
    NO_SLOT_OR_BUMP_IN_WINDOW = "NO_SLOT_OR_BUMP_IN_WINDOW"
    NOBODY_AVAILABLE = "NOBODY_AVAILABLE"
    SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE = "SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE"
    NO_EVENT_NUMBER = "NO_EVENT_NUMBER"
    NO_MATCHING_CORE = "NO_MATCHING_CORE"
    SEVERAL_CORES = "SEVERAL_CORES"
    CORE_FAILED = "CORE_FAILED"
    NO_LEAD_OR_SUPERVISOR = "NO_LEAD_OR_SUPERVISOR"
    NO_SECONDARY_LEAD_OR_SUPERVISOR = "NO_SECONDARY_LEAD_OR_SUPERVISOR"
    BUFFER_PAST_DUE = "BUFFER_PAST_DUE"
    MADE_ROOM = "MADE_ROOM"
    PINNED = "PINNED"
    PIN_BROKEN = "PIN_BROKEN"
    # an event was left out of a proposal
    NOT_YET = "NOT_YET"
    PAST_DUE = "PAST_DUE"
    NOT_AUTOMATIC = "NOT_AUTOMATIC"
    AWAITS_SUBMISSION = "AWAITS_SUBMISSION"
    # a row cannot be submitted
    OUTSIDE_EVENT_PERIOD = "OUTSIDE_EVENT_PERIOD"
    MISSING_REP_ID = "MISSING_REP_ID"
    MISSING_MPLAN_ID = "MISSING_MPLAN_ID"
    MISSING_LOCATION = "MISSING_LOCATION"
    ROW_VANISHED = "ROW_VANISHED"
    API_MESSAGE = "API_MESSAGE"
    API_EXCEPTION = "API_EXCEPTION"
    TOGETHER = "TOGETHER"
    NOT_PUT_BACK = "NOT_PUT_BACK"
    OVERTAKEN = "OVERTAKEN"


@dataclass(frozen=True, slots=True)
class Reason:
    """One code with its parameters (plain JSON)."""

    code: Code
    params: Mapping[str, Param] = field(default_factory=dict)
