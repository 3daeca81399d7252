"""Who did what on the desk, and what it was before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from scheduling_pipeline.database.audit import record
from scheduling_pipeline.database.desk import DeskAudit

__all__ = ["Entry", "Wanted", "differences", "entries", "people", "record"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as people read it; `changes` holds what differs: name, before, after."""

    at: datetime
    who: str
    action: str
    subject: str
    changes: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: empty texts mean all. `words`: in the action or the subject."""

    who: str = ""
    words: str = ""


def entries(
    engine: Engine, wanted: Wanted, *, before_id: int | None, limit: int
) -> tuple[list[Entry], int | None]:
    """The newest entries, and the id to go on from where there are older ones."""
    query = select(*DeskAudit.__table__.columns).order_by(DeskAudit.id.desc()).limit(limit + 1)
    if before_id is not None:
        query = query.where(DeskAudit.id < before_id)
    if wanted.who:
        query = query.where(DeskAudit.who == wanted.who)
    if wanted.words:
        found = DeskAudit.action.icontains(wanted.words, autoescape=True)
        query = query.where(found | DeskAudit.subject.icontains(wanted.words, autoescape=True))
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    shown = rows[:limit]
    made = [
        Entry(row.at, row.who, row.action, row.subject, differences(row.before, row.after)) for row in shown
    ]
    return made, shown[-1].id if len(rows) > limit else None


def people(engine: Engine) -> list[str]:
    """Everybody who ever changed something, by name."""
    with engine.connect() as connection:
        return list(connection.execute(select(DeskAudit.who).distinct().order_by(DeskAudit.who)).scalars())


def differences(before: Any, after: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - plain JSON
    """What differs between two values, leaf by leaf: where it is, and both as text."""
    old, new = _leaves(before), _leaves(after)
    names = sorted(old.keys() | new.keys())
    return [(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]


def _leaves(value: Any, path: str = "") -> dict[str, str]:  # noqa: ANN401 - plain JSON
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for key, part in value.items():
            found |= _leaves(part, f"{path}, {key}" if path else str(key))
        return found
    if value is None:
        return {}
    if isinstance(value, list):
        return {path: ", ".join(str(part) for part in value)}
    return {
        path: {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    }
