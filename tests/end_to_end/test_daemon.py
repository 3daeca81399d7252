"""A real daemon: a schedule ticks, a backfill over all agendas succeeds, a missed tick is caught up once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scheduling_pipeline.simulators.school import FixedSchool
from tests.end_to_end.dagster_process import ROOT, RunningDagster, running_dagster, until
from tests.end_to_end.mailboxes import Mailboxes
from tests.end_to_end.pipeline import ASSETS, ENGLISH, ESA, FRENCH, GERMAN, SFS
from tests.end_to_end.remote import signed_in
from tests.end_to_end.school import PEOPLE, classes, private_lessons

MINUTE = 60
LESSONS = [
    *classes(SFS, (0, "09:00")),
    *classes(ESA, (1, "09:00"), first=8_000_000),
    *private_lessons(ENGLISH, 1),
    *private_lessons(FRENCH, 1, first=1000),
]
EVENTS = 4 * len(PEOPLE)
UNDER_WAY = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED"}

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
def school() -> FixedSchool:
    return FixedSchool(LESSONS, PEOPLE)


def test_a_daemon_ticks_backfills_and_catches_up_once(environment: Mapping[str, str], tmp_path: Path) -> None:
    """Dagster's clock is real time: private agendas are read each minute here."""
    settings = {**environment, "TEACHER_CALENDARS_PRIVATE_CRON": "* * * * *"}
    home, configuration = tmp_path / "dagster", ROOT / "deploy" / "embedded" / "dagster.yaml"

    with running_dagster(home, configuration, settings) as dagster:
        backfill = dagster.backfill(list(ASSETS), [SFS, ESA, ENGLISH, FRENCH, GERMAN])
        until(lambda: "SUCCESS" in _scheduled(dagster), seconds=150, what="a scheduled run succeeded")
        until(
            lambda: dagster.backfill_status(backfill).startswith("COMPLETED"),
            seconds=150,
            what="the backfill ended",
        )
        assert dagster.backfill_status(backfill) == "COMPLETED_SUCCESS"
        assert len(dagster.runs("dagster/backfill", backfill)) == 1  # all agendas in one browser session
        until(lambda: not UNDER_WAY & _scheduled(dagster), seconds=60, what="no run is under way")
    with signed_in(environment) as person:
        assert Mailboxes(person).standing(one.upn for one in PEOPLE).total() == EVENTS

    stopped = _now()
    newest_missed = (stopped // MINUTE + 2) * MINUTE
    until(lambda: _now() > newest_missed, seconds=3 * MINUTE, what="two ticks were missed")

    with running_dagster(home, configuration, settings) as dagster:
        caught_up = until(lambda: _ticks(dagster, since=stopped), seconds=60, what="a tick")[-1]
        assert caught_up["timestamp"] == newest_missed
        (run,) = caught_up["runIds"]
        until(lambda: dagster.run_status(run) not in UNDER_WAY, seconds=120, what="its run ended")
        assert dagster.run_status(run) == "SUCCESS"
        assert [tick["timestamp"] for tick in _ticks(dagster, since=stopped)].count(newest_missed) == 1
        assert "FAILURE" not in _scheduled(dagster)


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _scheduled(dagster: RunningDagster) -> set[str]:
    """How the runs that the schedule asked for stand."""
    return {run["status"] for run in dagster.runs("dagster/schedule_name", "private")}


def _ticks(dagster: RunningDagster, *, since: float) -> list[dict[str, Any]]:
    """The ticks that were due since then and have been evaluated, newest first."""
    ticks = dagster.ticks("private")
    return [tick for tick in ticks if tick["status"] == "SUCCESS" and tick["timestamp"] > since]
