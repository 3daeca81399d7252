"""One report file: the same dataset, instant, seed and shape give the same bytes, whoever asks and when."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice

from scheduling_pipeline.simulators.reports import clean, real
from scheduling_pipeline.simulators.reports.layout import REPORTS, Report
from scheduling_pipeline.simulators.reports.model import Drop
from scheduling_pipeline.simulators.reports.names import report_path
from scheduling_pipeline.simulators.reports.people import eligible
from scheduling_pipeline.simulators.school.history import dice

SEED = 12345


class Shape(StrEnum):
    """What a file looks like inside."""

    CLEAN = "clean"  # as the service describes it
    REAL = "real"  # as exports really are


def generate(
    dataset: str, at: datetime, *, seed: int = SEED, shape: Shape = Shape.CLEAN, rows: int | None = None
) -> Drop:
    """The file of a dataset that the report service drops at `at`.

    `rows` are rows with data: 50 unless told otherwise and 10 to 1000 in the clean shape; as many as is usual
    for the dataset and 6 to 50 in the real one, which always has 999 rows. Raises ValueError for an unknown
    dataset.
    """
    return Drop(report_path(dataset, at), content(dataset, at, seed=seed, shape=shape, rows=rows), at)


def content(
    dataset: str, at: datetime, *, seed: int = SEED, shape: Shape = Shape.CLEAN, rows: int | None = None
) -> bytes:
    """The bytes of such a file."""
    report = _report(dataset)
    agents = eligible(seed, report)
    rng = dice(seed, dataset, at.astimezone(UTC).isoformat(), shape)
    if shape is Shape.CLEAN:
        count = clean.DEFAULT_ROWS if rows is None else min(max(rows, clean.MIN_ROWS), clean.MAX_ROWS)
        return csv_bytes(report.columns, islice(clean.rows(report, at, agents, rng), count))
    usual = real.TYPICAL_ROWS[report] + rng.randint(-5, 5)
    filled = min(max(usual if rows is None else rows, real.MIN_ROWS), real.MAX_ROWS)
    return csv_bytes(report.columns, real.rows(report, at, agents, rng, filled))


def header_only(dataset: str) -> bytes:
    """The bytes of a file about an interval in which nothing happened."""
    return csv_bytes(_report(dataset).columns, ())


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with line feeds and without a byte order mark; quotes only where a cell needs them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _report(dataset: str) -> Report:
    try:
        return REPORTS[dataset]
    except KeyError:
        raise ValueError(f"Unknown dataset {dataset}") from None
