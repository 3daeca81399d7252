"""Students whose course calendars are in memory, and runs over them: from who is due to what is noted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Engine

from scheduling_pipeline.calendars import access
from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.model import NO_EDITS, DesiredEvent, Edits, EventContent
from scheduling_pipeline.course_calendars import (
    CoursePlan,
    Ended,
    Request,
    State,
    apply_changes,
    how_it_ended,
    note,
    plan_students,
)
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.rosters import load_students
from scheduling_pipeline.courses.standing import make_due
from tests.calendars.builders import ANA, JO, NOW, WEEK
from tests.calendars.cycle import ledger_of
from tests.calendars.memory import Calendars, MemoryProvider
from tests.calendars.student import course, exam
from tests.courses.people import add_users, give_calendar

TERM_BEGINS = NOW - 6 * WEEK


def of_courses(*events: DesiredEvent, calendars: Collection[str] = (ANA,)) -> list[DesiredEvent]:
    """What should stand in some people's calendars because of their courses."""
    return [replace(event, scope=SCOPE, calendar=calendar) for calendar in calendars for event in events]


def usual(location: str = "A 1") -> list[DesiredEvent]:
    """A class and its exam, for Ana and Jo."""
    return of_courses(course(location=location), exam(), calendars=(ANA, JO))


@dataclass
class Semester:
    """A database and calendars of people; `runs` is what a run works with in the place of them."""

    engine: Engine
    calendars: Calendars = field(default_factory=lambda: Calendars(guards_deletes=True))

    def enrol(self, *calendars: str) -> None:
        """People whose calendars bear their names."""
        addresses = [f"{name}@college.example" for name in calendars]
        add_users(self.engine, *addresses)
        for address, calendar in zip(addresses, calendars, strict=True):
            give_calendar(self.engine, address, calendar)

    def begin(self, desired: Sequence[DesiredEvent]) -> None:
        """All of it stands since before the term."""
        night = self.run(desired, now=TERM_BEGINS)
        assert set(night.states.values()) == {State.SYNCED}

    def request(self, *, force: bool = False, only: Collection[str] | None = None) -> Request:
        """A run about everybody, or some."""
        emails = None if only is None else [f"{name}@college.example" for name in only]
        students = load_students(self.engine, emails=emails, due_only=False)
        return Request.about(students, whole=only is None, force=force)

    def due(self) -> set[str]:
        """The calendars of those who are due."""
        return {one.calendar for one in load_students(self.engine, emails=None, due_only=True)}

    def change(self, *calendars: str) -> None:
        """A change at the source concerns the owners of these calendars."""
        make_due(self.engine, calendars)

    def night(
        self,
        *,
        force: bool = False,
        now: datetime = NOW,
        only: Collection[str] | None = None,
        provider: MemoryProvider | None = None,
        calendars: access.Calendars | None = None,
    ) -> Night:
        """A run that is still to be made."""
        provider = provider or MemoryProvider(self.calendars)
        return Night(
            self.request(force=force, only=only),
            calendars or access.Calendars(self.engine, provider, "run"),
            provider,
            now,
        )

    def run(
        self,
        desired: Sequence[DesiredEvent],
        *,
        force: bool = False,
        now: datetime = NOW,
        provider: MemoryProvider | None = None,
    ) -> Night:
        """A whole run."""
        night = self.night(force=force, now=now, provider=provider)
        night.plan(desired)
        night.apply()
        night.note()
        return night

    def edits(self, calendar: str = ANA) -> dict[str, Edits]:
        """What is known to be the owner's, of the events that stand."""
        live = ledger_of(self.engine).live(SCOPE, [calendar])
        return {row.uid: row.edits for row in live if row.edits != NO_EDITS}

    def declined(self, calendar: str = ANA) -> set[str]:
        """The events that their owner deleted."""
        return {uid for _, uid in ledger_of(self.engine).declined(SCOPE, [calendar])}

    def shown(self, calendar: str = ANA) -> dict[str, EventContent]:
        """What stands, each event once."""
        owned = self.calendars.owned(calendar)
        found = {event.tag.uid: event.content for event in owned}
        assert len(found) == len(owned), "nothing stands twice"
        return found

    def single_dates(self, calendar: str = ANA) -> set[tuple[str, date]]:
        """The dates of classes that look otherwise than the class, or are not there."""
        found = [
            (event.tag.uid, self.calendars.edited_dates(event.provider_id))
            for event in self.calendars.owned(calendar)
        ]
        return {(uid, day) for uid, dates in found for day in dates.deleted | dates.changed}

    def assert_quiet(self, desired: Sequence[DesiredEvent]) -> None:
        """One more night writes nothing and reads nothing, and everybody's calendar is as the ledger says."""
        provider = MemoryProvider(self.calendars)
        night = self.run(desired, provider=provider)
        assert (*night.planned.plan.free, *night.planned.plan.held) == ()
        assert (provider.sent, provider.reads) == ([], {})
        assert set(night.states.values()) == {State.SYNCED}
        rows = {(row.calendar, row.tag, row.content) for row in ledger_of(self.engine).live(SCOPE)}
        assert rows == {(one.calendar, one.tag, one.content) for one in self.calendars.owned()}
        assert ledger_of(self.engine).open_operations(SCOPE) == []


@dataclass
class Night:
    """One run, step by step."""

    request: Request
    calendars: access.Calendars
    provider: MemoryProvider
    now: datetime
    planned: CoursePlan = field(init=False)
    applied: Applied = field(init=False)
    ended: list[Ended] = field(init=False)

    def plan(self, desired: Iterable[DesiredEvent]) -> CoursePlan:
        self.planned = plan_students(
            self.request,
            [event for event in desired if event.calendar in self.request.owners],
            self.calendars,
            edited_dates=self.provider.edited_dates,
            now=self.now,
        )
        return self.planned

    def apply(self) -> Applied:
        self.applied = apply_changes(
            self.planned.plan.free,
            self.calendars,
            now=self.now,
            on_progress=lambda _done, _total: None,
            force=self.request.force,
        )
        return self.applied

    def note(self) -> None:
        self.ended = how_it_ended(
            self.request.owners, self.planned.plan.held, self.planned.unreadable, self.applied
        )
        note(self.request, self.ended, self.calendars, began=self.now, now=self.now)

    @property
    def states(self) -> dict[str, State]:
        """How it ended, by calendar."""
        return {one.calendar: one.state for one in self.ended}
