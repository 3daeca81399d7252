"""Every benchmark runs, at a tiny size, and says what it found in the agreed shape. No timing is judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import apply, college, courses, ingest, load, look, plan, read, roster, work_order_reading
from benchmarks.results import Result, table, write

KEYS = [
    "bench",
    "case",
    "unit",
    "ours",
    "peer",
    "limit",
    "vs_peer",
    "vs_limit",
    "aim_peer",
    "aim_limit",
    "simulator_cpu_share",
]


def say(_progress: str) -> None:
    """Nobody looks."""


def written(results: list[Result], folder: Path) -> list[dict[str, Any]]:
    """What a program reads of the results, having its keys in their order."""
    write(results, folder / "out" / "results.json")
    found: list[dict[str, Any]] = json.loads((folder / "out" / "results.json").read_text())
    for entry in found:
        assert list(entry) == KEYS
        assert entry["ours"] > 0 or entry["limit"] == 0
    return found


@pytest.mark.process
def test_apply_is_compared_with_a_script_and_a_bare_client(tmp_path: Path) -> None:
    results = written(apply.run(say, [apply.Size(6, 10, 0.001)], rounds=1), tmp_path)
    assert [entry["case"] for entry in results] == [
        "6 x 10 at 1 ms, new",
        "6 x 10 at 1 ms, new, four in flight",
        "6 x 10 at 1 ms, moved",
        "6 x 10 at 1 ms, moved, four in flight",
    ]
    for entry in results[::2]:
        assert (entry["bench"], entry["unit"]) == ("apply", "s")
        assert (entry["aim_peer"], entry["aim_limit"]) == (20, 1.3)
        assert min(entry["peer"], entry["limit"], entry["simulator_cpu_share"]) > 0
    for entry in results[1::2]:
        assert entry["limit"] == 0.003  # ten events, four at a time, a millisecond each
        assert entry["aim_peer"] is entry["aim_limit"] is entry["peer"] is None


@pytest.mark.process
def test_a_night_of_course_calendars_is_compared_with_clearing_and_with_a_bare_client(tmp_path: Path) -> None:
    size = college.Size(students=60, courses=50, latency=0.001)
    each, calls, warm, cold, tokens, *still = written(courses.run(say, size, rounds=1), tmp_path)
    assert each["case"] == "calls each: 1 rooms, 1 names, 1 titles, 1 times"
    assert each["peer"] > 20  # a listing, and some ten events that are deleted and inserted
    assert (each["aim_peer"], calls["aim_limit"]) == (8, 1.1)
    assert calls["case"] == f"calls for {calls['limit']:.0f} changed events"
    assert calls["ours"] > calls["limit"]  # dates taken out of the series that move have to be read
    for entry, tokens_are in ((warm, "tokens at hand"), (cold, "without tokens")):
        assert entry["case"] == f"16 of 60 x 5 at 1 ms, {tokens_are}"
        assert (entry["unit"], entry["aim_limit"]) == ("s", 1.3)
        assert min(entry["limit"], entry["simulator_cpu_share"]) > 0
    assert warm["peer"] > 0
    assert tokens["ours"] == tokens["limit"] == 16
    assert [entry["ours"] for entry in still if entry["case"].endswith(": calls")] == [0, 0]


@pytest.mark.process
def test_plan_is_held_to_what_was_promised(tmp_path: Path) -> None:
    time, memory, reading = written(plan.run(say, [plan.Size(400, seconds=2, megabytes=500)]), tmp_path)
    assert (time["unit"], time["limit"], time["aim_limit"]) == ("s", 2, 1)
    assert (memory["unit"], memory["limit"], memory["aim_limit"]) == ("MB", 500, 1)
    assert (reading["unit"], reading["limit"], reading["aim_limit"]) == ("s", None, None)


@pytest.mark.browser
@pytest.mark.process
def test_read_is_compared_with_loading_alone(tmp_path: Path) -> None:
    (entry,) = written(read.run(say, [read.Size(1, 1)], rounds=1), tmp_path)
    assert entry["case"].startswith("1 agenda")
    assert (entry["bench"], entry["unit"], entry["aim_limit"]) == ("read", "s", 1.5)
    assert min(entry["limit"], entry["simulator_cpu_share"]) > 0


@pytest.mark.browser
@pytest.mark.process
def test_the_list_of_work_orders_is_compared_with_loading_alone(tmp_path: Path) -> None:
    (entry,) = written(work_order_reading.run(say, [101], rounds=1), tmp_path)
    assert (entry["bench"], entry["case"], entry["unit"]) == ("work_order_reading", "101 orders", "s")
    assert entry["aim_limit"] == 1.5
    assert min(entry["limit"], entry["simulator_cpu_share"]) > 0


@pytest.mark.process
def test_ingest_is_compared_with_rclone(tmp_path: Path) -> None:
    time, requests, dagster = written(ingest.run(say, [ingest.Size(20, 0.001)]), tmp_path)
    assert (time["case"], time["unit"], time["aim_peer"]) == ("20 files at 1 ms", "s", 1)
    assert min(time["peer"], time["simulator_cpu_share"]) > 0
    assert time["limit"] == 0.005  # twenty files, four at a time, a millisecond each
    assert 20 < requests["ours"] < requests["peer"]
    assert (dagster["case"], dagster["peer"]) == ("20 files at 1 ms, through Dagster", None)
    assert dagster["limit"] == time["ours"]


@pytest.mark.process
def test_a_look_takes_as_many_requests_whatever_the_history(tmp_path: Path) -> None:
    few, _, many, seconds = written(look.run(say, [5, 25], rounds=1), tmp_path)
    assert few["ours"] == many["ours"] == many["limit"]
    assert (many["aim_limit"], many["vs_limit"]) == (1, 1)
    assert seconds["case"] == "25 files before, at 50 ms"


@pytest.mark.process
def test_load_is_compared_with_pandas(tmp_path: Path) -> None:
    time, memory, *postgres = written(load.run(say, rows=20_000, rounds=1), tmp_path)
    assert (time["case"], time["unit"], time["aim_peer"]) == ("20,000 rows, time", "s", 0.67)
    assert min(time["peer"], time["limit"]) > 0
    assert memory["unit"] == "MB"
    assert [entry["case"] for entry in postgres] in (
        [],
        ["20,000 rows, PostgreSQL, time", "20,000 rows, PostgreSQL, memory"],
    )


def test_ratios_and_verdicts() -> None:
    good = Result("apply", "a case", "s", 2, peer=50, limit=1.6, aim_peer=20, aim_limit=1.3)
    assert (good.vs_peer, good.vs_limit, good.verdict) == (25, 1.25, "met")
    slow = Result("apply", "a case", "s", 2, peer=30, limit=1.6, aim_peer=20, aim_limit=1.3)
    assert slow.verdict == "missed"
    busy = Result("apply", "a case", "s", 2, limit=1.6, aim_limit=1.3, simulator_cpu_share=0.5)
    assert not busy.valid
    assert "invalid" in busy.verdict
    assert Result("plan", "a case", "s", 2).verdict == ""
    assert Result("courses", "nothing at all", "", 0, limit=0, aim_limit=1).verdict == "met"
    assert Result("courses", "nothing at all", "", 1, limit=0, aim_limit=1).verdict == "missed"
    assert table([good, slow, busy]).row_count == 3


@pytest.mark.process
def test_rosters_are_compared_with_the_greedy_engine() -> None:
    size = roster.Size(30, 10, seconds=1, limited=5, fixes=1, absences=1)
    found = {result.case: result for result in roster.run(say, [size], seeds=[1])}
    core, plan = found["30 / 10: core left out"], found["30 / 10: plan"]
    assert core.peer is not None
    assert core.ours <= core.peer
    assert plan.peer is not None
    assert min(plan.ours, plan.peer) > 0
    assert (plan.limit, plan.aim_limit) == (1, 1)
    assert found["30 / 10: of 1 fixes do not work"].verdict == "met"
    for case in ("limits: plan", "limits: left out"):
        assert f"30 / 10, {case}" in found
    for case in ("replan", "others moved in a replan", "levels not proven"):
        assert f"30 / 10: {case}" in found
