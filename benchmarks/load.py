"""A large CSV file becomes a table.

Ours finds the encoding, parses, converts and validates as the dataset declares it, and loads, in one
transaction with the row of the log. What a user would use instead is pandas: `read_csv` and `to_sql`, with
their defaults and an engine of SQLAlchemy's. The limit is the same without SQLAlchemy, which pandas can only
do for SQLite. Nothing is checked by these two, and instants are texts. Each way runs in a process of its own,
in turn; memory is what the process took for the large file, after a small one to warm up.

    python -m benchmarks.load WAY SMALL LARGE URL

is such a process: it prints one line of JSON. `URL` is that of an empty database.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import create_engine, make_url

from benchmarks.memory import peak_megabytes
from benchmarks.results import Result
from scheduling_pipeline.database.connection import connect, migrate
from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.listing import merge
from scheduling_pipeline.files.load import Version, load
from scheduling_pipeline.files.log import Run
from scheduling_pipeline.files.mirror import Mirror
from scheduling_pipeline.files.model import Change, DriveItem, Work
from scheduling_pipeline.files.parse import Limits
from scheduling_pipeline.files.store import Store
from scheduling_pipeline.files.tables import ensure_tables
from scheduling_pipeline.simulators.reports import content
from tests.postgres import NoPostgresError, running_postgres

REPORT, DATASET = "Dials", "dials"  # the widest of the reports; its files replace one another by interval
EACH = 200  # rows of an interval
NOW = datetime(2026, 3, 2, tzinfo=UTC)
AIM_PEER = 0.67  # at most one and a half times as long


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds, and how much memory was in use at most beyond what the program itself needs."""

    seconds: float
    megabytes: float


def run(say: Callable[[str], None], rows: int = 200_000, rounds: int = 3) -> list[Result]:
    """Measure all ways, on SQLite and, where there is a server, on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.csv", Path(folder) / "large.csv"
        small.write_bytes(report(NOW - timedelta(days=1), EACH))
        large.write_bytes(report(NOW, rows))

        def cost(way: str, url: str) -> Cost:
            command = [sys.executable, "-m", "benchmarks.load", way, str(small), str(large), url]
            return Cost(**json.loads(subprocess.check_output(command)))  # noqa: S603 - our own command

        costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
        for number in range(1, rounds + 1):
            say(f"load, {rows:,} rows: round {number} of {rounds}")
            for way in WAYS:
                costs[way].append(cost(way, f"sqlite:///{folder}/{way}-{number}.db"))
        results = _results(f"{rows:,} rows", costs)
        costs = {way: [] for way in ("ours", "pandas")}
        try:
            with running_postgres() as server:
                for number in range(1, rounds + 1):
                    say(f"load, {rows:,} rows, PostgreSQL: round {number} of {rounds}")
                    for way in costs:
                        costs[way].append(cost(way, server.create(f"{way}-{number}")))
        except NoPostgresError:
            return results
        return results + _results(f"{rows:,} rows, PostgreSQL", costs)


def report(since: datetime, rows: int) -> bytes:
    """A report about many intervals, five minutes after one another."""
    instants = [since + number * timedelta(minutes=5) for number in range(rows // EACH)]
    reports = [content(REPORT, at, rows=EACH) for at in instants]
    header = reports[0].partition(b"\n")[0]
    return b"\n".join([header, *(one.partition(b"\n")[2].rstrip() for one in reports), b""])


def _results(case: str, costs: dict[str, list[Cost]]) -> list[Result]:
    seconds = {way: median(cost.seconds for cost in each) for way, each in costs.items()}
    megabytes = {way: median(cost.megabytes for cost in each) for way, each in costs.items()}
    return [
        Result(
            "load",
            f"{case}, time",
            "s",
            seconds["ours"],
            peer=seconds["pandas"],
            limit=seconds.get("bare"),
            aim_peer=AIM_PEER,
        ),
        Result(
            "load",
            f"{case}, memory",
            "MB",
            megabytes["ours"],
            peer=megabytes["pandas"],
            limit=megabytes.get("bare"),
        ),
    ]


def _ours(url: str) -> Callable[[Path], None]:
    engine = connect(url)
    migrate(engine)
    ensure_tables(engine, DATASETS)
    dataset = next(one for one in DATASETS if one.name == DATASET)
    store = Store(
        engine,
        Mirror(Path()),
        DATASETS,
        ZoneInfo("Europe/Zurich"),
        Limits(rows=1_000_000, columns=500, unpacked_bytes=0),
        max_bytes=0,
    )

    def bring(file: Path) -> None:
        name = f"{REPORT}__{file.name}"
        item = DriveItem(file.name, name, etag=file.name, size=file.stat().st_size, modified_at=NOW)
        merge(engine, "drive", [item], now=NOW)
        work = Work(Change.CONTENT, item, name)
        version = Version(work, file.stem, "hash", file)
        assert load(store, version, dataset, Run("drive", "bench", NOW)).rows > 0

    return bring


def _pandas(url: str) -> Callable[[Path], None]:
    engine = create_engine(url)

    def bring(file: Path) -> None:
        pd.read_csv(file).to_sql(file.stem, engine, index=False)

    return bring


def _bare(url: str) -> Callable[[Path], None]:
    database = make_url(url).database
    assert database is not None

    def bring(file: Path) -> None:
        with closing(sqlite3.connect(database)) as connection:
            pd.read_csv(file).to_sql(file.stem, connection, index=False)

    return bring


WAYS = {"ours": _ours, "pandas": _pandas, "bare": _bare}


def measure(bring: Callable[[Path], None], small: Path, large: Path) -> Cost:
    """Bring a small file in, and then measure a large one."""
    bring(small)
    before = peak_megabytes()
    began = time.perf_counter()
    bring(large)
    return Cost(time.perf_counter() - began, peak_megabytes() - before)


def _main(way: str, small: str, large: str, url: str) -> None:
    cost = measure(WAYS[way](url), Path(small), Path(large))
    print(json.dumps({"seconds": cost.seconds, "megabytes": cost.megabytes}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
