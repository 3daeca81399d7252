"""Bringing in a SharePoint folder that was never seen before.

Ours lists, downloads, verifies, keeps, parses, validates, loads (into SQLite) and logs. What a user would use
instead only copies: stock `rclone copy` with as many transfers at a time. The limit is arithmetic: a request
for each file, so many at a time. The simulator thinks about each request for the stated time, and throttles
nobody. One more case is a run such as the sensor starts, beside its share of the time without Dagster.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import dagster as dg

from assets.sharepoint_files import INGEST_JOB, LOG, build_store, ingest_config
from benchmarks.library import FOLDER, Library, library
from benchmarks.results import Result
from benchmarks.simulated import Timing, medians
from resources.clock import Clock
from resources.database import Database
from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.files.arrival import look_everywhere
from scheduling_pipeline.files.ingest import Finished, Persistence, ingest
from scheduling_pipeline.files.listing import outstanding
from scheduling_pipeline.files.tables import ensure_tables
from scheduling_pipeline.settings import SchedulerSettings, load_settings
from scheduling_pipeline.simulators.connect_proxy import ConnectProxy
from scheduling_pipeline.simulators.reports import REPORTS, Burst, Shape
from tests.rclone import Rclone

AIM_PEER = 1
NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)
EMBEDDED = Path(__file__).parents[1] / "deploy" / "embedded" / "dagster.yaml"
PATIENCE = 600  # seconds for rclone
SILENTLY = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class Size:
    """So many `files`, at `latency` seconds a request, measured `rounds` times."""

    files: int
    latency: float
    rounds: int = 1

    def __str__(self) -> str:
        return f"{self.files:,} files at {self.latency * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class Cost:
    """How long something took, and how many requests."""

    timing: Timing
    requests: int


SIZES = (Size(1_000, 0.05, rounds=3), Size(1_000, 0.15))


def run(say: Callable[[str], None], sizes: Sequence[Size] = SIZES) -> list[Result]:
    """Measure all sizes against one process of the simulators."""
    with tempfile.TemporaryDirectory() as folder, library(Path(folder) / "simulators") as found:
        bench = _Bench(found, Path(folder))
        bench.warm_up()
        return [result for size in sizes for result in bench.compare(size, say)]


class _Bench:
    def __init__(self, found: Library, folder: Path) -> None:
        self._library = found
        self._folder = folder
        self._places = self._files = 0

    def warm_up(self) -> None:
        """Bring a few files in: much is imported, and prepared, at first use."""
        few = Size(len(REPORTS), latency=0)
        self._fill(few)
        self._cost(self._ingest, few)

    def compare(self, size: Size, say: Callable[[str], None]) -> list[Result]:
        """Ours and rclone in turn; then a part of it through Dagster."""
        self._fill(size)
        ours: list[Cost] = []
        peer: list[Cost] = []
        for number in range(1, size.rounds + 1):
            say(f"ingest, {size}: round {number} of {size.rounds}")
            ours.append(self._cost(self._ingest, size))
            peer.append(self._cost(self._copy, size))
        say(f"ingest, {size}: through Dagster")
        batch = replace(size, files=min(size.files, SchedulerSettings().run_files))
        return _results(size, ours, peer, batch, self._cost(lambda place: self._run(place, batch), batch))

    def _fill(self, size: Size) -> None:
        """Have the reports there; those of a smaller size are among them."""
        if size.files > self._files:
            self._library.put(Burst(size.files, NOW, shape=Shape.REAL, folder=FOLDER).between(None, NOW))
            self._files = size.files
        self._library.simulated.set_latency("graph", size.latency)

    def _cost(self, work: Callable[[_Place], int], size: Size) -> Cost:
        """What `work` costs in an empty place; it says how many files it brought in."""
        self._places += 1
        place = _Place(self._folder / f"{self._places}")
        done: list[int] = []
        with self._library.counting() as requests:
            timing = self._library.simulated.measure(lambda: done.append(work(place)))
        assert done == [size.files], done
        return Cost(timing, len(requests))

    def _ingest(self, place: _Place) -> int:
        settings, database = place.settings, place.database
        finished: list[Finished] = []
        with self._library.sharepoint().connect() as drive:
            look_everywhere(drive, database.engine, now=datetime.now(UTC))
            ingest(
                outstanding(database.engine, drive),
                drive,
                build_store(settings, DATASETS, database),
                persistence=Persistence(settings.max_retries, timedelta(0), settings.downloads),
                run_id="bench",
                now=NOW,
                on_finished=finished.append,
            )
        return sum(one.word in ("new", "skipped") for one in finished)

    def _copy(self, place: _Place) -> int:
        with ConnectProxy(self._library.simulated.graph_url) as proxy:
            rclone = Rclone(self._library.simulated, proxy, place.home, patience=PATIENCE)
            rclone.copy(place.home / "copy", folder=FOLDER, transfers=SchedulerSettings().downloads)
        return sum(path.is_file() for path in (place.home / "copy").rglob("*"))

    def _run(self, place: _Place, size: Size) -> int:
        """A run such as the sensor starts, in Dagster as `deploy/embedded` sets it up."""
        definitions = build_definitions(
            load_settings().model_copy(update={"scheduler": place.settings}),
            resources={
                "sharepoint": self._library.sharepoint(),
                "database": place.database,
                "clock": Clock(),
            },
        )
        with self._library.sharepoint().connect() as drive:
            look_everywhere(drive, place.database.engine, now=datetime.now(UTC))
            works = outstanding(place.database.engine, drive)[: size.files]
        shutil.copy(EMBEDDED, place.home)
        with dg.DagsterInstance.from_config(str(place.home)) as instance:
            ran = definitions.resolve_job_def(INGEST_JOB).execute_in_process(
                instance=instance, run_config=ingest_config(works) | SILENTLY
            )
        (noted,) = ran.asset_materializations_for_node(LOG)[-1:]
        return sum(int(str(noted.metadata[word].value)) for word in ("new", "skipped"))


class _Place:
    """Where an ingestion puts what it brings: an empty folder, and a database whose tables are made."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.home = home
        self.settings = SchedulerSettings(
            ingestion_dir=home / "incoming", timezone="Europe/Zurich", log_level="ERROR"
        )
        self.database = Database(url=f"sqlite:///{home / 'pipeline.db'}")
        ensure_tables(self.database.engine, DATASETS)


def _results(
    size: Size, ours: Sequence[Cost], peer: Sequence[Cost], batch: Size, through_dagster: Cost
) -> list[Result]:
    mine, theirs = (medians([cost.timing for cost in costs]) for costs in (ours, peer))
    floor = size.files * size.latency / SchedulerSettings().downloads
    return [
        Result(
            "ingest",
            str(size),
            "s",
            ours=mine.seconds,
            peer=theirs.seconds,
            limit=floor,
            aim_peer=AIM_PEER,
            simulator_cpu_share=max(mine.simulator_cpu_share, theirs.simulator_cpu_share),
        ),
        Result(
            "ingest",
            f"{size}, requests",
            "",
            ours=median(cost.requests for cost in ours),
            peer=median(cost.requests for cost in peer),
            limit=size.files,
            aim_peer=AIM_PEER,
        ),
        Result(
            "ingest",
            f"{batch}, through Dagster",
            "s",
            ours=through_dagster.timing.seconds,
            limit=mine.seconds * batch.files / size.files,
            simulator_cpu_share=through_dagster.timing.simulator_cpu_share,
        ),
    ]
