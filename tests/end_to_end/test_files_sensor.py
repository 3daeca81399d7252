"""The sensor in front of the simulated folder: how many runs it starts, and what a look costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, update

from resources import sharepoint
from scheduling_pipeline.database.models import DriveEntry, IngestedVersion
from scheduling_pipeline.files.arrival import Cursor
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS
from scheduling_pipeline.simulators.reports import Burst, Drops, content
from scheduling_pipeline.simulators.server import Simulators
from sensors.sharepoint_arrival import NAME
from tests.databases import copied
from tests.end_to_end.dagster_process import ROOT, RunningDagster, running_dagster, until
from tests.end_to_end.office import ACQ, DOWNLOAD, Office, Ran, open_office
from tests.end_to_end.truth import check, current

NOW = datetime.now(UTC)
ALWAYS = {"INTERVAL_SECONDS": "0.000001"}  # each tick looks


@contextmanager
def opened(home: Path, migrated: Path, drops: Drops | None = None, **settings: str) -> Iterator[Office]:
    database = copied(migrated, home / "pipeline.db")
    with (
        Simulators(home / "simulators", drops=drops) as simulators,
        open_office(simulators, home, database, **ALWAYS, **settings) as office,
    ):
        simulators.graph.settings.resource_units = 100_000  # its limits are for other tests
        yield office


def work_off(office: Office) -> list[Ran]:
    """Tick and run, one after the other, until there are no more pages and a tick asks for nothing."""
    runs = []
    while (requests := office.tick()) or Cursor.parse(office.cursor[0]).more:
        for request in requests:
            runs.append(office.start(request))
            assert runs[-1].success, runs[-1].errors()
    return runs


def test_two_hundred_files_that_arrive_together_take_a_handful_of_runs(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    with opened(tmp_path, migrated_sqlite, Burst(200, DEMO_START)) as office:
        assert len(work_off(office)) == 2

        assert office.downloads() == 200
        assert {row["outcome"] for row in current(office.engine)} == {"loaded"}
        check(office)
        assert [office.tick() for _ in range(3)] == [[], [], []]
        assert len(office.instance.get_runs()) == 2


def test_a_listing_that_has_to_start_anew_wipes_nothing_and_ingests_nothing_twice(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharepoint, "PAGE", 10)
    with opened(tmp_path, migrated_sqlite, Burst(45, DEMO_START), PAGES_PER_LOOK="1") as office:
        (first,) = office.tick()
        assert office.start(first).success
        before = {row["id"] for row in current(office.engine)}
        assert 0 < len(before) < 45
        office.arm("resync", "delta", times=1)

        work_off(office)

        assert before <= {row["id"] for row in current(office.engine)}
        assert office.downloads() == 45
        check(office)

        office.arm("resync", "delta", times=1)
        office.put("ACQ__late.csv", content("ACQ", DEMO_START, rows=10))
        assert len(work_off(office)) == 1
        assert office.downloads() == 46
        check(office)


def cost_of_a_change(office: Office, history: int) -> list[str]:
    """What is asked for when one file of so many changes, by the sensor and by the run that it starts."""
    data = content("ACQ", DEMO_START, rows=10)
    with office.drive._store.transaction():
        for number in range(history):
            office.put(f"{number % 100}/ACQ__{number}.csv", data)
    office.tick()
    remember(office)
    assert office.tick() == []
    seen = len(office.requests())
    office.put("7/ACQ__7.csv", content("ACQ", DEMO_START + timedelta(hours=1), rows=10))

    (ran,) = work_off(office)

    assert ran.metadata("ingestion_log")["changed"] == 1
    return office.requests()[seen:]


def remember(office: Office) -> None:
    """Note every file that was listed as ingested, as runs long ago would have done."""
    entry, log = DriveEntry.__table__.c, IngestedVersion
    below = {item: path for path, item in paths(office).items()}
    with office.engine.begin() as connection:
        files = connection.execute(select(*entry).where(~entry.folder)).mappings().all()
        assert len(files) == len(below)
        rows = [
            {
                **{name: file[name] for name in ("drive", "item", "etag", "ctag", "size", "quick_xor")},
                **{name: file[name] for name in ("modified_at", "modified_by")},
                "path": below[file["item"]],
                "sha256": "of old",
                "dataset": ACQ.name,
                "fingerprint": ACQ.fingerprint,
                "outcome": "skipped",
                "reason": "long ago",
                "missing_columns": [],
                "extra_columns": [],
                "run_id": "old",
                "ingested_at": NOW,
            }
            for file in files
        ]
        connection.execute(insert(log), rows)
        kept = update(DriveEntry.__table__).where(entry.drive == DOCUMENTS.id, entry.item == bindparam("id"))  # type: ignore[arg-type]
        places = [{"id": item, "place": path.removeprefix("Reports/")} for item, path in below.items()]
        connection.execute(kept.values(kept_path=bindparam("place"), kept_sha256="of old"), places)


def paths(office: Office) -> dict[str, str]:
    """The id of each file of the folder by its path."""
    drive, found = office.drive, {}
    for folder in drive._store.children(drive._existing("Reports").key)[:]:
        for file in drive._store.children(folder.key)[:]:
            found[f"Reports/{folder.name}/{file.name}"] = DOCUMENTS.item_id(file.key)
    return found


def test_a_change_costs_the_same_requests_whatever_the_history(tmp_path: Path, migrated_sqlite: Path) -> None:
    with opened(tmp_path / "few", migrated_sqlite, PAGES_PER_LOOK="100") as office:
        after_few = cost_of_a_change(office, 100)
    with opened(tmp_path / "many", migrated_sqlite, PAGES_PER_LOOK="100") as office:
        after_many = cost_of_a_change(office, 2_000)

    assert sorted(after_many) == sorted(after_few)
    assert len(after_few) <= 16  # of two looks and a run, each of which signs in and finds the folder
    assert [request for request in after_few if request.startswith(DOWNLOAD)] == [
        "GET /download/Reports/7/ACQ__7.csv"
    ]


@pytest.mark.process
def test_a_daemon_notices_a_file_and_starts_exactly_one_run(tmp_path: Path) -> None:
    with Simulators(tmp_path / "simulators") as simulators:
        environment = {
            name: value
            for name, value in simulators.environment.items()
            if not name.startswith("SPARKSOURCE")
        }
        environment |= {
            "SCHEDULING_HOME": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'pipeline.db'}",
            "SCHEDULER_INGESTION_DIR": str(tmp_path / "incoming"),
            "SCHEDULER_INTERVAL_SECONDS": "1",
        }
        simulators.graph.drive.put("Reports/ACQ__a.csv", content("ACQ", DEMO_START, rows=10))
        configuration = ROOT / "deploy" / "embedded" / "dagster.yaml"
        with running_dagster(tmp_path / "dagster", configuration, environment) as dagster:
            until(lambda: statuses(dagster) == ["SUCCESS"], seconds=90, what="a run that succeeded")
            looked = looks(simulators)
            until(lambda: looks(simulators) > looked, seconds=60, what="another look")
            assert statuses(dagster) == ["SUCCESS"]
        assert (tmp_path / "incoming" / "ACQ__a.csv").is_file()


def statuses(dagster: RunningDagster) -> list[str]:
    return [run["status"] for run in dagster.runs("dagster/sensor_name", NAME)]


def looks(simulators: Simulators) -> int:
    return sum(call["path"].endswith("/delta") for call in simulators.graph.control.journal())
