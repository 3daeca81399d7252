"""The timetable asset: what was read completely is kept, and what could not be read changes nothing."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from resources.database import load_frame
from tests.assets.site import JO, MON, MONDAY, WEEK, WrittenSite, lesson, sessions, weekly
from tests.end_to_end.pipeline import ENGLISH, ESA, FRENCH, GERMAN, SFS, Pipeline

NEXT_MONDAY = MONDAY + WEEK


def test_reads_the_current_week_and_the_next_ones_as_the_settings_say(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    ran = pipeline.run(SFS, assets=["timetable"])

    assert ran.success
    assert site.asked == [(SFS, [MONDAY, NEXT_MONDAY])]
    assert ran.count("timetable", SFS, "weeks read") == 2
    assert ran.count("timetable", SFS, "lessons read") == 8
    assert ran.count("timetable", SFS, "teachers") == 3


def test_a_run_may_ask_for_more_weeks(pipeline: Pipeline, site: WrittenSite) -> None:
    pipeline.run(ENGLISH, assets=["timetable"], config={"timetable": {"weeks": 5}})

    assert site.asked == [(ENGLISH, [MONDAY + n * WEEK for n in range(5)])]


def test_one_run_reads_several_agendas_in_one_session(pipeline: Pipeline, site: WrittenSite) -> None:
    ran = pipeline.run(ENGLISH, FRENCH, GERMAN, assets=["timetable"])

    assert [agenda for agenda, _ in site.asked] == [ENGLISH, FRENCH, GERMAN]
    assert set(ran.materialized("timetable")) == {ENGLISH, FRENCH, GERMAN}


def test_a_week_that_could_not_be_read_keeps_its_last_good_rows(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(ENGLISH, sessions(2))
    pipeline.run(ENGLISH, assets=["timetable"])
    site.show(ENGLISH)
    site.broken[ENGLISH, NEXT_MONDAY] = "the site showed another week"

    ran = pipeline.run(ENGLISH, assets=["timetable"])

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("complete_reading")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    assert f"{ENGLISH}, week of {NEXT_MONDAY}: the site showed another week" in (check.description or "")
    assert ran.count("timetable", ENGLISH, "weeks not read") == 1
    assert len(load_frame(pipeline.engine, "timetable", [ENGLISH])) == 2


def test_when_nothing_could_be_read_the_run_fails_and_says_why(pipeline: Pipeline, site: WrittenSite) -> None:
    pipeline.run(ENGLISH)
    site.fail(ENGLISH, "the login page instead of a grid")
    calls = pipeline.forget()

    ran = pipeline.run(ENGLISH)

    assert not ran.success
    assert "no week could be read completely" in ran.errors
    assert "the login page instead of a grid" in ran.errors
    assert ran.materialized("timetable") == {}
    assert len(load_frame(pipeline.engine, "timetable", [ENGLISH])) == 3
    assert pipeline.writes(since=calls) == []


def test_an_agenda_that_cannot_be_read_does_not_stop_the_others(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(GERMAN, sessions(2, first=70))
    site.fail(FRENCH, "the grid has no room column")

    ran = pipeline.run(ENGLISH, FRENCH, GERMAN)

    assert ran.success
    assert ran.tags["degraded"] == "true"
    assert "complete_reading" in ran.failed_checks
    assert ran.count("outlook_calendars", ENGLISH, "events created") == 3
    assert ran.count("outlook_calendars", GERMAN, "events created") == 2


def test_a_shrunken_week_is_pointed_out(pipeline: Pipeline, site: WrittenSite) -> None:
    site.show(ENGLISH, sessions(30))
    pipeline.run(ENGLISH, assets=["timetable"])
    site.show(ENGLISH, sessions(20))

    ran = pipeline.run(ENGLISH, assets=["timetable"])

    check = ran.check("size")
    assert not check.passed
    assert check.description == f"{ENGLISH}, week of {NEXT_MONDAY}: 20 lessons instead of 30"


def test_an_honest_change_of_size_passes(pipeline: Pipeline, site: WrittenSite) -> None:
    site.show(ENGLISH, sessions(30))
    pipeline.run(ENGLISH, assets=["timetable"])
    site.show(ENGLISH, sessions(25))

    assert pipeline.run(ENGLISH, assets=["timetable"]).check("size").passed


def test_a_lesson_whose_teacher_is_unknown_is_counted_and_its_event_stays(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "09:00")])
    pipeline.run(ENGLISH)
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "09:00", None)])

    ran = pipeline.run(ENGLISH)

    check = ran.check("complete_reading")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert "1 lessons whose teacher could not be read" in (check.description or "")
    assert ran.count("timetable", ENGLISH, "teacher unknown") == 1
    assert ran.writes == 0
    assert ran.count("outlook_calendars", ENGLISH, "standing events") == 1


def test_the_same_lessons_read_later_have_the_same_data_version(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    first = pipeline.run(SFS, assets=["timetable"]).versions(SFS)
    pipeline.simulators.clock.advance(timedelta(minutes=10))
    second = pipeline.run(SFS, assets=["timetable"]).versions(SFS)
    site.show(SFS, weekly(MON, "09:00", JO))
    third = pipeline.run(SFS, assets=["timetable"]).versions(SFS)

    assert first == second
    assert third != second


def test_the_age_check_names_agendas_that_nobody_reads(pipeline: Pipeline) -> None:
    job = pipeline.definitions.resolve_job_def("check_timetable_age")
    for agendas in ((SFS, ESA), (ENGLISH, FRENCH)):
        pipeline.run(*agendas, assets=["timetable"])
    pipeline.simulators.clock.advance(timedelta(hours=5))
    pipeline.run(FRENCH, assets=["timetable"])

    result = job.execute_in_process(instance=pipeline.instance, raise_on_error=False)

    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert (evaluation.description or "").split(";\n") == [
        f"{ENGLISH}: last read completely on Mon 02 Mar 05:00 UTC",
        f"{GERMAN}: never read completely",
    ]


def test_the_age_check_passes_while_all_agendas_are_read(pipeline: Pipeline) -> None:
    pipeline.run(SFS, ESA, ENGLISH, FRENCH, GERMAN, assets=["timetable"])

    result = pipeline.definitions.resolve_job_def("check_timetable_age").execute_in_process(
        instance=pipeline.instance
    )

    assert [evaluation.passed for evaluation in result.get_asset_check_evaluations()] == [True]
