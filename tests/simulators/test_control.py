"""What every simulator shares: the clock, faults, latency and the journal, and their endpoints."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from scheduling_pipeline.simulators.control import DEMO_START, Control, Fault, SimulatedClock

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return Control("test", tmp_path, SimulatedClock(tmp_path / "clock"))


@pytest.fixture
def endpoints(control: Control) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=control.routes))
    return httpx.AsyncClient(transport=transport, base_url="http://simulator")


def test_the_clock_is_shared_through_its_file(tmp_path: Path) -> None:
    one, other = SimulatedClock(tmp_path / "clock"), SimulatedClock(tmp_path / "clock")
    assert one.now() == other.now() == DEMO_START
    one.set(NOON)
    assert other.now() == NOON
    other.advance(timedelta(minutes=1))
    assert one.now() == NOON + timedelta(minutes=1)
    with pytest.raises(ValueError, match="zone"):
        one.set(datetime(2026, 4, 1))  # noqa: DTZ001 - that is what is refused


def test_a_fault_strikes_where_and_as_often_as_it_says(control: Control) -> None:
    control.arm(Fault("http", r"^GET /a", times=2, skip=1))
    struck = [control.fault("GET", path) is not None for path in ("/b", "/a", "/a", "/a", "/a")]
    assert struck == [False, False, True, True, False]


def test_a_fault_of_another_kind_waits(control: Control) -> None:
    control.arm(Fault("http", times=None))
    assert control.fault("GET", "/", "kill") is None
    assert [control.fault("GET", "/", "kill", "http") is not None for _ in range(3)] == [True] * 3
    control.clear_faults()
    assert control.fault("GET", "/") is None


def test_a_likely_fault_strikes_now_and_then(control: Control) -> None:
    control.arm(Fault("http", times=None, probability=0.3))
    struck = sum(control.fault("GET", "/") is not None for _ in range(1000))
    assert 200 < struck < 400


def test_the_journal_survives(tmp_path: Path, control: Control) -> None:
    control.record({"path": "/a"})
    control.record({"path": "/b"})
    control.flush()
    again = Control("test", tmp_path, control.clock)
    assert [(call["n"], call["path"]) for call in again.journal()] == [(1, "/a"), (2, "/b")]
    assert [call["path"] for call in again.journal(since=1)] == ["/b"]
    assert again.journal()[0]["at"] == DEMO_START.astimezone(UTC).isoformat()


async def _steer(client: httpx.AsyncClient) -> None:
    async with client:
        clock = await client.put("/control/clock", json={"now": NOON.isoformat()})
        assert clock.json() == {"now": NOON.isoformat()}
        moved = await client.put("/control/clock", json={"advance_seconds": 60})
        assert moved.json() == {"now": "2026-04-01T12:01:00+00:00"}
        fault = {"kind": "http", "match": "x", "params": {"status": 503}}
        [armed] = (await client.post("/control/faults", json=fault)).json()
        assert armed["params"] == {"status": 503}
        assert (await client.delete("/control/faults")).json() == []
        assert (await client.put("/control/latency", json={"seconds": 0.5})).json() == {"seconds": 0.5}
        assert (await client.get("/control/journal", params={"since": 0})).json()[0]["path"] == "/a"
        assert (await client.delete("/control/journal")).json() == []
        assert (await client.get("/control/journal")).json() == []
        assert (await client.get("/control/cpu")).json()["seconds"] > 0


def test_everything_can_be_steered_over_http(control: Control, endpoints: httpx.AsyncClient) -> None:
    control.record({"path": "/a"})
    asyncio.run(_steer(endpoints))
    assert control.latency == 0.5
