"""What is read from Google calendars: our events, all of them, and what people did to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from resources import google_calendar, google_outcomes
from resources.google_events import TAG
from scheduling_pipeline.calendars.model import EventContent, Tag, WeeklyRule
from scheduling_pipeline.calendars.provider import Done, EditedDates, Operation, OperationKind, Unreadable
from tests.resources.college import (
    MONDAY,
    SCOPE,
    College,
    course,
    create,
    event_of,
    known,
    untagged,
)
from tests.resources.operations import delete


def test_an_event_of_somebody_else_is_never_an_answer(college: College) -> None:
    theirs = college.by_hand("POST", college.ada, "/events", untagged(course()))
    operation = delete(replace(event_of(college.ada), provider_id=str(theirs["id"])))
    assert college.google.look_up([operation]) == [None]
    assert college.google.list_owned([college.ada], SCOPE) == {college.ada: []}


def test_a_copy_that_somebody_made_is_theirs(college: College) -> None:
    standing = college.stand(create(college.ada))
    copied = college.by_hand("GET", college.ada, f"/events/{standing.provider_id}")
    body = {name: copied[name] for name in ("summary", "start", "end", "extendedProperties")}
    college.by_hand("POST", college.ada, "/events", body)
    assert college.google.list_owned([college.ada], SCOPE) == {college.ada: [standing]}


def test_a_listing_has_one_scope_only(college: College) -> None:
    ours = college.stand(create(college.ada))
    other = Operation(OperationKind.CREATE, college.ada, Tag("rotations", None, "x", 1), after=course())
    assert isinstance(college.google.send([other])[0], Done)
    assert college.google.list_owned([college.ada, college.bruno], SCOPE) == {
        college.ada: [ours],
        college.bruno: [],
    }


def test_16_all_pages_are_read(college: College, monkeypatch: pytest.MonkeyPatch) -> None:
    for start in range(0, 300, 50):
        operations = [create(college.ada, f"class-{number}") for number in range(start, start + 50)]
        assert all(isinstance(outcome, Done) for outcome in college.google.send(operations))
    monkeypatch.setitem(google_calendar._LISTING, "maxResults", 100)
    listing = college.google.list_owned([college.ada], SCOPE)[college.ada]
    assert isinstance(listing, list)
    assert {event.tag.uid for event in listing} == {f"class-{number}" for number in range(300)}
    assert len(college.calls("GET", of="/events")) == 3


def test_9_23_dates_that_somebody_moved_or_deleted_are_no_events_of_their_own(college: College) -> None:
    standing = college.stand(create(college.ada))
    path = f"/events/{standing.provider_id}/instances"
    first, second, *_ = college.by_hand("GET", college.ada, path)["items"]
    college.by_hand("DELETE", college.ada, f"/events/{first['id']}")
    college.by_hand("PATCH", college.ada, f"/events/{second['id']}", {"summary": "Here today"})
    listing = college.google.list_owned([college.ada], SCOPE)[college.ada]
    assert isinstance(listing, list)
    assert [event.content for event in listing] == [course()]


def test_9_the_dates_that_somebody_deleted_are_known(college: College) -> None:
    evening = course(MONDAY.replace(hour=21))
    midnight = MONDAY.replace(hour=0)
    whole_days = EventContent("Fridays", midnight, midnight + timedelta(days=1), WeeklyRule(), all_day=True)
    standing = [
        college.stand(create(college.ada, f"class-{number}", content))
        for number, content in enumerate([evening, whole_days, course(), course(rrule=None)])
    ]
    for event in standing[:2]:
        occurrences = college.by_hand(
            "GET", college.ada, f"/events/{event.provider_id}/instances?maxResults=9"
        )
        for occurrence in (occurrences["items"][1], occurrences["items"][4]):
            college.by_hand("DELETE", college.ada, f"/events/{occurrence['id']}")
    evenings, days, none, single = college.google.edited_dates([known(event) for event in standing])
    weeks = [(MONDAY + timedelta(weeks=number)).date() for number in range(7)]
    # The evening of the third week does not take place anyhow.
    assert evenings == EditedDates(frozenset({weeks[1], weeks[5]}))
    assert days == EditedDates(frozenset({weeks[1], weeks[4]}))
    assert none == single == EditedDates()


def test_changes_are_told_since_the_last_time(college: College) -> None:
    kept, edited, deleted = (college.stand(create(college.ada, f"class-{number}")) for number in range(3))
    first = college.google.changes_since(college.ada, None)
    assert first.complete
    assert {event.provider_id for event in first.events} == {
        event.provider_id for event in (kept, edited, deleted)
    }
    nothing = college.google.changes_since(college.ada, first.sync_token)
    assert (nothing.events, nothing.deleted, nothing.complete) == ([], frozenset(), False)

    college.by_hand("PATCH", college.ada, f"/events/{edited.provider_id}", {"summary": "Mine"})
    college.by_hand("DELETE", college.ada, f"/events/{deleted.provider_id}")
    theirs = college.by_hand("POST", college.ada, "/events", untagged(course()))
    changes = college.google.changes_since(college.ada, nothing.sync_token)
    assert [event.content for event in changes.events] == [course(summary="Mine")]
    assert changes.deleted == {deleted.provider_id}
    assert theirs["id"] not in changes.deleted


def test_10_410_a_sync_token_that_is_too_old_means_reading_everything_again(college: College) -> None:
    standing = college.stand(create(college.ada))
    token = college.google.changes_since(college.ada, None).sync_token
    college.simulators.clock.advance(timedelta(days=400))
    changes = college.google.changes_since(college.ada, token)
    assert changes.complete
    assert changes.events == [standing]


def test_one_of_ours_that_cannot_be_read_makes_its_calendar_unreadable(
    college: College, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = college.stand(create(college.ada))

    def unreadable(event: object) -> EventContent:  # noqa: ARG001 - the same interface
        raise ValueError("written in a way that nobody knows yet")

    monkeypatch.setattr(google_outcomes, "content_of", unreadable)
    (found,) = college.google.look_up([delete(standing)])
    assert isinstance(found, Unreadable)
    assert isinstance(college.google.list_owned([college.ada], SCOPE)[college.ada], Unreadable)
    with pytest.raises(Unreadable, match="nobody knows"):
        college.google.changes_since(college.ada, None)


def test_a_tag_that_is_none_is_somebodys_own(college: College) -> None:
    standing = college.stand(create(college.ada))
    broken = {"extendedProperties": {"private": {TAG: "something else"}}}
    college.by_hand("PATCH", college.ada, f"/events/{standing.provider_id}", broken)
    assert college.google.list_owned([college.ada], SCOPE) == {college.ada: []}
