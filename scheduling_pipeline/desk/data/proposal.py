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

PAGE = 100  # rows of a list


@dataclass(frozen=True)
class Proposal:
    """`run`: its row of `scheduler_run_history`. `counts`: how many rows of each kind count, `rejected` how
    many do not. `requested`: whether a submission waits or runs. `many_stores`: whether a row has to say of
    which store it is."""

    run: RowMapping
    counts: Mapping[Kind, int]
    rejected: int
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


@dataclass(frozen=True, slots=True)
class Swap:
    """Events of the planner that move for the sake of `taker`; without one their places had become
    impossible, or a manager moved them."""

    taker: ProposalRow | None
    moved: Sequence[ProposalRow]


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the rows of a kind, those that were taken out included; `count`: how many there are."""

    kind: Kind
    rows: Sequence[ProposalRow]
    swaps: Sequence[Swap]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))


def find_run(connection: Connection, run_id: int | None) -> RowMapping | None:
    """A run; without a number the newest proposal that waits for an approval, if any.

    Raises Problem (404).
    """
    if run_id is not None:
        return named_run(connection, run_id)
    run = SchedulerRun
    waiting = (run.status == "completed") & run.approved_at.is_(None) & run.run_type.in_(PROPOSED)
    query = select(run.__table__).where(waiting).order_by(run.id.desc()).limit(1)
    return connection.execute(query).mappings().one_or_none()


def named_run(connection: Connection, run_id: int) -> RowMapping:
    """A run's row by its number. Raises Problem (404)."""
    query = select(SchedulerRun.__table__).where(SchedulerRun.id == run_id)
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise not_found(f"run {run_id}")
    return found


def load_proposal(connection: Connection, run: RowMapping) -> Proposal:
    """A run with its figures."""
    row, request = PendingSchedule, RosterRequest
    counted = (
        select(row_kind, row.status, func.count())
        .where(row.scheduler_run_id == run["id"])
        .group_by(row_kind, row.status)
    )
    counts, rejected = Counter[Kind](), 0
    for name, status, count in connection.execute(counted):
        kind = Kind(name)
        rejected += count if status == "rejected" else 0
        counts[kind] += count if kind is Kind.FAILED or status not in OUT else 0
    requested = select(request.id).where(
        request.run_id == run["id"], request.kind == "submit", request.state.in_(OPEN)
    )
    stores = select(RosterEvent.location_mvid).distinct().limit(2)
    return Proposal(
        run=run,
        counts=counts,
        rejected=rejected,
        requested=connection.execute(requested.limit(1)).first() is not None,
        many_stores=len(connection.execute(stores).all()) > 1,
    )


def load_section(
    connection: Connection, run_id: int, kind: Kind, settings: RosterSettings, page: int
) -> Section:
    """One page of the rows of a kind, by day and time; those that move with what they move for."""
    zone, minutes, row = settings.tz, settings.rules.minutes, PendingSchedule
    of_kind = row_kind == kind.value
    counted = select(func.count()).where(row.scheduler_run_id == run_id, of_kind)
    first = (page - 1) * PAGE
    rows = load_rows(connection, run_id, zone, minutes, of_kind, limit=PAGE, offset=first)
    moved = rows if kind is Kind.MOVED else []
    takers = {one.made_room_for for one in moved if one.made_room_for is not None}
    named = row.event_ref_num.in_(takers)
    taking = load_rows(connection, run_id, zone, minutes, named) if takers else []
    return Section(
        kind=kind,
        rows=rows,
        swaps=_swaps(moved, {one.event_ref: one for one in taking}),
        count=connection.execute(counted).scalar_one(),
        page=page,
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
