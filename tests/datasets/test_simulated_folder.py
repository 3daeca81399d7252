"""What is dropped into the demo's folder loads, but for what is damaged on purpose."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.dataset import claimant
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports.demo import DemoFolder
from scheduling_pipeline.simulators.reports.files import Shape, content
from scheduling_pipeline.simulators.reports.layout import REPORTS
from tests.datasets.reading import arrive

AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("report", REPORTS)
def test_reports_load_in_both_shapes(tmp_path: Path, report: str, shape: Shape) -> None:
    for seed in range(3):
        file = content(report, AT, seed=seed, shape=shape)
        parsed = arrive(tmp_path, f"{report}__2026-03-03_1405.csv", file)
        assert len(parsed.frame) >= 6
        assert len(parsed.frame) + parsed.padding == (50 if shape is Shape.CLEAN else 999)
        assert parsed.extra == parsed.missing == ()


def test_a_day_of_the_demo_loads(tmp_path: Path) -> None:
    loaded: Counter[str] = Counter()
    faults: list[str] = []
    for drop in DemoFolder().between(None, DEMO_START + timedelta(days=1)):
        dataset = claimant(DATASETS, drop.path)
        if dataset is None:
            continue
        try:
            parsed = arrive(tmp_path, drop.path, drop.content)
        except Fault as fault:
            faults.append(f"{dataset.name}: {fault}")
            continue
        assert parsed.extra == ()
        loaded[dataset.name] += 1
    assert set(loaded) == {dataset.name for dataset in DATASETS}
    assert faults == [
        "qcbs: row 18, column 'Handle': '#ERROR!' is no number",
        "teachers: is a damaged workbook: it cannot be unpacked",
    ]
