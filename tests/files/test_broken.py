"""Whatever arrives ends as rows or as a Fault with a reason, in bounded memory and time."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.dataset import claimant
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.parse import Limits, parse
from tests.files.broken import LOADS, corpus

LIMITS = Limits(rows=200_000, columns=500, unpacked_bytes=100_000_000)
MEMORY = 1 << 30
SECONDS_A_FILE = 20

Finding = tuple[str, str, float]


def _read_all(folder: str, seed: int) -> tuple[Sequence[Finding], int]:
    """What became of each file, the seconds it took, and the most bytes that this process ever held."""
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY, 4 * MEMORY))
    findings = []
    path = Path(folder) / "file"
    for name, content, _ in corpus(seed):
        path.write_bytes(content)
        dataset = claimant(DATASETS, name)
        assert dataset is not None, name
        began = time.perf_counter()
        try:
            parse(path, name, dataset, zone=ZoneInfo("Europe/Zurich"), limits=LIMITS)
            outcome = LOADS
        except Fault as fault:
            outcome = str(fault)
        except Exception as error:  # noqa: BLE001 - any other is what the test is about
            outcome = f"crash: {error!r}"
        findings.append((name, outcome, time.perf_counter() - began))
    return findings, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.process
def test_every_broken_file_ends_with_a_reason_in_bounded_memory_and_time(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        findings, most = pool.submit(_read_all, str(tmp_path), 1).result()
    assert len(findings) >= 200
    assert [finding for finding in findings if finding[1].startswith("crash")] == []
    assert [finding for finding in findings if finding[2] > SECONDS_A_FILE] == []
    assert most < MEMORY
    wrong = [
        (name, outcome, expectation)
        for (name, outcome, _), (_, _, expectation) in zip(findings, corpus(1), strict=True)
        if expectation is not None
        and (expectation != outcome if expectation == LOADS else expectation not in outcome)
    ]
    assert wrong == []


def test_the_names_are_all_different_and_the_same_every_time() -> None:
    names = [file.name for file in corpus(2)]
    assert len(set(names)) == len(names)
    assert names == [file.name for file in corpus(2)]
