"""A run that dies at any instant in calendars whose owners edit: no edit is lost, and none invented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import DesiredEvent, EventContent
from scheduling_pipeline.calendars.provider import Limits
from scheduling_pipeline.database.leases import Leases
from tests.calendars.builders import ANA, MONDAY, NEXT_MONDAY, NOW, SCOPE, WEEK
from tests.calendars.crash import (
    Boundary,
    Crashed,
    FragileCalendars,
    FragileLedger,
    leases_of_a_dead_run,
)
from tests.calendars.cycle import ledger_of
from tests.calendars.memory import Calendars, MemoryProvider
from tests.calendars.student import by_hand, by_hand_without, course, exam, look_around, nightly, stands
from tests.databases import empty

ONE_AT_A_TIME = Limits(batch=3, per_calendar=2, concurrent_batches=1)
MOVED = course("class-moved", start="11:00", end="12:00").content

BEFORE = [
    course("class-edited"),
    course("class-thinned"),
    course("class-dropped"),
    course("class-dropped-and-moved"),
    course("class-dropped-early", NEXT_MONDAY),
    exam("exam-deleted"),
    exam("exam-saved"),
]
AFTER = [
    course("class-edited", location="B 2", start="15:00", end="16:00"),
    course("class-thinned", location="B 2"),
    exam("exam-deleted", location="Gym"),
    exam("exam-saved", location="Gym"),
    course("class-new", NEXT_MONDAY, "16:00", "17:00"),
    exam("exam-new"),
]
SHOWN = {event.uid: event.content for event in AFTER} | {
    "class-edited": replace(AFTER[0].content, summary="Plants!", color="3"),
    "class-thinned": course("class-thinned", location="B 2", exdates=[NEXT_MONDAY]).content,
    "class-dropped": course("class-dropped", until=MONDAY).content,
    "class-dropped-and-moved": replace(MOVED.ending_on(MONDAY), summary="Mine"),
}
del SHOWN["exam-deleted"]

Step = Callable[[MemoryProvider, Ledger, Leases], None]


@dataclass
class Dormitory:
    """A database and a calendar that outlive the runs that work on them."""

    engine: Engine
    path: Path

    def prepare(self, number: int) -> None:
        """What should have stood before stands, and its owner has been at work."""
        empty(self.engine)
        self.path = self.path.with_name(f"calendars-{number}.db")
        calendars = self.open()
        nightly(self.engine, MemoryProvider(calendars), BEFORE, now=NOW - 6 * WEEK)
        by_hand(calendars, "class-edited", summary="Plants!", color="3")
        by_hand_without(calendars, "class-thinned", NEXT_MONDAY)
        times = {"dtstart": MOVED.dtstart, "dtend": MOVED.dtend}
        by_hand(calendars, "class-dropped-and-moved", summary="Mine", **times)
        by_hand(calendars, "class-dropped-early", summary="Mine")
        by_hand(calendars, "exam-saved")
        calendars.by_hand_delete(stands(calendars, "exam-deleted"))
        calendars.close()

    def open(self) -> Calendars:
        return Calendars(self.path, guards_deletes=True)

    def dies_at(self, last: int, step: Step) -> bool:
        """Whether a step dies when it reaches that boundary; else it came to its end."""
        boundary = Boundary(last)
        calendars = FragileCalendars(self.path, boundary, guards_deletes=True)
        provider = MemoryProvider(calendars, limits=ONE_AT_A_TIME)
        ledger = FragileLedger(self.engine, boundary)
        try:
            step(provider, ledger, leases_of_a_dead_run(self.engine))
        except Crashed:
            return True
        finally:
            calendars.close()
        return False

    def assert_next_night_shows(
        self, wanted: list[DesiredEvent], shown: dict[str, EventContent], *, force: bool = False
    ) -> None:
        """The next night puts all right, and the one after it writes nothing and reads nothing."""
        calendars = self.open()
        night = nightly(self.engine, MemoryProvider(calendars), wanted, force=force)
        assert night.applied.failures == []
        assert {event.tag.uid: event.content for event in calendars.owned()} == shown
        assert len(calendars.owned()) == len(shown)
        quiet = MemoryProvider(calendars)
        assert nightly(self.engine, quiet, wanted).plan.changes == ()
        assert (quiet.sent, quiet.reads) == ([], {})
        assert ledger_of(self.engine).open_operations(SCOPE) == []
        calendars.close()


@pytest.fixture
def dormitory(engine: Engine, tmp_path: Path) -> Dormitory:
    return Dormitory(engine, tmp_path / "calendars.db")


def night_of(wanted: list[DesiredEvent], *, force: bool = False) -> Step:
    def run(provider: MemoryProvider, ledger: Ledger, leases: Leases) -> None:
        nightly(ledger._engine, provider, wanted, ledger=ledger, leases=leases, force=force)

    return run


def look(provider: MemoryProvider, ledger: Ledger, leases: Leases) -> None:
    look_around(ledger._engine, provider, ledger=ledger, leases=leases)


def deaths(dormitory: Dormitory, step: Step, at_least: int) -> Iterator[None]:
    """The step has just died, at each of its boundaries in turn."""
    last = 1
    dormitory.prepare(last)
    while dormitory.dies_at(last, step):
        yield
        last += 1
        dormitory.prepare(last)
    assert last > at_least, "the step has more boundaries than that"


def test_dying_at_any_boundary(dormitory: Dormitory) -> None:
    for _ in deaths(dormitory, night_of(AFTER), 20):
        dormitory.assert_next_night_shows(AFTER, SHOWN)


def test_dying_before_its_owner_edits_what_was_just_written(dormitory: Dormitory) -> None:
    """Before the next night the owner deletes one of the new events and paints what stands of the others."""
    for _ in deaths(dormitory, night_of(AFTER), 20):
        calendars, shown = dormitory.open(), dict(SHOWN)
        for event in calendars.owned(ANA):
            uid = event.tag.uid
            if uid == "exam-new":
                calendars.by_hand_delete(event)
                del shown[uid]
            elif uid in shown:
                by_hand(calendars, uid, description="Note to self")
                shown[uid] = replace(shown[uid], description="Note to self")
        calendars.close()
        dormitory.assert_next_night_shows(AFTER, shown)


def test_dying_when_the_source_has_changed_its_mind_by_the_next_night(dormitory: Dormitory) -> None:
    third = [replace(event, content=replace(event.content, location="C 3")) for event in AFTER]
    shown = {
        uid: content if "dropped" in uid else replace(content, location="C 3")
        for uid, content in SHOWN.items()
    }
    for _ in deaths(dormitory, night_of(AFTER), 20):
        dormitory.assert_next_night_shows(third, shown)


def test_dying_while_looking_at_everything(dormitory: Dormitory) -> None:
    for _ in deaths(dormitory, look, 2):
        dormitory.assert_next_night_shows(AFTER, SHOWN)


def test_dying_while_everything_is_put_right_by_force(dormitory: Dormitory) -> None:
    step, wanted = night_of(AFTER, force=True), {event.uid: event.content for event in AFTER}
    ended = {"class-dropped": SHOWN["class-dropped"]}
    ended["class-dropped-and-moved"] = SHOWN["class-dropped-and-moved"]
    for _ in deaths(dormitory, step, 20):
        dormitory.assert_next_night_shows(AFTER, wanted | ended, force=True)
