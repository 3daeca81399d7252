"""What `doctor` shows of Crossmark: what works, and what to do where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.crossmark_check import check_crossmark
from resources.graph_check import Finding
from scheduling_pipeline.simulators.crossmark import FixedStore
from scheduling_pipeline.simulators.server import Simulators
from tests.resources.store_planner import EVENTS, MONDAY, StorePlanner

pytestmark = pytest.mark.usefixtures("_no_waiting")


def findings(planner: StorePlanner, **changes: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_crossmark(planner.crossmark(**changes), MONDAY)}


def test_all_is_well(planner: StorePlanner) -> None:
    found = findings(planner)
    assert all(finding.ok for finding in found.values())
    assert {name: finding.detail for name, finding in found.items()} == {
        "account": f"{planner.simulators.crossmark_url} accepts the user",
        "events": "3 until 2026-03-09",
        "people": "2 can be scheduled until 2026-03-09",
    }


def test_nothing_is_written(planner: StorePlanner) -> None:
    findings(planner)
    assert planner.calls()
    assert all(call["effect"] is None for call in planner.calls())


def test_a_wrong_password_is_named_and_not_shown(planner: StorePlanner) -> None:
    found = findings(planner, password="an-old-secret")
    assert [(finding.name, finding.ok) for finding in found.values()] == [("account", False)]
    assert "CROSSMARK_PASSWORD" in found["account"].detail
    assert "an-old-secret" not in found["account"].detail


def test_a_site_that_does_not_answer_is_named(planner: StorePlanner) -> None:
    found = findings(planner, base_url="http://127.0.0.1:9")
    assert not found["account"].ok
    assert "CROSSMARK_URL" in found["account"].detail


def test_events_that_cannot_be_read_are_what_fails(planner: StorePlanner) -> None:
    planner.arm("refused", "getPlanningMplans", text="The search failed.")
    found = findings(planner)
    assert found["account"].ok
    assert not found["events"].ok
    assert "The search failed." in found["events"].detail
    assert "people" not in found


def test_a_week_without_people_is_worth_a_warning_only(tmp_path: Path) -> None:
    with Simulators(tmp_path, store=FixedStore(EVENTS)) as running:
        found = findings(StorePlanner(running))
    assert not found["people"].ok
    assert found["people"].optional
