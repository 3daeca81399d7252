"""The source changes, owners edit and delete, answers get lost, runs die: all of it in any order.

The oracle is simple. It watches what takes effect in the calendar: each field is its owner's where they
changed it after our last write of it, else the source's; and no write of ours may change what is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import Engine

from scheduling_pipeline.calendars.changes import fields_that_differ
from scheduling_pipeline.calendars.edits import TIMES
from scheduling_pipeline.calendars.model import DesiredEvent, EventContent
from scheduling_pipeline.calendars.provider import Done, Operation, OperationKind, Outcome
from tests.calendars.builders import ANA, NEXT_MONDAY, NOW, SCOPE, WEEK
from tests.calendars.crash import Boundary, Crashed, FragileLedger, leases_of_a_dead_run
from tests.calendars.cycle import ledger_of
from tests.calendars.memory import Calendars, Fault, Faults, MemoryProvider, mixed_faults
from tests.calendars.student import (
    BEGAN,
    by_hand,
    by_hand_without,
    course,
    exam,
    look_around,
    nightly,
    stands,
)
from tests.databases import empty

UIDS = ("class-begun", "class-to-come", "exam")
BEGIN = {"class-begun": BEGAN, "class-to-come": NEXT_MONDAY}


@dataclass
class Shown:
    """What is the owner's in one event that stands: fields with their values, and deleted dates."""

    fields: dict[str, object] = field(default_factory=dict)
    dates: set[date] = field(default_factory=set)


class Watched(Calendars):
    """A calendar in which our writes must not touch what is its owner's."""

    def __init__(self) -> None:
        super().__init__(guards_deletes=True)
        self.theirs: dict[str, Shown] = {}
        self.binned: set[str] = set()  # what its owner deleted
        self.may_come_back: set[str] = set()  # in the bin while its course was dropped: either is right
        self.forced = False
        self.boundary: Boundary | None = None

    def write(self, operation: Operation) -> Outcome:
        if self.boundary is not None:
            self.boundary.cross()
        outcome = super().write(operation)
        if isinstance(outcome, Done):
            self._took_effect(operation)
        if self.boundary is not None:
            self.boundary.cross()
        return outcome

    def _took_effect(self, operation: Operation) -> None:
        uid = operation.tag.uid
        if operation.kind is not OperationKind.UPDATE:
            may_stand = uid not in self.binned - self.may_come_back or self.forced
            assert operation.kind is OperationKind.DELETE or may_stand, f"{uid}: its owner had deleted it"
            self.binned.discard(uid)
            self.theirs[uid] = Shown()
            return
        assert operation.before is not None
        assert operation.after is not None
        changed = set(fields_that_differ(operation.before, operation.after))
        shown = self.theirs[uid]
        if not operation.after.goes_on_after(NOW):  # what took place stays, whosever times they were
            assert changed == {"rrule"}
            changed = set(TIMES)
        elif not self.forced:
            assert not changed & shown.fields.keys(), f"{uid}: our write changed what is theirs"
        for name in changed:
            shown.fields.pop(name, None)
        if self.forced:
            shown.dates.clear()


class Nights(RuleBasedStateMachine):
    """One student, three events, and whatever may happen between two good nights."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        empty(engine)
        self.engine = engine
        self.calendars = Watched()
        self.count = 0
        self.source: dict[str, EventContent] = {
            "class-begun": course().content,
            "class-to-come": course(first=NEXT_MONDAY, start="13:00", end="14:00").content,
            "exam": exam().content,
        }
        self.dropped: dict[str, EventContent] = {}
        nightly(engine, MemoryProvider(self.calendars), self.desired, now=NOW - 6 * WEEK)

    def teardown(self) -> None:
        self.good_night()
        self.calendars.close()

    @property
    def desired(self) -> list[DesiredEvent]:
        return [DesiredEvent(SCOPE, ANA, uid, content) for uid, content in self.source.items()]

    def standing(self, uid: str) -> EventContent | None:
        found = [event.content for event in self.calendars.owned() if event.tag.uid == uid]
        assert len(found) < 2, f"{uid} stands twice"
        return found[0] if found else None

    @rule(uid=st.sampled_from(UIDS), name=st.sampled_from(["location", "summary", "description"]))
    def source_changes_a_field(self, uid: str, name: str) -> None:
        self.count += 1
        if uid in self.source:
            self.source[uid] = replace(self.source[uid], **{name: f"source {self.count}"})  # type: ignore[arg-type]

    @rule(uid=st.sampled_from(UIDS), days=st.integers(0, 4), hour=st.integers(8, 12))
    def source_moves(self, uid: str, days: int, hour: int) -> None:
        if uid in self.source:
            old = self.source[uid]
            day = BEGIN.get(uid, NEXT_MONDAY) + timedelta(days=days)
            rule = old.rrule and replace(old.rrule, exdates=frozenset())
            dtstart = old.dtstart.replace(year=day.year, month=day.month, day=day.day, hour=hour)
            times = replace(old, dtstart=dtstart, dtend=dtstart + timedelta(hours=1), rrule=rule)
            self.source[uid] = times

    @rule(uid=st.sampled_from(UIDS[:2]), weeks=st.integers(1, 6))
    def source_has_a_holiday(self, uid: str, weeks: int) -> None:
        if uid in self.source:
            old = self.source[uid]
            assert old.rrule is not None
            day = old.dtstart.date() + (5 + weeks) * WEEK
            self.source[uid] = replace(old, rrule=replace(old.rrule, exdates=old.rrule.exdates ^ {day}))

    @rule(uid=st.sampled_from(UIDS))
    def course_is_dropped(self, uid: str) -> None:
        if uid in self.source:
            self.dropped[uid] = self.source.pop(uid)
            self.calendars.may_come_back |= {uid} & self.calendars.binned

    @rule(uid=st.sampled_from(UIDS))
    def course_is_taken_again(self, uid: str) -> None:
        if uid in self.dropped:
            self.source[uid] = self.dropped.pop(uid)

    @rule(uid=st.sampled_from(UIDS), name=st.sampled_from(["location", "summary", "color"]))
    def owner_edits(self, uid: str, name: str) -> None:
        if self._is_to_come(uid):
            self.count += 1
            by_hand(self.calendars, uid, **{name: f"mine {self.count}"})
            self.calendars.theirs[uid].fields[name] = f"mine {self.count}"

    @rule(uid=st.sampled_from(UIDS), minutes=st.integers(1, 29))
    def owner_moves(self, uid: str, minutes: int) -> None:
        if self._is_to_come(uid):
            self.count += 1
            old = stands(self.calendars, uid).content
            by = timedelta(minutes=minutes)
            after = by_hand(self.calendars, uid, dtstart=old.dtstart + by, dtend=old.dtend + by)
            self._times_are_theirs(uid, after)

    @rule(uid=st.sampled_from(UIDS[:2]), weeks=st.integers(2, 5))
    def owner_deletes_a_date(self, uid: str, weeks: int) -> None:
        content = self.standing(uid)
        if self._is_to_come(uid) and content is not None and content.rrule is not None:
            day = content.last_start_by(NOW).date() + weeks * WEEK
            if day in content.rrule.exdates:
                return
            after = by_hand_without(self.calendars, uid, day)
            self.calendars.theirs[uid].dates.add(day)
            if self.calendars.theirs[uid].fields.keys() & TIMES:
                self._times_are_theirs(uid, after)

    @rule(uid=st.sampled_from(UIDS))
    def owner_deletes(self, uid: str) -> None:
        if self._is_to_come(uid):
            self.calendars.by_hand_delete(stands(self.calendars, uid))
            self.calendars.binned.add(uid)
            self.calendars.may_come_back -= {uid} - self.dropped.keys()
            self.calendars.may_come_back |= {uid} & self.dropped.keys()

    @rule(uid=st.sampled_from(UIDS))
    def owner_saves_again(self, uid: str) -> None:
        if self._is_to_come(uid):
            by_hand(self.calendars, uid)

    @rule()
    def we_look_around(self) -> None:
        look_around(self.engine, MemoryProvider(self.calendars))

    @rule(seed=st.integers(0, 2**16), share=st.sampled_from([0.3, 0.8]))
    def night_with_faults(self, seed: int, share: float) -> None:
        provider = MemoryProvider(self.calendars, _late_creates_only(mixed_faults(seed, share)))
        nightly(self.engine, provider, self.desired)
        provider.land_late()

    @rule(seed=st.integers(0, 2**16), share=st.sampled_from([0.0, 0.5]))
    def night_in_which_nobody_can_look(self, seed: int, share: float) -> None:
        faults = _late_creates_only(mixed_faults(seed, share))
        provider = MemoryProvider(self.calendars, faults)
        provider.blind[ANA] = None
        nightly(self.engine, provider, self.desired)
        provider.land_late()

    @rule(last=st.integers(1, 12))
    def night_that_dies(self, last: int) -> None:
        boundary = Boundary(last)
        with self._watching(boundary):
            ledger, leases = FragileLedger(self.engine, boundary), leases_of_a_dead_run(self.engine)
            provider = MemoryProvider(self.calendars)
            try:
                nightly(self.engine, provider, self.desired, ledger=ledger, leases=leases)
            except Crashed:
                return

    @rule()
    def force(self) -> None:
        self.calendars.forced = True
        nightly(self.engine, MemoryProvider(self.calendars), self.desired, force=True)
        self.calendars.forced = False
        self.calendars.binned.clear()
        self.calendars.may_come_back.clear()
        for shown in self.calendars.theirs.values():
            shown.fields.clear()
            shown.dates.clear()
        self._check()

    @rule()
    def good_night(self) -> None:
        """All comes right, and the night after that is quiet."""
        night = nightly(self.engine, MemoryProvider(self.calendars), self.desired)
        assert night.applied.failures == []
        provider = MemoryProvider(self.calendars)
        assert nightly(self.engine, provider, self.desired).applied.counts == {}
        assert (provider.sent, provider.reads) == ([], {})
        assert ledger_of(self.engine).open_operations(SCOPE) == []
        self._check()

    def _check(self) -> None:
        for uid in UIDS:
            content, wanted = self.standing(uid), self.source.get(uid)
            if wanted is None:
                assert content is None or not content.goes_on_after(NOW), f"{uid} was dropped"
            elif content is None:
                assert uid in self.calendars.binned, f"{uid} is missing"
            else:
                assert content == self._expected(uid, wanted)

    def _expected(self, uid: str, wanted: EventContent) -> EventContent:
        shown = self.calendars.theirs[uid]
        expected = replace(wanted, **shown.fields)  # type: ignore[arg-type]
        if shown.fields.keys() & TIMES or expected.rrule is None:
            return expected
        weekday = expected.dtstart.weekday()
        days = {day + timedelta(days=weekday - day.weekday()) for day in shown.dates}
        return replace(expected, rrule=replace(expected.rrule, exdates=expected.rrule.exdates | days))

    def _is_to_come(self, uid: str) -> bool:
        content = self.standing(uid)
        return content is not None and content.goes_on_after(NOW)

    def _times_are_theirs(self, uid: str, after: EventContent) -> None:
        self.calendars.theirs[uid].fields |= {name: getattr(after, name) for name in TIMES}

    @contextmanager
    def _watching(self, boundary: Boundary) -> Iterator[None]:
        self.calendars.boundary = boundary
        yield
        self.calendars.boundary = None


def _late_creates_only(faults: Faults) -> Faults:
    """A change that takes effect a night after it was sent is beyond what any calendar does."""

    def draw(operation: Operation) -> Fault | None:
        fault = faults(operation)
        late = fault is Fault.LATE and operation.kind is not OperationKind.CREATE
        return Fault.LOST if late else fault

    return draw


def test_whatever_happens_in_between_what_is_theirs_stays_and_the_rest_is_the_sources(engine: Engine) -> None:
    class Here(Nights):
        def __init__(self) -> None:
            super().__init__(engine)

    examples = 60 if engine.dialect.name == "sqlite" else 15
    run_state_machine_as_test(Here, settings=settings(max_examples=examples, stateful_step_count=25))
