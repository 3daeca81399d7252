"""SIGKILL of the whole flow as a request to the simulated SharePoint is sent or answered: nothing is lost.

A few files and a few instants; the long test has the demo's folder and many. Processes are forked from a warm
one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from assets.sharepoint_files import INGEST_JOB
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.simulators.control import DEMO_START, Fault
from scheduling_pipeline.simulators.reports import Burst
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import copied
from tests.end_to_end.office import open_office
from tests.end_to_end.truth import check, outcomes

FILES = 9
DEATHS = [("/delta$", 0, "after"), (r"/\$batch$", 0, "before"), ("^GET /download/", 5, "after")]
FORKS = multiprocessing.get_context("forkserver")


FORKS.set_forkserver_preload(["scheduling_pipeline.definitions"])


def ingest_when_told(environment: dict[str, str], go: Connection) -> None:
    """What the child does: wait for the word, then take what is new."""
    os.environ.update(environment)
    job = build_definitions(load_settings()).resolve_job_def(INGEST_JOB)
    go.recv()
    job.execute_in_process()


@pytest.mark.process
@pytest.mark.parametrize(("match", "number", "when"), DEATHS)
def test_a_run_killed_at_a_request_is_made_good_by_the_next(
    tmp_path: Path, migrated_sqlite: Path, match: str, number: int, when: str
) -> None:
    database = copied(migrated_sqlite, tmp_path / "pipeline.db")
    with (
        Simulators(tmp_path / "simulators", drops=Burst(FILES, DEMO_START)) as simulators,
        open_office(simulators, tmp_path, database) as office,
    ):
        ours, theirs = FORKS.Pipe()
        process = FORKS.Process(target=ingest_when_told, args=(dict(os.environ), theirs))
        process.start()
        fault = Fault("kill", match, skip=number, params={"pid": process.pid, "when": when})
        simulators.graph.control.arm(fault)
        ours.send("go")
        process.join()
        assert process.exitcode == -signal.SIGKILL

        assert office.ingest().success

        check(office)
        assert [outcome for outcome, *_ in outcomes(office.engine).values()] == ["loaded"] * FILES
        done = office.downloads()
        assert office.ingest().success
        assert office.downloads() == done
