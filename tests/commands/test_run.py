"""The demo as a person starts it: twice, in processes of its own."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from scheduling_pipeline.commands.demo import Ports
from tests.end_to_end.dagster_process import free_port

PROGRAM = """
import sys
from scheduling_pipeline.commands.demo import Ports
from scheduling_pipeline.commands.run import run
run(once=True, ports=Ports(*map(int, sys.argv[1:])))
"""

EVENTS = "/events(/[^/]+)?"

pytestmark = [pytest.mark.process, pytest.mark.browser]


def _run_once(home: Path, production: Path, ports: Sequence[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *ports],
        env={
            **os.environ,
            "SCHEDULING_HOME": str(home),
            "DATABASE_URL": f"sqlite:///{production}",
            "COLUMNS": "80",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _calls(home: Path, simulator: str = "graph") -> list[dict[str, Any]]:
    """What a simulator's own journal holds."""
    with sqlite3.connect(home / "simulators" / f"{simulator}-journal.db") as journal:
        return [json.loads(entry) for (entry,) in journal.execute("SELECT entry FROM calls")]


def _calendar_writes(home: Path) -> int:
    return sum(bool(call.get("write")) and "/events" in call["path"] for call in _calls(home))


def _downloads(home: Path) -> int:
    return sum(call["path"].startswith("/download/") for call in _calls(home))


def _google_calls(home: Path, path: str) -> int:
    """Calls that change something in Google, to paths that end so."""
    return sum(
        call["kind"] == "call" and call["method"] != "GET" and re.search(f"{path}$", call["path"]) is not None
        for call in _calls(home, "google")
    )


def _submissions(home: Path) -> int:
    return sum(call["path"].endswith("scheduleMplanEvent") for call in _calls(home, "crossmark"))


def _work_orders(home: Path) -> list[list[Any]]:
    """All that is known of work orders, their services and dispensers."""
    with sqlite3.connect(home / "pipeline.db") as database:
        tables = ("work_orders", "work_order_services", "work_order_visits", "dispensers")
        return [database.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608


def _messages(home: Path) -> int:
    with sqlite3.connect(home / "simulators" / "mailbox.db") as mailbox:
        count: int = mailbox.execute("SELECT COUNT(*) FROM messages").fetchone()[0]
    return count


def _people(home: Path) -> list[tuple[str, bool]]:
    """Everybody with a course calendar, and whether they are due."""
    with sqlite3.connect(home / "pipeline.db") as database:
        return database.execute(
            "SELECT email, calendar_needs_sync OR last_calendar_sync_at IS NULL FROM users"
            " JOIN google_calendars ON google_calendars.user_id = users.id ORDER BY email"
        ).fetchall()


def _tables(home: Path) -> dict[str, list[Any]]:
    """All that the ingestion log and the datasets' tables hold."""
    with sqlite3.connect(home / "pipeline.db") as database:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        names = [name for (name,) in found if name.startswith("data_") or name == "ingestion_log"]
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}  # noqa: S608


def _kept(home: Path) -> dict[str, int]:
    """The files of the mirror, and when they were written."""
    folder = home / "incoming"
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.stat().st_ctime_ns for path in files}


def test_the_first_run_fills_calendars_and_tables_the_second_writes_nothing_and_real_data_stays_out_of_it(
    tmp_path: Path,
) -> None:
    home, production = tmp_path / "home", tmp_path / "production.db"
    ports = [str(free_port()) for _ in fields(Ports)]  # the same each time: work orders link to their site

    first = _run_once(home, production, ports)
    written, downloaded, tables, kept = _calendar_writes(home), _downloads(home), _tables(home), _kept(home)
    created, events = _google_calls(home, "/calendars"), _google_calls(home, EVENTS)
    asked, orders = len(_calls(home, "google")), _work_orders(home)
    second = _run_once(home, production, ports)

    assert written > 500
    assert f"{written} calendar writes" in first
    assert "0 calendar writes: everything stood already" in second
    assert _calendar_writes(home) == written
    assert downloaded > 40
    assert f"{downloaded} downloads, " in first
    assert "0 downloads: everything was here already." in second
    assert _downloads(home) == downloaded
    assert _tables(home) == tables
    assert _kept(home) == kept
    assert created >= 12
    assert events > 100
    assert f"{created} students let us write to their Google calendars." in first
    assert f"{created} course calendars created." in first
    assert f"{events} course calendar writes." in first
    assert _people(home) == [(email, 0) for email, _ in _people(home)]
    assert len(_people(home)) == created
    assert "0 course calendar writes: nobody was due." in second
    assert "let us write" not in second
    assert len(_calls(home, "google")) == asked, "not a single call"
    placed = re.search(r"(\d+) events placed, (\d+) without a place", first)
    assert placed is not None
    assert int(placed[1]) > 50
    assert placed[0] in second, "the same roster is proposed for the same day"
    assert _submissions(home) == 0, "nothing is submitted that nobody approved"
    read = re.search(r"(\d+) work orders written, the dispensers of (\d+) places read\.", first)
    assert read is not None
    assert int(read[1]) == len(orders[0]) > 100
    assert int(read[2]) > 20
    assert "0 work order writes: everything stood already." in second
    assert _work_orders(home) == orders
    for shown in (first, second):
        assert "0 messages: there was nothing to tell." in " ".join(shown.split())
    assert _messages(home) == 0, "a first reading is the baseline"
    for shown in (first, second):
        assert "Work orders" in shown
        assert "Field roster" in shown
        assert "Teacher calendars" in shown
        assert "Files from SharePoint" in shown
        assert "Course calendars" in shown
        assert max(map(len, shown.splitlines())) <= 80
        assert "'#ERROR!' is no number" in " ".join(shown.split()), "a planted fault is named with its reason"
        assert "syncjob" not in shown
    assert not production.exists()
