"""The demo as a person starts it: twice, in processes of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

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
        env={**os.environ, "SCHEDULING_HOME": str(home), "DATABASE_URL": f"sqlite:///{production}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _calendar_writes(home: Path) -> int:
    """How many writes to events Graph's own journal holds."""
    with sqlite3.connect(home / "simulators" / "graph-journal.db") as journal:
        calls = [json.loads(entry) for (entry,) in journal.execute("SELECT entry FROM calls")]
    return sum(bool(call.get("write")) and "/events" in call["path"] for call in calls)


def test_the_first_run_fills_calendars_the_second_writes_nothing_and_real_data_stays_out_of_it(
    tmp_path: Path,
) -> None:
    home, production = tmp_path / "home", tmp_path / "production.db"

    first = _run_once(home, production)
    written = _calendar_writes(home)
    second = _run_once(home, production)

    assert written > 500
    assert f"{written} calendar writes" in first
    assert "0 calendar writes: everything stood already" in second
    assert _calendar_writes(home) == written
    assert not production.exists()
