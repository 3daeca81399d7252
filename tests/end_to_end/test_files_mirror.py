"""The demo's folder: stock rclone finds no difference, the tables say what they should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.connect_proxy import ConnectProxy
from scheduling_pipeline.simulators.reports import DemoFolder, header_only
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import copied
from tests.end_to_end.office import Office, open_office
from tests.end_to_end.truth import check
from tests.rclone import Rclone

pytestmark = pytest.mark.process


@dataclass(frozen=True)
class Judged:
    """The demo's office, and rclone, which judges it."""

    office: Office
    rclone: Rclone

    def ingest(self) -> None:
        """Take what is new; after it nothing differs."""
        assert self.office.ingest().success
        assert self.rclone.check(self.office.kept) == []
        check(self.office)

    def later(self, hours: float) -> None:
        self.office.simulators.clock.advance(timedelta(hours=hours))


@pytest.fixture
def judged(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Judged]:
    database = copied(migrated_sqlite, tmp_path / "pipeline.db")
    with (
        Simulators(tmp_path / "simulators", drops=DemoFolder()) as simulators,
        ConnectProxy(simulators.graph_url) as proxy,
        open_office(simulators, tmp_path, database) as office,
    ):
        simulators.graph.settings.resource_units = 100_000
        yield Judged(office, Rclone(simulators, proxy, tmp_path))


def test_as_the_clock_goes_on_nothing_differs(judged: Judged) -> None:
    """Reports of every hour, among them overwritten, late, empty and copied ones."""
    judged.ingest()
    assert len(judged.office.log()) > 40
    for hours in (1.2, 1.8, 2):
        judged.later(hours)
        judged.ingest()

    assert {"loaded", "skipped", "quarantined"} == set(judged.office.log().values())
    before = judged.office.downloads()
    judged.ingest()
    assert judged.office.downloads() == before


@pytest.mark.soak
def test_whatever_people_do_nothing_differs(judged: Judged) -> None:
    judged.ingest()
    drive = judged.office.drive
    one, two, three, four = (f"Reports/2026-03-02/ACQ__2026-03-02_0{hour}00.csv" for hour in range(1, 5))

    drive.move("Reports/Archive", "Reports/2026/March")
    drive.move(one, "Reports/was ACQ.csv")
    drive.move(two, one)
    drive.put(three, header_only("ACQ"))
    drive.put("Reports/copy of ACQ.csv", drive.read(four))
    drive.put("Reports/broken ACQ.csv", b"no,header\n1,2\n")
    drive.delete("Reports/School")
    judged.ingest()

    drive.put(two, drive.read(one))
    drive.delete(one)
    drive.move("Reports/broken ACQ.csv", "Elsewhere/ACQ.csv")
    drive.move("Reports/2026/March", "Reports/2026/ACQ")
    drive.move("Reports/2026", "Elsewhere/2026")
    judged.ingest()

    drive.move("Elsewhere/2026/ACQ", "Reports/Archive")
    drive.put("Reports/School/Teachers.xlsx", drive.read("Reports/Please read.txt"))
    drive.delete("Reports/Courses")
    judged.ingest()


def test_after_faults_nothing_differs(judged: Judged) -> None:
    for kind in ("cut", "drop_reply", "wrong_content", "wrong_hash"):
        judged.office.arm(kind, "GET /download/Reports/[ADR]", times=6)
    judged.office.arm("http", "GET /download/Reports/.*[05].csv", status=503)
    judged.office.arm("resync", "delta", times=1)

    judged.office.ingest()
    judged.office.mend()

    judged.ingest()
