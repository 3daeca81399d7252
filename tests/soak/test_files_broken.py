"""Whole corpora of broken files, some five hundred each, all in one run: `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.test_files_broken import ingest_in_one_run
from tests.files.broken import corpus


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.parametrize("seed", [4, 5])
def test_every_broken_file_of_a_corpus_ends_with_a_reason(tmp_path: Path, seed: int) -> None:
    ingest_in_one_run(list(corpus(seed)), tmp_path)
