"""The schema: one migration history that says what the models say, and constraints that refuse bad rows."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from scheduling_pipeline.database.connection import VERSION_TABLE, connect, migrate
from scheduling_pipeline.database.models import (
    Base,
    CalendarOperation,
    Lease,
    Reading,
    Release,
    SyncedEvent,
    TeacherAccount,
)
from tests.databases import TABLES
from tests.postgres import PostgresServer

NOW = datetime(2026, 3, 4, 11, tzinfo=UTC)

EVENT: dict[str, Any] = {
    "provider": "memory",
    "scope": "agenda",
    "calendar": "ana",
    "uid": "1",
    "generation": 1,
    "provider_id": "id-1",
    "etag": "1",
    "content": {},
    "content_hash": "",
    "created_at": NOW,
    "updated_at": NOW,
}
OPERATION: dict[str, Any] = {
    "id": "1",
    "provider": "memory",
    "scope": "agenda",
    "calendar": "ana",
    "uid": "1",
    "generation": 1,
    "kind": "create",
    "state": "sent",
    "run_id": "run",
    "sent_at": NOW,
}
READING: dict[str, Any] = {
    "agenda": "agenda",
    "monday": date(2026, 3, 2),
    "outcome": "complete",
    "read_at": NOW,
    "run_id": "run",
    "lessons": [],
    "content_hash": "",
}
RELEASE: dict[str, Any] = {
    "digest": "d",
    "scope": "agenda",
    "keys": [],
    "released_by": "lea",
    "reason": "holidays",
    "released_at": NOW,
}
ACCOUNT: dict[str, Any] = {
    "id": "1",
    "upn": "a@b.example",
    "display_name": "A",
    "enabled": True,
    "seen_at": NOW,
}


def test_migrations_say_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*TABLES, VERSION_TABLE}


def test_migrating_again_does_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Reading).values(**READING))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(select(Reading.agenda)).scalars().all() == ["agenda"]


@pytest.mark.process
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_that_start_at_the_same_time_migrate_once(
    postgres: PostgresServer, tmp_path: Path, kind: str
) -> None:
    url = f"sqlite:///{tmp_path}/new.db" if kind == "sqlite" else postgres.create("migrated_at_once")
    children = [_migrate_in_a_child(url) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    engine = connect(url)
    assert "synced_events" in inspect(engine).get_table_names()
    engine.dispose()


def _migrate_in_a_child(url: str) -> int:
    child = os.fork()
    if child == 0:
        try:
            migrate(connect(url))
            os._exit(0)
        finally:
            os._exit(1)
    return child


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql is not supported; use sqlite or postgresql"):
        connect("mysql://localhost/pipeline")


def test_sqlite_makes_the_folder_of_its_file(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a/b/pipeline.db")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("table", "row", "bad"),
    [
        (SyncedEvent, EVENT, {"provider_id": ""}),
        (SyncedEvent, EVENT, {"generation": 0}),
        (SyncedEvent, EVENT, {"uid": None}),
        (CalendarOperation, OPERATION, {"kind": "upsert"}),
        (CalendarOperation, OPERATION, {"state": "perhaps"}),
        (CalendarOperation, OPERATION, {"state": "done"}),  # without the instant when it was settled
        (CalendarOperation, OPERATION, {"settled_at": NOW}),  # while it is under way
        (Reading, READING, {"outcome": "empty"}),
        (Reading, READING, {"outcome": "failed"}),  # without saying why
        (Release, RELEASE, {"released_by": ""}),
        (Release, RELEASE, {"reason": ""}),
        (TeacherAccount, ACCOUNT, {"upn": None}),
    ],
)
def test_a_bad_row_is_refused(
    engine: Engine, table: type[Base], row: dict[str, Any], bad: dict[str, Any]
) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table).values(**row))
    other = {key: f"{row[key]}2" for key in ("id", "provider_id", "upn", "uid") if key in row}
    with engine.begin() as connection, pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(insert(table).values(row | other | bad))


@pytest.mark.parametrize(
    "other",
    [{"provider_id": "id-2"}, {"uid": "2"}],
    ids=["two events under one tag", "two tags for one event"],
)
def test_an_event_stands_once_in_the_ledger(engine: Engine, other: dict[str, str]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(SyncedEvent).values(**EVENT))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(SyncedEvent).values(EVENT | other))


def test_an_instant_comes_back_in_utc(engine: Engine) -> None:
    summer = datetime(2026, 7, 1, 14, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    with engine.begin() as connection:
        connection.execute(insert(Lease).values(name="a", holder="b", expires_at=summer))
        found = connection.execute(select(Lease.expires_at)).scalar_one()
    assert (found, found.tzinfo) == (summer, UTC)


def test_instants_are_compared_by_what_they_mean(engine: Engine) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))  # 10:00 UTC
    with engine.begin() as connection:
        connection.execute(insert(Lease).values(name="a", holder="b", expires_at=noon))
        early = select(Lease.name).where(Lease.expires_at < datetime(2026, 7, 1, 10, 1, tzinfo=UTC))
        assert connection.execute(early).scalars().all() == ["a"]


def test_a_datetime_without_a_zone_is_refused(engine: Engine) -> None:
    naive = datetime(2026, 7, 1)  # noqa: DTZ001 - what must be refused
    with engine.connect() as connection, pytest.raises(StatementError, match="without a zone"):
        connection.execute(insert(Lease).values(name="a", holder="b", expires_at=naive))
