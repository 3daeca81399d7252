"""Reading the database as it was at one instant, however many queries that takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def frozen(engine: Engine) -> Iterator[Connection]:
    """A connection to read by: nothing that others commit meanwhile is seen."""
    if engine.dialect.name == "postgresql":  # SQLite's transactions are so by themselves
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection
