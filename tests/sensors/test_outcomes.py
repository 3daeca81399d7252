"""How runs ended is told once, in plain words, over restarts; and nothing that a run did is changed by it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import Engine

from assets.metadata import PARTS
from assets.work_order_reports import IDLE_TAG
from resources.clock import Clock
from resources.database import Database
from resources.tab import AuthenticationError
from scheduling_pipeline.definitions import build_definitions
from sensors import outcomes
from tests.sensors.watch import Watch

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
Checks = Mapping[str, tuple[str, dg.AssetCheckSeverity]]  # by name: what is wrong (or ""), and how bad it is


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def watch(engine: Engine, instance: dg.DagsterInstance) -> Watch:
    opened = Watch(engine, instance)
    opened.tick()
    return opened


def run(
    instance: dg.DagsterInstance,
    checks: Checks | None = None,
    *,
    error: Exception | None = None,
    job: str = "sync_calendars",
    partition: str | None = None,
    tags: Mapping[str, str] | None = None,
    parts: Mapping[str, str] | None = None,
) -> str:
    """One finished run of a job that makes `calendars`; a failed check tags it as degraded, as flows do."""
    checks = checks or {}

    @dg.asset(
        check_specs=[dg.AssetCheckSpec(name, asset="calendars") for name in checks],
        partitions_def=dg.StaticPartitionsDefinition(["sfs", "esa"]) if partition else None,
    )
    def calendars(context: dg.AssetExecutionContext) -> Iterator[object]:
        if error is not None:
            raise error
        if tags is None and any(wrong for wrong, _ in checks.values()):
            context.instance.add_run_tags(context.run.run_id, {"degraded": "true"})
        metadata = {PARTS: dg.MetadataValue.json(dict(parts))} if parts else {}
        results = [
            dg.AssetCheckResult(
                check_name=name,
                passed=not wrong,
                severity=grade,
                description=wrong or None,
                metadata=metadata,
            )
            for name, (wrong, grade) in checks.items()
        ]
        yield dg.MaterializeResult(check_results=results)

    definitions = dg.Definitions([calendars], jobs=[dg.define_asset_job(job)])
    done = definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        partition_key=partition,
        tags=dict(tags or {}),
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    return done.run_id


def test_a_failure_is_told_in_the_words_of_the_flow_with_a_link_to_its_run(watch: Watch) -> None:
    failed = run(watch.instance, error=dg.Failure("the booking site is down", allow_retries=False))

    assert watch.tick() == ["Failed: sync calendars"]
    assert watch.bodies == [
        f"calendars: the booking site is down\n\nThe run: https://dagster.example/runs/{failed}"
    ]


def test_our_own_errors_are_told_and_of_others_only_their_kind(watch: Watch) -> None:
    """What a library says may hold anything: a row, an address, a key."""
    run(watch.instance, error=AuthenticationError("the site refuses the user"), job="ours")
    run(watch.instance, error=ValueError("row ('Ana Bell', 'secret')"), job="theirs")

    assert watch.tick() == ["Failed: ours", "Failed: theirs"]
    assert [body.splitlines()[0] for body in watch.bodies] == [
        "calendars: the site refuses the user",
        "calendars: ValueError",
    ]


@pytest.mark.parametrize("name", ["brake", "removals"])
def test_what_waits_for_a_person_says_how_to_let_it_through(watch: Watch, name: str) -> None:
    held = "12 removals wait. If they are right: scheduling-pipeline release 0a1b --by NAME --why REASON"
    run(watch.instance, {"drift": ("an event was edited", WARN), name: (held, ERROR)})

    assert watch.tick() == ["Waits for a person: sync calendars"]
    assert watch.bodies[0].splitlines()[0] == f"calendars, {name}: {held}"
    assert "calendars, drift: an event was edited" in watch.bodies[0]


def test_a_degraded_run_names_its_failed_checks(watch: Watch) -> None:
    run(watch.instance, {"all_written": ("Ana, 7: no mailbox", ERROR), "fine": ("", WARN)})

    assert watch.tick() == ["Needs attention: sync calendars"]
    assert watch.bodies[0].splitlines()[0] == "calendars, all written: Ana, 7: no mailbox"


def test_a_warning_of_a_run_that_left_nothing_undone_is_no_news(watch: Watch) -> None:
    """As in a dry run: it says that nothing was written, and that is what somebody wanted."""
    run(watch.instance, {"all_written": ("dry run: 3 changes", WARN)}, tags={})
    assert watch.tick() == []


def test_trouble_that_still_stands_is_not_told_as_over(watch: Watch) -> None:
    """As a file in quarantine, while others arrive: only the run that it came with is tagged."""
    bad = {"quarantine": ("ACQ__a.csv: a column is missing", WARN), "all_fetched": ("", WARN)}
    run(watch.instance, bad)
    run(watch.instance, bad, tags={})
    assert watch.tick() == ["Needs attention: sync calendars"]

    run(watch.instance, dict.fromkeys(bad, ("", WARN)))
    assert watch.tick() == ["Works again: sync calendars"]


def test_the_next_success_of_the_same_job_and_partition_is_told_once(watch: Watch) -> None:
    run(watch.instance, error=dg.Failure("down"), partition="sfs")
    run(watch.instance, partition="esa")
    assert watch.tick() == ["Failed: sync calendars (sfs)"]

    run(watch.instance, partition="sfs")
    run(watch.instance, partition="sfs")
    assert watch.tick() == ["Works again: sync calendars (sfs)"]


def test_the_order_of_runs_is_kept_within_a_tick(watch: Watch) -> None:
    run(watch.instance, {"drift": ("edited", WARN)})
    run(watch.instance, error=dg.Failure("down"))
    run(watch.instance)

    assert watch.tick() == [
        "Needs attention: sync calendars",
        "Failed: sync calendars",
        "Works again: sync calendars",
    ]


def test_nothing_is_told_twice_after_a_restart_that_lost_the_cursor(watch: Watch) -> None:
    before = watch.cursor
    run(watch.instance, error=dg.Failure("down"))
    run(watch.instance)
    assert len(watch.tick()) == 2

    assert watch.tick(cursor=before) == []


def test_more_runs_than_a_tick_takes_are_told_over_several(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "RUNS_A_TICK", 2)
    for number in range(5):
        run(watch.instance, error=dg.Failure("down"), job=f"job_{number}")
        run(watch.instance, job=f"job_{number}")

    told: list[str] = []
    for _ in range(5):
        told += watch.tick()

    assert told == [f"{word}: job {number}" for number in range(5) for word in ("Failed", "Works again")]


def test_what_ended_before_the_first_tick_is_not_told(engine: Engine, instance: dg.DagsterInstance) -> None:
    run(instance, error=dg.Failure("down"))
    fresh = Watch(engine, instance)
    assert [fresh.tick(), fresh.tick()] == [[], []]


def test_an_end_that_is_just_being_noted_waits_for_the_next_tick(watch: Watch) -> None:
    run(watch.instance, error=dg.Failure("down"))
    assert watch.tick(later=timedelta(0)) == []
    assert watch.tick() == ["Failed: sync calendars"]


def test_a_run_that_dagster_is_about_to_repeat_is_left_to_the_repetition(watch: Watch) -> None:
    run(watch.instance, error=dg.Failure("lost"), tags={"dagster/will_retry": "true"})
    assert watch.tick() == []


def test_a_run_that_found_nothing_to_do_says_nothing_of_the_job(watch: Watch) -> None:
    failed = run(watch.instance, error=dg.Failure("down"))
    idle = run(watch.instance)
    watch.instance.add_run_tags(idle, {IDLE_TAG: idle})
    assert watch.tick() == ["Failed: sync calendars"]

    run(watch.instance, tags={IDLE_TAG: failed})
    assert watch.tick() == ["Works again: sync calendars"], "a tag that Dagster copied is another run's"


def test_each_part_that_a_check_judges_by_itself_is_told_by_itself(watch: Watch) -> None:
    """As the age check does, of each agenda."""
    old = "last read completely on Mon 02 Mar 08:00 UTC"
    for parts in ({"sfs": old, "esa": ""}, {"sfs": old, "esa": old}, {"sfs": "", "esa": old}):
        run(watch.instance, {"age": (", ".join(parts), ERROR)}, job="check_age", tags={}, parts=parts)

    assert watch.tick() == [
        "Needs attention: check age (calendars, sfs)",
        "Needs attention: check age (calendars, esa)",
        "Works again: check age (calendars, sfs)",
    ]
    assert watch.bodies[0].splitlines()[0] == old


def test_a_job_that_failed_works_again_though_each_check_judges_parts(watch: Watch) -> None:
    run(watch.instance, error=dg.Failure("down"), job="check_age")
    run(watch.instance, {"age": ("", ERROR)}, job="check_age", parts={"sfs": "", "esa": ""})
    assert watch.tick() == ["Failed: check age", "Works again: check age"]


def test_the_age_check_of_the_flow_is_told_of_each_agenda(watch: Watch, engine: Engine) -> None:
    database = Database(url=engine.url.render_as_string(hide_password=False))
    definitions = build_definitions(resources={"database": database, "clock": Clock(url=None)})

    definitions.resolve_job_def("check_timetable_age").execute_in_process(instance=watch.instance)

    told = watch.tick()
    assert "Needs attention: check timetable age (timetable, sfs_lausanne)" in told
    assert "Needs attention: check timetable age (timetable, esa_lausanne)" in told
    assert watch.bodies[0].splitlines()[0] == "never read completely"


def test_a_run_is_as_it_was(watch: Watch) -> None:
    failed = run(watch.instance, error=dg.Failure("down"))
    before = watch.instance.get_run_by_id(failed)
    watch.tick()
    assert watch.instance.get_run_by_id(failed) == before
