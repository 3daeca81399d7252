"""What managers schedule by hand: each is a run of its own, approved as it is made, and submitted like any
other; its number. Whatever is refused raises Problem."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from scheduling_pipeline.desk.context import Desk
from scheduling_pipeline.desk.data.refusals import told
from scheduling_pipeline.desk.placing import Wish
from scheduling_pipeline.roster import hand
from scheduling_pipeline.roster.model import EventType


def schedule(desk: Desk, event: int, wanted: Wish, *, who: str) -> int:
    """Schedule an open event."""
    with told(desk.zone):
        made = hand.schedule_by_hand(
            desk.engine, desk.options.roster, event, **wanted._asdict(), who=who, now=desk.now()
        )
    return made.run_id


def move(desk: Desk, event: int, wanted: Wish, *, who: str) -> int:
    """Move an event that is scheduled."""
    with told(desk.zone):
        made = hand.reschedule(
            desk.engine, desk.options.roster, event, **wanted._asdict(), who=who, now=desk.now()
        )
    return made.run_id


def reissue(desk: Desk, event: int, wanted: Wish, *, who: str) -> int:
    """Have an event offered again that was not reported, and schedule it anew."""
    with told(desk.zone):
        made = hand.reissue(
            desk.engine, desk.options.roster, event, **wanted._asdict(), who=who, now=desk.now()
        )
    return made.run_id


def unschedule(desk: Desk, event: int, *, who: str) -> int:
    """Take an event off."""
    with told(desk.zone):
        made = hand.unschedule_by_hand(desk.engine, desk.options.roster, event, who=who, now=desk.now())
    return made.run_id


def swap(desk: Desk, event: int, other: int, *, override: str | None, who: str) -> int:
    """Have two events trade people."""
    with told(desk.zone):
        made = hand.swap_people(
            desk.engine, desk.options.roster, event, other, override=override, who=who, now=desk.now()
        )
    return made.run_id


def hand_over(
    desk: Desk,
    day: date,
    *,
    from_employee: str,
    to_employee: str,
    types: Collection[EventType],
    override: str | None,
    who: str,
) -> int:
    """Give what somebody has on a day to somebody else."""
    with told(desk.zone):
        made = hand.hand_over_day(
            desk.engine,
            desk.options.roster,
            day,
            from_employee=from_employee,
            to_employee=to_employee,
            types=types,
            override=override,
            who=who,
            now=desk.now(),
        )
    return made.run_id
