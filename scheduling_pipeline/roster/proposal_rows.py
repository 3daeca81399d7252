"""A plan as the rows that people review: one for each event that changes or has no place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from scheduling_pipeline.roster.model import Event, Place, Snapshot
from scheduling_pipeline.roster.pins import Earlier, Pin
from scheduling_pipeline.roster.plan import Explanation, Move, Plan
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.times import place_instant
from scheduling_pipeline.roster.wording import sentence

Row = dict[str, object]
"""Columns of `pending_schedules`; each row has the same."""

LEVELS = ("placed", "paired", "unmoved", "preferences")
"""What each level of the objective is about, in order."""


class Skipped(TypedDict):
    """An event that was left out, or an edit that could not be carried, as it is kept with the run."""

    event_ref_num: int
    code: str
    params: dict[str, object]
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many events have rows (`processed`), how many of these a place and how many none; how many could
    only be placed because another one made room; and how many events were left out."""

    processed: int
    scheduled: int
    swaps: int
    failed: int
    skipped: int

    @classmethod
    def of(cls, rows: Iterable[Row], skipped: Iterable[Skipped]) -> Counts:
        rows = list(rows)
        scheduled = sum(row["schedule_datetime"] is not None for row in rows)
        swaps = sum(bool(row["is_swap"]) for row in rows)
        return cls(len(rows), scheduled, swaps, len(rows) - scheduled, len(list(skipped)))


@dataclass(frozen=True)
class Draft:
    """What a proposal is written from: the plan, what it was made from, and why events have no place."""

    snapshot: Snapshot
    plan: Plan
    explanations: Mapping[int, Explanation]
    earlier: Earlier
    zone: ZoneInfo
    now: datetime
    _moves: Mapping[int, Move] = field(init=False)
    _victims: Mapping[int, Move] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_moves", {move.event: move for move in self.plan.moves})
        object.__setattr__(self, "_victims", _victims(self.plan))

    def rows(self) -> list[Row]:
        """In the order of the events' numbers. An event that stays where it stands has none, except where
        a manager wants just that; nor has one about which something approved is still to be submitted."""
        events = sorted(self.snapshot.events, key=lambda event: event.ref)
        return [self._row(event) for event in events if self._changes(event)]

    def skipped(self) -> list[Skipped]:
        """What was left out, and the edits that came to nothing without a row to say so at."""
        shown = {event.ref for event in self.snapshot.events if self._changes(event)}
        known = {event.ref for event in self.snapshot.events}
        unsaid = {
            ref: Reason(Code.PIN_BROKEN, {"rule": sentence(why)})
            for ref, why in self.plan.broken_pins.items()
            if ref not in shown
        }
        gone = {ref: Reason(Code.ROW_VANISHED) for ref in self.earlier.pins.keys() - known}
        approved = {ref: Reason(Code.AWAITS_SUBMISSION) for ref in self.earlier.approved.keys() & known}
        left_out = {**self.plan.skipped, **unsaid, **gone, **approved}
        return [_skipped(ref, reason) for ref, reason in sorted(left_out.items())]

    def _changes(self, event: Event) -> bool:
        if event.ref in self.plan.skipped or event.ref in self.earlier.approved:
            return False
        place = self.plan.placed.get(event.ref)
        return place is None or place != event.committed or self._is_held(event.ref, place)

    def _is_held(self, ref: int, place: Place) -> bool:
        pin = self.earlier.pins.get(ref)
        return pin is not None and pin.stays and pin.place == place

    def _row(self, event: Event) -> Row:
        ref = event.ref
        place = self.plan.placed.get(ref)
        move, victim = self._moves.get(ref), self._victims.get(ref)
        pin = self._carried(ref, place)
        before = event.committed
        row: Row = {
            "event_ref_num": ref,
            "employee_id": place and place.employee,
            "schedule_datetime": place and self._instant(place),
            "schedule_time": place and place.start,
            "status": "user_edited" if pin else "proposed",
            "is_swap": victim is not None,
            "bumped_event_ref_num": victim and victim.event,
            "made_room_for": move and move.for_event,
            "previous_employee_id": (before and before.employee) or None,
            "previous_datetime": before and self._instant(before),
            "swap_reason": _swap_reason(move, victim),
            "failure_code": None,
            "failure_params": None,
            "failure_reason": None,
            "explanation": self._explanation(ref),
            "override_reason": pin and pin.override_reason,
            "edited_by": pin and pin.edited_by,
            "edited_at": pin and pin.edited_at,
            "created_at": self.now,
            "updated_at": self.now,
        }
        return row if place else row | self._failure(event)

    def _failure(self, event: Event) -> Row:
        """What a row without a place says. One that stands in the planner is taken off when it is approved;
        any other has nothing to approve."""
        reason = self.plan.failed[event.ref]
        return {
            "status": "proposed" if event.committed else "failed",
            "failure_code": reason.code.value,
            "failure_params": dict(reason.params),
            "failure_reason": sentence(reason),
        }

    def _carried(self, ref: int, place: Place | None) -> Pin | None:
        pin = self.earlier.pins.get(ref)
        return pin if pin and pin.place == place and ref not in self.plan.broken_pins else None

    def _explanation(self, ref: int) -> Row | None:
        parts: Row = {}
        if ref in self.explanations:
            parts |= _as_json(self.explanations[ref])
        if ref in self.plan.broken_pins:
            parts["broken_pin"] = _reason_as_json(self.plan.broken_pins[ref])
        return parts or None

    def _instant(self, place: Place) -> datetime:
        return place_instant(place.day, place.start, self.zone)


def objective_of(plan: Plan, seconds: float) -> dict[str, object]:
    """How good a plan is, and whether nothing better exists, as it is kept with the run."""
    return {
        "engine": plan.engine,
        "seconds": round(seconds, 3),
        "levels": {name: list(level) for name, level in zip(LEVELS, plan.objective, strict=True)},
        "proven": dict(zip(LEVELS, plan.proof.proven, strict=True)),
        "gap": plan.proof.gap,
        "reproducible": plan.proof.reproducible,
    }


def _victims(plan: Plan) -> Mapping[int, Move]:
    """For each event that others made room for, the one that had its person on its day; at the head of a
    chain that is one, others moved on its account."""
    victims: dict[int, Move] = {}
    for move in sorted(plan.moves, key=lambda move: move.event):
        place = None if move.for_event is None else plan.placed.get(move.for_event)
        if move.for_event is None or place is None:
            continue
        had_it = (move.origin.employee, move.origin.day) == (place.employee, place.day)
        if had_it or move.for_event not in victims:
            victims[move.for_event] = move
    return victims


def _swap_reason(move: Move | None, victim: Move | None) -> str | None:
    told = move or victim
    return None if told is None else sentence(told.why)


def _as_json(explanation: Explanation) -> Row:
    return {
        "causes": dict(explanation.causes),
        "blocking": list(explanation.blocking),
        "person_days": [list(one) for one in explanation.person_days],
        "fixes": [
            {"kind": fix.kind, "params": dict(fix.params), "cost": fix.cost} for fix in explanation.fixes
        ],
    }


def _reason_as_json(reason: Reason) -> Row:
    return {"code": reason.code.value, "params": dict(reason.params), "sentence": sentence(reason)}


def _skipped(ref: int, reason: Reason) -> Skipped:
    return {
        "event_ref_num": ref,
        "code": reason.code.value,
        "params": dict(reason.params),
        "reason": sentence(reason),
    }
