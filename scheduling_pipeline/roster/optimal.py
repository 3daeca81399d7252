"""The optimal engine: a minimum cost flow for each region, and a search where the flow says too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scheduling_pipeline.roster.assembly import plan_of
from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.greedy import GreedyEngine
from scheduling_pipeline.roster.hours import has_hours, search_with_hours
from scheduling_pipeline.roster.model import Snapshot
from scheduling_pipeline.roster.network import layout_of
from scheduling_pipeline.roster.objective import classes_of, urgency
from scheduling_pipeline.roster.plan import Plan, Proof
from scheduling_pipeline.roster.regions import regions
from scheduling_pipeline.roster.relaxation import Relaxation
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.search import WORK, search
from scheduling_pipeline.roster.standing import standing
from scheduling_pipeline.roster.supervision import partners

LEVELS = 4


class OptimalEngine:
    """Plans to proven optimality, as far as a limited search can prove it."""

    name = "optimal"

    def __init__(self, work: int = WORK) -> None:
        """`work`: the most that a search may do for a region; see `search.WORK`."""
        self._work = work

    def plan(self, snapshot: Snapshot, rules: Rules) -> Plan:
        eligibility = Eligibility(snapshot, rules)
        start = standing(eligibility)
        of_cores = {
            core: [event for event in events if event.ref not in start.skipped]
            for core, events in partners(eligibility).items()
        }
        rows = {key: row for row, key in enumerate(classes_of(eligibility))}
        assigned: dict[int, PersonDay] = {}
        gaps: list[list[int]] = []
        reproducible = True
        for events in regions(eligibility, start):
            layout = layout_of(eligibility, start, events, of_cores)
            own = [rows[urgency(event, eligibility.today)] for event in events]
            if has_hours(rules):
                found = search_with_hours(eligibility, start, layout, own, len(rows))
            else:
                found = search(eligibility, events, Relaxation(layout, own, len(rows)), self._work)
            assigned.update(found.assigned)
            reproducible &= found.reproducible
            gaps.append([bound - score for bound, score in zip(found.bound, found.score, strict=True)])
        gap = [sum(column) for column in zip(*gaps, strict=True)]
        plan = plan_of(eligibility, start, assigned, proof_of(gap, reproducible=reproducible), self.name)
        if all(plan.proof.proven):
            return plan
        other = GreedyEngine().plan(snapshot, rules)
        if other.objective <= plan.objective:
            return plan
        best = [worth + more for worth, more in zip(_flat(plan), gap, strict=True)]
        left = [bound - worth for bound, worth in zip(best, _flat(other), strict=True)]
        return replace(other, engine=self.name, proof=proof_of(left, reproducible=reproducible))


def _flat(plan: Plan) -> list[int]:
    return [value for level in plan.objective for value in level]


def proof_of(gap: Sequence[int], *, reproducible: bool) -> Proof:
    """`gap`: how much better no plan can be, for each class of urgency and then for each lower level."""
    for place, value in enumerate(gap):
        if value:
            level = max(0, place - (len(gap) - LEVELS))
            return Proof(tuple(number < level for number in range(LEVELS)), float(value), reproducible)
    return Proof((True,) * LEVELS, reproducible=reproducible)
