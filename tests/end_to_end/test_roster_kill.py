"""SIGKILL at every point of a submission: each row is submitted once, nothing is lost or left in doubt.

Processes are forked from a warm one, so that each death costs a fraction of a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from tests.databases import copied
from tests.end_to_end.deaths import FORKS, Points, Point, before_a_commit, before_sending
from tests.end_to_end.roster_stage import WRITES, Effect, Stage, open_stage, submit_when_told

POINTS = Points(request="^(GET|POST) /", write=WRITES)
EVERY_POINT = (
    POINTS.before_a_request(20),
    POINTS.after_a_request(20),
    before_sending(10),
    before_a_commit(30),
)
KILLED = [  # what SQLite and PostgreSQL may differ in is shown on both
    pytest.param(database, point, id=f"{point.name}, {database}")
    for database, points in (("sqlite", EVERY_POINT), ("postgresql", EVERY_POINT[-1:]))
    for point in points
]

FORKS.set_forkserver_preload([submit_when_told.__module__])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@pytest.fixture(scope="module")
def expected(
    stage: Stage, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Counter[Effect]:
    """What a submission that nothing disturbs does in the planner."""
    engine = connect(copied(migrated_sqlite, tmp_path_factory.mktemp("undisturbed") / "pipeline.db"))
    scene = stage.scene(engine)
    scene.submit()
    scene.check_submitted()
    engine.dispose()
    effects = Counter(scene.effects())
    assert set(effects.values()) == {1}
    return effects


@pytest.mark.process
@pytest.mark.parametrize(("database_url", "point"), KILLED, indirect=["database_url"])
def test_a_submission_killed_at_any_point_is_finished_by_the_next(
    stage: Stage, expected: Counter[Effect], engines: Iterator[Engine], point: Point
) -> None:
    for n in count():
        scene = stage.scene(next(engines))
        died = stage.killed(scene, point, n)
        noted = {one.event_ref_num - scene.proposal.store.first for one in scene.office.operations()}
        assert {effect.event for effect in scene.effects()} <= noted
        assert Counter(scene.effects()) <= expected

        if not scene.done():
            scene.submit()

        assert Counter(scene.effects()) == expected, f"killed {point.name} {n}"
        scene.check_submitted()
        if not died:
            assert n >= point.least
            print(point.name, n)
            return
