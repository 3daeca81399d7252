"""A mailbox takes four requests at a time: what a command wants of one that a run writes to has to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.model import Change
from scheduling_pipeline.commands import adopt, rebuild
from scheduling_pipeline.commands.agendas import desired, finder, good_weeks, live_agenda
from scheduling_pipeline.commands.connections import Tenant, open_tenant
from scheduling_pipeline.teacher_calendars import apply_changes, plan_agenda
from tests.commands.school import ANA, FRENCH, School, days, lesson

LESSONS = 24
Work = Callable[[Tenant, Sequence[Change], str], object]


def ensure_colours(tenant: Tenant, changes: Sequence[Change], _calendar: str) -> object:
    rebuild._ensure_colours(tenant, changes)
    return None


def look_for_older_events(tenant: Tenant, _changes: Sequence[Change], calendar: str) -> object:
    find = finder(tenant, live_agenda(tenant.settings, FRENCH))
    return [find([calendar]) for _ in range(5)]


def look_up_by_id(tenant: Tenant, _changes: Sequence[Change], calendar: str) -> object:
    return adopt._standing(tenant, live_agenda(tenant.settings, FRENCH), [(calendar, "not-an-id")] * LESSONS)


@pytest.fixture
def slow(school: School) -> Iterator[School]:
    """Each request takes long enough for another to come in meanwhile."""
    control = school.simulators.graph.control
    control.latency = 0.05
    yield school
    control.latency = 0.0


@pytest.mark.parametrize("work", [ensure_colours, look_for_older_events, look_up_by_id])
def test_a_mailbox_that_another_run_writes_to_is_waited_for(slow: School, work: Work) -> None:
    slow.read(
        FRENCH,
        *(
            lesson(FRENCH, f"{number:07}", day, f"{hour:02}:00-{hour:02}:50", code=f"C{number:02}")
            for number, (day, hour) in enumerate(
                (day, hour) for day in days(1, 2, 3) for hour in range(8, 16)
            )
        ),
    )
    with open_tenant("sync") as one, open_tenant("command") as other, ThreadPoolExecutor(2) as pool:
        agenda = live_agenda(one.settings, FRENCH)
        wanted = desired(one, agenda, good_weeks(one, agenda))
        changes = plan_agenda(agenda, wanted, one.calendars, now=one.now).plan.free
        before = slow.calls
        start = Barrier(2)

        def write() -> Applied:
            start.wait()
            return apply_changes(changes, one.calendars, now=one.now, on_progress=lambda _done, _total: None)

        def interfere() -> object:
            start.wait()
            return work(other, changes, slow.ids[ANA])

        applied, interfered = pool.submit(write), pool.submit(interfere)
        interfered.result()
        assert applied.result().counts == {"created": LESSONS}
    assert 429 not in {call["status"] for call in slow.simulators.graph.control.journal(before)}
