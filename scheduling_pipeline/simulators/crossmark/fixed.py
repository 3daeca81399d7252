"""A store with the events and people that a test writes down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from scheduling_pipeline.simulators.crossmark.model import Mplan, Rep


class FixedStore:
    """The given events and people, the same at every instant until `replace` is called."""

    def __init__(self, mplans: Iterable[Mplan] = (), reps: Iterable[Rep] = ()) -> None:
        self.reps: Sequence[Rep] = tuple(reps)
        self._mplans: tuple[Mplan, ...] = ()
        self.replace(mplans)

    def replace(self, mplans: Iterable[Mplan]) -> None:
        """Show these events from now on. ValueError for two events with one id."""
        wanted = sorted(mplans, key=lambda mplan: mplan.id)
        if len({mplan.id for mplan in wanted}) < len(wanted):
            raise ValueError("two events have the same mPlanID")
        self._mplans = tuple(wanted)

    def mplans(self, now: datetime) -> Sequence[Mplan]:  # noqa: ARG002 - protocol
        return self._mplans
