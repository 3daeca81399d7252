"""What changes the simulated library from outside: people, drops on the clock, restarts; and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS
from scheduling_pipeline.simulators.reports import Drop
from scheduling_pipeline.simulators.server import Simulators

DELTA = f"/drives/{DOCUMENTS.id}/root/delta"


@pytest.fixture
def drive(simulators: Simulators) -> Drive:
    return simulators.graph.drive


@pytest.fixture
def steering(simulators: Simulators, web: httpx.Client) -> httpx.Client:
    web.base_url = httpx.URL(simulators.graph_url.removesuffix("/v1.0"))
    return web


def test_people_change_the_library_over_http(steering: httpx.Client, drive: Drive) -> None:
    files = "/control/drive/files"
    assert steering.put(f"{files}/Reports/ä b.csv", content=b"1", params={"by": "Ada Frey"}).status_code == 200
    assert drive.read("Reports/ä b.csv") == b"1"
    move = {"from": "Reports/ä b.csv", "to": "Reports/new/c.csv"}
    assert steering.post("/control/drive/move", json=move).status_code == 200
    assert drive.files() == ["Reports/new/c.csv"]
    assert steering.delete(f"{files}/Reports/new").status_code == 200
    assert drive.files() == []


def test_what_cannot_be_done_is_said(steering: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/a.csv", b"1")
    drive.put("Reports/b/c.csv", b"1")
    for method, path, status in (
        ("DELETE", "Reports/none.csv", 404),
        ("PUT", "Reports/b", 409),
        ("PUT", "Reports/a.csv/d.csv", 409),
    ):
        answer = steering.request(method, f"/control/drive/files/{path}")
        assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    for start, to in (("Reports/a.csv", "Reports/b/c.csv"), ("Reports/b", "Reports/b/inside")):
        answer = steering.post("/control/drive/move", json={"from": start, "to": to})
        assert answer.status_code == 409
    assert drive.files() == ["Reports/a.csv", "Reports/b/c.csv"]


@dataclass
class Hourly:
    """Drops a file each hour, over and over under the same name."""

    asked: list[tuple[datetime | None, datetime]] = field(default_factory=list)

    def between(self, after: datetime | None, until: datetime) -> Sequence[Drop]:
        self.asked.append((after, until))
        hours = [DEMO_START + timedelta(hours=hour) for hour in range(-2, 10)]
        return [
            Drop("Reports/Hourly.csv", hour.isoformat().encode(), hour, "Night Service")
            for hour in hours
            if (after is None or after < hour) and hour <= until
        ]


def test_the_library_follows_the_clock(tmp_path: Path, steering: httpx.Client) -> None:
    del steering
    drops = Hourly()
    with Simulators(tmp_path / "followed", drops=drops) as simulators:
        pass
