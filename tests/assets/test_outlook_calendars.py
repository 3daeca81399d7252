"""The outlook_calendars asset: what is written, what a second run writes, and what faults leave behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from resources.database import load_frame
from tests.assets.site import JO, MON, MONDAY, WEEK, WrittenSite, lesson, sessions, weekly
from tests.end_to_end.mailboxes import Mailboxes, ledger
from tests.end_to_end.pipeline import ASSETS, ENGLISH, ESA, FRENCH, GERMAN, SFS, Pipeline

NEXT_MONDAY = MONDAY + WEEK


def test_one_run_over_all_agendas_writes_all_of_them(pipeline: Pipeline, mailboxes: Mailboxes) -> None:
    ran = pipeline.run(SFS, ESA, ENGLISH, FRENCH, GERMAN)

    assert ran.success
    assert not ran.failed_checks
    assert "degraded" not in ran.tags
    assert all(len(ran.materialized(asset)) == 5 for asset in ASSETS)
    assert ran.count("outlook_calendars", SFS, "events created") == 4
    assert ran.count("outlook_calendars", ENGLISH, "events created") == 3
    calendars = set(load_frame(pipeline.engine, "outlook_calendars", [SFS, ENGLISH])["calendar"])
    assert sum(mailboxes.standing(calendars).values()) == 7
    assert mailboxes.tags(calendars) == ledger(pipeline.engine, calendars)


def test_a_second_run_writes_nothing_and_its_versions_say_that_nothing_changed(pipeline: Pipeline) -> None:
    first = pipeline.run(ENGLISH, FRENCH, GERMAN)
    calls = pipeline.forget()

    second = pipeline.run(ENGLISH, FRENCH, GERMAN)
    third = pipeline.run(ENGLISH, FRENCH, GERMAN)

    assert first.writes == 3
    assert second.writes == third.writes == 0
    assert pipeline.writes(since=calls) == []
    assert second.versions(ENGLISH) == third.versions(ENGLISH)
    unchanged = second.versions(ENGLISH)
    del unchanged["outlook_changes"]  # there was something to do, and now there is not
    assert unchanged.items() < first.versions(ENGLISH).items()


def test_something_new_changes_all_versions(pipeline: Pipeline, site: WrittenSite) -> None:
    pipeline.run(ENGLISH)
    before = pipeline.run(ENGLISH).versions(ENGLISH)
    site.show(ENGLISH, sessions(3))

    after = pipeline.run(ENGLISH).versions(ENGLISH)

    assert set(before) == set(after) == set(ASSETS)
    assert all(before[asset] != after[asset] for asset in ASSETS)


def test_a_dry_run_shows_the_plan_and_writes_nothing(pipeline: Pipeline) -> None:
    ran = pipeline.run(SFS, config={"outlook_calendars": {"dry_run": True}})

    assert ran.success
    assert ran.count("outlook_changes", SFS, "to create") == 4
    assert ran.materialized("outlook_calendars") == {}
    assert not ran.check("all_written").passed
    assert "dry run: 4 changes were planned and none was written" in ran.text
    assert pipeline.writes() == []


def test_a_plan_that_was_carried_out_already_is_not_carried_out_again(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(SFS, weekly(MON, "09:00"))
    pipeline.run(SFS)
    calls = pipeline.forget()

    again = pipeline.run(SFS, assets=["outlook_calendars"])

    assert again.success
    assert again.count("outlook_calendars", SFS, "events superseded") == 1
    assert pipeline.writes(since=calls) == []


def test_a_plan_made_from_a_reading_that_has_been_superseded_is_not_carried_out(
    pipeline: Pipeline, site: WrittenSite
) -> None:
    site.show(ENGLISH, sessions(2))
    pipeline.run(ENGLISH)
    site.show(ENGLISH, sessions(1))
    pipeline.run(ENGLISH, config={"outlook_calendars": {"dry_run": True}})
    site.show(ENGLISH, sessions(2))
    pipeline.run(ENGLISH, assets=["timetable"])
    calls = pipeline.forget()

    ran = pipeline.run(ENGLISH, assets=["outlook_calendars"])

    assert not ran.success
    assert "Private English: the week of" in ran.errors
    assert "has been read again since" in ran.errors
    assert pipeline.writes(since=calls) == []


def test_a_plan_that_has_become_old_is_not_carried_out(pipeline: Pipeline) -> None:
    pipeline.run(ENGLISH, config={"outlook_calendars": {"dry_run": True}})
    pipeline.simulators.clock.advance(timedelta(hours=5))

    ran = pipeline.run(ENGLISH, assets=["outlook_calendars"])

    assert not ran.success
    assert "Private English: made from a reading of 02 Mar 2026 05:00 UTC; at most 4:00:00 old" in ran.errors
    assert pipeline.writes() == []


def test_an_old_plan_of_one_agenda_does_not_stop_the_others(pipeline: Pipeline, site: WrittenSite) -> None:
    site.show(GERMAN, sessions(2, first=70))
    pipeline.run(ENGLISH, FRENCH, GERMAN, config={"outlook_calendars": {"dry_run": True}})
    pipeline.run(ENGLISH, assets=["timetable"])

    ran = pipeline.run(ENGLISH, FRENCH, GERMAN, assets=["outlook_calendars"])

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("all_written")
    assert not check.passed
    assert "Private English: the week of" in (check.description or "")
    assert ran.count("outlook_calendars", GERMAN, "events created") == 2
    assert ran.writes == 2


def test_categories_get_their_colours_once(pipeline: Pipeline, site: WrittenSite) -> None:
    site.show(ENGLISH, sessions(2))
    pipeline.run(ENGLISH)
    site.show(ENGLISH, sessions(3))
    calls = pipeline.forget()

    pipeline.run(ENGLISH)

    assert [call["path"].rsplit("/", 1)[-1] for call in pipeline.writes(since=calls)] == ["events"]


CREATE, PATCH, DELETE = (f"{method} /users/[^/]+/events" for method in ("POST", "PATCH", "DELETE"))


@pytest.mark.parametrize(
    ("kind", "match", "params"),
    [
        ("http", CREATE, {"status": 401}),
        ("http", CREATE, {"status": 409}),
        ("http", CREATE, {"status": 429, "retry_after": 0}),
        ("http", CREATE, {"status": 500}),
        ("http", CREATE, {"status": 503}),
        ("drop_reply", CREATE, {}),
        ("timeout", CREATE, {"seconds": 0.01}),
        ("http", PATCH, {"status": 412}),
        ("http", PATCH, {"status": 429, "retry_after": 0}),
        ("http", PATCH, {"status": 502}),
        ("drop_reply", PATCH, {}),
        ("http", DELETE, {"status": 503}),
        ("drop_reply", DELETE, {}),
        ("http", "POST /\\$batch", {"status": 503}),
        ("drop_reply", "POST /\\$batch", {}),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
def test_a_passing_fault_leaves_no_trace(
    pipeline: Pipeline,
    site: WrittenSite,
    mailboxes: Mailboxes,
    kind: str,
    match: str,
    params: dict[str, Any],
) -> None:
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "09:00"), lesson("0000002", NEXT_MONDAY, "11:00")])
    pipeline.run(ENGLISH)
    site.show(ENGLISH, [lesson("0000001", NEXT_MONDAY, "10:00"), lesson("0000003", NEXT_MONDAY, "15:00")])
    pipeline.break_graph(kind, match, **params)

    ran = pipeline.run(ENGLISH)
    after = pipeline.run(ENGLISH)

    assert ran.success
    assert ran.check("all_written").passed
    assert ran.writes == 3
    assert after.writes == 0
    calendars = set(load_frame(pipeline.engine, "outlook_calendars", [ENGLISH])["calendar"])
    assert sorted(seen[2] for seen in mailboxes.standing(calendars).elements()) == [
        "2026-03-09T10:00:00",
        "2026-03-09T15:00:00",
    ]
    assert mailboxes.tags(calendars) == ledger(pipeline.engine, calendars)


def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed(pipeline: Pipeline) -> None:
    pipeline.break_graph("expire_tokens", CREATE)

    ran = pipeline.run(SFS)

    assert ran.success
    assert ran.writes == 4
    assert pipeline.run(SFS).writes == 0


@pytest.mark.parametrize("params", [{"status": 403}, {"status": 400}, {"status": 503}], ids=str)
def test_a_lasting_fault_of_one_calendar_is_counted_named_and_made_good_later(
    pipeline: Pipeline, site: WrittenSite, params: dict[str, Any]
) -> None:
    site.show(ENGLISH, sessions(2), sessions(2, first=20, teacher=JO))
    pipeline.run(ENGLISH)
    (jo,) = {
        row["calendar"]
        for row in load_frame(pipeline.engine, "outlook_calendars", [ENGLISH]).to_dict("records")
        if row["account"] == "Jo Brandt"
    }
    site.show(ENGLISH, sessions(3), sessions(3, first=20, teacher=JO))
    pipeline.break_graph("http", f"POST /users/{jo}/events", None, **params)

    ran = pipeline.run(ENGLISH)

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("all_written")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    assert "Jo Brandt, 0000022: create failed" in (check.description or "")
    assert str(params["status"]) in (check.description or "")
    outcomes = {
        word: ran.count("outlook_calendars", ENGLISH, f"events {word}") for word in ("created", "failed")
    }
    assert outcomes == {"created": 1, "failed": 1}

    pipeline.simulators.graph.control.clear_faults()
    later = pipeline.run(ENGLISH)

    assert later.check("all_written").passed
    assert later.count("outlook_calendars", ENGLISH, "events created") == 1
    assert later.count("outlook_calendars", ENGLISH, "standing events") == 6


def test_the_run_fails_when_no_write_comes_about_and_the_next_one_does_all(
    pipeline: Pipeline,
) -> None:
    pipeline.break_graph("http", "POST /users/", None, status=403)

    ran = pipeline.run(SFS)

    assert not ran.success
    assert "no change could be written:" in ran.errors
    assert "Ana Martel, monday-0900: create failed, not allowed" in ran.errors
    assert ran.materialized("outlook_calendars") == {}

    pipeline.simulators.graph.control.clear_faults()
    assert pipeline.run(SFS).writes == 4


def test_a_wrong_secret_is_told_without_telling_the_secret(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "not-the-secret-at-all")

    ran = pipeline.run(SFS)

    assert not ran.success
    assert "AZURE_CLIENT_SECRET" in ran.errors
    assert "not-the-secret-at-all" not in ran.text
