"""Many small report files at once, for tests and measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from scheduling_pipeline.simulators.reports.clean import MIN_ROWS
from scheduling_pipeline.simulators.reports.files import SEED, Shape, content
from scheduling_pipeline.simulators.reports.layout import REPORTS
from scheduling_pipeline.simulators.reports.model import Drop
from scheduling_pipeline.simulators.reports.names import FOLDER, SLOT, report_path


@dataclass(frozen=True, slots=True)
class Burst:
    """`count` files of different content that all arrive at `at`.

    They are the reports of the five minutes before `at`, of the five before those, and so on. A larger burst
    at the same instant has the same files and more.
    """

    count: int
    at: datetime
    seed: int = SEED
    shape: Shape = Shape.CLEAN
    rows: int = MIN_ROWS
    folder: str = FOLDER

    def between(self, after: datetime | None, until: datetime) -> Sequence[Drop]:
        """All the files when their instant is after one and not after the other, else none."""
        if self.at > until or (after is not None and self.at <= after):
            return ()
        return [self._drop(number) for number in range(self.count)]

    def _drop(self, number: int) -> Drop:
        slot, position = divmod(number, len(REPORTS))
        dataset, moment = tuple(REPORTS)[position], self.at.astimezone(UTC) - (slot + 1) * SLOT
        data = content(dataset, moment, seed=self.seed, shape=self.shape, rows=self.rows)
        return Drop(report_path(dataset, moment, folder=self.folder), data, self.at)
