"""When the sensor looks, what it starts, and when it starts nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import dagster as dg
import pytest
from sqlalchemy import Engine, insert

from assets.sharepoint_files import INGEST_JOB, INGEST_LEASE, files_in
from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.database.models import IngestedVersion
from scheduling_pipeline.files.arrival import Cursor
from scheduling_pipeline.files.model import DriveError, DriveItem, Page
from scheduling_pipeline.settings import SchedulerSettings
from sensors.sharepoint_arrival import BATCH_TAG, Tick, cadence_of
from tests.files.pages import ROOT, PageDrive, file

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@dataclass
class Site:
    """A SharePoint that connects to a drive of written-down pages, and counts how often."""

    drive: PageDrive
    connections: int = 0

    @contextmanager
    def connect(self, *, within: float) -> Iterator[PageDrive]:
        assert within < 30, "Dagster gives a tick 60 seconds"
        self.connections += 1
        yield self.drive


@dataclass
class Sensor:
    """The sensor, ticked by hand: what it asked for is noted, and becomes a run if it is told to."""

    instance: dg.DagsterInstance
    engine: Engine
    site: Site
    settings: SchedulerSettings = field(default_factory=SchedulerSettings)
    cursor: Cursor = field(default_factory=Cursor)

    def tick(self, now: datetime = NOW) -> dg.SensorResult:
        tick = Tick(self.settings, cadence_of(self.settings), self.instance, self.engine, now)
        result = tick.evaluate(self.cursor, self.site)  # type: ignore[arg-type]
        self.cursor = Cursor.parse(result.cursor)
        return result

    def files(self, now: datetime = NOW) -> list[str]:
        """The files of the run that a tick asks for; none for no run."""
        return [
            one["item"]
            for request in self.tick(now).run_requests or []
            for one in request.run_config["ops"]["ingestion_log"]["config"]["files"]
        ]

    def start(self, request: dg.RunRequest, status: dg.DagsterRunStatus, *, alive: bool = False) -> None:
        """As the daemon would: a run of that request, in that state; `alive`: it has taken its lease."""
        if alive:
            Leases(self.engine).try_acquire([INGEST_LEASE])
        self.instance.create_run_for_job(
            _job(), run_config=request.run_config, tags=dict(request.tags), status=status
        )

    def note(self, *items: str, outcome: str = "loaded", etag: str = "1") -> None:
        """As a run would: write down what became of files."""
        with self.engine.begin() as connection:
            connection.execute(
                insert(IngestedVersion),
                [
                    {
                        "drive": "drive",
                        "item": item,
                        "etag": etag,
                        "path": item,
                        "size": 1,
                        "sha256": item,
                        "modified_by": "",
                        "dataset": "acq",
                        "outcome": outcome,
                        "reason": "it did not come through",
                        "missing_columns": [],
                        "extra_columns": [],
                        "run_id": "run",
                        "ingested_at": NOW,
                    }
                    for item in items
                ],
            )


def _job() -> dg.JobDefinition:
    @dg.op(name="ingestion_log", config_schema=dict)
    def ingestion_log() -> None:
        pass

    @dg.job(name=INGEST_JOB)
    def ingest() -> None:
        ingestion_log()

    return ingest


def _begin(instance: dg.DagsterInstance) -> None:
    """As a worker would when it starts with the run."""
    (run,) = instance.get_runs()
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, INGEST_JOB, message="started")
    instance.report_dagster_event(event, run.run_id)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def sensor(instance: dg.DagsterInstance, engine: Engine) -> Sensor:
    """A sensor of a folder with two files."""
    pages: dict[str | None, Page | Exception] = {
        None: Page([ROOT, file("a"), file("b")], delta_link="end"),
        "end": Page([], delta_link="end"),
    }
    return Sensor(instance, engine, Site(PageDrive(pages)))


def test_new_files_go_to_one_run(sensor: Sensor) -> None:
    assert sensor.files() == ["a", "b"]


def test_a_tick_with_nothing_new_starts_no_run_and_says_when_it_looks_next(sensor: Sensor) -> None:
    sensor.tick()
    sensor.note("a", "b")
    sensor.tick(NOW + timedelta(minutes=1))

    result = sensor.tick(NOW + 2 * HOUR)

    assert not result.run_requests
    assert result.skip_reason is not None
    assert "the next look is" in (result.skip_reason.skip_message or "")


def test_between_two_looks_sharepoint_is_left_alone(sensor: Sensor) -> None:
    sensor.tick()
    sensor.note("a", "b")
    sensor.tick(NOW + timedelta(minutes=1))
    before = sensor.site.connections

    for minute in range(2, 50):
        assert not sensor.files(NOW + timedelta(minutes=minute))

    assert sensor.site.connections == before


def test_the_interval_says_when_to_look(sensor: Sensor) -> None:
    sensor.settings = SchedulerSettings(interval_minutes=10)
    sensor.tick()
    assert sensor.cursor.look_at == NOW + timedelta(minutes=10)

    sensor.settings = SchedulerSettings(interval_minutes=10, interval_seconds=5)
    sensor.tick(NOW + timedelta(minutes=10))
    assert sensor.cursor.look_at == NOW + timedelta(minutes=10, seconds=5)


def test_jitter_puts_the_next_look_off_by_at_most_that(sensor: Sensor) -> None:
    sensor.settings = SchedulerSettings(interval_minutes=10, jitter_seconds=60)
    seen = set()
    for _ in range(20):
        sensor.cursor = Cursor()
        sensor.tick()
        assert sensor.cursor.look_at is not None
        seen.add(sensor.cursor.look_at)

    assert len(seen) > 1
    assert all(timedelta(0) <= at - NOW - timedelta(minutes=10) <= timedelta(minutes=1) for at in seen)


def test_times_of_day_in_their_zone_replace_the_interval(sensor: Sensor) -> None:
    sensor.settings = SchedulerSettings(
        interval_minutes=1, quad_daily_times=(time(9, 5), time(12, 5)), timezone="America/Chicago"
    )

    sensor.tick(datetime.fromisoformat("2026-03-08T10:00:00-05:00"))

    assert sensor.cursor.look_at == datetime.fromisoformat("2026-03-08T12:05:00-05:00")


def test_a_look_that_was_missed_is_caught_up_once(sensor: Sensor) -> None:
    sensor.tick()
    sensor.note("a", "b")
    late = NOW + 30 * HOUR

    sensor.tick(late)

    assert sensor.cursor.look_at == late + HOUR


def test_many_files_take_a_handful_of_runs_one_after_another(sensor: Sensor) -> None:
    names = [f"f{n:03}" for n in range(200)]
    sensor.site.drive.pages[None] = Page([ROOT, *map(file, names)], delta_link="end")
    sensor.settings = SchedulerSettings(run_files=60)
    seen: list[str] = []
    runs = 0
    while found := sensor.files(NOW + timedelta(seconds=15 * runs)):
        seen += found
        runs += 1
        sensor.note(*found)

    assert sorted(seen) == names
    assert runs == 4


def test_a_run_is_bounded_in_bytes(sensor: Sensor) -> None:
    large = [replace(file(name), size=600_000) for name in "abc"]
    sensor.site.drive.pages[None] = Page([ROOT, *large], delta_link="end")
    sensor.settings = SchedulerSettings(run_megabytes=1)

    assert sensor.files() == ["a"]


def test_the_link_stays_until_every_file_has_its_outcome(sensor: Sensor) -> None:
    sensor.tick()
    assert (sensor.cursor.link, sensor.cursor.ahead) == (None, "end")
    sensor.note("a")
    sensor.tick(NOW + timedelta(minutes=1))
    assert sensor.cursor.link is None

    sensor.note("b", outcome="quarantined")
    sensor.tick(NOW + timedelta(minutes=2))

    assert sensor.cursor.link == "end"


def test_a_history_of_ten_thousand_files_costs_a_change_one_page(sensor: Sensor) -> None:
    history = [file(f"f{n:05}") for n in range(10_000)]
    sensor.site.drive.pages[None] = Page([ROOT, *history], delta_link="end")
    sensor.tick()
    sensor.note(*(item.id for item in history))
    sensor.tick(NOW + timedelta(minutes=1))
    sensor.site.drive.pages["end"] = Page([file("new")], delta_link="end2")
    sensor.site.drive.asked.clear()

    assert sensor.files(NOW + HOUR) == ["new"]
    assert sensor.site.drive.asked == ["end"]


def test_an_unfinished_set_of_files_gets_a_new_key(sensor: Sensor) -> None:
    (first,) = sensor.tick().run_requests or []
    sensor.start(first, dg.DagsterRunStatus.FAILURE)

    assert not sensor.files(NOW + timedelta(minutes=1)), "it waits for the next look"
    (second,) = sensor.tick(NOW + HOUR).run_requests or []

    assert (first.run_key or "").endswith("-1")
    assert (second.run_key or "").endswith("-2")
    assert first.tags[BATCH_TAG] == second.tags[BATCH_TAG]


def test_what_a_run_left_over_goes_on_at_once(sensor: Sensor) -> None:
    (first,) = sensor.tick().run_requests or []
    sensor.start(first, dg.DagsterRunStatus.FAILURE)
    sensor.note("a")

    assert sensor.files(NOW + timedelta(minutes=1)) == ["b"]


def test_a_file_that_failed_is_tried_again_with_the_next_look(sensor: Sensor) -> None:
    sensor.tick()
    sensor.note("a")
    sensor.note("b", outcome="failed")

    assert not sensor.files(NOW + timedelta(minutes=1))
    assert sensor.files(NOW + HOUR) == ["b"]


def test_while_a_run_is_under_way_a_look_is_left_out_with_a_warning(
    sensor: Sensor, caplog: pytest.LogCaptureFixture
) -> None:
    (request,) = sensor.tick().run_requests or []
    sensor.start(request, dg.DagsterRunStatus.NOT_STARTED, alive=True)
    logging.getLogger("sensors").addHandler(caplog.handler)

    assert not sensor.files(NOW + HOUR)

    assert sensor.cursor.look_at == NOW + 2 * HOUR
    assert "a run is still under way" in caplog.text


def test_under_queue_a_look_comes_right_after_the_run(sensor: Sensor) -> None:
    sensor.settings = SchedulerSettings(overlap_policy="queue")
    (request,) = sensor.tick().run_requests or []
    sensor.start(request, dg.DagsterRunStatus.NOT_STARTED, alive=True)
    sensor.site.drive.pages[None] = Page([ROOT, file("a"), file("b"), file("c")], delta_link="end")
    sensor.tick(NOW + HOUR)
    assert sensor.cursor.look_at == NOW + HOUR
    sensor.note("a", "b")
    (run,) = sensor.instance.get_runs()
    sensor.instance.report_run_canceled(run)

    assert sensor.files(NOW + HOUR + timedelta(seconds=15)) == ["c"]


def test_where_overlap_is_allowed_what_a_run_has_in_hand_is_left_to_it(sensor: Sensor) -> None:
    sensor.settings = SchedulerSettings(allow_overlap=True)
    (request,) = sensor.tick().run_requests or []
    sensor.start(request, dg.DagsterRunStatus.NOT_STARTED, alive=True)
    (run,) = sensor.instance.get_runs()
    assert files_in(run) == {"a", "b"}
    sensor.site.drive.pages[None] = Page([ROOT, file("a"), file("b"), file("c")], delta_link="end")

    assert sensor.files(NOW + HOUR) == ["c"]


def test_a_run_that_died_without_a_word_holds_nothing_up(sensor: Sensor) -> None:
    (request,) = sensor.tick().run_requests or []
    sensor.start(request, dg.DagsterRunStatus.NOT_STARTED)
    _begin(sensor.instance)

    assert not sensor.files(NOW + timedelta(seconds=30)), "it may not have taken its lease yet"
    assert sensor.files(NOW + HOUR) == ["a", "b"]


def test_a_run_that_lives_is_waited_for(sensor: Sensor) -> None:
    (request,) = sensor.tick().run_requests or []
    sensor.start(request, dg.DagsterRunStatus.NOT_STARTED)
    _begin(sensor.instance)
    Leases(sensor.engine).try_acquire([INGEST_LEASE])

    assert not sensor.files(NOW + HOUR)


def test_a_drive_that_cannot_be_asked_fails_the_tick_and_moves_nothing(sensor: Sensor) -> None:
    sensor.site.drive.pages[None] = DriveError("the site is down", transient=True)

    with pytest.raises(DriveError, match="the site is down"):
        sensor.tick()

    assert sensor.cursor == Cursor()


def test_a_changed_file_is_news_and_a_renamed_one_is_work_without_a_download(sensor: Sensor) -> None:
    sensor.tick()
    sensor.note("a", "b")
    sensor.tick(NOW + timedelta(minutes=1))
    sensor.site.drive.pages["end"] = Page(
        [DriveItem("b", "b", "root", etag="2", size=2, quick_xor="other")], delta_link="end2"
    )

    assert sensor.files(NOW + HOUR) == ["b"]


def test_what_fails_again_and_again_keeps_nobody_waiting(sensor: Sensor) -> None:
    sensor.settings = SchedulerSettings(run_files=1)
    sensor.tick()
    sensor.note("a", outcome="failed")

    assert sensor.files(NOW + HOUR) == ["b"]


def test_a_run_that_was_never_launched_holds_nothing_up_for_long(sensor: Sensor) -> None:
    (request,) = sensor.tick().run_requests or []
    sensor.start(request, dg.DagsterRunStatus.NOT_STARTED)

    assert not sensor.files(NOW + timedelta(seconds=30))
    assert sensor.files(NOW + HOUR) == ["a", "b"]
