"""The outlook_events asset: who teaches what when, made from a fresh reading and the directory."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from resources.database import load_frame
from tests.assets.site import MONDAY, WEEK, WrittenSite, lesson
from tests.end_to_end.pipeline import ENGLISH, FRENCH, GERMAN, SFS, Pipeline, Ran

NEXT_MONDAY = MONDAY + WEEK
STRANGER = "Zoe NEWMAN"


def test_makes_series_of_classes_and_single_events_of_private_lessons(pipeline: Pipeline) -> None:
    pipeline.run(SFS, assets=["timetable", "outlook_events"])
    pipeline.run(ENGLISH, assets=["timetable", "outlook_events"])

    classes = load_frame(pipeline.engine, "outlook_events", [SFS])
    private = load_frame(pipeline.engine, "outlook_events", [ENGLISH])
    assert sorted(classes["account"]) == ["Ana Martel", "Ana Martel", "Jo Brandt", "Lea Kohler"]
    assert classes["weekly"].all()
    assert set(classes["summary"]) == {"Teaching"}
    assert sorted(private["account"]) == ["Ana Martel", "Ana Martel", "Jo Brandt"]
    assert not private["weekly"].any()
    assert set(private["summary"]) == {"Private: VAD - VIP Adults"}


def test_a_reading_that_is_too_old_is_refused(pipeline: Pipeline) -> None:
    pipeline.run(ENGLISH, assets=["timetable"])
    pipeline.simulators.clock.advance(timedelta(hours=5))

    ran = pipeline.run(ENGLISH, assets=["outlook_events"])

    assert not ran.success
    assert (
        "Private English: the newest complete reading is from 02 Mar 2026 05:00 UTC; at most 4:00:00 old is "
        "allowed. Materialize timetable for this agenda first." in ran.errors
    )


def test_an_agenda_that_was_never_read_is_refused(pipeline: Pipeline) -> None:
    ran = pipeline.run(FRENCH, assets=["outlook_events"])

    assert not ran.success
    assert "Private French: the newest complete reading was never made" in ran.errors


def test_an_agenda_with_an_old_reading_does_not_stop_the_others(pipeline: Pipeline) -> None:
    pipeline.run(ENGLISH, FRENCH, GERMAN, assets=["timetable"])
    pipeline.simulators.clock.advance(timedelta(hours=5))
    pipeline.run(ENGLISH, FRENCH, assets=["timetable"])

    ran = pipeline.run(ENGLISH, FRENCH, GERMAN, assets=["outlook_events"])

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("fresh_reading")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert (check.description or "").startswith("Private German: the newest complete reading is from")
    assert set(load_frame(pipeline.engine, "outlook_events", [ENGLISH, FRENCH, GERMAN]).attrs) == {
        ENGLISH,
        FRENCH,
    }


def test_a_teacher_without_an_account_is_named_with_the_date_of_first_sight(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(
        ENGLISH, [lesson("0000001", NEXT_MONDAY, "09:00", STRANGER), lesson("0000002", NEXT_MONDAY, "11:00")]
    )
    pipeline.run(ENGLISH, assets=["timetable", "outlook_events"])
    pipeline.simulators.clock.advance(timedelta(days=2))

    ran = pipeline.run(ENGLISH, assets=["timetable", "outlook_events"])

    check = ran.check("matched_teachers")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert STRANGER in (check.description or "")
    assert "1 lessons" in (check.description or "")
    assert "since 2026-03-02" in (check.description or "")
    assert ran.count("outlook_events", ENGLISH, "events") == 1
    assert ran.count("outlook_events", ENGLISH, "undecided lessons") == 1


def test_two_lessons_of_one_teacher_at_once_are_pointed_out(pipeline: Pipeline, site: WrittenSite) -> None:
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "09:00"), lesson("0000002", NEXT_MONDAY, "10:00")])

    ran = pipeline.run(ENGLISH)

    check = ran.check("no_overlaps")
    assert not check.passed
    assert "Ana Martel" in (check.description or "")
    assert ran.count("outlook_calendars", ENGLISH, "events created") == 2


def test_the_directory_is_observed_with_a_version_of_its_content(pipeline: Pipeline) -> None:
    first, second = (pipeline.run(SFS, assets=["timetable", "outlook_events"]) for _ in range(2))

    assert _observed(first) == _observed(second)
    assert set(_observed(first)) == {"teacher_accounts"}


def test_a_directory_that_cannot_be_read_fails_the_run_and_keeps_the_last_one(pipeline: Pipeline) -> None:
    pipeline.run(SFS)
    pipeline.break_graph("http", "GET /users", None, status=403)

    ran = pipeline.run(SFS)

    assert not ran.success
    assert "403" in ran.errors
    assert len(load_frame(pipeline.engine, "outlook_events", [SFS])) == 4


def _observed(ran: Ran) -> dict[str, str | None]:
    """The version of each asset that a run observed."""
    observations = [
        event.asset_observation_data.asset_observation
        for event in ran.events
        if event.event_type is dg.DagsterEventType.ASSET_OBSERVATION
    ]
    return {one.asset_key.to_user_string(): one.data_version for one in observations}
