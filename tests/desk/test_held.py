"""Calendar plans that are held, and their release on the desk."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from scheduling_pipeline.calendars.holds import released_keys
from scheduling_pipeline.database.models import HeldPlan, TeacherAccount
from scheduling_pipeline.desk.roles import Role
from tests.desk.people import NOW, Office

DIGEST = "0123456789abcdef"


@pytest.fixture
def held(both: Office) -> Office:
    """Two lessons of a teacher are about to disappear."""
    plan = {
        "digest": DIGEST,
        "scope": "sfs_lausanne",
        "keys": ["a", "b"],
        "reasons": ["none of 2 lessons of ana-calendar would be left"],
        "removals": [
            {
                "calendar": "ana-calendar",
                "uid": uid,
                "summary": "French <A2>",
                "dtstart": "2026-03-03T09:00:00+01:00",
            }
            for uid in "ab"
        ],
        "first_held_at": NOW,
        "last_held_at": NOW,
    }
    with both.engine.begin() as connection:
        connection.execute(insert(HeldPlan).values(plan))
        account = {"id": "ana-calendar", "upn": "ana@example.edu", "display_name": "Ana Moreau"}
        connection.execute(insert(TeacherAccount).values(account | {"enabled": True, "seen_at": NOW}))
    return both


def test_what_is_held_is_shown_with_names_and_reasons(held: Office) -> None:
    page = held.person(Role.VIEWER).look("/held").text
    assert "2 removals in sfs_lausanne" in page
    assert "Tue 03 Mar 2026 09:00 UTC+01:00" in page
    assert "French &lt;A2&gt;" in page
    assert "Release</button>" not in page


def test_a_release_needs_a_reason_and_is_audited(held: Office) -> None:
    manager = held.person()
    refused = manager.send(f"/held/{DIGEST}/release", {"why": "  "})
    assert refused.status_code == 400
    assert "The reason is missing." in refused.text
    assert released_keys(held.engine, "sfs_lausanne") == []

    answer = manager.send(f"/held/{DIGEST}/release", {"why": "the group was cancelled"})
    assert answer.headers["location"] == "/held?notice=released"
    assert released_keys(held.engine, "sfs_lausanne") == [["a", "b"]]
    page = manager.look("/held").text
    assert "goes through with the next run" in page
    assert "Release</button>" not in page
    (row,) = held.audit("held.release")
    assert (row.who, row.after) == (manager.name, {"removals": 2, "why": "the group was cancelled"})


def test_what_is_no_longer_held_cannot_be_released(held: Office) -> None:
    manager = held.person()
    assert manager.send("/held/ffff/release", {"why": "gone"}).status_code == 404
    assert manager.send("/held/..%2F/release", {"why": "gone"}).status_code in {404, 422}
    assert not held.audit("held.release")


def test_nothing_held_is_said_so(both: Office) -> None:
    assert "Nothing is held." in both.person().look("/held").text
