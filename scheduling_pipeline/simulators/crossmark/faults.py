"""What can go wrong with a call: which faults there are for it, and what they make of calls and replies."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.crossmark.controllers import LISTING, REISSUE, SCHEDULE, UNSCHEDULE
from scheduling_pipeline.simulators.crossmark.wire import Call, Json, Reply, in_utc, moment, refusal

INSTEAD = frozenset({"refused", "login_page", "expired_session"})  # of these nothing is done
_ANY = (*INSTEAD, "http", "lose_request", "drop_reply", "slow_reply", "kill")
_OF_LISTINGS = ("truncated_listing", "shrunken_listing")
_OF_WRITES = ("no_effect",)
_OF_SCHEDULING = ("no_event", "wrong_echo", "wrong_write")
_EVENT = "MVScheduledEvent"
_OFF_BY = 60  # minutes
_SLOW = 8  # seconds


def kinds(call: Call) -> tuple[str, ...]:
    """The faults that there are for a call."""
    found: tuple[str, ...] = _ANY
    if call.path == LISTING:
        found += _OF_LISTINGS
    if call.path in {SCHEDULE, UNSCHEDULE, REISSUE}:
        found += _OF_WRITES
    if call.path == SCHEDULE:
        found += _OF_SCHEDULING
    return found


def refused(fault: Fault) -> Reply:
    """The planner's own no."""
    params = fault.params
    return refusal(str(params.get("text", "The event could not be saved.")), str(params.get("key", "error")))


def broken(fault: Fault) -> Reply:
    """The answer of an `http` fault."""
    params = fault.params
    headers = {"retry-after": str(params["retry_after"])} if "retry_after" in params else {}
    text, status = str(params.get("text", "Service Unavailable")), int(params.get("status", 503))
    return Reply(text=text, status=status, headers=headers)


def distorted(fault: Fault, reply: Reply) -> Reply:
    """What comes of the planner's answer on its way; what it did is done."""
    match fault.kind:
        case "http":
            return replace(broken(fault), effect=reply.effect)
        case "slow_reply":
            return replace(reply, delay=float(fault.params.get("seconds", _SLOW)))
        case "no_event":
            return replace(reply, json=_without_event(reply.json or {}))
        case "wrong_echo":
            return replace(reply, json=_with_wrong_echo(fault, reply.json or {}))
        case _:
            return replace(reply, json=_shortened(fault, reply.json or {}))


def _shortened(fault: Fault, body: Json) -> Json:
    """A listing with a share of its events; its total tells the truth or, where it shrank, does not."""
    truncated = fault.kind == "truncated_listing"
    rows = body.get("mplans", [])
    rows = rows[: int(len(rows) * float(fault.params.get("keep", 0.5 if truncated else 0)))]
    return body | {"mplans": rows, **({} if truncated else {"total": len(rows)})}


def _without_event(body: Json) -> Json:
    """A success that does not tell what it did."""
    return {name: value for name, value in body.items() if name != _EVENT}


def _with_wrong_echo(fault: Fault, body: Json) -> Json:
    """A success that tells something else than what was done."""
    if _EVENT not in body:
        return body
    ends = {end: datetime.fromisoformat(body[_EVENT][end]) for end in ("Start", "End")}
    shifted = {end: in_utc(_shifted(fault, at)) for end, at in ends.items()}
    return body | {_EVENT: body[_EVENT] | fault.params.get("fields", shifted)}


def miswritten(fault: Fault, call: Call) -> Call:
    """The call as the planner mistakes it."""
    ends = {end: call.form[end] for end in ("Start", "End") if end in call.form}
    shifted = {end: _shifted(fault, moment(text)).isoformat() for end, text in ends.items()}
    return replace(call, form=call.form | fault.params.get("fields", shifted))


def _shifted(fault: Fault, at: datetime) -> datetime:
    return at + timedelta(minutes=float(fault.params.get("minutes", _OFF_BY)))
