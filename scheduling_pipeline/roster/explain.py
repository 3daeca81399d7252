"""Why events have no place in a plan: what was counted out, who competes for the rest, what would help."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from scheduling_pipeline.roster.eligibility import SHIFTS, TITLES, Eligibility
from scheduling_pipeline.roster.exchange import Contest, Exchange, Group
from scheduling_pipeline.roster.fixes import Fixes
from scheduling_pipeline.roster.model import Employee, Event, EventType, RotationType, Snapshot
from scheduling_pipeline.roster.objective import urgency
from scheduling_pipeline.roster.plan import Explanation, Plan
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.standing import CORE, collides, shift_kind, standing


def explain(snapshot: Snapshot, rules: Rules, plan: Plan) -> dict[int, Explanation]:
    """An explanation of every event of `plan.failed`. No other plan is made."""
    return _Explainer(Eligibility(snapshot, rules), plan).explain()


class _Explainer:
    def __init__(self, eligibility: Eligibility, plan: Plan) -> None:
        self._eligibility = eligibility
        self._plan = plan
        self._exchange = Exchange(eligibility, standing(eligibility), plan)
        self._contests, claims = self._search()
        self._fixes = Fixes(eligibility, self._exchange, plan, claims)
        self._away: dict[tuple[str, date, EventType], Counter[str]] = {}
        rules = eligibility.rules
        # These let days stand empty that nobody may work, so that no path through them can be trusted.
        self._limits = rules.weekly_hours or rules.consecutive_days is not None

    def explain(self) -> dict[int, Explanation]:
        return {ref: self._explain(self._eligibility.events[ref]) for ref in sorted(self._plan.failed)}

    def _search(self) -> tuple[dict[int, Contest], dict[Group, list[int]]]:
        """What is in the way of each event, and which events reach a group, the most urgent first."""
        today = self._eligibility.today
        failed = [self._eligibility.events[ref] for ref in self._plan.failed]
        contests: dict[int, Contest] = {}
        claims: dict[Group, list[int]] = defaultdict(list)
        for event in sorted(failed, key=lambda event: (*urgency(event, today), event.ref)):
            contest = self._exchange.contest(event) if event.type in SHIFTS else None
            if contest is not None:
                contests[event.ref] = contest
                for group in contest.groups:
                    claims[group].append(event.ref)
        return contests, claims

    def _explain(self, event: Event) -> Explanation:
        contest = self._contests.get(event.ref)
        fixes = [] if self._limits else self._fixes.of(event)
        causes = dict(sorted(self._causes(event).items()))
        if contest is None or not contest.rivals or not self._all_as_urgent(event, contest.rivals):
            return Explanation(causes, fixes=fixes)
        person_days = [(employee, day.isoformat()) for employee, day in contest.person_days]
        return Explanation(causes, [event.ref, *contest.rivals], person_days, fixes)

    def _all_as_urgent(self, event: Event, rivals: Sequence[int]) -> bool:
        today = self._eligibility.today
        mine = urgency(event, today)
        return all(urgency(self._eligibility.events[ref], today) <= mine for ref in rivals)

    def _causes(self, event: Event) -> Counter[str]:
        """How many of an event's days, and of the people who might have worked then, were out for what."""
        days = self._eligibility.days(event)
        if event.type is EventType.SUPERVISOR or not days:
            return Counter([self._plan.failed[event.ref].code.value])
        causes: Counter[str] = Counter()
        for day in days:
            causes += self._static(event, day)
            if event.type in SHIFTS:
                causes.update(self._taken(event, day))
        return causes

    def _static(self, event: Event, day: date) -> Counter[str]:
        """Who of a store is away on a day; for juicing, only the one who has the rotation is asked."""
        key = event.store, day, event.type
        if key not in self._away:
            self._away[key] = Counter(code.value for code in self._absences(event, day))
        return self._away[key]

    def _absences(self, event: Event, day: date) -> Iterator[Code]:
        if event.type is not EventType.JUICER:
            able = [one for one in self._fixes.staff(event.store) if one.title in TITLES[event.type]]
            yield from (code for one in able if (code := self._absence(one, day)) is not None)
            if not able:
                yield Code.NOBODY_AVAILABLE
            return
        named = self._eligibility.rotation(event.store, day, RotationType.JUICER)
        if named is None or named not in self._eligibility.employees:
            yield Code.NO_ROTATION_JUICER_BEFORE_DUE
        elif named not in self._eligibility.people(event, day):
            yield self._absence(self._eligibility.employees[named], day) or Code.ROLE

    def _absence(self, employee: Employee, day: date) -> Code | None:
        if not employee.active:
            return Code.INACTIVE
        if employee.last_day is not None and day > employee.last_day:
            return Code.LEFT
        absence = self._eligibility.snapshot.absences.get(employee.id, {}).get(day)
        return None if absence is None else Code(absence.code)

    def _taken(self, event: Event, day: date) -> Iterator[str]:
        """What those who are there do on a day."""
        kind = shift_kind(event)
        for employee in self._eligibility.people(event, day):
            others = self._exchange.holders((employee, day))
            if collides(kind, others):
                yield Code.DAILY_LIMIT if CORE in others or kind in others else Code.JUICING
            elif self._eligibility.rules.consecutive_days is not None:
                yield Code.CONSECUTIVE_DAYS
            elif self._limits:
                yield Code.WEEKLY_HOURS
