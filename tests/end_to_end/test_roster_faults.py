"""A submission while the planner fails: planner and tables agree in the end, and no row is written twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.roster.hand import reschedule
from scheduling_pipeline.roster.requests import RequestClosedError
from scheduling_pipeline.roster.steps import DONE, FAILED
from scheduling_pipeline.roster.submission import Submitted
from scheduling_pipeline.simulators.control import Fault
from tests.databases import copied
from tests.end_to_end.deaths import FORKS, Points, before_a_commit
from tests.end_to_end.roster_stage import (
    MOST_ROUNDS,
    Effect,
    Scene,
    Stage,
    open_stage,
    submit_when_told,
    undisturbed,
)
from tests.end_to_end.roster_storm import NEED_SOMEBODY, WITH_EFFECT, WITHOUT_EFFECT, WRITES, storm
from tests.roster.office import BOSS, NOW, SETTINGS, instant
from tests.roster.store import place

SEEDS = range(5)
ROUNDS = 8  # of retries by hand while calls fail
POINTS = Points("^(GET|POST) /", WRITES)

FORKS.set_forkserver_preload([submit_when_told.__module__])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@pytest.fixture(scope="module")
def expected(
    stage: Stage, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Counter[Effect]:
    database = tmp_path_factory.mktemp("undisturbed") / "pipeline.db"
    return undisturbed(stage, copied(migrated_sqlite, database))


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    engine = connect(copied(migrated_sqlite, tmp_path / "pipeline.db"))
    yield engine
    engine.dispose()


@pytest.fixture
def scene(stage: Stage, sqlite: Engine) -> Scene:
    return stage.scene(sqlite)


def struck(stage: Stage) -> int:
    """How many calls of the scene a fault struck."""
    return sum(call["fault"] is not None for call in stage.steering.calls())


@pytest.mark.parametrize("shape", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
def test_what_did_not_happen_is_sent_once_more(
    stage: Stage, scene: Scene, expected: Counter[Effect], shape: Fault
) -> None:
    """Every write is struck when it is sent first."""
    stage.steering.arm(*(replace(shape, match=WRITES, skip=number) for number in range(expected.total())))
    assert scene.submit().counts["submitted"] == 8
    assert struck(stage) == expected.total()
    assert Counter(scene.effects()) == expected
    scene.check_submitted()


@pytest.mark.parametrize("shape", WITH_EFFECT.values(), ids=WITH_EFFECT)
def test_what_happened_is_found_and_not_sent_again(
    stage: Stage, scene: Scene, expected: Counter[Effect], shape: Fault
) -> None:
    """Every write is struck."""
    stage.steering.arm(replace(shape, match=WRITES, times=None))
    assert scene.submit().counts["submitted"] == 8
    assert struck(stage) > expected.total() / 2
    assert Counter(scene.effects()) == expected
    scene.check_submitted()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("shape", NEED_SOMEBODY.values(), ids=NEED_SOMEBODY)
def test_what_the_planner_refuses_or_mistakes_is_told_and_waits_for_somebody(
    stage: Stage, engines: Iterator[Engine], expected: Counter[Effect], shape: Fault
) -> None:
    """Each write in turn is struck."""
    for number in range(expected.total()):
        scene = stage.scene(next(engines))
        stage.steering.arm(replace(shape, match=WRITES, skip=number))
        scene.submit()
        if not struck(stage):
            assert shape.kind == "wrong_write"  # an entry that is taken off cannot be mistaken
            continue
        check_half_way(scene)
        assert FAILED in scene.statuses().values(), f"write {number}"

        scene.settle()

        scene.check_submitted()
        scene.check_nothing_doubled()


def check_half_way(scene: Scene) -> None:
    """Whatever failed is told, the rest stands, and the tables agree with the planner."""
    rows = scene.office.table()
    assert {row.status for row in rows} <= {DONE, FAILED}
    assert all(row.api_error_details for row in rows if row.status == FAILED)
    scene.check_places(row.event_ref_num for row in rows if row.status == DONE)
    scene.check_agreement()


@pytest.mark.parametrize("seed", SEEDS)
def test_with_one_call_in_five_failing_all_is_submitted_in_the_end(
    stage: Stage, sqlite: Engine, seed: int
) -> None:
    scene = stage.scene(sqlite, pairs=2)
    stage.steering.arm(*storm(seed))
    while not scene.over:
        scene.go_on()
    for number in range(ROUNDS):
        scene.go_on(number)
    assert struck(stage) > 5
    stage.steering.clear_faults()

    scene.settle()

    scene.check_submitted()
    scene.check_nothing_doubled()


@pytest.mark.parametrize("expiry", ["redirect", "unauthorized"])
@pytest.mark.parametrize("login", ["redirect", "session", "page"])
def test_sessions_that_end_in_the_middle_are_opened_anew(
    stage: Stage, scene: Scene, expected: Counter[Effect], expiry: str, login: str
) -> None:
    stage.set(session_calls=4, expiry=expiry, login=login)
    assert scene.submit().counts["submitted"] == 8
    sign_ins = [call for call in stage.steering.calls() if call["path"] == "/login/authenticate"]
    assert len(sign_ins) > 5
    assert Counter(scene.effects()) == expected
    scene.check_submitted()


def submit_apart(scene: Scene, request: int) -> Submitted:
    """Submit as another process would, through connections of its own."""
    engine = connect(scene.url)
    try:
        return scene.submit(request, engine)
    finally:
        engine.dispose()


def test_the_same_submission_twice_at_once_is_made_once(
    stage: Stage, engines: Iterator[Engine], expected: Counter[Effect]
) -> None:
    scene = stage.scene(next(engines))
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(submit_apart, scene, scene.request) for _ in range(2)]
    refused = [one for one in both if isinstance(one.exception(), RequestClosedError)]
    assert len(refused) == 1
    assert Counter(scene.effects()) == expected
    scene.check_submitted()


def test_two_submissions_at_once_come_one_after_the_other(
    stage: Stage, engines: Iterator[Engine], expected: Counter[Effect]
) -> None:
    scene = stage.scene(next(engines))
    stays = scene.proposal.store.events[-1]
    wanted = place(11, "10:30", "US100003")
    other = reschedule(
        scene.engine,
        SETTINGS,
        stays.ref,
        employee_id=wanted.employee,
        start=instant(wanted),
        override=None,
        who=BOSS,
        now=NOW,
    )
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(submit_apart, scene, one) for one in (scene.request, other.request_id)]
        assert sorted(one.result().submitted for one in both) == [1, 8]
    events = [effect.event for effect in scene.effects()]
    assert stays.ref - scene.proposal.store.first in {events[0], events[-1]}
    assert Counter(scene.effects()) > expected
    assert set(scene.statuses().values()) == {DONE}
    scene.check_agreement()


@pytest.mark.process
@pytest.mark.parametrize("seed", SEEDS)
def test_deaths_among_failing_calls(stage: Stage, sqlite: Engine, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    scene = stage.scene(sqlite)
    for attempt in range(MOST_ROUNDS):
        if scene.over:
            break
        point = dice.choice([POINTS.before_a_request(0), POINTS.after_a_request(0), before_a_commit(0)])
        stage.killed(scene, point, dice.randint(1, 15), storm(MOST_ROUNDS * seed + attempt))
    scene.settle()
    scene.check_submitted()
    scene.check_nothing_doubled()
