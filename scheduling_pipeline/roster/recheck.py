"""Whether rows may still be submitted: what was approved may have been overtaken since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent
from scheduling_pipeline.roster.approved import roster_rows
from scheduling_pipeline.roster.model import Place
from scheduling_pipeline.roster.outbox import Outbox, UnsendableError, addressed, rep_of
from scheduling_pipeline.roster.planner import OVER_CONDITIONS, ListedEvent
from scheduling_pipeline.roster.reading import frozen
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.snapshot import load_snapshot
from scheduling_pipeline.roster.steps import FAILED, OPEN, Row, Spot
from scheduling_pipeline.roster.times import wall_time
from scheduling_pipeline.roster.validator import Validator, standing
from scheduling_pipeline.roster_settings import RosterSettings


def refusals(
    outbox: Outbox, ids: Sequence[int], seen: Mapping[int, ListedEvent], now: datetime
) -> dict[int, Reason]:
    """Why rows that hang together may not be submitted any more, by their ids.

    `seen`: how their events, by number, stand in the planner; the tables say the same.
    """
    settings = outbox.settings
    with frozen(outbox.engine) as connection:
        rows = roster_rows(connection, settings, PendingSchedule.id.in_(ids))
        snapshot = load_snapshot(connection, settings, now)
        placed = standing(snapshot)
        for row in rows:
            spot = row.stands if row.status == FAILED else row.wanted
            placed.pop(row.event, None)
            if spot is not None:
                placed[row.event] = place_of(spot, settings)
        check = _Check(connection, settings, Validator(snapshot, settings.rules, placed), seen)
        found = {row.id: next(check.problems(row), None) for row in rows if row.status == OPEN}
    return {number: reason for number, reason in found.items() if reason is not None}


def place_of(spot: Spot, settings: RosterSettings) -> Place:
    """A spot in the store's time."""
    return Place(spot.day, wall_time(spot.start, settings.tz), spot.employee)


class _Check:
    def __init__(
        self,
        connection: Connection,
        settings: RosterSettings,
        validator: Validator,
        seen: Mapping[int, ListedEvent],
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._validator = validator
        self._seen = seen

    def problems(self, row: Row) -> Iterator[Reason]:
        query = select(RosterEvent.__table__).where(RosterEvent.project_ref_num == row.event)
        event = self._connection.execute(query).mappings().one()
        try:
            addressed(event)
            if row.wanted is not None:
                rep_of(self._connection, row.wanted.employee)
        except UnsendableError as error:
            yield error.reason
            return
        listed = self._seen.get(row.event)
        over = listed is None or (listed.condition in OVER_CONDITIONS and row.expires is None)
        if event["closed_at"] is not None or over:
            yield Reason(Code.ROW_VANISHED)
        if row.stands is not None and row.stands not in (row.previous, row.wanted):
            yield Reason(Code.OVERTAKEN)
        if row.wanted is not None and row.wanted != row.stands:
            yield from self._rules(row, place_of(row.wanted, self._settings))

    def _rules(self, row: Row, place: Place) -> Iterator[Reason]:
        event = self._validator.eligibility.events.get(row.event)
        if event is None or place.employee not in self._validator.eligibility.employees:
            yield Reason(Code.ROW_VANISHED)
            return
        for violation in self._validator.violations(row.event, place):
            reason = violation.reason
            if reason.code is Code.OUTSIDE_WINDOW:
                yield Reason(Code.OUTSIDE_EVENT_PERIOD, reason.params)
            elif violation.hard:
                yield reason
