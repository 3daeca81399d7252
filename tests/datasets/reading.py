"""What the tests of datasets share: a dataset by name, and its file read as if it had arrived."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.dataset import Dataset, claimant
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.parse import Limits, Parsed, parse

BY_NAME: Mapping[str, Dataset] = {dataset.name: dataset for dataset in DATASETS}


def arrive(folder: Path, name: str, content: str | bytes, zone: str = "Europe/Zurich") -> Parsed:
    """Parse a file as the dataset that claims its name."""
    dataset = claimant(DATASETS, name)
    assert dataset is not None, f"no dataset claims {name}"
    path = folder / ".partial-file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    limits = Limits(rows=10_000, columns=100, unpacked_bytes=10_000_000)
    return parse(path, name, dataset, zone=ZoneInfo(zone), limits=limits)


def refusal(folder: Path, name: str, content: str | bytes) -> str:
    """What the Fault says that the file leads to."""
    with pytest.raises(Fault) as caught:
        arrive(folder, name, content)
    return str(caught.value)
