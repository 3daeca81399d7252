"""One proposal to review: its figures, and its rows by what they bring about, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, RowMapping, func, select

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent, RosterRequest, SchedulerRun
from scheduling_pipeline.desk.problems import not_found
from scheduling_pipeline.roster.pins import PROPOSED
from scheduling_pipeline.roster.revision import OUT
from scheduling_pipeline.roster.rows import Kind, ProposalRow, load_rows, row_kind
from scheduling_pipeline.roster.runs import OPEN
from scheduling_pipeline.roster_settings import RosterSettings

PAGE = 100  # rows of each list


@dataclass(frozen=True, slots=True)
class Swap:
    """Events of the planner that move for the sake of `taker`; without one their places had become
    impossible, or a manager moved them."""

    taker: ProposalRow | None
    moved: Sequence[ProposalRow]


@dataclass(frozen=True)
class Proposal:
    """`run`: its row of `scheduler_run_history`. `rows`: one page of each kind; `counts`: how many there are
    of each that count, `rejected` how many do not. `requested`: whether a submission waits or runs.
    `many_stores`: whether a row has to say of which store it is."""

    run: RowMapping
    rows: Mapping[Kind, Sequence[ProposalRow]]
    swaps: Sequence[Swap]
    counts: Mapping[Kind, int]
    rejected: int
    page: int
    pages: int
    requested: bool
    many_stores: bool

    @property
    def changes(self) -> int:
        """How many events of the planner would change with an approval."""
        return sum(self.counts[kind] for kind in Kind if kind not in (Kind.FAILED, Kind.UNCHANGED))

    @property
    def waits(self) -> bool:
        """Whether it can be approved or rejected."""
        return self.run["status"] == "completed" and self.run["approved_at"] is None

    @property
    def editable(self) -> bool:
        """Whether rows of it can be changed, the ones that the planner refused included."""
        return self.run["status"] == "completed" and (self.waits or self.run["run_type"] != "hand")


def find_run(connection: Connection, run_id: int | None) -> RowMapping | None:
    """A run; without a number the newest proposal that waits for an approval, if any.

    Raises Problem (404).
    """
    run = SchedulerRun
    query = select(run.__table__).order_by(run.id.desc()).limit(1)
    if run_id is not None:
        found = connection.execute(query.where(run.id == run_id)).mappings().one_or_none()
        if found is None:
            raise not_found(f"run {run_id}")
        return found
    waiting = (run.status == "completed") & run.approved_at.is_(None) & run.run_type.in_(PROPOSED)
    return connection.execute(query.where(waiting)).mappings().one_or_none()


def load_proposal(connection: Connection, run: RowMapping, settings: RosterSettings, page: int) -> Proposal:
    """A run with one page of its rows."""
    zone, minutes = settings.tz, settings.rules.minutes
    counts, rejected, most = _count(connection, run["id"])
    rows = {
        kind: load_rows(
            connection, run["id"], zone, minutes, row_kind == kind, limit=PAGE, offset=(page - 1) * PAGE
        )
        for kind in Kind
        if most[kind] > (page - 1) * PAGE
    }
    moved = rows.get(Kind.MOVED, [])
    takers = {row.made_room_for for row in moved if row.made_room_for is not None}
    named = PendingSchedule.event_ref_num.in_(takers)
    taking = load_rows(connection, run["id"], zone, minutes, named) if takers else []
    request = RosterRequest
    requested = select(request.id).where(
        request.run_id == run["id"], request.kind == "submit", request.state.in_(OPEN)
    )
    stores = select(RosterEvent.location_mvid).distinct().limit(2)
    return Proposal(
        run=run,
        rows={kind: rows.get(kind, []) for kind in Kind},
        swaps=_swaps(moved, {row.event_ref: row for row in taking}),
        counts=counts,
        rejected=rejected,
        page=page,
        pages=max(1, -(-max(most.values(), default=0) // PAGE)),
        requested=connection.execute(requested.limit(1)).first() is not None,
        many_stores=len(connection.execute(stores).all()) > 1,
    )


def load_row(connection: Connection, row_id: int, settings: RosterSettings) -> ProposalRow:
    """One row of any run. Raises Problem (404)."""
    row = PendingSchedule
    run_id = connection.scalar(select(row.scheduler_run_id).where(row.id == row_id))
    if run_id is None:
        raise not_found(f"row {row_id}")
    (found,) = load_rows(connection, run_id, settings.tz, settings.rules.minutes, row.id == row_id)
    return found


def _swaps(moved: Sequence[ProposalRow], takers: Mapping[int, ProposalRow]) -> list[Swap]:
    """Those that move for one event stand together; what moves for none stands alone."""

    def sake(row: ProposalRow) -> tuple[int, int]:
        return (row.made_room_for, 0) if row.made_room_for is not None else (0, row.event_ref)

    return [
        Swap(takers.get(taker), list(rows)) for (taker, _), rows in groupby(sorted(moved, key=sake), key=sake)
    ]


def _count(connection: Connection, run_id: int) -> tuple[Counter[Kind], int, Counter[Kind]]:
    """How many rows of each kind count, how many were rejected, and how many of each kind there are."""
    row = PendingSchedule
    query = (
        select(row_kind, row.status, func.count())
        .where(row.scheduler_run_id == run_id)
        .group_by(row_kind, row.status)
    )
    counts, every, rejected = Counter[Kind](), Counter[Kind](), 0
    for name, status, count in connection.execute(query):
        kind = Kind(name)
        every[kind] += count
        rejected += count if status == "rejected" else 0
        counts[kind] += count if kind is Kind.FAILED or status not in OUT else 0
    return counts, rejected, every
