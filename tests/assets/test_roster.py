"""The roster's assets: what they read, propose, submit and say; and what they leave alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import fromstring

import dagster as dg
import pytest
from sqlalchemy import func, select

from assets.roster import request_config
from scheduling_pipeline.database.roster import (
    PendingSchedule,
    RosterEvent,
    RosterSchedule,
    SchedulerRun,
)
from scheduling_pipeline.roster.proposals import begin_run
from scheduling_pipeline.roster.requests import ask_for_proposal, open_requests
from scheduling_pipeline.simulators.control import DEMO_START
from tests.assets.planner import Planner, open_planner

LISTING = "getPlanningMplans"
WRITES = "scheduleMplanEvent"


@pytest.fixture
def planner(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planner]:
    with open_planner(tmp_path, migrated_sqlite, monkeypatch) as opened:
        yield opened


@pytest.fixture
def proposed(planner: Planner) -> Planner:
    """People and events are read, the rotation is set, and a proposal waits."""
    assert planner.run("propose_roster").success
    planner.lead_every_day()
    assert planner.propose().success
    return planner


class TestProposing:
    def test_a_night_reads_the_planner_and_proposes_but_writes_nothing_there(self, planner: Planner) -> None:
        ran = planner.propose()

        assert ran.success
        assert ran.count("workforce", "", "new") == 3
        assert ran.count("crossmark_events", "", "new") == 7
        assert ran.count("roster_proposal", "", "events placed") == 5
        assert ran.count("roster_proposal", "", "events without a place") == 2
        assert planner.written() == []

    def test_what_has_no_place_is_named_with_its_reason_and_degrades_the_run(self, planner: Planner) -> None:
        ran = planner.propose()

        placed = ran.check("placed")
        assert not placed.passed
        assert "606003" in (placed.description or "")
        assert "is its last day" in (placed.description or "")
        assert ran.tags["degraded"] == "true"
        assert ran.check("best").passed
        assert ran.check("edits").passed

    def test_the_picture_shows_everybody_who_has_something_to_do(self, proposed: Planner) -> None:
        ran = proposed.propose()

        markdown = str(ran.count("roster_proposal", "", "coming days"))
        found = re.search(r"base64,([^)]+)\)", markdown)
        assert found is not None
        words = " ".join(element.text or "" for element in fromstring(base64.b64decode(found[1])).iter())  # noqa: S314 - ours
        assert "Marguerite Oakhollow" in words
        assert "Dashiell Fennimoor" in words
        assert "Sat 07 Mar" in words

    def test_a_newer_proposal_supersedes_the_older_one(self, proposed: Planner) -> None:
        proposed.propose()

        with proposed.engine.connect() as connection:
            states = connection.scalars(select(SchedulerRun.status).order_by(SchedulerRun.id)).all()
        assert states == ["superseded", "superseded", "completed"]

    def test_an_empty_listing_is_refused_and_nothing_changes(self, proposed: Planner) -> None:
        proposed.store.replace(())

        ran = proposed.propose()

        assert not ran.success
        with proposed.engine.connect() as connection:
            live = connection.scalar(
                select(func.count()).select_from(RosterEvent).where(RosterEvent.closed_at.is_(None))
            )
            states = connection.scalars(select(SchedulerRun.status).order_by(SchedulerRun.id)).all()
        assert live == 7
        assert states == ["superseded", "completed"]

    def test_a_planner_that_does_not_let_us_in_leaves_the_last_proposal(self, proposed: Planner) -> None:
        proposed.break_("http", "POST /login/authenticate", None, status=401)

        ran = proposed.propose()

        assert not ran.success
        assert set(proposed.statuses().values()) == {"proposed", "failed"}

    def test_a_run_carries_out_what_somebody_asked_for(self, proposed: Planner) -> None:
        asked = ask_for_proposal(proposed.engine, "mona", DEMO_START)

        ran = proposed.run("propose_roster", request_config("propose", asked.request_id))

        assert ran.success
        assert ran.count("roster_proposal", "", "proposal") == asked.run_id
        assert open_requests(proposed.engine, "propose") == []

    def test_a_second_proposal_at_the_same_time_is_refused(self, proposed: Planner) -> None:
        begin_run(proposed.engine, run_type="automatic", requested_by=None, now=DEMO_START)

        assert not proposed.propose().success


class TestSubmitting:
    def test_without_an_approval_nothing_is_submitted(self, proposed: Planner) -> None:
        ran = proposed.run("submit_roster")

        assert ran.success
        assert ran.count("crossmark_schedule", "", "approvals") == 0
        assert proposed.written() == []

    def test_what_was_approved_is_written_once_and_not_again(self, proposed: Planner) -> None:
        request = proposed.approve()

        first = proposed.run("submit_roster", request_config("submit", request))
        again = proposed.run("submit_roster")

        assert first.success
        assert again.success
        assert first.count("crossmark_schedule", "", "rows submitted") == 5
        assert len(proposed.written()) == 5
        assert sorted(proposed.statuses().values()) == ["api_submitted"] * 5 + ["failed"] * 2
        with proposed.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(RosterSchedule)) == 5

    def test_a_refused_row_is_told_and_the_others_are_submitted(self, proposed: Planner) -> None:
        proposed.break_("refused", WRITES, 1, text="The rep is on leave.")
        request = proposed.approve()

        ran = proposed.run("submit_roster", request_config("submit", request))

        assert ran.success
        submitted = ran.check("submitted")
        assert not submitted.passed
        assert "The rep is on leave." in (submitted.description or "")
        assert ran.tags["degraded"] == "true"
        assert "api_submitted" in proposed.statuses().values()
        assert "api_failed" in proposed.statuses().values()

    def test_when_nothing_could_be_submitted_the_run_fails(self, proposed: Planner) -> None:
        proposed.break_("refused", WRITES, None)
        request = proposed.approve()

        ran = proposed.run("submit_roster", request_config("submit", request))

        assert not ran.success
        assert proposed.written() == []

    def test_the_next_proposal_leaves_submitted_events_where_they_stand(self, proposed: Planner) -> None:
        proposed.run("submit_roster", request_config("submit", proposed.approve()))

        ran = proposed.propose()

        assert ran.success
        assert ran.count("roster_proposal", "", "events placed") == 0
        assert ran.count("roster_proposal", "", "events moved") == 0


class TestAudit:
    def test_the_audit_reports_what_is_wrong_with_a_health_score(self, proposed: Planner) -> None:
        ran = proposed.run("audit_roster")

        critical, warnings = ran.check("critical"), ran.check("warnings")
        assert critical.severity is dg.AssetCheckSeverity.ERROR
        assert warnings.severity is dg.AssetCheckSeverity.WARN
        health = critical.metadata["health"].value
        assert isinstance(health, int)
        assert 0 <= health <= 100
        assert not critical.passed, "an event is due tomorrow and nobody does it"


def test_events_without_any_row_in_a_proposal_are_none(proposed: Planner) -> None:
    """Every open event is a row or was left out with a reason."""
    with proposed.engine.connect() as connection:
        newest = select(func.max(SchedulerRun.id)).scalar_subquery()
        rows = set(
            connection.scalars(
                select(PendingSchedule.event_ref_num).where(PendingSchedule.scheduler_run_id == newest)
            )
        )
        skipped = connection.scalar(select(SchedulerRun.skipped).where(SchedulerRun.id == newest)) or []
        events = set(connection.scalars(select(RosterEvent.project_ref_num)))
    assert rows | {one["event_ref_num"] for one in skipped} == events
