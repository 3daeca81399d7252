"""Keeping what is known of teachers: the directory as last seen, and names that belong to no account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select

from scheduling_pipeline.database.models import TeacherAccount, UnmatchedTeacher
from scheduling_pipeline.timetable.accounts import Account
from scheduling_pipeline.timetable.events import UnmatchedTeacher as Unmatched


@dataclass(frozen=True, slots=True)
class UnmatchedSince:
    """An unmatched teacher and since when they have been so."""

    teacher: Unmatched
    first_seen_at: datetime


def save_accounts(engine: Engine, accounts: Sequence[Account], *, now: datetime) -> None:
    """Replace the directory by what was just seen. An empty directory is refused: it was not read."""
    if not accounts:
        raise ValueError("the directory answered without a single account; the last good one is kept")
    rows = [
        {
            "id": account.id,
            "upn": account.upn,
            "display_name": account.display_name,
            "enabled": account.enabled,
            "seen_at": now,
        }
        for account in accounts
    ]
    with engine.begin() as connection:
        connection.execute(delete(TeacherAccount))
        connection.execute(insert(TeacherAccount), rows)


def load_accounts(engine: Engine) -> list[Account]:
    """The directory as last seen, by UPN; empty when it was never read."""
    columns = (TeacherAccount.id, TeacherAccount.upn, TeacherAccount.display_name, TeacherAccount.enabled)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(TeacherAccount.upn))
        return [Account(*row) for row in rows]


def account_names(engine: Engine) -> Mapping[str, str]:
    """Display names by calendar key, for tables that people read."""
    return {account.calendar: account.display_name for account in load_accounts(engine)}


def record_unmatched(
    engine: Engine, agenda: str, teachers: Iterable[Unmatched], *, now: datetime
) -> list[UnmatchedSince]:
    """Note who is unmatched in an agenda now; each keeps the date of first sight until matched."""
    current = list(teachers)
    with engine.begin() as connection:
        query = select(UnmatchedTeacher.origin, UnmatchedTeacher.first_seen_at)
        rows = connection.execute(query.where(UnmatchedTeacher.agenda == agenda))
        known = {row.origin: row.first_seen_at for row in rows}
        connection.execute(delete(UnmatchedTeacher).where(UnmatchedTeacher.agenda == agenda))
        if current:
            connection.execute(
                insert(UnmatchedTeacher),
                [
                    {
                        "agenda": agenda,
                        "origin": teacher.origin,
                        "name": teacher.name,
                        "reason": teacher.problem,
                        "lessons": teacher.lessons,
                        "first_seen_at": known.get(teacher.origin, now),
                        "last_seen_at": now,
                    }
                    for teacher in current
                ],
            )
    return [UnmatchedSince(teacher, known.get(teacher.origin, now)) for teacher in current]
