"""Migrated, empty databases for tests, made quickly: migrated once, then copied or emptied."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Engine, MetaData, inspect, text

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


def copied(migrated: Path, database: Path) -> str:
    """The address of a copy of a migrated SQLite file."""
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated, database)
    return f"sqlite:///{database}"


def drop_data_tables(engine: Engine) -> None:
    """Drop the tables of datasets."""
    made = [name for name in inspect(engine).get_table_names() if name.startswith("data_")]
    if made:
        tables = MetaData()
        tables.reflect(engine, only=made)
        tables.drop_all(engine)


def empty(engine: Engine) -> None:
    """Take all rows out of all tables, and away the tables of datasets, which are made when needed."""
    drop_data_tables(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            names = ", ".join(f'"{name}"' for name in TABLES)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        else:
            for name in TABLES:
                connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608 - our own tables' names
