"""Where ingestion puts things, and the one lock under which tables, log and kept files change together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, func, select

from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.mirror import Mirror
from scheduling_pipeline.files.parse import Limits, Parsed, parse

LOCK = 20_260_301  # any number that nothing else in the database uses


@dataclass(frozen=True)
class Store:
    """The database, the kept files, and what is to become of them. `max_bytes`: of one file.

    `zone`: of timestamps in files that name none.
    """

    engine: Engine
    mirror: Mirror
    datasets: Sequence[Dataset]
    zone: ZoneInfo
    limits: Limits
    max_bytes: int

    @contextmanager
    def exclusively(self) -> Iterator[Connection]:
        """A transaction during which no other run, of whatever process, changes what is ingested."""
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # SQLite lets one write at a time by itself
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            yield connection

    def read(self, place: Path, name: str, dataset: Dataset) -> Parsed:
        """What the file at `place`, whose name is `name`, says. Raises Fault."""
        return parse(place, name, dataset, zone=self.zone, limits=self.limits)
