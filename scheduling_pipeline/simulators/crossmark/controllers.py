"""The planner's calls, once somebody is logged in: each takes a `Call` and makes a `Reply`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from scheduling_pipeline.simulators.crossmark import listing, people
from scheduling_pipeline.simulators.crossmark.model import Visit
from scheduling_pipeline.simulators.crossmark.planner import Planner, RefusedError, Scheduled
from scheduling_pipeline.simulators.crossmark.settings import Settings
from scheduling_pipeline.simulators.crossmark.wire import Call, Json, Reply, in_utc, moment, refusal

PLANNING, SCHEDULING = "/planningextcontroller", "/schedulingcontroller"
LISTING = f"{PLANNING}/getPlanningMplans"
SCHEDULE = f"{PLANNING}/scheduleMplanEvent"
UNSCHEDULE = f"{PLANNING}/deleteScheduledMplanEvent"
REISSUE = "/pendingworkextcontroller/createPendingWork"
_MANAGER = 10001
_CLASS = "MVScheduledmPlan"

Handler = Callable[[Call], Reply]


class Controllers:
    """Calls by method and path. What makes no sense is refused in a 200, as the planner does."""

    def __init__(self, planner: Planner, settings: Settings) -> None:
        self._planner = planner
        self._settings = settings
        self.handlers: Mapping[tuple[str, str], Handler] = {
            ("GET", LISTING): self._listing,
            ("GET", f"{PLANNING}/getQualifiedRepsForScheduling"): self._qualified,
            ("GET", f"{PLANNING}/getDefaultScheduleLengthInMinutes"): self._lengths,
            ("POST", f"{PLANNING}/getmPlanLocationCondition"): self._condition,
            ("POST", SCHEDULE): self._schedule,
            ("POST", UNSCHEDULE): self._unschedule,
            ("POST", REISSUE): self._reissue,
            ("POST", f"{SCHEDULING}/getAvailableReps"): self._available,
            ("POST", "/users/getUserInfo"): self._user,
            ("GET", "/users/getUserInfo"): self._user,
        }

    def handle(self, call: Call) -> Reply:
        """The reply, or 404 for what the planner does not have."""
        handler = self.handlers.get((call.method, call.path))
        if handler is None:
            return Reply(text="<html><body><h1>Not Found</h1></body></html>", status=404)
        try:
            return handler(call)
        except (RefusedError, ValueError) as error:
            return refusal(str(error))
        except KeyError as missing:
            return refusal(f"{missing.args[0]} is missing")

    def _listing(self, call: Call) -> Reply:
        return Reply(listing.page(self._planner.entries(), call.query, self._settings.largest_page))

    def _qualified(self, call: Call) -> Reply:
        _number(call.query, "mPlanID", r"\d{8}")
        _number(call.query, "storeID", r"\d{6}")
        return Reply(people.qualified(self._planner.reps, call.query))

    def _available(self, call: Call) -> Reply:
        planner = self._planner
        return Reply(people.available(planner.reps, planner.entries(), call.form["project"]))

    def _lengths(self, call: Call) -> Reply:  # noqa: ARG002 - a handler
        return Reply({"defaults": []})

    def _user(self, call: Call) -> Reply:  # noqa: ARG002 - a handler
        user = self._settings.user
        first, _, last = user.title().partition(".")
        return Reply(
            {
                "username": user,
                "firstName": first,
                "lastName": last,
                "name": f"{first} {last}".strip(),
                "email": f"{user}@stores.example",
            }
        )

    def _condition(self, call: Call) -> Reply:
        mplan = _number(call.form, "mPlanID", r"\d{8}")
        location = _number(call.form, "storeID", r"\d{6}")
        entry = self._planner.at(mplan, location)
        return Reply(
            {
                "ok": 1,
                "reps": entry.rep.name if entry.rep else "",
                "condition": entry.condition.value,
                "key": f"{mplan}_{location}",
                "workStatus": "",
            }
        )

    def _schedule(self, call: Call) -> Reply:
        form = call.form
        if form["ClassName"] != _CLASS:
            raise ValueError(f"ClassName must be {_CLASS}")
        if form["PlanningOverride"] != "true":
            raise ValueError("PlanningOverride must be true: nothing else is simulated")
        rep = _number(form, "RepID", r"\d{5,6}")
        mplan = _number(form, "mPlanID", r"\d{8}")
        location = _number(form, "LocationID", r"\d{6}")
        start, end = moment(form["Start"]), moment(form["End"])
        done = self._planner.schedule(mplan, location, rep, start, end)
        visit = done.record.visit
        return Reply(
            {"ok": 1, "MVScheduledEvent": _echo(done), "repName": done.rep.name},
            effect=_effect("scheduled", mplan, visit),
        )

    def _unschedule(self, call: Call) -> Reply:
        number = _number(call.form, "id", r"\d{8}")
        before = self._planner.unschedule(number)
        assert before.visit  # noqa: S101 - what was taken away was there
        return Reply({"ok": 1}, effect=_effect("unscheduled", before.mplan.id, before.visit))

    def _reissue(self, call: Call) -> Reply:
        form = call.form
        if form.get("action") != "reissue":
            raise ValueError("action must be reissue: nothing else is simulated")
        if not form["storeID"]:
            return Reply({"ok": 1})  # so it is: said to be done, and not done
        mplan = _number(form, "mPlanID", r"\d{8}")
        location = _number(form, "storeID", r"\d{6}")
        entry = _number(form, "workLogEntryID", r"\d{8}")
        due = datetime.fromisoformat(form["expirationDate"]).date()
        before = self._planner.reissue(mplan, location, entry, due)
        assert before.visit  # noqa: S101 - the work log entry
        return Reply({"ok": 1}, effect=_effect("reissued", mplan, before.visit))


def _echo(done: Scheduled) -> Json:
    """The visit as the planner tells it: in UTC, and numbers sometimes text."""
    visit, record = done.record.visit, done.record
    return {
        "ClassName": _CLASS,
        "Created": in_utc(record.created),
        "LastEdited": in_utc(record.edited),
        "Start": in_utc(visit.start),
        "End": in_utc(visit.end),
        "IsRecurring": "0",
        "IsDeleted": "0",
        "PairedWithLogEntry": "0",
        "AllDay": "0",
        "LastEditedClass": "MVEntityUser",
        "LastEditedID": _MANAGER,
        "CreatorClass": "MVEntityUser",
        "CreatorID": str(_MANAGER),
        "MVID": record.mvid,
        "MasterEntityID": "0",
        "ParentEventID": "0",
        "TimezoneID": 0,
        "RepID": visit.rep,
        "mPlanID": done.before.mplan.id,
        "LocationID": done.before.mplan.location.id,
        "ID": visit.id,
        "RecordClassName": _CLASS,
    }


def _effect(what: str, mplan: int, visit: Visit) -> Json:
    return {
        "did": what,
        "mplan": mplan,
        "rep": visit.rep,
        "start": in_utc(visit.start),
        "schedule": visit.id,
    }


def _number(values: Mapping[str, str], name: str, pattern: str) -> int:
    """A number of a form or query. Raises KeyError and ValueError."""
    if not re.fullmatch(pattern, values[name], re.ASCII):
        raise ValueError(f"{name} {values[name]!r} is not valid")
    return int(values[name])
