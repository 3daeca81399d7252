"""Writes to Google calendars: how each can end, and that none is ever done twice; and what is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import stamina

from resources.google_calendar import GoogleCalendars
from resources.google_events import TAG, event_id
from resources.google_wire import quota_user
from scheduling_pipeline.calendars.model import EventContent, Tag, WeeklyRule
from scheduling_pipeline.calendars.provider import (
    Cause,
    Done,
    Operation,
    Outcome,
    OwnedEvent,
    Rejected,
    Unknown,
    Unreadable,
)
from tests.resources.college import (
    ADA,
    BRUNO,
    MONDAY,
    SCOPE,
    College,
    client_of,
    course,
    create,
    delete,
    known,
    open_college,
    untagged,
    update,
)

ELSEWHERE = course(location="Beatty Hall 12")
TUESDAY = course(MONDAY + timedelta(days=1))
NOWHERE = "c_deadbeef@group.calendar.google.com"


@pytest.fixture
def college(tmp_path: Path) -> Iterator[College]:
    with open_college(tmp_path, [ADA, BRUNO, NOWHERE]) as opened:
        yield opened


@pytest.fixture
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def batch_of(count: int = 4) -> list[Operation]:
    """The classes of two people."""
    return [create(person, f"class-{number}") for person in (ADA, BRUNO) for number in range(count)]


def causes(outcomes: list[Outcome]) -> list[Cause | None]:
    return [outcome.cause if isinstance(outcome, Rejected) else None for outcome in outcomes]


def event_of(calendar: str, uid: str = "class-0") -> OwnedEvent:
    """What a ledger could have of an event that never stood."""
    tag = create(calendar, uid).tag
    return OwnedEvent(calendar, tag, event_id(calendar, tag), '"1"', course())


def test_a_full_batch_of_several_people_is_one_request_by_each_of_them(college: College) -> None:
    operations = batch_of(25)
    outcomes = college.google.send(operations)
    assert all(isinstance(outcome, Done) and outcome.etag for outcome in outcomes)
    assert len([entry for entry in college.journal("http") if entry["path"] == "/batch/calendar/v3"]) == 1
    calls = college.calls("POST")
    assert len(calls) == len(operations)
    assert {(call["caller"], call["quota_user"]) for call in calls} == {
        (person, quota_user(person)) for person in (ADA, BRUNO)
    }


def test_what_was_written_stands_as_it_was_meant(college: College) -> None:
    midnight = MONDAY.replace(hour=0)
    contents = [
        course(),
        course(rrule=WeeklyRule()),
        course(rrule=None, reminders=(1440, 60, 15), color="11"),
        EventContent("Labor Day - No Classes", midnight, midnight + timedelta(days=1), all_day=True),
        course(MONDAY.replace(hour=21), reminders=()),
    ]
    for number, content in enumerate(contents):
        standing = college.stand(create(uid=f"class-{number}", content=content))
        assert standing.content == content
        assert standing.content.content_hash == content.content_hash


def test_nobody_is_invited_and_nobody_is_told(college: College) -> None:
    standing = college.stand(create())
    assert "attendees" not in college.by_hand("GET", ADA, f"/events/{standing.provider_id}")


@pytest.mark.parametrize(
    "after",
    [
        ELSEWHERE,
        TUESDAY,
        course(MONDAY + timedelta(hours=3), description="", color="", reminders=None),
        course(rrule=None),
        EventContent(
            "Break", MONDAY.replace(hour=0), MONDAY.replace(hour=0) + timedelta(days=3), all_day=True
        ),
        course(rrule=WeeklyRule(exdates=frozenset({(MONDAY + timedelta(weeks=1)).date()})), summary="Algebra"),
    ],
)
def test_an_update_changes_the_event_in_place_and_back(college: College, after: EventContent) -> None:
    standing = college.stand(create())
    for content in (after, course()):
        operation = update(standing, content)
        (outcome,) = college.google.send([operation])
        assert isinstance(outcome, Done)
        standing = college.only(operation)
        assert standing.content == content
        assert (standing.provider_id, standing.etag) == (outcome.provider_id, outcome.etag)


def test_creates_updates_and_deletes_mix_and_keep_their_order(college: College) -> None:
    moved, gone = college.stand(create(uid="class-1")), college.stand(create(uid="class-2"))
    outcomes = college.google.send([delete(gone), update(moved, TUESDAY), create(uid="class-3")])
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Done]
    listing = college.google.list_owned([ADA], SCOPE)[ADA]
    assert isinstance(listing, list)
    assert {event.tag.uid: event.content for event in listing} == {"class-1": TUESDAY, "class-3": course()}


def test_10_409_an_event_that_stands_already_conflicts_and_is_found(college: College) -> None:
    operation = create()
    standing = college.stand(operation)
    (outcome,) = college.google.send([operation])
    assert causes([outcome]) == [Cause.CONFLICT]
    assert college.only(operation) == standing


def test_10_409_the_key_of_a_deleted_event_is_spent(college: College) -> None:
    operation = create()
    college.google.send([delete(college.stand(operation))])
    assert causes(college.google.send([operation])) == [Cause.CONFLICT]
    assert college.google.look_up([operation]) == [None]
    assert isinstance(college.google.send([create(generation=2)])[0], Done)


def test_10_412_an_update_of_what_somebody_changed_conflicts_and_shows_what_they_made(
    college: College,
) -> None:
    standing = college.stand(create())
    college.by_hand("PATCH", ADA, f"/events/{standing.provider_id}", {"summary": "Mine"})
    operations = [update(standing, ELSEWHERE), delete(standing, standing.etag)]
    assert causes(college.google.send(operations)) == [Cause.CONFLICT] * 2
    assert college.only(operations[0]).content == course(summary="Mine")


def test_10_404_an_event_that_never_was_is_gone_where_its_calendar_is_there(college: College) -> None:
    updated, deleted = college.google.send(
        [update(event_of(ADA), ELSEWHERE), delete(event_of(ADA, "class-1"))]
    )
    assert causes([updated]) == [Cause.GONE]
    assert isinstance(deleted, Done)
    assert len([call for call in college.calls("GET") if "/events" not in call["path"]]) == 1


def test_10_cancelled_an_event_that_somebody_deleted_is_gone(college: College) -> None:
    standing = college.stand(create())
    college.by_hand("DELETE", ADA, f"/events/{standing.provider_id}")
    operation = update(standing, ELSEWHERE)
    (outcome,) = college.google.send([operation])
    assert causes([outcome]) in ([Cause.GONE], [Cause.CONFLICT])
    assert college.google.look_up([operation]) == [None]


def test_10_410_what_was_deleted_before_counts_as_deleted(college: College) -> None:
    standing = college.stand(create())
    for _ in range(2):
        assert college.google.send([delete(standing)]) == [Done(standing.provider_id)]


def test_10_404_without_a_calendar_there_is_none_for_any_write(college: College) -> None:
    nowhere = event_of(NOWHERE)
    college.arm("http", f"GET /calendars/{NOWHERE}$", status=404)
    operations = [create(NOWHERE), update(nowhere, ELSEWHERE), delete(nowhere), create(ADA)]
    outcomes = college.google.send(operations)
    assert causes(outcomes) == [Cause.NO_CALENDAR] * 3 + [None]
    assert isinstance(outcomes[3], Done)


def test_10_404_a_calendar_that_was_deleted_is_told_from_its_events(college: College) -> None:
    made = college.web.post(
        "/calendar/v3/calendars",
        json={"summary": "Courses"},
        headers={"Authorization": f"Bearer {college.tokens.tokens([ADA])[ADA]}"},
    ).json()["id"]
    with open_calendar_of(college, made, ADA) as google:
        standing = create(made)
        assert isinstance(google.send([standing])[0], Done)
        (owned,) = google.look_up([standing])
        assert isinstance(owned, OwnedEvent)
        college.by_hand_as(ADA, "DELETE", made)
        assert causes(google.send([update(owned, ELSEWHERE), delete(owned), create(made, "class-2")])) == [
            Cause.NO_CALENDAR
        ] * 3
        for found in (google.look_up([standing])[0], google.list_owned([made], SCOPE)[made]):
            assert isinstance(found, Unreadable)
            assert found.cause is Cause.NO_CALENDAR
