"""getAvailableReps and getQualifiedRepsForScheduling: who can be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from scheduling_pipeline.simulators.crossmark.model import ZONE, Rep
from scheduling_pipeline.simulators.crossmark.planner import Entry
from scheduling_pipeline.simulators.crossmark.wire import Json, american_moment

_HOURS_PER_DAY = "8"
_USUAL_LIMIT = 25


def available(reps: Iterable[Rep], entries: Iterable[Entry], project: str) -> Json:
    """Those who are there on a day of the range, by RepID. Raises ValueError for what is no range."""
    first, last = (american_moment(end) for end in project.split(","))
    visits = [entry.visit for entry in entries if entry.visit and first <= entry.visit.start <= last]
    shown = {}
    for rep in reps:
        if not rep.local or not rep.available(first.date(), last.date()):
            continue
        shown[str(rep.id)] = {
            "id": str(rep.id),
            "repId": str(rep.id),
            "employeeId": rep.number,
            "repMvid": rep.number,
            "title": rep.name,
            "lastName": rep.last_name,
            "nameSort": f"{rep.last_name},{rep.first_name}".upper(),
            "availableHoursPerDay": _HOURS_PER_DAY,
            "scheduledHours": None if rep.hours is None else f"{rep.hours:g}",
            "visitCount": str(sum(visit.rep == rep.id for visit in visits)),
            **({} if rep.role is None else {"role": rep.role}),
        }
    return {"reps": shown}


def qualified(reps: Iterable[Rep], query: Mapping[str, str]) -> Json:
    """One page of all whom the planner would let in, by last name."""
    start, limit = int(query.get("start", 0)), int(query.get("limit", _USUAL_LIMIT))
    ordered = sorted(reps, key=lambda rep: (rep.last_name.upper(), rep.id))
    return {"reps": [_card(rep) for rep in ordered[start : start + limit]]}


def _card(rep: Rep) -> Json:
    return {
        "ID": str(rep.id),
        "FirstName": rep.first_name.upper() if rep.zone == ZONE.key else rep.first_name,
        "LastName": rep.last_name.upper(),
        "Timezone": rep.zone,
        "OfflineHash": hashlib.md5(str(rep.id).encode(), usedforsecurity=False).hexdigest(),
    }
