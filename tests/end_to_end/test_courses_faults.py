"""The course calendars while Google fails: everything ends, nobody else suffers, nothing is lost or doubled.

The numbers in names are those of the cases that once went wrong elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import stamina
from sqlalchemy import Engine, delete

from scheduling_pipeline.calendars.apply import MAX_TRIES
from scheduling_pipeline.course_calendars import State
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.models import SyncedEvent
from scheduling_pipeline.simulators.control import Fault
from tests.courses.school import SPRING, address, course, enrollment, meeting
from tests.databases import copied
from tests.end_to_end.college import STUDENTS, allow, consent, first_night, second_night, synced
from tests.end_to_end.course_stage import (
    CHANGED,
    NEW,
    WRITES,
    Scene,
    Stage,
    open_stage,
    three_in_ten,
    undisturbed,
)
from tests.end_to_end.mailboxes import open_operations
from tests.end_to_end.students import Seen, edited, sign_in, standing, tags

ATTEMPTS = 4
MONDAYS, TUESDAYS, THURSDAYS, EXAM, GONE_EXAM = (
    f"class-{SPRING}-1-1",
    f"class-{SPRING}-2-1",
    f"class-{SPRING}-3-1",
    f"exam-{SPRING}-2",
    f"exam-{SPRING}-1",
)
STRUCK = (401, 403, 429, 503)
A_TUESDAY, A_THURSDAY = date(2026, 3, 24), date(2026, 3, 19)


@pytest.fixture(scope="module")
def open_google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@pytest.fixture
def stage(open_google: Stage) -> Iterator[Stage]:
    """Nothing fails yet. What fails in passing is tried again without the waiting."""
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield open_google
    open_google.steering.clear_faults()


def story(stage: Stage, engine: Engine, faults: list[Fault]) -> tuple[Scene, float]:
    """Five nights of changes to and fro, with people who change things by hand; the last one is calm.

    Returns the scene as it is then, and which share of the calls of the other nights were struck.
    """
    scene = stage.scene(engine, NEW)
    stage.run(scene)
    ann, ben, cem = (scene.students[name] for name in STUDENTS)
    calls = 0
    struck = 0
    for night, files in enumerate((second_night(), first_night(), second_night(), first_night())):
        if night == 0:
            ann.edit(ann.event(MONDAYS), summary="Algebra at last")
            ben.delete(ben.occurrence(ben.event(TUESDAYS), A_TUESDAY))
            cem.delete(cem.event(THURSDAYS))
        elif night == 1:
            ann.edit(ann.event(EXAM), location="At home")
        elif night == 2:
            ben.edit(ben.event(MONDAYS), colorId="3")
        scene.files_arrive(files)
        stage.steering.forget_calls()
        stage.steering.arm(*faults)
        for _ in range(2):
            stage.try_to_run(scene)
        stage.steering.clear_faults()
        made = [call for call in stage.steering.calls() if call["kind"] == "call"]
        calls += len(made)
        struck += sum(call["status"] in STRUCK or not call["answered"] for call in made)
        tags(scene.students)  # fails when something stands twice
    scene.files_arrive(second_night())
    stage.run(scene)
    return scene, struck / calls


@pytest.mark.process
def test_with_three_in_ten_calls_failing_nothing_is_lost_or_doubled(
    stage: Stage, engines: Iterator[Engine]
) -> None:
    calm, share = story(stage, next(engines), [])
    assert share == 0
    expected = standing(calm.students)

    stormy, share = story(stage, next(engines), three_in_ten())

    assert share > 0.25
    assert standing(stormy.students) == expected
    ann, ben, cem = (stormy.students[name] for name in STUDENTS)
    assert ann.event(MONDAYS)["summary"] == "Algebra at last"
    assert ann.event(EXAM)["location"] == "At home"
    assert ben.event(MONDAYS)["colorId"] == "3"
    assert A_TUESDAY + timedelta(days=2) not in ben.dates(ben.event(TUESDAYS))  # they are on Thursdays now
    assert not cem.has(THURSDAYS)
    assert synced(stormy.engine) == stormy.calendars.keys()
    stage.check(stormy)


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    engine = connect(copied(migrated_sqlite, tmp_path / "pipeline.db"))
    yield engine
    engine.dispose()


@pytest.fixture
def scene(stage: Stage, sqlite: Engine) -> Scene:
    """All three are due, with changes of every kind."""
    return stage.scene(sqlite, CHANGED)


@pytest.fixture(scope="module")
def expected(
    open_google: Stage, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Counter[Seen]]:
    """What stands once the changes are made."""
    database_url = copied(migrated_sqlite, tmp_path_factory.mktemp("undisturbed") / "pipeline.db")
    return undisturbed(open_google, database_url, CHANGED)


def check_done(scene: Scene, expected: Mapping[str, Counter[Seen]], *names: str) -> None:
    """These and nobody else are done."""
    for name in names:
        assert standing({name: scene.students[name]}) == expected[name], name
    assert {scene.calendars[calendar] for calendar in synced(scene.engine)} == set(names)


REFUSALS = {
    "403 forbidden": ({"status": 403, "reason": "forbidden"}, "not allowed"),
    "403 over the rate": ({"status": 403, "reason": "rateLimitExceeded"}, "too many requests"),
    "403 over the user's rate": ({"status": 403, "reason": "userRateLimitExceeded"}, "too many requests"),
    "403 over the quota": ({"status": 403, "reason": "quotaExceeded"}, "too many requests"),
    "429": ({"status": 429, "reason": "rateLimitExceeded", "retry_after": 0}, "too many requests"),
    "400": ({"status": 400, "reason": "invalid"}, "not accepted"),
    "500": ({"status": 500, "reason": "backendError"}, "500"),
    "503": ({"status": 503, "reason": "backendError"}, "503"),
}


@pytest.mark.parametrize(("answer", "words"), REFUSALS.values(), ids=REFUSALS)
def test_10_what_google_refuses_one_of_them_is_given_up_and_the_others_are_done(
    stage: Stage,
    scene: Scene,
    expected: Mapping[str, Counter[Seen]],
    answer: Mapping[str, object],
    words: str,
) -> None:
    ann = scene.students["ann"]
    stage.steering.arm(Fault("http", f"{WRITES}{ann.calendar}", None, params=dict(answer)))
    stage.steering.forget_calls()

    (failed,) = (one for one in stage.try_to_run(scene) if one.state is not State.SYNCED)

    assert (failed.owner.email, failed.state) == (address("ann"), State.FAILED)
    assert words in failed.problem
    tries = Counter((call["method"], call["path"]) for call in stage.calls_about(ann.calendar))
    assert max(tries.values()) <= MAX_TRIES * ATTEMPTS
    check_done(scene, expected, "ben", "cem")

    stage.steering.clear_faults()
    stage.run(scene)
    check_done(scene, expected, *STUDENTS)
    stage.check(scene)


def test_10_who_withdrew_their_consent_has_to_sign_in_and_is_not_tried_again(
    stage: Stage, scene: Scene, expected: Mapping[str, Counter[Seen]]
) -> None:
    stage.steering.control("POST", "revoke", json={"email": address("ann")})

    (failed,) = (one for one in stage.try_to_run(scene) if one.state is not State.SYNCED)

    assert (failed.owner.email, failed.state) == (address("ann"), State.SIGN_IN)
    check_done(scene, expected, "ben", "cem")
    stage.steering.forget_calls()
    assert stage.try_to_run(scene) == []
    assert stage.steering.calls() == []

    stage.clients["ann"] = sign_in(stage.environment, allow(stage.steering, address("ann")))
    consent(scene.engine, stage.google, stage.steering, [address("ann")], scene.night.now)
    scene.students["ann"] = replace(scene.students["ann"], google=stage.clients["ann"])
    stage.run(scene)
    check_done(scene, expected, *STUDENTS)


def test_10_an_access_token_that_expired_is_replaced(
    stage: Stage, scene: Scene, expected: Mapping[str, Counter[Seen]]
) -> None:
    stage.steering.arm(Fault("expired_token", WRITES, 3))
    stage.run(scene)
    check_done(scene, expected, *STUDENTS)


def test_10_while_no_tokens_are_to_be_had_nobody_has_to_sign_in(
    stage: Stage, scene: Scene, expected: Mapping[str, Counter[Seen]]
) -> None:
    stage.steering.arm(Fault("identity", "POST /token", None, params={"status": 503}))

    assert {one.state for one in stage.try_to_run(scene)} == {State.FAILED}

    stage.steering.clear_faults()
    stage.run(scene)
    check_done(scene, expected, *STUDENTS)


def test_10_a_calendar_that_is_gone_is_missing_and_the_others_are_done(stage: Stage, scene: Scene) -> None:
    scene.students["ann"].delete_calendar()

    (failed,) = (one for one in stage.try_to_run(scene) if one.state is not State.SYNCED)

    assert (failed.owner.email, failed.state) == (address("ann"), State.MISSING)
    assert synced(scene.engine) == {scene.students[name].calendar for name in ("ben", "cem")}
    stage.steering.forget_calls()
    assert stage.try_to_run(scene) == []
    assert stage.steering.calls() == []


def test_10_what_was_deleted_already_is_neither_a_failure_nor_made_again(stage: Stage, scene: Scene) -> None:
    """410 of a delete, and an update that finds the event cancelled."""
    ann = scene.students["ann"]
    stage.steering.forget_calls()
    ann.delete(ann.event(GONE_EXAM))
    ann.delete(ann.event(MONDAYS))

    stage.run(scene)

    assert not ann.has(MONDAYS)
    assert not ann.has(GONE_EXAM)
    assert {uid for _, uid in edited(scene.engine)} == {MONDAYS}
    stage.check(scene)


@pytest.mark.parametrize("lost", [STUDENTS, ("ann",)], ids=["all", "one calendar's"])
def test_10_events_that_stand_already_are_adopted(stage: Stage, scene: Scene, lost: Collection[str]) -> None:
    """409: the ledger was lost, or a calendar's part of it."""
    stage.run(scene)
    before = tags(scene.students)
    calendars = [scene.students[name].calendar for name in lost]
    with scene.engine.begin() as connection:
        connection.execute(delete(SyncedEvent).where(SyncedEvent.calendar.in_(calendars)))

    written = stage.run(replace(scene, night=replace(scene.night, everybody=True)))

    assert written["updated"] == 0
    assert tags(scene.students) == before  # the very events, ETags included
    assert open_operations(scene.engine) == 0


@pytest.mark.parametrize("match", [WRITES, "^POST /batch"], ids=["a call", "a batch"])
@pytest.mark.parametrize("kind", ["drop_reply", "lose_request"])
def test_14_an_answer_that_is_lost_after_the_fact_doubles_nothing(
    stage: Stage, scene: Scene, expected: Mapping[str, Counter[Seen]], kind: str, match: str
) -> None:
    stage.steering.arm(Fault(kind, match, 1))
    stage.run(scene)
    check_done(scene, expected, *STUDENTS)
    stage.check(scene)


@pytest.mark.parametrize("work", [NEW, CHANGED])
def test_14_two_syncs_at_once_double_nothing(stage: Stage, engines: Iterator[Engine], work: str) -> None:
    scene = stage.scene(next(engines), work)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(stage.try_to_run, scene) for _ in range(2)]
        ended = [one for run in both for one in run.result()]

    assert {one.state for one in ended} <= {State.SYNCED, State.CHANGED}
    assert sum(one.writes for one in ended) == {NEW: 26, CHANGED: 24}[work]
    assert stage.run(scene) == Counter()
    assert synced(scene.engine) == scene.calendars.keys()
    stage.check(scene)


def test_16_a_calendar_may_have_more_events_than_fit_on_a_page(stage: Stage, sqlite: Engine) -> None:
    scene = stage.scene(sqlite, NEW)
    ann = scene.students["ann"]
    files = first_night()
    crns = range(100, 240)
    files["courses"] += [course(crn) for crn in crns]
    files["meeting_times"] += [meeting(crn, day, 800, 840) for crn in crns for day in (2, 4)]
    files["enrollments"] += [enrollment(address("ann"), crn) for crn in crns]
    scene.files_arrive(files)
    stage.run(scene)
    assert len(ann.events()) > 280
    with scene.engine.begin() as connection:
        connection.execute(delete(SyncedEvent))

    stage.run(replace(scene, night=replace(scene.night, everybody=True)))

    assert len(tags(scene.students)) == len(ann.events()) + sum(
        len(scene.students[name].events()) for name in ("ben", "cem")
    )
    stage.check(scene)
