"""Writes to Google calendars: how each can end, and that none is ever done twice."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import timedelta

import httpx
import pytest
import stamina

from resources.google_calendar import GoogleCalendars
from resources.google_tokens import TokenProblem
from resources.google_wire import quota_user
from scheduling_pipeline.calendars.model import EventContent, WeeklyRule
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
    NOWHERE,
    SCOPE,
    College,
    client_of,
    course,
    create,
    event_of,
    known,
)
from tests.resources.operations import delete, update

ELSEWHERE = course(location="Beatty Hall 12")
TUESDAY = course(MONDAY + timedelta(days=1))


def batch_of(college: College, count: int = 4) -> list[Operation]:
    """The classes of two people."""
    people = college.ada, college.bruno
    return [create(calendar, f"class-{number}") for calendar in people for number in range(count)]


def causes(outcomes: list[Outcome]) -> list[Cause | None]:
    return [outcome.cause if isinstance(outcome, Rejected) else None for outcome in outcomes]


def batches(college: College) -> list[dict[str, object]]:
    return [entry for entry in college.journal("http") if entry["path"] == "/batch/calendar/v3"]


def test_a_full_batch_of_several_people_is_one_request_by_each_of_them(college: College) -> None:
    operations = batch_of(college, 25)
    outcomes = college.google.send(operations)
    assert all(isinstance(outcome, Done) and outcome.etag for outcome in outcomes)
    assert len(batches(college)) == 1
    calls = college.calls("POST", of="/events")
    assert len(calls) == len(operations)
    assert {(call["caller"], call["quota_user"]) for call in calls} == {
        (ADA, quota_user(college.ada)),
        (BRUNO, quota_user(college.bruno)),
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
        standing = college.stand(create(college.ada, f"class-{number}", content))
        assert standing.content == content
        assert standing.content.content_hash == content.content_hash


def test_nobody_is_invited(college: College) -> None:
    standing = college.stand(create(college.ada))
    assert "attendees" not in college.by_hand("GET", college.ada, f"/events/{standing.provider_id}")


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
        course(rrule=WeeklyRule(exdates=frozenset({(MONDAY + timedelta(weeks=1)).date()}))),
    ],
)
def test_an_update_changes_the_event_in_place_and_back(college: College, after: EventContent) -> None:
    standing = college.stand(create(college.ada))
    for content in (after, course()):
        operation = update(standing, content)
        (outcome,) = college.google.send([operation])
        assert isinstance(outcome, Done), outcome
        standing = college.only(operation)
        assert standing.content == content
        assert (standing.provider_id, standing.etag) == (outcome.provider_id, outcome.etag)


def test_creates_updates_and_deletes_mix_and_keep_their_order(college: College) -> None:
    moved, gone = (college.stand(create(college.ada, uid)) for uid in ("class-1", "class-2"))
    operations = [delete(gone), update(moved, TUESDAY), create(college.ada, "class-3")]
    assert [type(outcome) for outcome in college.google.send(operations)] == [Done, Done, Done]
    listing = college.google.list_owned([college.ada], SCOPE)[college.ada]
    assert isinstance(listing, list)
    assert {event.tag.uid: event.content for event in listing} == {"class-1": TUESDAY, "class-3": course()}


def test_10_409_an_event_that_stands_already_conflicts_and_is_found(college: College) -> None:
    operation = create(college.ada)
    standing = college.stand(operation)
    assert causes(college.google.send([operation])) == [Cause.CONFLICT]
    assert college.only(operation) == standing


def test_10_409_the_key_of_a_deleted_event_is_spent(college: College) -> None:
    operation = create(college.ada)
    college.google.send([delete(college.stand(operation))])
    assert causes(college.google.send([operation])) == [Cause.CONFLICT]
    assert college.google.look_up([operation]) == [None]
    assert isinstance(college.google.send([create(college.ada, generation=2)])[0], Done)


def test_10_412_what_somebody_changed_conflicts_and_shows_what_they_made(college: College) -> None:
    standing = college.stand(create(college.ada))
    college.by_hand("PATCH", college.ada, f"/events/{standing.provider_id}", {"summary": "Mine"})
    operations = [update(standing, ELSEWHERE), delete(standing, standing.etag)]
    assert causes(college.google.send(operations)) == [Cause.CONFLICT] * 2
    assert college.only(operations[0]).content == course(summary="Mine")


def test_10_404_an_event_that_never_was_is_gone_where_its_calendar_is_there(college: College) -> None:
    never = [event_of(college.ada, f"class-{number}") for number in range(2)]
    updated, deleted = college.google.send([update(never[0], ELSEWHERE), delete(never[1])])
    assert causes([updated]) == [Cause.GONE]
    assert isinstance(deleted, Done)
    assert college.google.look_up([update(never[0], ELSEWHERE)]) == [None]
    asked = [call for call in college.calls("GET") if "/events" not in call["path"]]
    assert len(asked) == 2  # once for the writes, once for the look-up


def test_10_cancelled_an_event_that_somebody_deleted_is_gone(college: College) -> None:
    standing = college.stand(create(college.ada))
    college.by_hand("DELETE", college.ada, f"/events/{standing.provider_id}")
    operation = update(standing, ELSEWHERE)
    assert causes(college.google.send([operation]))[0] in (Cause.GONE, Cause.CONFLICT)
    assert college.google.look_up([operation]) == [None]


def test_10_410_what_was_deleted_before_counts_as_deleted(college: College) -> None:
    standing = college.stand(create(college.ada))
    for _ in range(2):
        assert college.google.send([delete(standing)]) == [Done(standing.provider_id)]


@pytest.mark.parametrize("deleted", [True, False])
def test_10_404_a_calendar_that_is_not_there_is_told_from_its_events(
    college: College,
    deleted: bool,  # noqa: FBT001
) -> None:
    calendar = college.ada if deleted else NOWHERE
    standing = college.stand(create(calendar)) if deleted else event_of(calendar)
    if deleted:
        college.by_hand("DELETE", calendar)
    writes = [
        create(calendar, "class-2"),
        update(standing, ELSEWHERE),
        delete(standing),
        create(college.bruno),
    ]
    outcomes = college.google.send(writes)
    assert causes(outcomes) == [Cause.NO_CALENDAR] * 3 + [None]
    assert isinstance(outcomes[3], Done)
    readings = [
        *college.google.look_up([update(standing, ELSEWHERE)]),
        college.google.list_owned([calendar], SCOPE)[calendar],
        *college.google.edited_dates([known(standing)]),
    ]
    assert [found.cause for found in readings if isinstance(found, Unreadable)] == [Cause.NO_CALENDAR] * 3
    with pytest.raises(Unreadable, match="no such calendar"):
        college.google.changes_since(calendar, None)


def test_whether_a_missing_event_has_a_calendar_is_in_doubt_when_google_does_not_say(
    college: College,
) -> None:
    college.arm("http", "GET /calendars/[^/]*$", status=500, times=None)
    never = event_of(college.ada)
    with stamina.set_testing(True, attempts=2):
        outcomes = college.google.send([update(never, ELSEWHERE), delete(never)])
        (found,) = college.google.look_up([delete(never)])
    assert all(isinstance(outcome, Unknown) for outcome in outcomes)
    assert isinstance(found, Unreadable)


def test_10_403_what_is_not_allowed_is_forbidden(college: College) -> None:
    college.arm("http", "POST /calendars/.*/events", status=403, reason="forbidden")
    assert causes(college.google.send(batch_of(college, 1))) == [Cause.FORBIDDEN, None]
    assert len(college.calls("POST", of="/events")) == 2


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize(("status", "reason"), [(403, "userRateLimitExceeded"), (429, "rateLimitExceeded")])
def test_10_403_too_many_calls_are_sent_again_and_only_they(
    college: College, status: int, reason: str
) -> None:
    college.arm("http", f"POST /calendars/{college.ada}/events", times=2, status=status, reason=reason)
    outcomes = college.google.send(batch_of(college))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    posts = college.calls("POST", of="/events")
    assert len(posts) == 8 + 2
    assert {post["caller"] for post in posts[8:]} == {ADA}


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize(
    ("status", "reason", "tries"),
    [(403, "rateLimitExceeded", 3), (429, "rateLimitExceeded", 3), (403, "quotaExceeded", 1)],
)
def test_10_403_patience_with_limits_ends_and_others_are_done(
    college: College, status: int, reason: str, tries: int
) -> None:
    college.arm("http", f"POST /calendars/{college.ada}/events", None, status=status, reason=reason)
    assert causes(college.google.send(batch_of(college, 1))) == [Cause.THROTTLED, None]
    assert len(college.calls("POST", of=f"{college.ada}/events")) == tries


def test_10_429_nothing_is_sent_again_sooner_than_google_says(college: College) -> None:
    college.arm("http", "POST /calendars/.*/events", status=429, retry_after=1)
    began = time.monotonic()
    assert isinstance(college.google.send([create(college.ada)])[0], Done)
    assert time.monotonic() - began >= 1


def test_10_429_a_wait_longer_than_our_patience_is_not_begun(college: College) -> None:
    college.arm("http", "POST /calendars/.*/events", status=429, retry_after=600)
    assert causes(college.google.send([create(college.ada)])) == [Cause.THROTTLED]


def test_what_google_does_not_accept_is_invalid_and_says_why(college: College) -> None:
    (outcome,) = college.google.send([create(college.ada, content=course(color="77"))])
    assert causes([outcome]) == [Cause.INVALID]
    assert isinstance(outcome, Rejected)
    assert outcome.detail.startswith("400 ")


@pytest.mark.parametrize("match", ["POST /batch/calendar/v3", "POST /calendars/.*/events"])
@pytest.mark.parametrize("kind", ["drop_reply", "lose_request", "http"])
def test_10_5xx_14_a_create_in_doubt_is_unknown_never_sent_again_and_found_if_it_stands(
    college: College, kind: str, match: str
) -> None:
    college.arm(kind, match, status=503)
    operation = create(college.ada)
    (outcome,) = college.google.send([operation])
    assert isinstance(outcome, Unknown)
    assert len(batches(college)) == 1
    (standing,) = college.google.look_up([operation])
    assert (standing is not None) is (kind == "drop_reply")


@pytest.mark.parametrize("kind", ["drop_reply", "http"])
def test_10_5xx_an_update_and_a_delete_in_doubt_are_looked_up(college: College, kind: str) -> None:
    standing = [college.stand(create(college.ada, f"class-{number}")) for number in range(2)]
    operations = [update(standing[0], TUESDAY), delete(standing[1])]
    college.arm(kind, "(PATCH|DELETE) /calendars", times=2, status=500)
    assert all(isinstance(outcome, Unknown) for outcome in college.google.send(operations))
    updated, deleted = college.google.look_up(operations)
    assert isinstance(updated, OwnedEvent)
    happened = kind == "drop_reply"
    assert (updated.content == TUESDAY) is happened
    assert (deleted is None) is happened


@pytest.mark.usefixtures("_no_waiting")
def test_10_5xx_reads_are_repeated(college: College) -> None:
    operation = create(college.ada)
    standing = college.stand(operation)
    college.arm("http", "GET /calendars", status=503)
    college.arm("lose_request", "POST /batch")
    assert college.only(operation) == standing


def test_10_401_an_access_token_that_expires_in_the_middle_is_replaced(college: College) -> None:
    college.arm("expired_token", f"POST /calendars/{college.ada}/events", skip=1)
    outcomes = college.google.send(batch_of(college))
    assert all(isinstance(outcome, Done) for outcome in outcomes)


@pytest.mark.parametrize("when", ["before", "after the token was given"])
def test_10_401_who_withdrew_their_consent_has_to_sign_in_again_and_others_are_done(
    college: College, when: str
) -> None:
    if when == "before":
        college.revoke(ADA)
    else:
        college.google.send([create(college.ada, "class-9")])
        college.revoke(ADA)
    operations = batch_of(college, 1)
    refused, done = college.google.send(operations)
    assert causes([refused]) == [Cause.SIGN_IN]
    assert isinstance(refused, Rejected)
    assert ADA in refused.detail
    assert isinstance(done, Done)
    (found, _) = college.google.look_up(operations)
    assert isinstance(found, Unreadable)
    assert found.cause is Cause.SIGN_IN
    listing = college.google.list_owned([college.ada, college.bruno], SCOPE)
    assert isinstance(listing[college.ada], Unreadable)
    assert isinstance(listing[college.bruno], list)


class NoTokens:
    """A token endpoint that is busy."""

    def tokens(self, calendars: Collection[str]) -> Mapping[str, str | TokenProblem]:
        return {calendar: TokenProblem("Google is busy", permanent=False) for calendar in calendars}

    def prepare(self, calendars: Collection[str]) -> None:
        """Nothing has to be fetched."""

    def discard(self, calendar: str, token: str) -> None:
        raise NotImplementedError


def test_a_token_endpoint_that_fails_is_no_reason_to_sign_in_again() -> None:
    with httpx.Client() as http:
        google = GoogleCalendars(client_of(http, NoTokens(), "https://localhost:1"))
        outcomes = google.send([create(NOWHERE)])
    assert outcomes == [Rejected(Cause.THROTTLED, "Google is busy")]


@pytest.mark.usefixtures("_no_waiting")
def test_where_nobody_listens_a_write_is_unknown_after_some_tries(college: College) -> None:
    with httpx.Client(trust_env=False) as http:
        unreachable = client_of(http, college.tokens, "https://localhost:1")  # a port that no server may have
        (outcome,) = GoogleCalendars(unreachable).send([create(college.ada)])
    assert isinstance(outcome, Unknown)
    assert "ConnectError" in outcome.detail
