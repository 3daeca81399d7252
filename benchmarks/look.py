"""A look of the sensor into SharePoint after one file changed, with many or few files ingested before.

The requests must not depend on how many those were; the limit is what the least history takes. Signing in is
not counted. The files are written down as ingested, without being so.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from statistics import median

import dagster as dg
from sqlalchemy import bindparam, insert, update

from benchmarks.library import FOLDER, Library, library
from benchmarks.results import Result
from benchmarks.simulated import Timing, medians
from resources.database import Database
from scheduling_pipeline.database.models import DriveEntry, IngestedVersion
from scheduling_pipeline.files.arrival import Cursor, look_everywhere
from scheduling_pipeline.files.listing import outstanding
from scheduling_pipeline.files.model import Outcome, Work
from scheduling_pipeline.log import configure_logging
from scheduling_pipeline.settings import SchedulerSettings
from scheduling_pipeline.simulators.reports import Drop
from sensors.sharepoint_arrival import Tick, cadence_of

SIZES = (100, 1_000, 10_000)
LATENCY = 0.05
HASH = "0" * 64
NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)


def run(say: Callable[[str], None], sizes: Sequence[int] = SIZES, rounds: int = 5) -> list[Result]:
    """Measure looks with more and more files of history."""
    configure_logging(logging.ERROR)
    with (
        tempfile.TemporaryDirectory() as folder,
        library(Path(folder) / "simulators") as found,
        dg.DagsterInstance.local_temp(folder) as instance,
    ):
        bench = _Bench(found, Database(url=f"sqlite:///{Path(folder) / 'pipeline.db'}"), instance)
        costs = []
        for size in sizes:
            say(f"look, {size:,} files before")
            bench.grow(size)
            costs.append([bench.cost() for _ in range(rounds)])
        return list(_results(sizes, costs))


@dataclass(frozen=True, slots=True)
class Cost:
    """How long a look took, and how many requests."""

    timing: Timing
    requests: int


class _Bench:
    def __init__(self, found: Library, database: Database, instance: dg.DagsterInstance) -> None:
        self._library = found
        self._engine = database.engine
        self._instance = instance
        self._settings = SchedulerSettings()
        self._cursor = Cursor()
        self._files = 0
        self._changes = 0

    def grow(self, files: int) -> None:
        """Have that many files there, all of them as if they were ingested."""
        self._library.simulated.set_latency("graph", 0)
        self._library.put(_file(number) for number in range(self._files, files))
        self._files = files
        with self._library.sharepoint().connect() as drive:
            look = look_everywhere(drive, self._engine, now=datetime.now(UTC))
        self._cursor = look.cursor.after([])
        self._note_all()
        self._library.simulated.set_latency("graph", LATENCY)

    def cost(self) -> Cost:
        """What a look costs that finds one change."""
        self._changes += 1
        self._library.put([replace(_file(0), content=f"Changed\n{self._changes}\n".encode())])
        results: list[dg.SensorResult] = []
        with self._library.counting() as requests:
            timing = self._library.simulated.measure(lambda: results.append(self._tick()))
        (result,) = results
        assert len(result.run_requests or []) == 1
        self._note_all()
        self._cursor = replace(Cursor.parse(result.cursor), look_at=None).after([])
        return Cost(timing, len(requests))

    def _tick(self) -> dg.SensorResult:
        tick = Tick(
            self._settings, cadence_of(self._settings), self._instance, self._engine, datetime.now(UTC)
        )
        return tick.evaluate(self._cursor, self._library.sharepoint())

    def _note_all(self) -> None:
        """Write down as ingested whatever is outstanding."""
        with self._library.sharepoint().connect() as drive:
            works, drive_id = outstanding(self._engine, drive), drive.id
        with self._engine.begin() as connection:
            connection.execute(
                update(IngestedVersion)
                .where(IngestedVersion.item == bindparam("of"))
                .values(superseded_at=NOW),
                [{"of": work.item.id} for work in works],
            )
            connection.execute(insert(IngestedVersion), [_logged(drive_id, work) for work in works])
            connection.execute(
                update(DriveEntry)
                .where(DriveEntry.item == bindparam("of"))
                .values(kept_path=bindparam("at"), kept_sha256=HASH),
                [{"of": work.item.id, "at": PurePosixPath(work.path).name} for work in works],
            )


def _file(number: int) -> Drop:
    return Drop(f"{FOLDER}/{number:05}.csv", f"Number\n{number}\n".encode(), NOW)


def _logged(drive_id: str, work: Work) -> dict[str, object]:
    item = work.item
    return {
        "drive": drive_id,
        "item": item.id,
        "etag": item.etag,
        "ctag": item.ctag,
        "path": work.path,
        "size": item.size,
        "quick_xor": item.quick_xor,
        "sha256": HASH,
        "modified_at": item.modified_at,
        "modified_by": item.modified_by,
        "outcome": Outcome.SKIPPED,
        "reason": "no dataset claims it",
        "missing_columns": [],
        "extra_columns": [],
        "run_id": "bench",
        "ingested_at": NOW,
    }


def _results(sizes: Sequence[int], costs: Sequence[Sequence[Cost]]) -> Iterator[Result]:
    requests = [median(cost.requests for cost in each) for each in costs]
    for size, each, count in zip(sizes, costs, requests, strict=True):
        timing = medians([cost.timing for cost in each])
        case = f"{size:,} files before, at {LATENCY * 1000:.0f} ms"
        yield Result("look", f"{case}, requests", "", count, limit=requests[0], aim_limit=1)
        yield Result("look", case, "s", timing.seconds, simulator_cpu_share=timing.simulator_cpu_share)
