"""Migrated, empty databases for tests, made quickly: migrated once, then copied or emptied."""

from __future__ import annotations

from sqlalchemy import Engine, text

from scheduling_pipeline.database.frames import FRAMES
from scheduling_pipeline.database.models import Base

TABLES = sorted({*Base.metadata.tables, *FRAMES})


def empty(engine: Engine) -> None:
    """Take all rows out of all tables."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            names = ", ".join(f'"{name}"' for name in TABLES)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        else:
            for name in TABLES:
                connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608 - our own tables' names
