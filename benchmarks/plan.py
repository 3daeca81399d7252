"""Planning: what it takes to compare many events with as many in the ledger, brake included.

One event in twenty is a weekly series, and one in twenty has changed. Each size runs in a process of its own,
which has nothing else in its memory. `limit` is what the aim allows.

    python -m benchmarks.plan EVENTS ROUNDS

is that process: it prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.lessons import KINS, NOW, WINDOW, changed, lessons, series
from benchmarks.memory import peak_megabytes
from benchmarks.results import Result
from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import DesiredEvent, LedgerEvent, Tag
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import OwnedEvent
from scheduling_pipeline.database.connection import connect, migrate

SCOPE = "bench"
EACH = 200  # events in a calendar


@dataclass(frozen=True, slots=True)
class Size:
    """So many events, and what planning them may take where that was promised."""

    events: int
    seconds: float | None = None
    megabytes: float | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds to read the ledger and to plan, and the most memory that was in use."""

    read: float
    plan: float
    megabytes: float


SIZES = (Size(100_000, seconds=2, megabytes=500), Size(1_000_000))


def run(say: Callable[[str], None], sizes: Sequence[Size] = SIZES, rounds: int = 3) -> list[Result]:
    """Measure all sizes."""
    results: list[Result] = []
    for size in sizes:
        case = f"{size.events:,} events"
        say(f"plan, {case}")
        command = [sys.executable, "-m", "benchmarks.plan", str(size.events), str(rounds)]
        cost = Cost(**json.loads(subprocess.check_output(command)))  # noqa: S603 - our own command
        results += [
            _result(f"{case}, time", "s", cost.plan, size.seconds),
            _result(f"{case}, peak memory", "MB", cost.megabytes, size.megabytes),
            _result(f"{case}, ledger read", "s", cost.read, None),
        ]
    return results


def _result(case: str, unit: str, ours: float, allowed: float | None) -> Result:
    return Result("plan", case, unit, ours, limit=allowed, aim_limit=None if allowed is None else 1)


def measure(events: int, rounds: int) -> Cost:
    """Read a ledger of so many events from a database, then plan, `rounds` times."""
    calendars = [f"calendar-{number:05}" for number in range(max(events // EACH, 1))]
    standing = [*lessons(SCOPE, calendars, EACH - EACH // 20), *series(SCOPE, calendars, EACH // 20)]
    wanted = changed(standing)
    with tempfile.TemporaryDirectory() as folder:
        ledger = _ledger(Path(folder), standing)
        del standing
        began = time.perf_counter()
        live = ledger.live(SCOPE)
        read = time.perf_counter() - began
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        _plan(wanted, live)
        times.append(time.perf_counter() - began)
    return Cost(read, median(times), peak_megabytes())


def _plan(wanted: Sequence[DesiredEvent], live: Sequence[LedgerEvent]) -> Braked:
    changes = plan(wanted, live, windows=[WINDOW], kins=KINS, now=NOW)
    return brake(changes.changes, live, now=NOW)


def _ledger(folder: Path, events: Iterable[DesiredEvent]) -> Ledger:
    """A ledger in which the events stand."""
    engine = connect(f"sqlite:///{folder / 'ledger'}.db")
    migrate(engine)
    ledger = Ledger(engine, "outlook", run_id=SCOPE)
    by_calendar: dict[str, list[OwnedEvent]] = {}
    for event in events:
        tag = Tag(SCOPE, event.kin, event.uid, 1)
        name = f"{event.calendar}-{event.uid}"
        by_calendar.setdefault(event.calendar, []).append(
            OwnedEvent(event.calendar, tag, name, f"etag of {name}", event.content)
        )
    for owned in by_calendar.values():
        ledger.adopt(NOW, owned)
    return ledger


if __name__ == "__main__":
    cost = measure(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps({"read": cost.read, "plan": cost.plan, "megabytes": cost.megabytes}))
