"""Noting who did what on the desk, in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from scheduling_pipeline.database.desk import DeskAudit


def record(
    connection: Connection,
    who: str,
    action: str,
    subject: str,
    *,
    before: object = None,
    after: object = None,
    at: datetime,
) -> None:
    """Note a change, in the transaction that makes it. `before` and `after` hold plain values and dates."""
    values = {"at": at, "who": who, "action": action, "subject": subject}
    connection.execute(insert(DeskAudit).values(**values, before=_plain(before), after=_plain(after)))


def _plain(value: Any) -> Any:  # noqa: ANN401 - from any value to plain JSON
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(part) for part in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value
