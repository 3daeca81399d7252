"""The broken files, all in one folder and one run: each ends with a reason, and the good ones are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports import Burst
from scheduling_pipeline.simulators.server import Simulators
from tests.end_to_end.ingest_process import workshop
from tests.end_to_end.truth import check_kept, check_log, check_tables, outcomes
from tests.files.broken import LOADS, Broken, corpus

SEED = 3
FILES = 210  # of some five hundred, which are all in the long test
GOOD = 14
MEMORY = 1 << 30


@pytest.mark.process
def test_broken_files_end_with_a_reason_and_the_good_ones_in_their_tables(tmp_path: Path) -> None:
    ingest_in_one_run(Random(SEED).sample(list(corpus(SEED)), FILES), tmp_path)  # noqa: S311 - dice


def ingest_in_one_run(files: Sequence[Broken], home: Path) -> None:
    """Ingest the files, and good ones, in a process with little memory; then all is as it should be."""
    drops = Burst(GOOD, DEMO_START, folder="Reports/Good")
    with (
        Simulators(home / "simulators", drops=drops) as simulators,
        workshop(simulators, home / "home", MAX_RETRIES="1") as office,
    ):
        simulators.graph.settings.resource_units = 100_000  # its limits are for other tests
        for file in files:
            simulators.graph.drive.put(f"Reports/Broken/{file.name}", file.content)

        ended = office.run(address_space=4 * MEMORY)

        assert ended.code == 0, office.said()
        assert ended.memory is None or ended.memory < MEMORY
        check_outcomes(office.engine, files)
        check_log(office.engine, simulators.graph.drive)
        check_tables(office.engine, office.kept)
        check_kept(simulators.graph.drive, office.kept)


def check_outcomes(engine: Engine, files: Sequence[Broken]) -> None:
    """Each broken file ended as is expected of it, and each good one is loaded."""
    found = outcomes(engine)
    assert len(found) == len(files) + GOOD
    assert [one[0] for path, one in found.items() if path.startswith("Reports/Good/")] == ["loaded"] * GOOD
    for file in files:
        outcome, reason, _ = found[f"Reports/Broken/{file.name}"]
        if file.expectation == LOADS:
            assert outcome in ("loaded", "skipped"), (file.name, reason)
        elif file.expectation is not None:
            assert outcome == "quarantined", file.name
            assert file.expectation in reason, file.name
