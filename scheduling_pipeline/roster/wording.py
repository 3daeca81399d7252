"""Reasons as plain sentences, made of a code and its parameters: people by name, days as "Tue 3 March"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.reasons import Code, Param, Reason

EVENTS: Mapping[str, str] = {
    EventType.CORE: "Core events",
    EventType.SUPERVISOR: "Supervisor events",
    EventType.DIGITAL_SETUP: "digital set-ups",
    EventType.DIGITAL_REFRESH: "digital refreshes",
    EventType.DIGITAL_TEARDOWN: "digital teardowns",
    EventType.FREEOSK: "Freeosk events",
    EventType.OTHER: "other events",
    EventType.JUICER: "Juicer events",
}
_WHO: Mapping[str, str] = {
    EventType.CORE: "leads, specialists and Juicer Baristas",
    EventType.JUICER: "Juicer Baristas",
}
_LEADS = "leads and the Club Supervisor"
_DAYS = ("day", "start", "first", "last", "due", "horizon", "core_day")
_NOBODY: Mapping[str, str] = {"name": "Somebody", "rotation_name": "nobody"}

SENTENCES: Mapping[Code, str] = {
    Code.OUTSIDE_WINDOW: "{day} is not in its period: it may take place {period}.",
    Code.DAY_IS_OVER: "{day} is over.",
    Code.ROLE: "{name} ({title}) cannot do it: {events} are for {who}.",
    Code.NOT_AT_STORE: "{name} does not work at store {store}.",
    Code.INACTIVE: "{name} no longer works here.",
    Code.LEFT: "{name} does not work on {day}: {last} is the last day.",
    Code.HOLIDAY: "Nobody works on {day}{detail}.",
    Code.TIME_OFF: "{name} is away on {day}{detail}.",
    Code.NOT_AVAILABLE: "{name} is not available on {day}{detail}.",
    Code.NOT_A_WORK_DAY: "{name} does not usually work on {day}{detail}.",
    Code.DAILY_LIMIT: "{name} has one of these on {day} already: {other_name}.",
    Code.JUICING: "Nobody does a Core and a Juicer event on one day: on {day} {name} has {other_name}.",
    Code.OVERLAP: "{name} is taken from {from} to {until} on {day}: {other_name}.",
    Code.NOT_IN_ROTATION: "{name} is not the juicer of {day}: the rotation names {rotation_name}.",
    Code.NOT_WITH_CORE: "It belongs on the day of its Core event{which_core}.",
    Code.ALREADY_SCHEDULED: "It is scheduled already{where}.",
    Code.WEEKLY_HOURS: "{name} would have {hours:g} hours in the week of {day}, and may have {limit:g}.",
    Code.CONSECUTIVE_DAYS: "With {day}, {name} would work {days} days in a row, and may work {limit}.",
    Code.QUIET_ZONE: "{day} is very near: people have read their plans of the days before {first}.",
    Code.WRONG_TIME: "{time} is not one of its usual times: {times}.",
    Code.UNUSUAL_PERSON: "{name} is not the one who usually does {events} on {day}.",
    Code.OPEN_PROPOSAL: (
        "Proposal {run}, which waits for an approval, has another event for {name} on {day}: {other_name}."
    ),
    Code.NO_ROTATION_JUICER_BEFORE_DUE: "The rotation names no juicer {period}.",
    Code.ROTATION_PERSON_AWAY: "The juicer of the rotation is not there {period}.",
    Code.NO_SLOT_OR_BUMP_IN_WINDOW: "All who could do it {period} have something that is no less urgent.",
    Code.NOBODY_AVAILABLE: "Nobody who may do it is there {period}.",
    Code.SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE: (
        "Neither the Club Supervisor nor the primary lead is there on {day}, the day of its Core event."
    ),
    Code.NO_EVENT_NUMBER: (
        "Its name does not begin with a number of six digits, so its Core event cannot be told."
    ),
    Code.NO_MATCHING_CORE: "There is no Core event with the number {number} at its store in these days.",
    Code.SEVERAL_CORES: "Several Core events have the number {number}: {cores}.",
    Code.CORE_FAILED: "Its Core event has no place: {core_name}.",
    Code.NO_LEAD_OR_SUPERVISOR: "Neither a lead nor the Club Supervisor is there {period}.",
    Code.NO_SECONDARY_LEAD_OR_SUPERVISOR: (
        "Neither a second lead nor the Club Supervisor is there {period}."
    ),
    Code.BUFFER_PAST_DUE: (
        "{last} is its last day, and nothing is proposed for the days before {first}: schedule it by hand."
    ),
    Code.MADE_ROOM: "It makes room for {event_name}.",
    Code.PINNED: "A manager put it there.",
    Code.PIN_BROKEN: "It cannot be where it was put by hand: {rule}",
    Code.NOT_YET: "It begins on {start}: proposals go to {horizon} for now.",
    Code.PAST_DUE: "Its last day, {last}, is over.",
    Code.NOT_AUTOMATIC: "It is kept out of proposals by hand.",
    Code.AWAITS_SUBMISSION: "It was approved in an earlier proposal and is still to be submitted.",
    Code.OUTSIDE_EVENT_PERIOD: "{day} is not in its period any more: it may take place {period}.",
    Code.MISSING_REP_ID: "{name} has no RepID, by which the planner knows people.",
    Code.MISSING_MPLAN_ID: "The planner does not know the event: it came from a file and has no mPlanID.",
    Code.MISSING_LOCATION: "The event has no location id, so the planner would do nothing.",
    Code.ROW_VANISHED: "The planner does not have the event any more.",
    Code.API_MESSAGE: "The planner said no: {message}",
    Code.API_EXCEPTION: "The planner did not answer as it should: {message}",
    Code.TOGETHER: "{why}",
    Code.NOT_PUT_BACK: "{why} It could not be put back as it was: {problem}",
    Code.OVERTAKEN: "Somebody has scheduled it otherwise meanwhile.",
}


def sentence(reason: Reason) -> str:
    """What a reason means, for people. Raises KeyError where a parameter is missing."""
    return SENTENCES[reason.code].format_map(_shown(reason.params))


def day_text(day: date) -> str:
    """A day as it is written everywhere, such as "Tue 3 March"."""
    return f"{day:%a} {day.day} {day:%B}"


def _shown(params: Mapping[str, Param]) -> Mapping[str, Param]:
    """The parameters as they are written, and the parts of sentences that follow from them."""
    shown: dict[str, Param] = {"which_core": "", "where": "", "event_name": "another event"}
    for key, value in params.items():
        if key in _DAYS and value:
            shown[key] = day_text(date.fromisoformat(str(value)))
        elif isinstance(value, list):
            shown[key] = ", ".join(value)
        else:
            shown[key] = value or _NOBODY.get(key, value)
    shown["detail"] = f" ({params['detail']})" if params.get("detail") else ""
    if "time" in params and "name" in params:
        shown["where"] = f", on {shown['day']} at {params['time']} with {params['name']}"
    if params.get("core_name"):
        on = f", on {shown['core_day']}" if params.get("core_day") else ", which has no place"
        shown["which_core"] = f": {params['core_name']}{on if 'core_day' in params else ''}"
    if "event_type" in params:
        kind = str(params["event_type"])
        shown |= {"events": EVENTS[kind], "who": _WHO.get(kind, _LEADS)}
    first = params.get("start") or params.get("first")
    if first and ("last" in params or "due" in params):
        shown["period"] = _period(date.fromisoformat(str(first)), params)
    return shown


def _period(first: date, params: Mapping[str, Param]) -> str:
    """From a first day to a `last` one, or to the day before `due`."""
    if "last" in params:
        last = date.fromisoformat(str(params["last"]))
    else:
        last = max(first, date.fromisoformat(str(params["due"])) - timedelta(days=1))
    return f"on {day_text(first)}" if first == last else f"from {day_text(first)} to {day_text(last)}"
