"""Who counts as brought up to date: where somebody else was at work in the same calendar, or in the way."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scheduling_pipeline import course_calendars
from scheduling_pipeline.calendars.apply import lease_name
from scheduling_pipeline.calendars.model import Edits
from scheduling_pipeline.calendars.stock import take_stock
from scheduling_pipeline.course_calendars import State
from scheduling_pipeline.courses import reconciliation
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.reconciliation import reconcile
from scheduling_pipeline.database.leases import Leases
from tests.calendars.builders import ANA, JO, NOW
from tests.calendars.cycle import ledger_of
from tests.calendars.memory import Calendars, Fault, MemoryProvider, always
from tests.calendars.semester import Semester, of_courses, usual
from tests.calendars.student import BOTANY, FINAL, by_hand, course, exam, stands

BEFORE = of_courses(course(), exam())
AFTER = of_courses(course(summary="Botany II"), exam(location="Gym"))


@pytest.fixture
def semester(engine: Engine) -> Semester:
    """Ana's courses stand in her calendar, and have changed since."""
    opened = Semester(engine)
    opened.enrol(ANA)
    opened.begin(BEFORE)
    opened.change(ANA)
    return opened


def look_around(semester: Semester) -> None:
    """A reconciliation takes over what people did."""
    take_stock(
        SCOPE,
        [ANA],
        provider=MemoryProvider(semester.calendars),
        ledger=ledger_of(semester.engine),
        leases=Leases(semester.engine),
        now=NOW,
        only=True,
        respect=True,
    )


class TestAChangeThatIsOvertaken:
    def test_by_what_its_owner_did_leaves_the_person_due(self, semester: Semester) -> None:
        night = semester.night()
        night.plan(AFTER)
        by_hand(semester.calendars, BOTANY, location="At home")
        look_around(semester)
        night.apply()
        night.note()

        assert night.states == {ANA: State.CHANGED}
        assert semester.due() == {ANA}
        assert semester.edits() == {BOTANY: Edits(frozenset({"location"}))}
        assert semester.run(AFTER).states == {ANA: State.SYNCED}
        botany = semester.shown()[BOTANY]
        assert (botany.summary, botany.location) == ("Botany II", "At home")
        assert semester.due() == set()

    def test_by_its_deletion_is_settled_by_the_next_run(self, semester: Semester) -> None:
        night = semester.night()
        night.plan(AFTER)
        semester.calendars.by_hand_delete(stands(semester.calendars, FINAL))
        look_around(semester)
        night.apply()
        night.note()

        assert night.states == {ANA: State.CHANGED}
        assert semester.run(AFTER).states == {ANA: State.SYNCED}
        assert semester.shown() == {BOTANY: AFTER[0].content}
        semester.assert_quiet(AFTER)

    @pytest.mark.parametrize("force", [False, True])
    def test_by_another_run_that_did_the_same_is_done(self, semester: Semester, *, force: bool) -> None:
        semester.calendars.by_hand_date(stands(semester.calendars, BOTANY), NOW.date(), deleted=True)
        wanted = [*AFTER[:1], *of_courses(exam("exam-new"))]  # one is changed, one made, one removed
        first, second = semester.night(force=force), semester.night(force=force)
        first.plan(wanted)
        second.plan(wanted)
        for night in (first, second):
            night.apply()
            night.note()

        assert second.applied.counts == {"superseded": len(first.planned.plan.free)}
        assert first.states == second.states == {ANA: State.SYNCED}
        semester.assert_quiet(wanted)

    def test_by_another_run_that_did_something_else_leaves_the_person_due(self, semester: Semester) -> None:
        older = semester.night()
        older.plan(AFTER)
        semester.change(ANA)
        newest = of_courses(course(summary="Botany III"), exam(location="Gym"))
        semester.run(newest)
        older.apply()
        older.note()

        assert older.states == {ANA: State.CHANGED}
        assert semester.shown()[BOTANY].summary == "Botany III"
        semester.assert_quiet(newest)


class TestAWriteInDoubt:
    def test_of_this_run_leaves_the_person_due(self, semester: Semester) -> None:
        provider = MemoryProvider(semester.calendars, always(Fault.DROPPED))
        provider.blind = {ANA: None}

        assert semester.run(AFTER, provider=provider).states == {ANA: State.FAILED}

        assert semester.due() == {ANA}
        assert semester.run(AFTER).states == {ANA: State.SYNCED}
        semester.assert_quiet(AFTER)

    @pytest.mark.parametrize("force", [False, True])
    def test_also_when_nothing_is_wanted_any_more(self, engine: Engine, *, force: bool) -> None:
        semester = Semester(engine)
        semester.enrol(ANA)
        provider = MemoryProvider(semester.calendars, always(Fault.DROPPED))
        provider.blind = {ANA: None}
        semester.run(BEFORE, provider=provider)

        nothing_wanted = semester.run([], provider=provider, force=force)

        assert not nothing_wanted.planned.plan.free
        assert nothing_wanted.states == {ANA: State.FAILED}
        assert semester.due() == {ANA}
        semester.run([])
        assert set(semester.shown()) <= {BOTANY}, "its past alone"
        assert semester.due() == set()


class TestACalendarThatAnotherRunKeeps:
    @pytest.fixture
    def semester(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Semester:
        for module in (course_calendars, reconciliation):
            monkeypatch.setattr(module, "WAIT_FOR_CALENDAR", timedelta(seconds=1))
        opened = Semester(engine, Calendars(guards_deletes=True))
        opened.enrol(ANA, JO)
        opened.begin(usual())
        opened.change(ANA, JO)
        return opened

    @pytest.mark.parametrize("force", [False, True])
    def test_is_left_to_it_and_the_others_are_done(self, semester: Semester, *, force: bool) -> None:
        wanted = usual(location="B 2")
        keeper, provider = Leases(semester.engine), MemoryProvider(semester.calendars)
        with keeper.hold(lease_name(provider, ANA)):
            night = semester.run(wanted, force=force)

        assert night.states == {ANA: State.FAILED, JO: State.SYNCED}
        assert semester.due() == {ANA}
        assert semester.run(wanted).states == {ANA: State.SYNCED, JO: State.SYNCED}
        semester.assert_quiet(wanted)

    def test_and_in_which_a_write_is_in_doubt(self, semester: Semester) -> None:
        wanted = usual(location="B 2")
        lost = MemoryProvider(semester.calendars, always(Fault.LOST))
        lost.blind = {ANA: None, JO: None}
        semester.run(wanted, provider=lost)
        with Leases(semester.engine).hold(lease_name(lost, ANA)):
            night = semester.run(wanted)

        assert night.states == {ANA: State.FAILED, JO: State.SYNCED}
        assert semester.run(wanted).states == {ANA: State.SYNCED, JO: State.SYNCED}
        semester.assert_quiet(wanted)

    def test_makes_a_run_wait_once_however_many_there_are(self, engine: Engine) -> None:
        semester = Semester(engine)
        many = [f"student-{n}" for n in range(6)]
        semester.enrol(*many)
        wanted = of_courses(course(), calendars=many)
        provider = MemoryProvider(semester.calendars)
        with Leases(engine).hold(*(lease_name(provider, name) for name in many[1:])):
            night = semester.night(force=True)
            began = time.monotonic()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(course_calendars, "WAIT_FOR_CALENDAR", timedelta(seconds=1))
                night.plan(wanted)
            assert time.monotonic() - began < 3

        assert set(night.planned.unreadable) == set(many[1:])
        assert [change.calendar for change in night.planned.plan.free] == many[:1]

    def test_fails_nobody_else_in_a_reconciliation(self, semester: Semester) -> None:
        provider = MemoryProvider(semester.calendars)
        calendars = semester.night().calendars
        with Leases(semester.engine).hold(lease_name(provider, ANA)):
            drift = reconcile(
                [ANA, JO],
                calendars,
                changes_since=lambda calendar, _token: Listing(semester.calendars, calendar),
                now=NOW,
                dry_run=False,
                complete=True,
            )

        assert set(drift.unreadable) == {ANA}
        assert "in use by another run" in drift.unreadable[ANA].detail


class Listing:
    """All that stands in a calendar."""

    deleted: frozenset[str] = frozenset()
    sync_token = "token"
    complete = True

    def __init__(self, calendars: Calendars, calendar: str) -> None:
        self.events = calendars.owned(calendar)
