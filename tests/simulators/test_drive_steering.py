"""What changes the simulated library from outside: people, drops on the clock, restarts; and its pages."""

from __future__ import annotations

import re
import ssl
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
from tests.simulators.graph_client import Json, sign_in

DELTA = f"/drives/{DOCUMENTS.id}/root/delta"


def trusting(simulators: Simulators) -> httpx.Client:
    """A client that trusts the simulators' CA and nothing else."""
    return httpx.Client(verify=ssl.create_default_context(cafile=str(simulators.ca_file)), trust_env=False)


@pytest.fixture
def drive(simulators: Simulators) -> Drive:
    return simulators.graph.drive


@pytest.fixture
def steering(simulators: Simulators, web: httpx.Client) -> httpx.Client:
    web.base_url = httpx.URL(simulators.graph_url.removesuffix("/v1.0"))
    return web


def test_people_change_the_library_over_http(steering: httpx.Client, drive: Drive) -> None:
    files = "/control/drive/files"
    assert (
        steering.put(f"{files}/Reports/ä b.csv", content=b"1", params={"by": "Ada Frey"}).status_code == 200
    )
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


def _listed(simulators: Simulators, web: httpx.Client, address: str = DELTA) -> Json:
    headers = {"Authorization": f"Bearer {sign_in(web, simulators)}"}
    answer: Json = web.get(simulators.graph_url + address, headers=headers).raise_for_status().json()
    return answer


def test_the_library_follows_the_clock_across_restarts(tmp_path: Path) -> None:
    drops = Hourly()
    with Simulators(tmp_path, drops=drops) as simulators, trusting(simulators) as web:
        assert simulators.graph.drive.files() == []  # nothing comes before somebody looks
        first = _listed(simulators, web)
        item = first["value"][-1]
        assert simulators.graph.drive.read("Reports/Hourly.csv") == DEMO_START.isoformat().encode()
        assert item["lastModifiedBy"]["user"]["displayName"] == "Night Service"
        assert item["eTag"].endswith(',3"')
        _listed(simulators, web)
    with Simulators(tmp_path, drops=drops) as simulators, trusting(simulators) as web:
        simulators.clock.advance(timedelta(hours=1, minutes=30))
        link = httpx.URL(first["@odata.deltaLink"]).raw_path.decode().removeprefix("/v1.0")
        [*_, changed] = _listed(simulators, web, link)["value"]
        assert changed["id"] == item["id"]
        assert changed["eTag"].endswith(',4"')
        assert changed["lastModifiedDateTime"] == "2026-03-02T06:00:00Z"
    start = DEMO_START
    assert drops.asked == [(None, start), (start, start + timedelta(hours=1, minutes=30))]


def test_a_download_also_follows_the_clock(tmp_path: Path) -> None:
    with Simulators(tmp_path, drops=Hourly()) as simulators, trusting(simulators) as web:
        _listed(simulators, web)
        address = f"/drives/{DOCUMENTS.id}/root:/Reports/Hourly.csv"
        url = _listed(simulators, web, address)["@microsoft.graph.downloadUrl"]
        simulators.clock.advance(timedelta(minutes=59))
        assert web.get(url).content == DEMO_START.isoformat().encode()
        simulators.clock.advance(timedelta(minutes=1))
        assert web.get(url).content == (DEMO_START + timedelta(hours=1)).isoformat().encode()


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with Simulators(tmp_path) as simulators, trusting(simulators) as web:
        simulators.graph.drive.put("Reports/a.csv", b"1")
        before = _listed(simulators, web, f"/drives/{DOCUMENTS.id}/root:/Reports/a.csv")
    with Simulators(tmp_path) as simulators, trusting(simulators) as web:
        after = _listed(simulators, web, f"/drives/{DOCUMENTS.id}/root:/Reports/a.csv")
        assert (after["id"], after["eTag"]) == (before["id"], before["eTag"])
        old = httpx.URL(before["@microsoft.graph.downloadUrl"])
        port = httpx.URL(simulators.graph_url).port
        assert web.get(old.copy_with(port=port)).content == b"1"


def test_the_pipeline_is_pointed_at_the_site(simulators: Simulators) -> None:
    environment = simulators.environment
    assert environment["SCHEDULER_SHAREPOINT_SITE_URL"] == simulators.site_url
    assert environment["SCHEDULER_SHAREPOINT_FOLDER"] == "/Shared Documents/Reports"


def test_people_look_through_the_folders(steering: httpx.Client, drive: Drive) -> None:
    drive.put("Reports/50% & <more>/a b.csv", b"x" * 2500, by="Ada Frey")
    library = "/sites/School/Shared%20Documents"
    for page in ("/", "/sites/School", f"{library}/Reports"):
        assert f'href="{library}"' in steering.get(page).text
    folder = steering.get("/sites/School/Shared%20Documents/Reports").text
    [link] = re.findall(r'href="([^"]*more[^"]*)"', folder)
    assert "50% &amp; &lt;more&gt;/" in folder
    page = steering.get(link).text
    assert "Ada Frey" in page
    assert "2.5 kB" in page
    [file] = re.findall(r'href="([^"]*csv)"', page)
    assert steering.get(file, follow_redirects=True).content == b"x" * 2500
    assert steering.get("/sites/School/Nowhere").status_code == 404
    assert steering.get("/sites/School/Shared%20Documents/none").status_code == 404
