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

FILES = 210  # of some five hundred, which are all in the long test
GOOD = 14
MEMORY = 1 << 30


@pytest.mark.process
@pytest.mark.parametrize(
    ("seed", "count"),
    [(3, FILES), *(pytest.param(seed, None, marks=pytest.mark.soak) for seed in (4, 5))],
)
def test_broken_files_end_with_a_reason_and_the_good_ones_in_their_tables(
    tmp_path: Path, seed: int, count: int | None
) -> None:
    files = list(corpus(seed))
    assert len(files) >= FILES
    chosen = files if count is None else Random(seed).sample(files, count)  # noqa: S311 - dice
    drops = Burst(GOOD, DEMO_START, folder="Reports/Good")
    with (
        Simulators(tmp_path / "simulators", drops=drops) as simulators,
        workshop(simulators, tmp_path / "home", MAX_RETRIES="1") as office,
    ):
        simulators.graph.settings.resource_units = 100_000  # its limits are for other tests
        for file in chosen:
            simulators.graph.drive.put(f"Reports/Broken/{file.name}", file.content)

        ended = office.run(address_space=4 * MEMORY)

        assert ended.code == 0, office.said()
        assert ended.memory < MEMORY
        check_outcomes(office.engine, chosen)
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
