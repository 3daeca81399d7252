"""Held removals and the releases that let them through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from scheduling_pipeline.calendars.brake import Braked
from scheduling_pipeline.database.models import HeldPlan, Release


class UnknownDigestError(Exception):
    """Nobody holds removals under that digest."""


def released_keys(engine: Engine, scope: str) -> list[list[str]]:
    """The key sets that people have released for a scope."""
    with engine.connect() as connection:
        return list(connection.execute(select(Release.keys).where(Release.scope == scope)).scalars())


def releases_since(engine: Engine, number: int) -> list[tuple[int, str]]:
    """The releases made after the one of that number: number and scope, oldest first."""
    query = select(Release.id, Release.scope).where(Release.id > number).order_by(Release.id)
    with engine.connect() as connection:
        return [(row.id, row.scope) for row in connection.execute(query)]


def record_hold(engine: Engine, scope: str, braked: Braked, *, now: datetime, whole: bool = True) -> None:
    """Keep what is held in a scope now; what is no longer held disappears from the list, unless the plan was
    not about the `whole` scope."""
    with engine.begin() as connection:
        if not braked.held:
            if whole:
                connection.execute(delete(HeldPlan).where(HeldPlan.scope == scope))
            return
        seen = connection.execute(
            update(HeldPlan).where(HeldPlan.digest == braked.digest).values(last_held_at=now)
        )
        if whole:
            connection.execute(
                delete(HeldPlan).where(HeldPlan.scope == scope, HeldPlan.digest != braked.digest)
            )
        if seen.rowcount:
            return
        connection.execute(
            insert(HeldPlan).values(
                digest=braked.digest,
                scope=scope,
                keys=sorted(change.key for change in braked.held),
                reasons=[hold.reason for hold in braked.holds],
                removals=[
                    {
                        "calendar": change.calendar,
                        "uid": change.uid,
                        "summary": change.before.content.summary if change.before else "",
                        "dtstart": change.before.content.dtstart.isoformat() if change.before else "",
                    }
                    for change in braked.held
                ],
                first_held_at=now,
                last_held_at=now,
            )
        )


def held_plans(engine: Engine) -> list[Mapping[str, Any]]:
    """What is held now, oldest first: digest, scope, reasons, removals, first_held_at."""
    query = select(*HeldPlan.__table__.columns).order_by(HeldPlan.first_held_at)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def release(engine: Engine, plan_digest: str, *, who: str, why: str, now: datetime) -> int:
    """Let the removals held under a digest through, from the next run on; their number.

    Raises UnknownDigestError when nothing is held under it, ValueError without who or why.
    """
    if not who.strip() or not why.strip():
        raise ValueError("a release needs who lets the removals through, and why")
    with engine.begin() as connection:
        held = connection.execute(
            select(HeldPlan.scope, HeldPlan.keys).where(HeldPlan.digest == plan_digest)
        ).one_or_none()
        if held is None:
            raise UnknownDigestError(f"no removals are held under {plan_digest}; see the list of held plans")
        connection.execute(
            insert(Release).values(
                digest=plan_digest,
                scope=held.scope,
                keys=held.keys,
                released_by=who.strip(),
                reason=why.strip(),
                released_at=now,
            )
        )
        return len(held.keys)
