"""A release starts one run of what it is about, once."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest
from sqlalchemy import Engine, insert

from assets.agendas import Agendas
from assets.course_jobs import build_course_jobs
from assets.jobs import build_sync_job
from resources.database import Database
from scheduling_pipeline.database.models import Release
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.timetable.agendas import load_agendas
from sensors.releases import build_course_release_sensor, build_release_sensor

AGENDAS = Agendas.of_catalogue(load_agendas())
DEFINITIONS = build_definitions()


def _release(engine: Engine, scope: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(Release).values(
                digest="0123",
                scope=scope,
                keys=["remove|x"],
                released_by="Ana Martel",
                reason="the class ended",
                released_at=datetime(2026, 3, 2, tzinfo=UTC),
            )
        )


AGENDA_SENSOR = build_release_sensor(AGENDAS, build_sync_job(), running=True)
COURSE_SENSOR = build_course_release_sensor(build_course_jobs()[0], running=True)


def _tick(
    engine: Engine, cursor: str | None, sensor: dg.SensorDefinition = AGENDA_SENSOR
) -> tuple[list[tuple[str | None, str | None]], str | None]:
    database = Database(url=engine.url.render_as_string(hide_password=False))
    context = dg.build_sensor_context(
        cursor=cursor, definitions=DEFINITIONS, resources={"database": database}
    )
    result = sensor.evaluate_tick(context)
    return [(run.run_key, run.partition_key) for run in result.run_requests or []], result.cursor


def test_without_a_release_no_run_starts(engine: Engine) -> None:
    assert _tick(engine, None) == ([], "0")


def test_a_release_starts_one_run_of_its_agenda_and_no_second_one(engine: Engine) -> None:
    _release(engine, "private_french_lausanne")
    runs, cursor = _tick(engine, None)
    assert runs == [("release-1", "private_french_lausanne")]
    assert _tick(engine, cursor) == ([], cursor)


def test_a_release_of_an_agenda_that_is_no_longer_live_starts_nothing_and_is_passed(engine: Engine) -> None:
    _release(engine, "retired_agenda")
    runs, cursor = _tick(engine, None)
    assert runs == []
    assert cursor == "1"


@pytest.mark.parametrize("scope", ["courses", "course_catalogue"])
def test_a_release_of_course_removals_starts_the_run_of_course_calendars_once(
    engine: Engine, scope: str
) -> None:
    _release(engine, scope)
    runs, cursor = _tick(engine, None, COURSE_SENSOR)
    assert runs == [("release-1", None)]
    assert _tick(engine, cursor, COURSE_SENSOR) == ([], cursor)
    assert _tick(engine, None) == ([], "1")


def test_a_release_of_an_agenda_starts_nothing_for_course_calendars(engine: Engine) -> None:
    _release(engine, "private_french_lausanne")
    assert _tick(engine, None, COURSE_SENSOR) == ([], "1")
