"""Whatever arrives ends as rows or as a Fault with a reason, in bounded memory and time."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
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

Finding = tuple[str, str | None, str, float]


def _read_all(folder: str, seed: int) -> tuple[Sequence[Finding], int]:
    """Of each file what was expected, what became of it, in how many seconds; and the most bytes held."""
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY, 4 * MEMORY))
    findings = []
    path = Path(folder) / "file"
    for name, content, expectation in corpus(seed):
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
        findings.append((name, expectation, outcome, time.perf_counter() - began))
    return findings, _most_memory()


def _most_memory() -> int:
    """The most bytes that this process held. Its `ru_maxrss` would begin with what its parent held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024


@pytest.mark.process
def test_every_broken_file_ends_with_a_reason_in_bounded_memory_and_time(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        findings, most = pool.submit(_read_all, str(tmp_path), 1).result()
    assert len({name for name, *_ in findings}) == len(findings) >= 200
    assert [finding for finding in findings if not _as_expected(finding)] == []
    assert [finding for finding in findings if finding[-1] > SECONDS_A_FILE] == []
    assert most < MEMORY


def _as_expected(finding: Finding) -> bool:
    _, expectation, outcome, _ = finding
    if outcome.startswith("crash") or expectation is None:
        return not outcome.startswith("crash")
    return outcome == LOADS if expectation == LOADS else outcome != LOADS and expectation in outcome


def test_the_same_seed_gives_the_same_files() -> None:
    assert list(islice(corpus(2), 200)) == list(islice(corpus(2), 200))
