"""Migrated, empty databases for tests, made quickly: migrated once, then copied or emptied."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from scheduling_pipeline.database.courses import Course
from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.database.frames import FRAMES
from scheduling_pipeline.database.models import Base
from scheduling_pipeline.database.notifications import Notification
from scheduling_pipeline.database.roster import RosterEvent
from scheduling_pipeline.database.work_orders import StoredWorkOrder

# Importing them has added their tables to the metadata.
assert all((Course, DeskUser, FRAMES, Notification, RosterEvent, StoredWorkOrder))
TABLES = [table.name for table in reversed(Base.metadata.sorted_tables)]  # who refers to others comes first
RESTART_IDENTITY = """
SELECT setval(format('%I', sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


def copied(migrated: Path, database: Path) -> str:
    """The address of a copy of a migrated SQLite file."""
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated, database)
    return f"sqlite:///{database}"


def drop_data_tables(engine: Engine) -> None:
    """Drop the tables of datasets."""
    made = [name for name in inspect(engine).get_table_names() if name.startswith("data_")]
    with engine.begin() as connection:
        for name in made:
            connection.execute(text(f'DROP TABLE "{name}"'))


def empty(engine: Engine) -> None:
    """Take all rows out of all tables, and away the tables of datasets, which are made when needed.

    Nothing is truncated: PostgreSQL makes new files for each table then, which takes far longer.
    """
    drop_data_tables(engine)
    delete = "; ".join(f'DELETE FROM "{name}"' for name in TABLES)  # noqa: S608 - our own tables' names
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"{delete}; {RESTART_IDENTITY}"))
        else:
            for statement in delete.split("; "):
                connection.execute(text(statement))
