"""SIGKILL at every point of a night of the course calendars: nothing is lost, nothing is doubled.

Three students and some thirty events: once made from nothing, once changed in every way there is. Processes
are forked from a warm one, so that each death costs a fraction of a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.courses.school import SPRING
from tests.databases import copied
from tests.end_to_end.college import STUDENTS, run_when_told, synced
from tests.end_to_end.course_stage import CHANGED, NEW, WRITES, Scene, Stage, open_stage, undisturbed
from tests.end_to_end.deaths import FORKS, Point, Points, before_a_commit, before_sending, dies
from tests.end_to_end.mailboxes import intended
from tests.end_to_end.students import Seen, edited, standing, tags

Expected = Mapping[str, Mapping[str, Counter[Seen]]]
MONDAYS, THURSDAYS, EXAM = f"class-{SPRING}-1-1", f"class-{SPRING}-3-1", f"exam-{SPRING}-2"
MOVING = f"class-{SPRING}-2-1"  # from Tuesdays to Thursdays
A_THURSDAY, A_TUESDAY = date(2026, 3, 19), date(2026, 3, 24)
A_WEEK = [A_TUESDAY + timedelta(days=days) for days in range(4)]
POINTS = Points(request="^POST /batch", write=WRITES)
INSIDE_A_BATCH = POINTS.inside_a_batch(20)
SAME_AGAIN = 3  # each event that is made is like the one before: each third point of these will do
BEFORE_SENDING, BEFORE_A_COMMIT = before_sending(1), before_a_commit(5)
EVERY_POINT = (
    POINTS.before_a_request(1),
    POINTS.after_a_request(1),
    INSIDE_A_BATCH,
    BEFORE_SENDING,
    BEFORE_A_COMMIT,
)
KILLED = [  # what SQLite and PostgreSQL may differ in is shown on both
    pytest.param(database, point, work, id=f"{point.name}, {work}, {database}")
    for database, points, works in (
        ("sqlite", EVERY_POINT, (NEW, CHANGED)),
        ("postgresql", (BEFORE_SENDING, BEFORE_A_COMMIT), [CHANGED]),
    )
    for point in points
    for work in works
]

FORKS.set_forkserver_preload([run_when_told.__module__])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@pytest.fixture(scope="module")
def expected(stage: Stage, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """What stands after a night that nothing disturbed, for each work and student."""
    found = {}
    for work in (NEW, CHANGED):
        database_url = copied(migrated_sqlite, tmp_path_factory.mktemp("undisturbed") / "pipeline.db")
        found[work] = undisturbed(stage, database_url, work)
    return found


def killed(stage: Stage, scene: Scene, point: Point, n: int) -> bool:
    """Run the night in a process that is to die at the n-th such point; False when it ended before."""
    url = scene.engine.url.render_as_string(hide_password=False)
    return dies(
        run_when_told,
        (scene.night, url, stage.environment, point.death(n)),
        lambda pid: stage.steering.arm(*point.faults(n, pid)),
        stage.steering.clear_faults,
    )


@pytest.mark.process
@pytest.mark.parametrize(("database_url", "point", "work"), KILLED, indirect=["database_url"])
def test_a_night_killed_at_any_point_loses_and_doubles_nothing(
    stage: Stage, expected: Expected, engines: Iterator[Engine], point: Point, work: str
) -> None:
    for n in count(step=SAME_AGAIN if (point, work) == (INSIDE_A_BATCH, NEW) else 1):
        scene = stage.scene(next(engines), work)
        died = killed(stage, scene, point, n)
        assert set(tags(scene.students)) <= intended(scene.engine, scene.calendars)
        for name in map(scene.calendars.__getitem__, synced(scene.engine)):
            assert standing({name: scene.students[name]}) == expected[work][name], f"{point.name} {n}"

        stage.run(scene)

        for name, student in scene.students.items():
            assert standing({name: student}) == expected[work][name], f"killed {point.name} {n}"
        assert synced(scene.engine) == scene.calendars.keys()
        assert edited(scene.engine) == set()
        stage.check(scene)
        if not died:
            assert n >= point.least
            return


@pytest.mark.process
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("work", [NEW, CHANGED])
def test_what_people_do_between_a_death_and_the_next_night_stays(
    stage: Stage, expected: Expected, engines: Iterator[Engine], work: str
) -> None:
    for n in count(step=2 if work == CHANGED else SAME_AGAIN):
        scene = stage.scene(next(engines), work)
        if not killed(stage, scene, INSIDE_A_BATCH, n):
            assert n >= INSIDE_A_BATCH.least
            return
        ann, ben, cem = (scene.students[name] for name in STUDENTS)
        theirs = set()
        wanted = {name: Counter(expected[work][name]) for name in STUDENTS}
        if ann.has(MONDAYS):
            ann.edit(ann.event(MONDAYS), summary="Algebra at last")
            theirs.add((ann.calendar, MONDAYS))
            _rename(wanted["ann"], "Course 1", "Algebra at last", weekday=0)
        if ben.has(EXAM):
            ben.delete(ben.event(EXAM))
            theirs.add((ben.calendar, EXAM))
            _take_out(wanted["ben"], "Final Exam: Course 2")
        cem_had_it = cem.has(THURSDAYS)
        if cem_had_it:
            cem.delete(cem.occurrence(cem.event(THURSDAYS), A_THURSDAY))

        missed = {day for day in A_WEEK if ben.has(MOVING) and day in ben.dates(ben.event(MOVING))}
        for day in missed:
            ben.delete(ben.occurrence(ben.event(MOVING), day))
        if work == CHANGED and A_TUESDAY in missed:  # it would have come back on Thursday
            theirs.add((ben.calendar, MOVING))
            _leave_out(wanted["ben"], "Course 2", A_TUESDAY + timedelta(days=2))

        stage.run(scene)

        for name, student in scene.students.items():
            assert standing({name: student}) == wanted[name], f"killed inside a batch {n}"
        assert edited(scene.engine) == theirs
        assert missed == set() or not ben.dates(ben.event(MOVING)) & set(A_WEEK)
        assert (A_THURSDAY in cem.dates(cem.event(THURSDAYS))) is not cem_had_it
        stage.check(scene)


def _rename(seen: Counter[Seen], old: str, new: str, *, weekday: int) -> None:
    (event,) = (
        one for one in seen if one.summary == old and date.fromisoformat(one.dates[0]).weekday() == weekday
    )
    del seen[event]
    seen[event._replace(summary=new)] = 1


def _leave_out(seen: Counter[Seen], summary: str, day: date) -> None:
    (event,) = (one for one in seen if one.summary == summary and f"{day}" in one.dates)
    del seen[event]
    seen[event._replace(dates=tuple(one for one in event.dates if one != f"{day}"))] = 1


def _take_out(seen: Counter[Seen], summary: str) -> None:
    (event,) = (one for one in seen if one.summary == summary)
    del seen[event]
