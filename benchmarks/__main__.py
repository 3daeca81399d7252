"""Runs the benchmarks: all of them, or those that are named.

    python -m benchmarks [NAME...]

Prints a table and writes benchmarks/out/results.json. Ends with 1 when a figure is invalid because the
simulator was busy; a missed aim is shown, but is no error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks import (
    apply,
    courses,
    desk,
    ingest,
    load,
    look,
    plan,
    read,
    roster,
    work_order_reading,
    work_orders,
)
from benchmarks.results import Result, table, write

BENCHES: dict[str, Callable[[Callable[[str], None]], list[Result]]] = {
    "plan": plan.run,
    "apply": apply.run,
    "courses": courses.run,
    "read": read.run,
    "ingest": ingest.run,
    "look": look.run,
    "load": load.run,
    "roster": roster.run,
    "work_orders": work_orders.run,
    "work_order_reading": work_order_reading.run,
    "desk": desk.run,
}
OUT = Path(__file__).parent / "out" / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which of {', '.join(BENCHES)}; all by default"
    )
    names = parser.parse_args().names or list(BENCHES)
    if unknown := set(names) - BENCHES.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    console = Console(width=None if sys.stdout.isatty() else 132)
    results: list[Result] = []
    with console.status("starting") as status:
        for name in names:
            results += BENCHES[name](status.update)
    console.print(table(results))
    write(results, OUT)
    console.print(f"Written to {OUT}.", highlight=False)
    return 0 if all(result.valid for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
