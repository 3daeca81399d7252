"""Results of the benchmarks: their shape, the table for a person, and the file for a program."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

BUSY_SIMULATOR = 0.5  # of a core: from here on the simulator may be what was measured


@dataclass(frozen=True, slots=True)
class Result:
    """One case of one benchmark, in `unit`; less is better.

    `peer` is what a user would use instead, `limit` the least that is possible or, where an aim is absolute,
    the most that is allowed. `aim_peer` is the smallest good `vs_peer`, `aim_limit` the largest good
    `vs_limit`. `simulator_cpu_share` is in cores. None: does not apply.
    """

    bench: str
    case: str
    unit: str
    ours: float
    peer: float | None = None
    limit: float | None = None
    aim_peer: float | None = None
    aim_limit: float | None = None
    simulator_cpu_share: float | None = None

    @property
    def vs_peer(self) -> float | None:
        """How many times as much the peer takes; of nothing at all, nothing is as much."""
        if self.ours == 0 and self.peer is not None:
            return 1.0 if self.peer == 0 else math.inf
        return None if self.peer is None else self.peer / self.ours

    @property
    def vs_limit(self) -> float | None:
        """How many times the limit we take; of nothing at all, nothing is as much, and anything too much."""
        if self.limit == 0:
            return 1.0 if self.ours == 0 else math.inf
        return None if self.limit is None else self.ours / self.limit

    @property
    def valid(self) -> bool:
        """Whether the simulator was idle enough for the figures to be the program's own."""
        return self.simulator_cpu_share is None or self.simulator_cpu_share < BUSY_SIMULATOR

    @property
    def verdict(self) -> str:
        """Whether the aims were met, in a word; empty without any."""
        if not self.valid:
            return "invalid: the simulator was busy"
        met = [self.vs_peer >= self.aim_peer] if self.vs_peer and self.aim_peer else []
        met += [self.vs_limit <= self.aim_limit] if self.vs_limit and self.aim_limit else []
        return ("met" if all(met) else "missed") if met else ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; figures rounded to four significant digits."""
        return {
            "bench": self.bench,
            "case": self.case,
            "unit": self.unit,
            "ours": _rounded(self.ours),
            "peer": _rounded(self.peer),
            "limit": _rounded(self.limit),
            "vs_peer": _rounded(self.vs_peer),
            "vs_limit": _rounded(self.vs_limit),
            "aim_peer": self.aim_peer,
            "aim_limit": self.aim_limit,
            "simulator_cpu_share": _rounded(self.simulator_cpu_share),
        }


def write(results: Iterable[Result], path: Path) -> None:
    """Write the results to a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([result.to_json() for result in results], indent=2) + "\n")


def table(results: Sequence[Result]) -> Table:
    """The results as a person reads them."""
    shown = Table(title="Benchmarks", title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("bench", "case"):
        shown.add_column(name, no_wrap=True)
    for name in ("ours", "peer", "limit", "vs peer", "vs limit", "simulator"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("aim")
    for result in results:
        shown.add_row(
            result.bench,
            result.case,
            *(_figure(value, result.unit) for value in (result.ours, result.peer, result.limit)),
            _factor(result.vs_peer, result.aim_peer, "≥"),
            _factor(result.vs_limit, result.aim_limit, "≤"),
            "" if result.simulator_cpu_share is None else f"{result.simulator_cpu_share:.0%}",
            result.verdict,
        )
    return shown


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _figure(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.{2 if value < 100 else 0}f} {unit}"


def _factor(value: float | None, aim: float | None, sign: str) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" + (f" ({sign}{aim:g})" if aim is not None else "")
