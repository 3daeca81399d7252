"""What the jobs beside the sync of course calendars say: who got one, what a comparison found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assets.course_reports import when
from assets.metadata import table
from scheduling_pipeline.calendars.observe import Drift
from scheduling_pipeline.courses.provision import Provided


def reconciliation(
    drift: Drift, owners: Mapping[str, str], not_read: Mapping[str, str], *, dry_run: bool
) -> dict[str, Any]:
    """What stands in Google but not in the ledger, and the other way round.

    `owners` are by calendar; `not_read` says by address why somebody's calendar was not compared.
    """

    def rows(word: str, found: Iterable[Any]) -> list[dict[str, Any]]:
        return [
            {
                "person": owners.get(event.calendar, event.calendar),
                "what": word,
                "event": event.content.summary,
                "when": when(event.content),
            }
            for event in found
        ]

    strange = [event for event in drift.adopt if not _known(event, drift)]
    return {
        "dry run": dry_run,
        "calendars": len(owners),
        "not in the ledger": drift.found,
        "deleted by their owners": len(drift.missing),
        "changed by their owners": len(drift.edited),
        "copies": len(drift.copies),
        "calendars not read": len(not_read),
        "found": table(
            [
                *rows("stands, not in the ledger", strange),
                *rows("in the ledger, deleted by hand", drift.missing),
                *rows("changed by hand", drift.edited),
                *rows("a copy, left alone", drift.copies),
            ]
        ),
        "not read": table([{"person": person, "why": why} for person, why in not_read.items()]),
    }


def provided(people: Sequence[Provided]) -> dict[str, Any]:
    """Who was given a calendar."""
    return {
        "calendars created": sum(one.created for one in people),
        "calendars ready": sum(not one.problem for one in people),
        "people without one": sum(bool(one.problem) for one in people),
        "people": table(
            [
                {
                    "person": one.person,
                    "calendar": "created" if one.created else "shared" if not one.problem else "none",
                    "problem": one.problem,
                }
                for one in sorted(people, key=lambda one: (not one.problem, one.person))
            ]
        ),
    }


def _known(event: Any, drift: Drift) -> bool:  # noqa: ANN401
    return any(event.calendar == one.calendar and event.tag == one.tag for one in drift.edited)
