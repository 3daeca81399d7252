"""The outlook_changes asset: what differs from what stands, after the brake; it writes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dagster as dg
import httpx

from resources.database import load_frame
from scheduling_pipeline.calendars.holds import held_plans, release
from tests.assets.site import JO, MONDAY, WEEK, WrittenSite, lesson, sessions
from tests.end_to_end.mailboxes import Mailboxes
from tests.end_to_end.pipeline import ENGLISH, ESA, FRENCH, GERMAN, SFS, Pipeline

NEXT_MONDAY = MONDAY + WEEK
PLAN = ["timetable", "outlook_events", "outlook_changes"]


def test_a_plan_tells_each_change_with_its_reason_and_writes_nothing(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "09:00"), lesson("0000002", NEXT_MONDAY, "11:00")])
    pipeline.run(ENGLISH)
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "10:00"), lesson("0000003", NEXT_MONDAY, "15:00")])
    calls = pipeline.forget()

    ran = pipeline.run(ENGLISH, assets=PLAN)

    plan = load_frame(pipeline.engine, "outlook_changes", [ENGLISH]).set_index("uid")
    assert dict(plan["kind"]) == {"0000001": "update", "0000002": "delete", "0000003": "create"}
    assert plan.loc["0000001", "fields"] == ["dtstart", "dtend"]
    assert all(plan["reason"])
    assert not plan["held"].any()
    assert [
        ran.count("outlook_changes", ENGLISH, f"to {kind}") for kind in ("create", "update", "delete")
    ] == [1] * 3
    assert pipeline.writes(since=calls) == []


def test_a_plan_may_be_made_again_from_the_same_reading(pipeline: Pipeline) -> None:
    pipeline.run(SFS)

    ran = pipeline.run(SFS, assets=["outlook_changes"])

    assert ran.success
    assert ran.count("outlook_changes", SFS, "kept, unchanged") == 4
    assert load_frame(pipeline.engine, "outlook_changes", [SFS]).empty


def test_a_reading_that_has_been_superseded_is_refused(pipeline: Pipeline) -> None:
    pipeline.run(ENGLISH)
    pipeline.run(ENGLISH, assets=["timetable"])

    ran = pipeline.run(ENGLISH, assets=["outlook_changes"])

    assert not ran.success
    assert (
        "Private English: the week of 2026-03-02, 2026-03-09, 2026-03-16 has been read again since. "
        "Materialize outlook_events for this agenda first." in ran.errors
    )


def test_a_superseded_reading_does_not_stop_other_agendas(pipeline: Pipeline) -> None:
    pipeline.run(ENGLISH, FRENCH, GERMAN)
    pipeline.run(FRENCH, assets=["timetable"])

    ran = pipeline.run(ENGLISH, FRENCH, GERMAN, assets=["outlook_changes"])

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("planned")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert (check.description or "").startswith("Private French: the week of 2026-03-02")


def test_events_that_were_never_desired_are_refused(pipeline: Pipeline) -> None:
    ran = pipeline.run(ENGLISH, assets=["outlook_changes"])

    assert not ran.success
    assert "Private English: materialize outlook_events for it first." in ran.errors


def test_too_many_removals_wait_for_a_release_and_all_else_goes_on(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(ENGLISH, sessions(15), sessions(15, first=20, teacher=JO))
    pipeline.run(ENGLISH)
    site.show(
        ENGLISH, sessions(4), sessions(15, first=20, teacher=JO), [lesson("0000099", NEXT_MONDAY, "19:00")]
    )

    ran = pipeline.run(ENGLISH)

    check = ran.check("brake")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    assert "calendar Ana Martel: 11 of 15 would be removed" in (check.description or "")
    assert ran.tags["degraded"] == "true"
    assert ran.count("outlook_changes", ENGLISH, "held") == 11
    assert ran.count("outlook_calendars", ENGLISH, "events created") == 1
    assert ran.count("outlook_calendars", ENGLISH, "events deleted") == 0
    (held,) = held_plans(pipeline.engine)
    assert held["digest"] in (check.description or "")
    assert held["digest"] in ran.count("outlook_changes", ENGLISH, "release")

    release(pipeline.engine, held["digest"], who="Kim", why="holidays", now=held["first_held_at"])
    released = pipeline.run(ENGLISH)

    assert released.check("brake").passed
    assert released.count("outlook_calendars", ENGLISH, "events deleted") == 11
    assert released.writes == 11
    assert held_plans(pipeline.engine) == []


def test_a_release_lets_fewer_removals_through_but_no_others(pipeline: Pipeline, site: WrittenSite) -> None:
    site.show(ENGLISH, sessions(15), sessions(15, first=20, teacher=JO))
    pipeline.run(ENGLISH)
    site.show(ENGLISH, sessions(3), sessions(15, first=20, teacher=JO))
    pipeline.run(ENGLISH)
    (held,) = held_plans(pipeline.engine)
    release(pipeline.engine, held["digest"], who="Kim", why="holidays", now=held["first_held_at"])

    site.show(ENGLISH, sessions(3), sessions(3, first=20, teacher=JO))
    more = pipeline.run(ENGLISH)

    assert not more.check("brake").passed
    assert more.writes == 0

    site.show(ENGLISH, sessions(4), sessions(15, first=20, teacher=JO))
    fewer = pipeline.run(ENGLISH)

    assert fewer.check("brake").passed
    assert fewer.count("outlook_calendars", ENGLISH, "events deleted") == fewer.writes == 11


def test_what_people_changed_by_hand_is_told_and_put_right(
    pipeline: Pipeline, site: WrittenSite, mailboxes: Mailboxes, person: httpx.Client
) -> None:
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "09:00"), lesson("0000002", NEXT_MONDAY, "11:00")])
    pipeline.run(ENGLISH)
    (ana,) = set(load_frame(pipeline.engine, "outlook_calendars", [ENGLISH])["calendar"])
    before = mailboxes.standing([ana])
    edited, deleted = mailboxes.events(ana)
    person.patch(f"/users/{ana}/events/{edited['id']}", json={"subject": "Lunch"}).raise_for_status()
    person.delete(f"/users/{ana}/events/{deleted['id']}").raise_for_status()

    ran = pipeline.run(ENGLISH)

    check = ran.check("drift")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert "Lunch was edited by hand" in (check.description or "")
    assert "was deleted by hand" in (check.description or "")
    assert mailboxes.standing([ana]) == before


def test_the_calendar_of_a_teacher_without_a_licence_is_left_out(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(ENGLISH, sessions(2), sessions(2, first=20, teacher=JO))
    pipeline.simulators.graph.settings.unlicensed.add("jo.brandt@school.example")

    ran = pipeline.run(ENGLISH)

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("planned")
    assert "calendar of Jo Brandt: no such calendar" in (check.description or "")
    assert "2 changes in private_english_lausanne left out" in (check.description or "")
    assert ran.count("outlook_calendars", ENGLISH, "events created") == 2

    pipeline.simulators.graph.settings.unlicensed.clear()
    assert pipeline.run(ENGLISH).count("outlook_calendars", ENGLISH, "events created") == 2


def test_a_calendar_that_cannot_be_listed_now_is_left_as_it_is(pipeline: Pipeline, site: WrittenSite) -> None:
    site.show(ENGLISH, sessions(2), sessions(2, first=20, teacher=JO))
    pipeline.run(ENGLISH)
    jo = _calendar(pipeline, "Jo Brandt")
    site.show(ENGLISH, sessions(1), sessions(1, first=20, teacher=JO))
    pipeline.break_graph("http", f"GET /users/{jo}", None, status=503)

    ran = pipeline.run(ENGLISH)

    assert "Jo Brandt" in (ran.check("planned").description or "")
    assert ran.count("outlook_calendars", ENGLISH, "events deleted") == 1
    assert ran.count("outlook_calendars", ENGLISH, "standing events") == 3


def test_events_of_older_scripts_stop_the_agendas_of_their_kind_until_somebody_decides(
    pipeline: Pipeline, site: WrittenSite, person: httpx.Client
) -> None:
    ana = pipeline_account(person, "ana.martel@school.example")
    person.post(f"/users/{ana}/events", json=_as_the_older_script_wrote_it()).raise_for_status()
    site.show(ENGLISH, sessions(1, teacher=JO))  # Ana has no lesson these weeks

    ran = pipeline.run(SFS, ESA, ENGLISH)

    assert ran.success
    check = ran.check("planned")
    assert not check.passed
    assert "Private English" in (check.description or "")
    assert "scheduling-pipeline adopt" in (check.description or "")
    assert ran.count("outlook_calendars", SFS, "events created") == 4
    assert "outlook_changes" not in load_frame(pipeline.engine, "outlook_changes", [ENGLISH]).attrs
    assert load_frame(pipeline.engine, "outlook_calendars", [ENGLISH]).empty


def test_a_plan_is_made_by_the_simulated_clock_not_by_real_time(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    """The lesson of Monday morning is over once Tuesday has come: it is left alone."""
    site.show(ENGLISH, [lesson("0000001", MONDAY, "09:00")])
    pipeline.simulators.clock.advance(timedelta(days=1))

    ran = pipeline.run(ENGLISH)

    assert ran.count("outlook_changes", ENGLISH, "kept, past") == 1
    assert ran.writes == 0


def _calendar(pipeline: Pipeline, account: str) -> str:
    frame = load_frame(pipeline.engine, "outlook_calendars", [ENGLISH])
    (calendar,) = set(frame[frame["account"] == account]["calendar"])
    return str(calendar)


def pipeline_account(person: httpx.Client, upn: str) -> str:
    return str(person.get(f"/users/{upn}").raise_for_status().json()["id"])


def _as_the_older_script_wrote_it() -> dict[str, Any]:
    return {
        "subject": "Private: VAD - VIP Adults",
        "start": {"dateTime": "2026-03-09T08:00:00", "timeZone": "Europe/Zurich"},
        "end": {"dateTime": "2026-03-09T09:30:00", "timeZone": "Europe/Zurich"},
        "showAs": "busy",
        "isReminderOn": False,
        "categories": ["VAD - VIP Adults"],
    }


def test_a_run_that_reaches_no_calendar_at_all_fails_and_says_why(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(ENGLISH, sessions(2))
    pipeline.break_graph("http", r"/users/[^/]+/events", None, status=403)

    ran = pipeline.run(ENGLISH)

    assert not ran.success
    assert "none of its 1 calendars is in reach" in ran.errors
