"""The demo as a person starts it: twice, in processes of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.dagster_process import free_port

PROGRAM = """
import sys
from scheduling_pipeline.commands.demo import Ports
from scheduling_pipeline.commands.run import run
run(once=True, ports=Ports(*map(int, sys.argv[1:])))
"""

pytestmark = [pytest.mark.process, pytest.mark.browser]


def _run_once(home: Path, production: Path) -> str:
    ports = [str(free_port()) for _ in range(3)]
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


def _calls(home: Path) -> list[dict[str, Any]]:
    """What Graph's own journal holds."""
    with sqlite3.connect(home / "simulators" / "graph-journal.db") as journal:
        return [json.loads(entry) for (entry,) in journal.execute("SELECT entry FROM calls")]


def _calendar_writes(home: Path) -> int:
    return sum(bool(call.get("write")) and "/events" in call["path"] for call in _calls(home))


def _downloads(home: Path) -> int:
    return sum(call["path"].startswith("/download/") for call in _calls(home))


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

    first = _run_once(home, production)
    written, downloaded, tables, kept = _calendar_writes(home), _downloads(home), _tables(home), _kept(home)
    second = _run_once(home, production)

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
    for shown in (first, second):
        assert "Teacher calendars" in shown
        assert "Files from SharePoint" in shown
        assert max(map(len, shown.splitlines())) <= 80
        assert "'#ERROR!' is no number" in " ".join(shown.split()), "a planted fault is named with its reason"
        assert "syncjob" not in shown
    assert not production.exists()
