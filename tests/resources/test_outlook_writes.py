"""Writes to calendars: how each can end, and that none is ever done twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from resources import outlook
from resources.outlook import Outlook
from scheduling_pipeline.calendars.model import WeeklyRule
from scheduling_pipeline.calendars.provider import Cause, Done, Operation, OwnedEvent, Rejected, Unknown
from scheduling_pipeline.simulators.school import Account
from tests.resources.operations import delete, update
from tests.resources.tenant import (
    MONDAY,
    PEOPLE,
    Tenant,
    create,
    graph_of,
    lesson,
    open_tenant,
    series,
    untagged,
)

NOBODY = "00000000-0000-0000-0000-000000000000"
LATER = lesson(start=MONDAY + timedelta(hours=3))


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    with open_tenant(tmp_path) as opened:
        yield opened


def batch_of(tenant: Tenant) -> list[Operation]:
    """As much as one batch may carry of four calendars."""
    return [create(calendar, f"{n:07}") for calendar in tenant.ids for n in range(4)]


def test_a_full_batch_of_several_calendars_is_one_request(tenant: Tenant) -> None:
    operations = batch_of(tenant)
    outcomes = tenant.outlook.send(operations)
    assert all(isinstance(outcome, Done) and outcome.etag for outcome in outcomes)
    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Done)}) == len(operations)
    assert len(tenant.calls("POST", of="/events")) == len(operations)


def test_creates_updates_and_deletes_mix_and_keep_their_order(tenant: Tenant) -> None:
    ana = tenant.ids[0]
    moved, gone = tenant.stand(create(ana, "0000001")), tenant.stand(create(ana, "0000002"))
    outcomes = tenant.outlook.send([delete(gone), update(moved, LATER), create(ana, "0000003", series())])
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Done]
    listing = tenant.outlook.list_owned([ana], "vip-private")[ana]
    assert isinstance(listing, list)
    assert {event.tag.uid: event.content for event in listing} == {"0000001": LATER, "0000003": series()}


def test_a_repeated_create_makes_no_second_event(tenant: Tenant) -> None:
    operation = create(tenant.ids[0])
    first, second = tenant.outlook.send([operation])[0], tenant.outlook.send([operation])[0]
    assert first == second


def test_an_answer_that_shows_an_earlier_write_of_the_event_conflicts(tenant: Tenant) -> None:
    """How a repeated transaction is answered is not documented: perhaps with the event as first made."""
    operation = create(tenant.ids[0])
    reply = tenant.client.batch([outlook._call(operation)])[0]
    assert isinstance(outlook._outcome(operation, reply), Done)
    later = replace(operation, after=LATER)
    assert outlook._outcome(later, reply) == Rejected(
        Cause.CONFLICT, "an earlier write of this event took effect"
    )


def test_a_create_whose_key_was_spent_on_something_else_conflicts(tenant: Tenant) -> None:
    tenant.stand(create(tenant.ids[0]))
    (outcome,) = tenant.outlook.send([create(tenant.ids[0], content=LATER)])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.CONFLICT
    assert "ErrorDuplicateTransactionId" in outcome.detail


def test_an_update_of_what_somebody_else_changed_conflicts(tenant: Tenant) -> None:
    standing = tenant.stand(create(tenant.ids[0]))
    tenant.write("PATCH", tenant.ids[0], f"/events/{standing.provider_id}", {"subject": "Mine now"})
    (outcome,) = tenant.outlook.send([update(standing, LATER)])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.CONFLICT
    assert tenant.only(update(standing, LATER)).content == replace(lesson(), summary="Mine now")


def test_an_update_leaves_alone_what_it_is_not_about(tenant: Tenant) -> None:
    standing = tenant.stand(create(tenant.ids[0], content=series()))
    note = {"body": {"contentType": "text", "content": "bring the red book"}}
    path = f"/events/{standing.provider_id}"
    tenant.write("PATCH", tenant.ids[0], path, note)
    ended = series(rule=WeeklyRule((MONDAY + timedelta(weeks=4)).date()))
    operation = update(tenant.only(update(standing, ended)), ended)
    assert isinstance(tenant.outlook.send([operation])[0], Done)
    assert tenant.only(operation).content == ended
    event = tenant.client.get(f"/users/{tenant.ids[0]}{path}")
    assert event["body"]["content"] == "bring the red book"
    assert event["attendees"] == []


def test_what_is_gone_cannot_be_updated_and_need_not_be_deleted(tenant: Tenant) -> None:
    standing = tenant.stand(create(tenant.ids[0]))
    assert isinstance(tenant.outlook.send([delete(standing)])[0], Done)
    updated, deleted = tenant.outlook.send([update(standing, LATER), delete(standing)])
    assert isinstance(updated, Rejected)
    assert updated.cause is Cause.GONE
    assert isinstance(deleted, Done)


def test_without_a_mailbox_there_is_no_calendar(tenant: Tenant) -> None:
    tenant.settings.unlicensed = {PEOPLE[1].upn}
    for calendar in (NOBODY, tenant.ids[1]):
        outcomes = tenant.outlook.send([create(calendar), delete(event_of(calendar))])
        assert [o.cause for o in outcomes if isinstance(o, Rejected)] == [Cause.NO_CALENDAR] * 2


def event_of(calendar: str) -> OwnedEvent:
    return OwnedEvent(calendar, create(calendar).tag, "AAkALgAAAAAAAAAAAAAAAAAAAAAAAA==", "", lesson())


def test_without_permission_it_is_forbidden(tenant: Tenant) -> None:
    tenant.settings.roles = {"Calendars.Read"}
    (outcome,) = tenant.outlook.send([create(tenant.ids[0])])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.FORBIDDEN


def test_what_graph_does_not_accept_is_invalid_and_says_why(tenant: Tenant) -> None:
    standing = replace(tenant.stand(create(tenant.ids[0])), provider_id="not-an-id")
    (outcome,) = tenant.outlook.send([update(standing, LATER)])
    assert outcome == Rejected(Cause.INVALID, "400 ErrorInvalidIdMalformed: Id is malformed.")


def test_only_the_throttled_part_of_a_batch_is_sent_again_and_not_too_soon(tenant: Tenant) -> None:
    ana = tenant.ids[0]
    tenant.arm("http", f"POST /users/{ana}/events", times=2, status=429, retry_after=1)
    began = time.monotonic()
    outcomes = tenant.outlook.send(batch_of(tenant))
    assert time.monotonic() - began >= 1
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    posts = tenant.calls("POST", of="/events")
    assert len(posts) == 16 + 2
    assert {post["path"] for post in posts[16:]} == {f"/users/{ana}/events"}


@pytest.mark.usefixtures("_no_waiting")
def test_a_throttled_batch_is_sent_again(tenant: Tenant) -> None:
    tenant.arm("http", r"POST /\$batch", status=429)
    assert isinstance(tenant.outlook.send([create(tenant.ids[0])])[0], Done)


@pytest.mark.usefixtures("_no_waiting")
def test_patience_with_throttling_ends(tenant: Tenant) -> None:
    tenant.arm("http", f"POST /users/{tenant.ids[0]}/events", times=None, status=429)
    throttled, done = tenant.outlook.send([create(tenant.ids[0]), create(tenant.ids[1])])
    assert isinstance(throttled, Rejected)
    assert throttled.cause is Cause.THROTTLED
    assert isinstance(done, Done)
    assert len(tenant.calls("POST", of=f"{tenant.ids[0]}/events")) == 3


def test_a_wait_longer_than_our_patience_is_not_begun(tenant: Tenant) -> None:
    tenant.arm("http", f"POST /users/{tenant.ids[0]}/events", times=None, status=429, retry_after=600)
    (outcome,) = tenant.outlook.send([create(tenant.ids[0])])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.THROTTLED


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("drop_reply", r"POST /\$batch"),
        ("drop_reply", "POST /users/.*/events"),
        ("http", r"POST /\$batch"),
        ("http", "POST /users/.*/events"),
    ],
)
def test_a_create_that_may_have_happened_is_unknown_and_never_sent_again(
    tenant: Tenant, kind: str, match: str
) -> None:
    tenant.arm(kind, match, status=503)
    operation = create(tenant.ids[0])
    (outcome,) = tenant.outlook.send([operation])
    assert isinstance(outcome, Unknown)
    happened = kind == "drop_reply"
    assert len(tenant.calls("POST", of="/events")) == (
        0 if match.startswith(r"POST /\$") and not happened else 1
    )
    (standing,) = tenant.outlook.look_up([operation])
    assert (standing is not None) is happened


def test_a_server_that_says_nothing_leaves_every_write_unknown(tmp_path: Path) -> None:
    with open_tenant(tmp_path, read_timeout=0.3) as tenant:
        tenant.arm("timeout", r"POST /\$batch", seconds=5)
        outcomes = tenant.outlook.send([create(tenant.ids[0]), create(tenant.ids[1])])
        assert outcomes == [Unknown("no answer ReadTimeout")] * 2


@pytest.mark.parametrize("kind", ["drop_reply", "http"])
def test_a_delete_and_an_update_in_doubt_are_looked_up(tenant: Tenant, kind: str) -> None:
    standing = [tenant.stand(create(tenant.ids[0], f"000000{n}")) for n in (1, 2)]
    operations = [update(standing[0], LATER), delete(standing[1])]
    tenant.arm(kind, "(PATCH|DELETE) /users", times=2, status=500)
    assert all(isinstance(outcome, Unknown) for outcome in tenant.outlook.send(operations))
    updated, deleted = tenant.outlook.look_up(operations)
    assert isinstance(updated, OwnedEvent)
    happened = kind == "drop_reply"
    assert (updated.content == LATER) is happened
    assert (deleted is None) is happened


@pytest.mark.parametrize("match", [r"POST /\$batch", "POST /users/.*/events"])
def test_a_token_that_expires_in_the_middle_is_replaced(tenant: Tenant, match: str) -> None:
    token = tenant.client.tokens.token()
    tenant.arm("expire_tokens", match)
    outcomes = tenant.outlook.send(batch_of(tenant))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert tenant.client.tokens.token() != token


@pytest.mark.usefixtures("_no_waiting")
def test_a_fresh_token_that_is_refused_too_is_the_end(tenant: Tenant) -> None:
    tenant.arm("http", "POST /users/.*/events", times=None, status=401)
    (outcome,) = tenant.outlook.send([create(tenant.ids[0])])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.FORBIDDEN
    assert len(tenant.calls("POST", of="/events")) == 2


def test_a_write_without_sign_in_is_forbidden_and_tells_no_secret(tenant: Tenant) -> None:
    with graph_of(tenant.simulators, client_secret="wrong-and-secret").connect() as client:
        (outcome,) = Outlook(client).send([create(tenant.ids[0])])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.FORBIDDEN
    assert "AZURE_CLIENT_SECRET" in outcome.detail
    assert "wrong-and-secret" not in outcome.detail


def test_what_was_written_survives_a_sign_in_that_fails_afterwards(tenant: Tenant) -> None:
    tenant.arm("http", f"POST /users/{tenant.ids[1]}/events", status=401)
    tenant.settings.client_secret = "changed meanwhile"
    done, refused = tenant.outlook.send([create(tenant.ids[0]), create(tenant.ids[1])])
    assert isinstance(done, Done)
    assert isinstance(refused, Rejected)
    assert refused.cause is Cause.FORBIDDEN


@pytest.mark.usefixtures("_no_waiting")
def test_where_nobody_listens_a_write_is_unknown_after_some_tries(tenant: Tenant) -> None:
    nowhere = "https://localhost:1/v1.0"  # a port that no server may have
    with graph_of(tenant.simulators, base_url=nowhere).connect() as client:
        (outcome,) = Outlook(client).send([create(tenant.ids[0])])
    assert isinstance(outcome, Unknown)
    assert "ConnectError" in outcome.detail


def test_an_event_of_somebody_else_is_never_an_answer(tenant: Tenant) -> None:
    theirs = tenant.write("POST", tenant.ids[0], "/events", untagged(lesson()))
    operation = update(replace(event_of(tenant.ids[0]), provider_id=str(theirs["id"])), LATER)
    assert tenant.outlook.look_up([operation]) == [None]


def test_a_calendar_may_be_named_by_its_owners_principal_name(tmp_path: Path) -> None:
    guest = Account("Jo Brandt", "Jo", "Brandt", "jo.brandt#ext#@school.example")
    with open_tenant(tmp_path, [guest]) as tenant:
        assert tenant.stand(create(guest.upn)).calendar == guest.upn
