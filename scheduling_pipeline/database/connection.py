"""Opening the database: SQLite by default (WAL), PostgreSQL by URL; migrated to the newest schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry

from scheduling_pipeline.database.models import Base

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = (
    "scheduling_pipeline_version"  # Dagster's tables may be in the same database, with Alembic's own
)
MIGRATION_LOCK = 20_260_227  # any number that nothing else in the database uses


def connect(url: str) -> Engine:
    """An engine for `url`, whose errors do not repeat the rows. Raises ValueError for a database we do not
    support."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    if backend != "sqlite":
        raise ValueError(f"DATABASE_URL: {backend} is not supported; use sqlite or postgresql")
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30}, hide_parameters=True)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def upsert(connection: Connection, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what to do `on_conflict`, in the words of the connection's database."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision; does nothing when it is there already.

    Safe when several processes start at once: one migrates, the others wait for it.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        current = current_revision(connection)
    if current == ScriptDirectory.from_config(config).get_current_head():
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's transaction keeps the others out by itself
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision(connection: Connection) -> str | None:
    """The revision that the schema is at; None for a database without our tables."""
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


def _tune_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None  # SQLAlchemy begins transactions; the driver must not guess
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy passes its Connection
    # A transaction that reads and then writes must not find the database locked half-way.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
