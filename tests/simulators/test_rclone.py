"""The simulated document library judged by stock rclone, which is led to it by a proxy."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.connect_proxy import ConnectProxy
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators
from tests.rclone import Rclone

pytestmark = pytest.mark.process

MODIFIED = datetime.fromisoformat("2026-02-03T04:05:06+01:00")
FILES = {
    "Reports/ACQ__2026-02-03_0400.csv": b"a,b\n1,2\n",
    "Reports/2026/02/Zürich 50% #1, 報告 😀.csv": b"odd name",
    "Reports/2026/empty.csv": b"",
    "Reports/.hidden ~x (1).csv": b"x",
    "Elsewhere/large.bin": random.Random(3).randbytes(700_001),  # noqa: S311 - test data, not a secret
}
FOLDERS = {"Elsewhere/", "Reports/", "Reports/2026/", "Reports/2026/02/"}


@pytest.fixture
def simulators(tmp_path: Path) -> Iterator[Simulators]:
    with Simulators(tmp_path / "simulators") as running:
        for path, content in FILES.items():
            running.graph.drive.put(path, content, at=MODIFIED)
        yield running


@pytest.fixture
def rclone(simulators: Simulators, tmp_path: Path) -> Iterator[Rclone]:
    with ConnectProxy(simulators.graph_url) as proxy:
        yield Rclone(simulators, proxy, tmp_path)


def _is_whole(folder: Path) -> None:
    """Every file of the library is there, with its bytes and its time."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == FILES
    assert {path.stat().st_mtime for path in found.values()} == {MODIFIED.timestamp()}


def test_rclone_lists_every_path(simulators: Simulators, rclone: Rclone) -> None:
    simulators.graph.settings.drive_page = 3
    expected = sorted({*FILES, *FOLDERS})
    assert rclone.paths() == expected
    assert rclone.paths("", "--onedrive-delta") == expected
    asked = {str(call["path"]).rpartition("/")[2] for call in simulators.graph.control.journal()}
    assert {"children", "delta"} <= asked


def test_rclone_copies_and_finds_no_difference(rclone: Rclone, tmp_path: Path) -> None:
    local = tmp_path / "local"
    rclone.copy(local, folder="")
    _is_whole(local)
    assert rclone.check(local, folder="") == []
    assert rclone.check(local, "--onedrive-delta", folder="") == []
    assert rclone.check(local, "--download", folder="") == []


def test_rclone_sees_what_changed(simulators: Simulators, rclone: Rclone, tmp_path: Path) -> None:
    local = tmp_path / "local"
    rclone.copy(local)
    drive = simulators.graph.drive
    drive.put("Reports/ACQ__2026-02-03_0400.csv", b"a,b\n1,3\n")  # of the same size
    drive.move("Reports/2026", "Reports/2027")
    drive.delete("Reports/.hidden ~x (1).csv")
    name = "02/Zürich 50% #1, 報告 😀.csv"
    assert sorted(rclone.check(local)) == [
        "* ACQ__2026-02-03_0400.csv",
        f"+ 2027/{name}",
        "+ 2027/empty.csv",
        "- .hidden ~x (1).csv",
        f"- 2026/{name}",
        "- 2026/empty.csv",
    ]


def test_rclone_survives_faults(simulators: Simulators, rclone: Rclone, tmp_path: Path) -> None:
    control = simulators.graph.control
    control.arm(Fault("cut", "^GET /download/", times=2))
    control.arm(Fault("http", "^GET /drives/", times=2, skip=3, params={"status": 503}))
    control.arm(Fault("drop_reply", "/children$", skip=1))
    control.arm(Fault("http", "/root$", params={"status": 429, "retry_after": 0}))
    rclone.copy(tmp_path / "local", "--retries", "3", folder="")
    _is_whole(tmp_path / "local")


def test_rclone_refuses_bytes_that_do_not_match_their_hash(
    simulators: Simulators, rclone: Rclone, tmp_path: Path
) -> None:
    simulators.graph.control.arm(Fault("wrong_hash", "/download/Reports/ACQ", times=None))
    once = ("--retries", "1", "--low-level-retries", "1")
    done = rclone.run("copy", "school:Reports", str(tmp_path / "local"), *once, fails=True)
    assert "corrupted on transfer" in done.stderr
    assert not list((tmp_path / "local").glob("ACQ*"))
