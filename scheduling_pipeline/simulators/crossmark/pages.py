"""Simulated Crossmark for people: the login page, and a week of the store: who has what, and what is open."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from jinja2 import Environment, PackageLoader
from starlette.exceptions import HTTPException

from scheduling_pipeline.simulators.crossmark.model import FINAL, ZONE, Condition, Rep, Visit, over
from scheduling_pipeline.simulators.crossmark.planner import Entry, Planner

_DAY = timedelta(days=1)
_SHORT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Line:
    """A visit as a line in somebody's day."""

    id: int
    mplan: int
    times: str
    kind: str
    what: str
    condition: str
    short: bool
    odd: bool


class Pages:
    """The pages as HTML."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._templates = Environment(
            loader=PackageLoader("scheduling_pipeline.simulators.crossmark"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def login(self) -> str:
        return self._templates.get_template("login.html").render()

    def planning(self, query: Mapping[str, str]) -> str:
        """The week of the query's `week` (a day of it, YYYY-MM-DD), or the current one."""
        now = self._planner.now.astimezone(ZONE)
        try:
            day = date.fromisoformat(query["week"]) if query.get("week") else now.date()
        except ValueError:
            raise HTTPException(400, "week is a day of it: YYYY-MM-DD") from None
        monday = day - day.weekday() * _DAY
        days = [monday + n * _DAY for n in range(7)]
        entries = self._planner.entries()
        return self._templates.get_template("planning.html").render(
            now=now,
            monday=monday,
            sunday=days[-1],
            earlier=monday - 7 * _DAY,
            later=monday + 7 * _DAY,
            store=", ".join(sorted({entry.mplan.location.name for entry in entries})),
            counts=Counter(entry.condition.value for entry in entries).most_common(),
            days=days,
            rows=_rows(self._planner.reps, entries, days),
            open=[entry for entry in entries if _open_in(entry, days)],
        )


def _rows(
    reps: Iterable[Rep], entries: Iterable[Entry], days: Sequence[date]
) -> list[tuple[Rep, list[list[_Line]]]]:
    """Each person with the lines of each day; guests only where they have something."""
    held: defaultdict[tuple[int, date], list[tuple[Visit, Entry]]] = defaultdict(list)
    for entry in entries:
        if visit := entry.visit:
            held[visit.rep, visit.start.astimezone(ZONE).date()].append((visit, entry))
    rows = []
    for rep in reps:
        cells = [
            [_line(*one) for one in sorted(held[rep.id, day], key=lambda one: (one[0].start, one[0].id))]
            for day in days
        ]
        if rep.local or any(cells):
            rows.append((rep, cells))
    return rows


def _line(visit: Visit, entry: Entry) -> _Line:
    what, _, kind = entry.mplan.name.partition(")  - ")
    start, end = visit.start.astimezone(ZONE), visit.end.astimezone(ZONE)
    return _Line(
        visit.id,
        entry.mplan.id,
        f"{start:%H:%M}-{end:%H:%M}",
        kind,
        what.rpartition(" (")[0],
        entry.condition.value,
        short=visit.end - visit.start <= _SHORT,
        odd=entry.condition in {Condition.UNSTAFFED, Condition.PAUSED},
    )


def _open_in(entry: Entry, days: Sequence[date]) -> bool:
    """Whether nobody has it at a time yet, and it can be worked on one of these days."""
    if entry.visit or entry.condition in FINAL:
        return False
    last = over(entry.mplan.start, entry.due).date() - _DAY
    return entry.mplan.start <= days[-1] and last >= days[0]
