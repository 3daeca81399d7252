"""Carrying a plan out: every outcome of a write, and what the ledger says afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from scheduling_pipeline.calendars.apply import MAX_TRIES, Applied, apply, lease_name
from scheduling_pipeline.calendars.changes import create, removal, split, update
from scheduling_pipeline.calendars.model import Change
from scheduling_pipeline.calendars.provider import Cause, Operation, OperationKind, Outcome, Rejected
from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.database.models import CalendarOperation
from tests.calendars.builders import ANA, JO, MONDAY, NEXT_MONDAY, NOW, SCOPE, WEEK, block, lesson, lessons
from tests.calendars.cycle import assert_at_rest, assert_calendars_are_true, ledger_of, sync
from tests.calendars.memory import Calendars, Fault, MemoryProvider, always, first_time


def apply_to(engine: Engine, provider: MemoryProvider, changes: Sequence[Change]) -> Applied:
    return apply(
        changes,
        provider=provider,
        ledger=ledger_of(engine),
        leases=Leases(engine),
        now=NOW,
        wait_for_calendar=timedelta(),
    )


def operations(engine: Engine) -> list[tuple[str, str]]:
    """Kind and state of every write ever intended, in the order they were sent."""
    query = select(CalendarOperation.kind, CalendarOperation.state).order_by(
        CalendarOperation.sent_at, CalendarOperation.uid, CalendarOperation.generation
    )
    with engine.connect() as connection:
        return [(kind, state) for kind, state in connection.execute(query)]


def test_a_first_run_makes_every_event_and_a_second_one_writes_nothing(engine: Engine) -> None:
    wanted = [*lessons(7), *lessons(5, calendar=JO), block(NEXT_MONDAY)]
    provider = MemoryProvider(Calendars())
    run = sync(engine, provider, wanted)
    assert run.applied.counts == {"created": 13}
    assert_calendars_are_true(engine, provider.calendars, wanted)
    assert_at_rest(engine, provider, wanted)
    assert provider.calendars.writes == {"create": 13}


def test_creates_updates_and_deletes_are_told_apart(engine: Engine) -> None:
    wanted = lessons(6)
    provider = MemoryProvider(Calendars())
    sync(engine, provider, wanted)
    changed = [
        *wanted[1:5],
        lesson(wanted[5].uid, NEXT_MONDAY, "17:00", "18:00"),
        lesson("new", NEXT_MONDAY, "19:00", "20:00"),
    ]
    run = sync(engine, provider, changed)
    assert run.applied.counts == {"created": 1, "updated": 1, "deleted": 1}
    assert_calendars_are_true(engine, provider.calendars, changed)
    kinds = {operation.kind: operation for operation in provider.sent[6:]}
    assert kinds[OperationKind.UPDATE].etag == "1"


def test_a_split_ends_one_series_and_begins_another(engine: Engine) -> None:
    provider = MemoryProvider(Calendars())
    before, now = [block(MONDAY - 4 * WEEK, "10:00", "12:00")], NOW - 5 * WEEK
    sync(engine, provider, before, now=now)
    wanted = [block(NEXT_MONDAY, "08:00", "12:00")]
    run = sync(engine, provider, wanted)
    assert run.applied.counts == {"updated": 1, "created": 1}
    assert_calendars_are_true(engine, provider.calendars, wanted)
    assert_at_rest(engine, provider, wanted)


def test_every_write_is_in_the_outbox_before_it_is_sent(engine: Engine) -> None:
    wanted = [*lessons(9), *lessons(9, calendar=JO)]
    ledger = ledger_of(engine)

    class Attentive(MemoryProvider):
        def send(self, operations: Sequence[Operation]) -> list[Outcome]:
            written = {(e.operation.calendar, e.operation.tag) for e in ledger.open_operations(SCOPE)}
            assert {(o.calendar, o.tag) for o in operations} <= written
            return super().send(operations)

    assert sync(engine, Attentive(Calendars()), wanted).applied.counts == {"created": 18}


def test_the_outbox_keeps_before_after_and_why(engine: Engine) -> None:
    provider = MemoryProvider(Calendars())
    sync(engine, provider, [lesson("1", NEXT_MONDAY)])
    sync(engine, provider, [lesson("1", NEXT_MONDAY, "09:00", "11:00")])
    with engine.connect() as connection:
        rows = connection.execute(
            select(*CalendarOperation.__table__.columns).where(CalendarOperation.kind == "update")
        )
        row = rows.mappings().one()
    assert row["before"]["dtend"] == "2026-03-09T10:00:00"
    assert row["after"]["dtend"] == "2026-03-09T11:00:00"
    assert row["reason"] == "09:00-10:00 → 09:00-11:00"
    assert (row["state"], row["etag"], row["settled_at"]) == ("done", "2", NOW)


class TestOneWrite:
    """What becomes of one write that does not simply succeed. Ana has one lesson."""

    @pytest.fixture
    def calendars(self, engine: Engine) -> Calendars:
        calendars = Calendars()
        sync(engine, MemoryProvider(calendars), [lesson("1", NEXT_MONDAY)])
        return calendars

    longer = lesson("1", NEXT_MONDAY, "09:00", "11:00")

    @pytest.mark.parametrize("kind", list(OperationKind))
    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.LOST, Fault.SERVER_ERROR])
    def test_whose_answer_is_lost_is_looked_up(
        self, engine: Engine, calendars: Calendars, fault: Fault, kind: OperationKind
    ) -> None:
        wanted = {
            OperationKind.CREATE: [lesson("1", NEXT_MONDAY), lesson("2", NEXT_MONDAY, "14:00", "15:00")],
            OperationKind.UPDATE: [self.longer],
            OperationKind.DELETE: [],
        }[kind]
        provider = MemoryProvider(calendars, first_time(fault))
        run = sync(engine, provider, wanted)
        assert run.applied.writes == 1
        assert run.applied.failures == []
        assert len(provider.sent) == (1 if fault is Fault.DROPPED else 2)
        assert_calendars_are_true(engine, calendars, wanted)

    def test_10_that_never_arrives_is_given_up_after_five_tries_and_named(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        provider = MemoryProvider(calendars, always(Fault.LOST))
        run = sync(engine, provider, [self.longer])
        assert run.applied.counts == {"failed": 1}
        (failure,) = run.applied.failures
        assert (failure.calendar, failure.uid, failure.kind) == (ANA, "1", "update")
        assert len(provider.sent) == MAX_TRIES
        assert operations(engine)[1:] == [("update", "lapsed")] * MAX_TRIES

    def test_that_nobody_can_look_up_stays_open(self, engine: Engine, calendars: Calendars) -> None:
        class Blinded(MemoryProvider):
            def send(self, operations: Sequence[Operation]) -> list[Outcome]:
                self.blind[ANA] = None
                return super().send(operations)

        run = sync(engine, Blinded(calendars, always(Fault.DROPPED)), [self.longer])
        assert run.applied.counts == {"unknown": 1}
        assert operations(engine)[-1] == ("update", "unknown")
        again = sync(engine, MemoryProvider(calendars), [self.longer])
        assert again.stock.settled == {"done": 1}
        assert again.applied.writes == 0
        assert_calendars_are_true(engine, calendars, [self.longer])

    def test_that_is_throttled_fails_now_and_succeeds_next_time(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        run = sync(engine, MemoryProvider(calendars, always(Fault.THROTTLED)), [self.longer])
        assert run.applied.counts == {"failed": 1}
        assert "too many requests" in run.applied.failures[0].detail
        provider = MemoryProvider(calendars)
        assert sync(engine, provider, [self.longer]).applied.counts == {"updated": 1}
        assert_at_rest(engine, provider, [self.longer])

    def test_that_meets_a_change_by_hand_reads_again_and_wins(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        class Meddling(MemoryProvider):
            def send(self, operations: Sequence[Operation]) -> list[Outcome]:
                if not self.sent:
                    (event,) = calendars.owned()
                    calendars.by_hand_edit(event, replace(event.content, summary="Mine"))
                return super().send(operations)

        provider = Meddling(calendars)
        run = sync(engine, provider, [self.longer])
        assert run.applied.counts == {"updated": 1}
        last = provider.sent[-1]
        assert (last.etag, last.before and last.before.summary) == ("2", "Mine")
        assert_calendars_are_true(engine, calendars, [self.longer])

    def test_for_an_event_that_was_just_deleted_by_hand_makes_it_again(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        plan = self._plan_then_delete_by_hand(engine, calendars, update)
        provider = MemoryProvider(calendars)
        assert apply_to(engine, provider, plan).counts == {"created": 1}
        assert provider.sent[-1].tag.generation == 2
        assert_calendars_are_true(engine, calendars, [self.longer])

    def test_to_delete_what_was_just_deleted_by_hand_is_done(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        plan = self._plan_then_delete_by_hand(engine, calendars, lambda row, _after: removal(row, NOW))
        assert apply_to(engine, MemoryProvider(calendars), plan).counts == {"deleted": 1}
        assert_calendars_are_true(engine, calendars, [])

    def _plan_then_delete_by_hand(self, engine: Engine, calendars: Calendars, change: object) -> list[Change]:
        (row,) = ledger_of(engine).live(SCOPE)
        (event,) = calendars.owned()
        calendars.by_hand_delete(event)
        assert callable(change)
        return [change(row, self.longer)]


def test_a_create_whose_key_is_spent_takes_the_next_one(engine: Engine) -> None:
    calendars = Calendars()
    wanted = [lesson("1", NEXT_MONDAY)]
    provider = MemoryProvider(calendars, always(Fault.LATE))
    sync(engine, provider, wanted)
    provider.land_late()
    (landed,) = calendars.owned()
    calendars.by_hand_delete(landed)
    provider = MemoryProvider(calendars)
    run = sync(engine, provider, wanted)
    assert run.applied.counts == {"created": 1}
    assert [operation.tag.generation for operation in provider.sent] == [1, 2]
    assert_at_rest(engine, provider, wanted)


def test_an_ended_series_that_was_deleted_by_hand_is_not_made_again(engine: Engine) -> None:
    calendars = Calendars()
    long_ago = MONDAY - 4 * WEEK
    sync(engine, MemoryProvider(calendars), [block(long_ago, "10:00", "12:00")], now=NOW - 5 * WEEK)
    (row,) = ledger_of(engine).live(SCOPE)
    (event,) = calendars.owned()
    calendars.by_hand_delete(event)
    wanted = block(NEXT_MONDAY, "10:00", "13:00")
    applied = apply_to(engine, MemoryProvider(calendars), [split(row, wanted, MONDAY)])
    assert applied.counts == {"superseded": 1, "created": 1}
    assert_calendars_are_true(engine, calendars, [wanted])


def test_one_write_that_is_refused_does_not_stop_the_others(engine: Engine) -> None:
    wanted = [*lessons(6), *lessons(6, calendar=JO)]
    bad = wanted[3].uid

    class Picky(MemoryProvider):
        def send(self, operations: Sequence[Operation]) -> list[Outcome]:
            outcomes = super().send([o for o in operations if o.tag.uid != bad])
            return [rejected if o.tag.uid == bad else outcomes.pop(0) for o in operations]

    rejected = Rejected(Cause.INVALID, "400 ErrorInvalid")
    run = sync(engine, Picky(Calendars()), wanted)
    assert run.applied.counts == {"created": 11, "failed": 1}
    assert [(f.uid, f.detail) for f in run.applied.failures] == [(bad, "not accepted: 400 ErrorInvalid")]


@pytest.mark.parametrize("cause", [Cause.NO_CALENDAR, Cause.FORBIDDEN])
def test_a_calendar_that_takes_nothing_is_asked_once_and_all_its_writes_fail(
    engine: Engine, cause: Cause
) -> None:
    wanted = [*lessons(9), *lessons(6, calendar=JO)]
    provider = MemoryProvider(Calendars())
    provider.refused[ANA] = cause
    applied = apply_to(engine, provider, [create(event) for event in wanted])
    assert applied.counts == {"created": 6, "failed": 9}
    assert {failure.calendar for failure in applied.failures} == {ANA}
    assert sum(operation.calendar == ANA for operation in provider.sent) == provider.limits.per_calendar


class TestSuperseded:
    """A plan is carried out as far as the ledger still says what it was made from."""

    def test_an_event_that_another_run_has_made(self, engine: Engine) -> None:
        wanted = [*lessons(3), block(NEXT_MONDAY), block(NEXT_MONDAY, "13:00", "15:00")]
        changes = [create(event) for event in wanted]
        provider = MemoryProvider(Calendars())
        assert apply_to(engine, provider, changes).counts == {"created": 5}
        assert apply_to(engine, provider, changes).counts == {"superseded": 5}
        assert_calendars_are_true(engine, provider.calendars, wanted)

    def test_an_event_that_another_run_has_changed_or_removed(self, engine: Engine) -> None:
        provider = MemoryProvider(Calendars())
        sync(engine, provider, lessons(2))
        rows = ledger_of(engine).live(SCOPE)
        longer = [lesson(row.uid, NEXT_MONDAY, "17:00", "19:00") for row in rows]
        stale = [update(rows[0], longer[0]), removal(rows[1], NOW)]
        sync(engine, provider, [longer[1]])
        assert apply_to(engine, provider, stale).counts == {"superseded": 2}
        assert_calendars_are_true(engine, provider.calendars, [longer[1]])

    def test_a_second_series_of_the_same_name_is_not(self, engine: Engine) -> None:
        provider = MemoryProvider(Calendars())
        first, second = block(NEXT_MONDAY, "09:00", "10:00"), block(NEXT_MONDAY, "11:00", "12:00")
        apply_to(engine, provider, [create(first)])
        applied = apply_to(engine, provider, [create(replace(second, uid=first.uid))])
        assert applied.counts == {"created": 1}
        assert provider.sent[-1].tag.generation == 2


class TestCalendarsOfOtherRuns:
    """A calendar is written to by the one run that holds its lease."""

    def test_is_left_alone_and_the_failure_says_why(self, engine: Engine) -> None:
        provider = MemoryProvider(Calendars())
        with Leases(engine).hold(lease_name(provider, ANA)):
            applied = apply_to(engine, provider, [create(event) for event in lessons(2)])
        assert applied.counts == {"failed": 2}
        assert "another run" in applied.failures[0].detail
        assert provider.sent == []

    def test_do_not_stand_in_the_way_of_those_that_are_free(self, engine: Engine) -> None:
        provider = MemoryProvider(Calendars())
        busy = [f"busy-{number}" for number in range(5)]
        wanted = [lesson("1", NEXT_MONDAY, calendar=name) for name in (*busy, ANA, JO)]
        with Leases(engine).hold(*(lease_name(provider, name) for name in busy)):
            applied = apply(
                [create(event) for event in wanted],
                provider=provider,
                ledger=ledger_of(engine),
                leases=Leases(engine),
                now=NOW,
                wait_for_calendar=timedelta(seconds=0.6),
            )
        assert applied.counts == {"created": 2, "failed": 5}

    def test_leases_are_given_back(self, engine: Engine) -> None:
        provider = MemoryProvider(Calendars())
        apply_to(engine, provider, [create(event) for event in lessons(3)])
        assert Leases(engine).try_acquire([lease_name(provider, ANA)]) == {lease_name(provider, ANA)}


def test_progress_counts_up_to_all(engine: Engine) -> None:
    seen: list[tuple[int, int]] = []
    apply(
        [create(event) for event in [*lessons(9), *lessons(9, calendar=JO)]],
        provider=MemoryProvider(Calendars()),
        ledger=ledger_of(engine),
        leases=Leases(engine),
        now=datetime.now(UTC) - timedelta(days=1),
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == sorted(seen)
    assert seen[-1] == (18, 18)
