"""Keeping in mind how jobs stand, and telling whoever runs the pipeline what is new about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.notifications import JobOutcome
from scheduling_pipeline.notifications.outbox import note, queue
from scheduling_pipeline.notifications.outcomes import Outcome, Policy, Standing, judge, message

Link = Callable[[str], str | None]  # from a run's id to its page


def note_outcomes(
    engine: Engine, outcomes: Iterable[Outcome], policy: Policy, addresses: Mapping[str, str], link: Link
) -> int:
    """Note how runs ended, each with what is told of it in one transaction; how many were told.

    What was noted before is left out. `addresses` maps each address of the operators to its channel's name.
    """
    return sum(_note(engine, outcome, policy, addresses, link) for outcome in outcomes)


def forget_standings(engine: Engine, before: datetime) -> None:
    """Forget how stands what has not ended since an instant: jobs and parts that are gone."""
    with engine.begin() as connection:
        connection.execute(delete(JobOutcome).where(JobOutcome.ended_at < before))


def _note(engine: Engine, outcome: Outcome, policy: Policy, addresses: Mapping[str, str], link: Link) -> bool:
    with engine.begin() as connection:
        before = _standing(connection, outcome)
        if before is not None and before.event >= outcome.event:
            return False
        standing, news = judge(before, outcome, policy)
        _keep(connection, outcome, standing)
        if news is None:
            return False
        told = note(
            connection,
            kind="outcome",
            state="queued",
            content_hash=outcome.essence,
            run_id=outcome.run_id,
            created_at=outcome.at,
        )
        for address, channel in addresses.items():
            queue(connection, told, channel, [message(news, outcome, link(outcome.run_id))], address)
        return True


def _standing(connection: Connection, outcome: Outcome) -> Standing | None:
    row = JobOutcome
    query = select(row.ending, row.essence, row.event, row.told_at).where(
        row.job == outcome.job, row.part == outcome.part
    )
    found = connection.execute(query.with_for_update()).one_or_none()
    return Standing(*found) if found else None


def _keep(connection: Connection, outcome: Outcome, standing: Standing) -> None:
    values: dict[str, str | int | datetime | None] = {
        "ending": standing.ending,
        "essence": standing.essence,
        "event": standing.event,
        "told_at": standing.told_at,
        "run_id": outcome.run_id,
        "ended_at": outcome.at,
    }
    connection.execute(
        upsert(connection, JobOutcome)
        .values(job=outcome.job, part=outcome.part, **values)
        .on_conflict_do_update(index_elements=["job", "part"], set_=values)
    )
