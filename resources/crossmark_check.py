"""Whether Crossmark can be used as it is set up: what a doctor command shows, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from resources.crossmark import Crossmark
from resources.graph_check import Finding
from scheduling_pipeline.roster.planner import PlannerError

AHEAD = timedelta(days=7)


def check_crossmark(crossmark: Crossmark, today: date) -> Iterator[Finding]:
    """Sign in, and read what a proposal is made from for the coming week; nothing is written."""
    until = today + AHEAD
    looking_at = "account"
    try:
        with crossmark.connect() as planner:
            yield Finding("account", ok=True, detail=f"{crossmark.base_url} accepts the user")
            looking_at = "events"
            events = planner.events(today, until)
            yield Finding("events", ok=True, detail=f"{len(events)} until {until}")
            looking_at = "people"
            reps = planner.reps(today, until)
            detail = f"{len(reps)} can be scheduled until {until}"
            yield Finding("people", ok=bool(reps), detail=detail, optional=True)
    except PlannerError as error:
        yield Finding(looking_at, ok=False, detail=str(error))
