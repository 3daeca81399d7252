"""What to do next for rows that hang together, told from how things stand: pure, so the same after a death.

Rows hang together where one takes another's place, and where they are a Core event and its Supervisor event.
A *unit* comes about as a whole or not at all: a Core event with its Supervisor event, or events that trade
places. A *taker* needs the place of a *giver*. An event that makes room is unscheduled first and placed anew
after its taker; one that merely moves is moved by one write, which leaves it no moment without a place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.wording import sentence

OPEN, DONE, FAILED, UNKNOWN = "approved", "api_submitted", "api_failed", "unknown"


@dataclass(frozen=True, slots=True)
class Spot:
    """Who does an event, and from when on. `employee` is empty where the planner names somebody unknown."""

    employee: str
    start: datetime  # aware
    day: date  # the store's


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was approved. `stands`: where its event is in the planner, as far as we know.

    `core`: of a Supervisor event, the Core event that it belongs to. `shift`: it fills a person's day.
    `takes_from` and `made_room_for` name events. `expires`: of an event that is to be offered again, until
    when; `reissued`: the planner offers it again. `problem`: why it failed, or what else is to be said.
    """

    id: int
    run: int
    event: int
    status: str
    wanted: Spot | None
    previous: Spot | None
    stands: Spot | None
    core: int | None = None
    shift: bool = False
    takes_from: int | None = None
    made_room_for: int | None = None
    expires: date | None = None
    reissued: bool = False
    problem: str = ""

    @property
    def was_vacated(self) -> bool:
        """Whether it stood somewhere, and no longer does."""
        return self.previous is not None and self.stands is None


@dataclass(frozen=True, slots=True)
class Send:
    """A write: to have the event at `to`, or nowhere; a `reissue` offers it again, to be put there next.
    `why`: what it undoes is said of the row."""

    row: Row
    purpose: str  # place, move, drop, compensate or reissue
    to: Spot | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """The row cannot be submitted, and nothing has to be written for that."""

    row: Row
    reason: Reason


@dataclass(frozen=True, slots=True)
class Finish:
    """The event stands as it is wanted."""

    row: Row


Step = Send | Fail | Finish
Unit = list[Row]


def relies_on(taker: Row, giver: Row) -> bool:
    """Whether a row can only have its place once another one has left its own."""
    if taker.id == giver.id or taker.wanted is None or giver.previous is None:
        return False
    return taker.takes_from == giver.event or giver.made_room_for == taker.event or _takes(taker, giver)


def _takes(taker: Row, giver: Row) -> bool:
    """Whether a row wants the very person and day that another one gives up."""
    if not (taker.shift and giver.shift and taker.wanted and giver.previous) or taker.id == giver.id:
        return False
    place = (taker.wanted.employee, taker.wanted.day)
    stays = giver.wanted is not None and place == (giver.wanted.employee, giver.wanted.day)
    return place == (giver.previous.employee, giver.previous.day) and not stays


def components(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that hang together, each with those that it hangs together with; in the order of their ids."""
    reliance = ((taker, giver) for taker, givers in _reliance(rows).items() for giver in givers)
    return _joined(rows, [*_bonds(rows), *reliance])


def units_of(rows: Sequence[Row]) -> list[Unit]:
    """The units of a component, takers before their givers."""
    reliance = _reliance(rows)
    units = _joined(rows, [*_bonds(rows), *_rings(rows, reliance)])
    number = {row.id: index for index, unit in enumerate(units) for row in unit}
    graph = {
        index: {number[giver] for row in unit for giver in reliance[row.id]}
        for index, unit in enumerate(units)
    }
    order = sorted(graph, key=lambda index: (-len(_reached(graph, index)), units[index][0].event))
    return [sorted(units[index], key=lambda row: (row.core is not None, row.event)) for index in order]


def next_step(rows: Sequence[Row], refused: Mapping[int, Reason]) -> Step | None:
    """What to do next for a component; None when there is nothing more, or when nobody knows how a write
    ended: then nothing may be built on it. `refused`: why a row, by its id, may not be submitted any more."""
    if any(row.status == UNKNOWN for row in rows):
        return None
    units = units_of(rows)
    steps = chain(_take_back(rows, units, refused), _make_room(rows, units), _bring_about(units))
    return next(steps, None)


def _take_back(rows: Sequence[Row], units: Sequence[Unit], refused: Mapping[int, Reason]) -> Iterator[Step]:
    """What cannot come about as a whole is undone: last things first."""
    for unit in units:
        failed = next((row for row in unit if row.status == FAILED), None)
        around = failed or _failed_neighbour(unit, rows)
        for row in reversed(unit):
            if row.status == DONE and failed and not row.problem and row.stands == row.wanted:
                to = row.previous if _is_free(row, rows) else None
                if row.stands != to:
                    yield Send(row, "compensate", to, _because_of(failed, row))
            elif row.status == OPEN and row.id in refused:
                yield _give_up(row, rows, refused[row.id])
            elif row.status == OPEN and around:
                yield _give_up(row, rows, Reason(Code.TOGETHER, {"why": _because_of(around, row)}))


def _give_up(row: Row, rows: Sequence[Row], reason: Reason) -> Step:
    if row.was_vacated and row.expires is None and _is_free(row, rows):
        return Send(row, "compensate", row.previous, sentence(reason))
    return Fail(row, reason)


def _make_room(rows: Sequence[Row], units: Sequence[Unit]) -> Iterator[Step]:
    """Whoever is in the way of another one leaves first."""
    for unit in reversed(units):
        for giver in unit:
            if giver.status != OPEN or giver.stands is None or giver.stands != giver.previous:
                continue
            if any(row.status == OPEN and row not in unit and relies_on(row, giver) for row in rows):
                yield Send(giver, "move" if giver.wanted else "drop", None)


def _bring_about(units: Sequence[Unit]) -> Iterator[Step]:
    for row in chain.from_iterable(units):
        if row.status != OPEN:
            continue
        if row.stands == row.wanted:
            yield Finish(row)
        elif row.wanted is None:
            yield Send(row, "drop", None)
        elif row.expires is not None and not row.reissued and row.stands == row.previous:
            yield Send(row, "reissue", row.wanted)
        else:
            yield Send(row, "move" if row.previous else "place", row.wanted)


def _failed_neighbour(unit: Unit, rows: Sequence[Row]) -> Row | None:
    """A failed row of another unit that one of this unit gives its place to, or needs the place of."""
    for row in rows:
        if row.status == FAILED and any(relies_on(row, own) or relies_on(own, row) for own in unit):
            return row
    return None


def _is_free(row: Row, rows: Sequence[Row]) -> bool:
    """Whether nobody took the place where a row stood before."""
    return row.previous is not None and not any(
        _takes(taker, row) and taker.stands == taker.wanted for taker in rows
    )


def _because_of(failed: Row, row: Row) -> str:
    if failed.core == row.event:
        what = "Its Supervisor event"
    elif row.core == failed.event:
        what = "Its Core event"
    elif relies_on(failed, row):
        what = "The event that it makes room for"
    elif relies_on(row, failed):
        what = "The event that makes room for it"
    else:
        what = "Another event of the same change"
    return f"{what} (event {failed.event}) could not be submitted: {failed.problem}"


def _reliance(rows: Sequence[Row]) -> dict[int, set[int]]:
    """The ids of the rows that each row, by its id, relies on; found without comparing each with each."""
    by_event = {row.event: row for row in rows}
    by_place: dict[tuple[str, date], list[Row]] = defaultdict(list)
    for row in rows:
        if row.previous is not None:
            by_place[row.previous.employee, row.previous.day].append(row)
    found: dict[int, set[int]] = {row.id: set() for row in rows}
    for row in rows:
        candidates = [by_event[row.takes_from]] if row.takes_from in by_event else []
        if row.wanted is not None:
            candidates += by_place[row.wanted.employee, row.wanted.day]
        found[row.id] |= {giver.id for giver in candidates if relies_on(row, giver)}
        taker = by_event.get(row.made_room_for) if row.made_room_for is not None else None
        if taker is not None and relies_on(taker, row):
            found[taker.id].add(row.id)
    return found


def _bonds(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """The ids of each Supervisor event's row and its Core event's row."""
    by_event = {row.event: row.id for row in rows}
    return [(row.id, by_event[row.core]) for row in rows if row.core in by_event]


def _rings(rows: Sequence[Row], reliance: Mapping[int, Collection[int]]) -> list[tuple[int, int]]:
    """Pairs of ids of rows that, directly or through others, rely on each other: they trade places.

    What is bound to a row counts as the row itself.
    """
    bound: dict[int, set[int]] = {row.id: set(reliance[row.id]) for row in rows}
    for one, other in _bonds(rows):
        bound[one].add(other)
        bound[other].add(one)
    reach = {row.id: _reached(bound, row.id) for row in rows}
    return [(one, other) for one in reach for other in reach[one] if one < other and one in reach[other]]


def _reached(graph: Mapping[int, Collection[int]], start: int) -> set[int]:
    """All nodes that a node leads to, and itself."""
    seen, waiting = {start}, [start]
    while waiting:
        fresh = set(graph[waiting.pop()]) - seen
        seen |= fresh
        waiting += fresh
    return seen


def _joined(rows: Sequence[Row], pairs: Iterable[tuple[int, int]]) -> list[Unit]:
    """Rows in groups, such that both of each pair (ids) are in one group; in the order of their ids."""
    by_id = {row.id: row for row in sorted(rows, key=lambda row: row.id)}
    graph: dict[int, set[int]] = {number: set() for number in by_id}
    for one, other in pairs:
        graph[one].add(other)
        graph[other].add(one)
    seen: set[int] = set()
    joined = []
    for start in graph:
        if start not in seen:
            reached = _reached(graph, start)
            seen |= reached
            joined.append([by_id[number] for number in sorted(reached)])
    return joined
