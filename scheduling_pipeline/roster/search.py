"""Branch and bound over what the flow of a region cannot say: best first, with a fixed amount of work.

Two things make a flow no plan: a kind of juicing that came for free to a person-day on which the charged kind
is not, and a chain of events making room for each other that is too long. The first is tried again with the
other kind charged, and then split into "that day has juicing" and "it has none"; the second is split by
forbidding one of its first links after the other. No plan is lost by either.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import Event
from scheduling_pipeline.roster.moves import Chain, excess, long_chains
from scheduling_pipeline.roster.relaxation import Choices, Relaxation, Relaxed, Score
from scheduling_pipeline.roster.standing import SURVEY

WORK = 3_000_000  # arcs in all flows that are solved for a region


@dataclass(frozen=True)
class Found:
    """`score` is what `assigned` is worth; no plan of the region is better than `bound`. `reproducible` is
    False where a clock ended the search."""

    assigned: Mapping[int, PersonDay]
    score: Score
    bound: Score
    reproducible: bool = True


def search(
    eligibility: Eligibility, events: Sequence[Event], relaxation: Relaxation, work: int = WORK
) -> Found:
    """The best plan for the events of a region. At least one flow is solved, whatever `work` says."""
    return _Search(eligibility, events, relaxation).run(max(1, work // relaxation.arcs))


class _Search:
    def __init__(self, eligibility: Eligibility, events: Sequence[Event], relaxation: Relaxation) -> None:
        self._eligibility = eligibility
        self._events = events
        self._relaxation = relaxation
        self._best: Relaxed | None = None
        self._open: list[tuple[Score, int, Score | None, Choices, Relaxed | None]] = []
        self._pushed = 0
        self._solved = 0
        self._prices: dict[PersonDay, Score] = {}

    def run(self, limit: int) -> Found:
        self._push(None, Choices(), None)
        while self._open and self._solved < limit and not self._beaten(self._open[0][2]):
            _, _, above, choices, parent = heapq.heappop(self._open)
            relaxed = self._solve(choices, parent)
            bound = relaxed.bound if above is None else min(above, relaxed.bound)
            self._offer(relaxed)
            if not self._beaten(bound):
                for following in self._split(choices, relaxed):
                    self._push(bound, following, relaxed)
        best = self._best or self._dive()
        bounds = [above for _, _, above, _, _ in self._open if above is not None]
        return Found(self._relaxation.assigned(best), best.score, max([best.score, *bounds]))

    def _push(self, bound: Score | None, choices: Choices, parent: Relaxed | None) -> None:
        """The best bound comes first, the latest of several."""
        self._pushed += 1
        key = tuple(-value for value in bound) if bound is not None else ()
        heapq.heappush(self._open, (key, -self._pushed, bound, choices, parent))

    def _beaten(self, bound: Score | None) -> bool:
        return self._best is not None and bound is not None and bound <= self._best.score

    def _offer(self, relaxed: Relaxed) -> None:
        """A flow that is a plan is a candidate, even where its load was counted too low."""
        if not self._beaten(relaxed.score) and self._is_plan(relaxed):
            self._best = relaxed

    def _is_plan(self, relaxed: Relaxed) -> bool:
        return not relaxed.clash and not self._long_chains(relaxed)

    def _long_chains(self, relaxed: Relaxed) -> list[Chain]:
        return long_chains(self._eligibility, self._relaxation.assigned(relaxed), self._events)

    def _split(self, choices: Choices, relaxed: Relaxed) -> Iterator[Choices]:
        """Choices that together leave out no plan but, at most, the flow itself where it is one."""
        untried = [person_day for person_day in relaxed.alone if person_day not in choices.charged]
        if untried:
            yield replace(choices, charged={**choices.charged, **dict.fromkeys(untried, SURVEY)})
        elif relaxed.alone:
            dearest = max(relaxed.alone, key=lambda person_day: self._price(choices, relaxed, person_day))
            yield from _either(choices, dearest)
        else:
            for chain in self._long_chains(relaxed)[:1]:
                for link in excess(self._eligibility, chain):
                    yield replace(choices, forbidden=choices.forbidden | {link})

    def _price(self, choices: Choices, relaxed: Relaxed, person_day: PersonDay) -> Score:
        """What it costs at least to decide about a shared day, as it was when it was first in doubt. What is
        dear comes first: below it, all that is cheap need not be tried in every combination."""
        if person_day not in self._prices:
            worths = [self._solve(either, relaxed).bound for either in _either(choices, person_day)]
            self._prices[person_day] = tuple(
                before - after for before, after in zip(relaxed.bound, max(worths), strict=True)
            )
        return self._prices[person_day]

    def _solve(self, choices: Choices, near: Relaxed | None) -> Relaxed:
        self._solved += 1
        return self._relaxation.solve(choices, near)

    def _dive(self) -> Relaxed:
        """Some plan: doubtful days get juicing, long chains lose a link, until all is well."""
        choices = Choices()
        while True:
            relaxed = self._relaxation.solve(choices)
            if self._is_plan(relaxed):
                return relaxed
            last = [excess(self._eligibility, chain)[-1] for chain in self._long_chains(relaxed)]
            choices = Choices(
                choices.charged,
                {**choices.juicing, **dict.fromkeys(relaxed.alone, True)},
                choices.forbidden.union(last),
            )


def _either(choices: Choices, person_day: PersonDay) -> list[Choices]:
    """Without juicing on that day, and with it."""
    return [replace(choices, juicing={**choices.juicing, person_day: one}) for one in (False, True)]
