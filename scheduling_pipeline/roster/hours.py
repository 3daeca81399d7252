"""Weekly hours and days in a row: rules that no flow can say. A mixed-integer program on the same network,
solved by HiGHS one level after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2

from scheduling_pipeline.roster.assignment import assignment_of
from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import SHIFTS, Eligibility
from scheduling_pipeline.roster.moves import excess, long_chains
from scheduling_pipeline.roster.network import Layout
from scheduling_pipeline.roster.relaxation import Score
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.search import Found
from scheduling_pipeline.roster.standing import CORE, Standing, shift_kind
from scheduling_pipeline.roster.times import week_of

NODES = 20_000  # of the solver's tree, for one level
CHAIN_ROUNDS = 10  # how often chains that are too long are forbidden and all is solved again
LARGEST_SUM = 200_000  # of levels in one objective: the solver's numbers are exact to about a millionth
SAFETY_NET = timedelta(minutes=10)  # for one level; a plan that needs it is not reproducible
_DAY = timedelta(days=1)
_TOLERANCE = 1e-3  # all costs are whole numbers
_PARAMETERS = mathopt.SolveParameters(
    node_limit=NODES,
    time_limit=SAFETY_NET,
    relative_gap_tolerance=0.0,
    absolute_gap_tolerance=0.5,
    highs=highs_pb2.HighsOptionsProto(string_options={"parallel": "off"}),
)
_Level = list[tuple[int, mathopt.Variable]]  # what a level costs: a factor of each variable


def has_hours(rules: Rules) -> bool:
    """Whether rules are on that only this module knows."""
    return rules.weekly_hours or rules.consecutive_days is not None


def search_with_hours(
    eligibility: Eligibility, start: Standing, layout: Layout, classes: Sequence[int], count: int
) -> Found:
    """The best plan for the events of a region. `classes`: of each event its class of urgency of `count`.

    Where no plan was found, nothing is assigned."""
    program = _Program(eligibility, start, layout, classes, count)
    for _ in range(CHAIN_ROUNDS):
        answer = program.solve()
        if answer is None:
            break
        assigned = program.read(answer.values)
        long = long_chains(eligibility, assigned, layout.events)
        if not long:
            return Found(assigned, answer.score, answer.bound, program.reproducible)
        for chain in long:
            program.forbid(excess(eligibility, chain))
    return Found({}, program.nothing(), (0,) * (count + 3), program.reproducible)


@dataclass(frozen=True)
class _Answer:
    values: Mapping[mathopt.Variable, float]
    score: Score
    bound: Score


class _Program:
    def __init__(
        self, eligibility: Eligibility, start: Standing, layout: Layout, classes: Sequence[int], count: int
    ) -> None:
        self._eligibility = eligibility
        self._layout = layout
        self._start = start
        self.reproducible = True
        self._model = mathopt.Model()
        self._arcs: dict[int, mathopt.Variable] = {}
        self._exact: dict[tuple[int, PersonDay], mathopt.Variable] = {}  # single ways through a group
        self._rooms: dict[int, mathopt.LinearConstraint] = {}
        self._day_terms: dict[PersonDay, list[mathopt.Variable]] = defaultdict(list)
        self._minutes: dict[PersonDay, list[tuple[int, mathopt.Variable]]] = defaultdict(list)
        self._ladder: list[tuple[int, mathopt.Variable]] = []
        self._build()
        self._levels = self._objectives(classes, count)

    # the program

    def _build(self) -> None:
        layout, model = self._layout, self._model
        out: dict[int, list[mathopt.Variable]] = defaultdict(list)
        into: dict[int, list[mathopt.Variable]] = defaultdict(list)
        events = len(layout.events)
        for arc, (tail, head) in enumerate(zip(layout.tails, layout.heads, strict=True)):
            if 0 < tail <= events or tail in layout.groups:
                variable = self._arcs[arc] = model.add_binary_variable()
                out[tail].append(variable)
                into[head].append(variable)
        for number in range(1, events + 1):
            model.add_linear_constraint(mathopt.LinearSum(out[number]) == 1)
        for group in layout.groups:
            balance = mathopt.LinearSum(into[group]) - mathopt.LinearSum(out[group])
            model.add_linear_constraint(balance == 0)
        self._days()
        self._loads()
        if self._eligibility.rules.weekly_hours:
            self._weeks()
        if self._eligibility.rules.consecutive_days is not None:
            self._rows(self._eligibility.rules.consecutive_days)

    def _days(self) -> None:
        """A Core event, or juicing, or neither; and how many minutes it takes."""
        layout, model = self._layout, self._model
        kinds: dict[PersonDay, dict[str, list[mathopt.Variable]]] = defaultdict(lambda: defaultdict(list))
        events = {event.ref: event for event in layout.events}
        for (ref, person_day), arc in layout.direct.items():
            kinds[person_day][shift_kind(events[ref])].append(self._arcs[arc])
            self._minutes[person_day].append((events[ref].minutes, self._arcs[arc]))
        for group, minutes in layout.groups.items():
            for person_day, arc in layout.crews[group].items():
                kinds[person_day][CORE].append(self._arcs[arc])
                self._minutes[person_day].append((minutes, self._arcs[arc]))
        for person_day, of_kind in kinds.items():
            cores = of_kind.pop(CORE, [])
            if self._start.taken.get(person_day):  # juicing already, so that this day counts as it is
                for variables in of_kind.values():
                    model.add_linear_constraint(mathopt.LinearSum(variables) <= 1)
                continue
            self._day_terms[person_day] += cores
            if of_kind:
                juicing = model.add_variable(lb=0, ub=1)
                self._day_terms[person_day].append(juicing)
                for variables in of_kind.values():
                    model.add_linear_constraint(mathopt.LinearSum(variables) <= juicing)
            model.add_linear_constraint(mathopt.LinearSum(self._day_terms[person_day]) <= 1)

    def _loads(self) -> None:
        by_person: dict[str, list[mathopt.Variable]] = defaultdict(list)
        numbers: dict[str, int] = defaultdict(int)
        for (employee, _), terms in self._day_terms.items():
            by_person[employee] += terms
            numbers[employee] += 1
        for employee, terms in by_person.items():
            worked = self._layout.worked.get(employee, 0)
            steps = [self._model.add_variable(lb=0, ub=1) for _ in range(numbers[employee])]
            self._ladder += zip(range(worked + 1, worked + 1 + len(steps)), steps, strict=True)
            self._model.add_linear_constraint(mathopt.LinearSum(terms) - mathopt.LinearSum(steps) == 0)

    def _weeks(self) -> None:
        kept: dict[tuple[str, date], int] = defaultdict(int)
        for ref, place in self._start.kept.items():
            event = self._eligibility.events[ref]
            if event.type in SHIFTS:
                kept[place.employee, week_of(place.day)] += event.minutes
        weeks: dict[tuple[str, date], list[mathopt.LinearBase]] = defaultdict(list)
        for (employee, day), terms in self._minutes.items():
            weeks[employee, week_of(day)] += [minutes * variable for minutes, variable in terms]
        for (employee, week), products in weeks.items():
            limit = self._eligibility.employees[employee].weekly_minutes
            if limit is not None:
                left = max(0, limit - kept[employee, week])
                self._model.add_linear_constraint(mathopt.LinearSum(products) <= left)

    def _rows(self, longest: int) -> None:
        """In no `longest + 1` days one after the other does somebody work them all."""
        kept: dict[str, set[date]] = defaultdict(set)
        for employee, day in self._start.taken:
            if day >= self._eligibility.today:
                kept[employee].add(day)
        by_person: dict[str, set[date]] = defaultdict(set)
        for employee, day in self._day_terms:
            by_person[employee].add(day)
        for employee, days in by_person.items():
            firsts = {day - back * _DAY for day in days for back in range(longest + 1)}
            for first in sorted(firsts):
                window = [first + number * _DAY for number in range(longest + 1)]
                if all(day in days or day in kept[employee] for day in window):
                    worked = sum(day in kept[employee] for day in window)
                    terms = [term for day in window for term in self._day_terms.get((employee, day), ())]
                    self._model.add_linear_constraint(mathopt.LinearSum(terms) <= max(0, longest - worked))

    def _objectives(self, classes: Sequence[int], count: int) -> list[_Level]:
        """Of each level what it costs, the most important first."""
        levels: list[_Level] = [[] for _ in range(count)]
        for arc, row in enumerate(classes):
            levels[row].append((1, self._arcs[arc]))
        layout = self._layout
        levels += [
            [(costs[arc], variable) for arc, variable in self._arcs.items() if costs[arc]]
            for costs in (layout.lost, layout.moved, layout.cost)
        ]
        levels[-1] += self._ladder
        return levels

    # chains

    def forbid(self, chain: Iterable[tuple[int, PersonDay]]) -> None:
        """Not all of these links together."""
        terms = [self._link(*link) for link in chain]
        self._model.add_linear_constraint(mathopt.LinearSum(terms) <= len(terms) - 1)

    def _link(self, ref: int, person_day: PersonDay) -> mathopt.Variable:
        direct = self._layout.direct.get((ref, person_day))
        if direct is not None:
            return self._arcs[direct]
        if (ref, person_day) not in self._exact:
            through = self._layout.through[ref, person_day[1]]
            crew = self._layout.crews[self._layout.heads[through]]
            ways = {one: self._model.add_binary_variable() for one in crew}
            total = mathopt.LinearSum(ways.values())
            self._model.add_linear_constraint(total - self._arcs[through] == 0)
            for one, way in ways.items():
                self._room(crew[one]).set_coefficient(way, 1)
                self._exact[ref, one] = way
        return self._exact[ref, person_day]

    def _room(self, arc: int) -> mathopt.LinearConstraint:
        """That no more single ways lead to a person-day than the group has of it."""
        if arc not in self._rooms:
            self._rooms[arc] = self._model.add_linear_constraint(-self._arcs[arc] <= 0)
        return self._rooms[arc]

    # solving

    def solve(self) -> _Answer | None:
        """None where nothing was found at all."""
        values: Mapping[mathopt.Variable, float] = {}
        limits = []
        bound: list[int] = []
        for batch in self._batches():
            total = mathopt.LinearSum(_sum(level, weight) for weight, level in batch)
            self._model.minimize_linear_objective(total)
            result = mathopt.solve(self._model, mathopt.SolverType.HIGHS, params=_PARAMETERS)
            reason = result.termination
            self.reproducible &= reason.limit is not mathopt.Limit.TIME
            if not result.has_primal_feasible_solution():
                return None
            values = result.variable_values()
            if reason.reason is not mathopt.TerminationReason.OPTIMAL:
                bound += _digits(reason.objective_bounds.dual_bound, [weight for weight, _ in batch])
                break
            for _, level in batch:
                worth = _worth(level, values)
                bound.append(worth)
                limits.append(self._model.add_linear_constraint(_sum(level) <= worth))
        for constraint in limits:
            self._model.delete_linear_constraint(constraint)
        losses = [_worth(level, values) for level in self._levels]
        bound += [0] * (len(losses) - len(bound))
        return _Answer(values, _negated(losses), _negated(bound))

    def _batches(self) -> Iterator[list[tuple[int, _Level]]]:
        """Levels with weights that keep them in order, as many together as the solver can tell apart."""
        batch: list[tuple[int, _Level]] = []
        for level in self._levels:
            if batch and batch[0][0] * _size(batch[0][1]) * _size(level) > LARGEST_SUM:
                yield batch
                batch = []
            batch = [*((weight * _size(level), other) for weight, other in batch), (1, level)]
        yield batch

    def nothing(self) -> Score:
        """What it is worth that no event has a place."""
        every = {self._arcs[arc]: 1.0 for arc in range(len(self._layout.events))}
        return _negated([_worth(level, every) for level in self._levels])

    def read(self, values: Mapping[mathopt.Variable, float]) -> dict[int, PersonDay]:
        """The person-day of each event that has one."""
        layout = self._layout
        used = [
            (layout.tails[arc], layout.heads[arc])
            for arc, variable in self._arcs.items()
            if _is_one(values[variable])
        ]
        exact = {ref: person_day for (ref, person_day), way in self._exact.items() if _is_one(values[way])}
        return assignment_of(layout, used, exact)


def _is_one(value: float) -> bool:
    return round(value) == 1


def _worth(level: _Level, values: Mapping[mathopt.Variable, float]) -> int:
    return round(sum(factor * values.get(variable, 0.0) for factor, variable in level))


def _sum(level: _Level, weight: int = 1) -> mathopt.LinearBase:
    return mathopt.LinearSum(weight * factor * variable for factor, variable in level)


def _size(level: _Level) -> int:
    return 1 + sum(factor for factor, _ in level)


def _digits(dual_bound: float, weights: Sequence[int]) -> list[int]:
    """The levels' costs in a bound of their weighted sum."""
    rest, digits = max(0, ceil(dual_bound - _TOLERANCE)), []
    for weight in weights:
        digit, rest = divmod(rest, weight)
        digits.append(digit)
    return digits


def _negated(losses: Iterable[int]) -> Score:
    return tuple(-loss for loss in losses)
