"""Looking up and listing what stands. A calendar that could not be read is never an empty one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import stamina

from resources import outlook, outlook_events
from resources.graph_sign_in import SignInError
from resources.outlook import Outlook
from resources.outlook_events import TAG, marks
from scheduling_pipeline.calendars.model import Tag
from scheduling_pipeline.calendars.provider import Cause, OwnedEvent, Unreadable
from scheduling_pipeline.simulators.school import Account
from tests.resources.operations import delete, update
from tests.resources.tenant import (
    PEOPLE,
    SCOPE,
    ZURICH,
    Tenant,
    create,
    graph_of,
    lesson,
    open_tenant,
    series,
    untagged,
)


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    with open_tenant(tmp_path) as opened, stamina.set_testing(True, attempts=3):
        yield opened


def uids(listing: list[OwnedEvent] | Unreadable) -> list[str]:
    assert isinstance(listing, list)
    return sorted(event.tag.uid for event in listing)


def test_a_listing_holds_our_events_of_one_scope_masters_and_singles(tenant: Tenant) -> None:
    ana, jo, *_ = tenant.ids
    tenant.stand(create(ana, "0000001"))
    tenant.stand(create(ana, "monday-0900", series()))
    tenant.stand(replace(create(ana), tag=Tag(SCOPE.upper(), None, "0000009", 1)))  # Graph ignores the case
    tenant.write("POST", ana, "/events", untagged(lesson()))
    listings = tenant.outlook.list_owned([ana, jo, ana], SCOPE)
    assert uids(listings[ana]) == ["0000001", "monday-0900"]
    assert uids(listings[jo]) == []


def test_a_listing_of_several_pages_is_complete(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook_events, "_PAGE", 2)
    for n in range(5):
        tenant.stand(create(tenant.ids[0], f"{n}"))
    listings = tenant.outlook.list_owned(tenant.ids, SCOPE)
    assert uids(listings[tenant.ids[0]]) == ["0", "1", "2", "3", "4"]


def test_many_calendars_are_read_in_few_requests(tmp_path: Path) -> None:
    people = [Account(f"Ana Martel{n}", "Ana", f"Martel{n}", f"ana{n}@school.example") for n in range(45)]
    with open_tenant(tmp_path, people) as tenant:
        control = tenant.simulators.graph.control
        before = len(control.journal())
        assert len(tenant.outlook.list_owned(tenant.ids, SCOPE)) == 45
        batches = [entry for entry in control.journal(before) if entry["path"] == "/$batch"]
        assert len(batches) == 3


@pytest.mark.parametrize("status", [500, 503])
def test_a_read_that_fails_in_passing_is_repeated(tenant: Tenant, status: int) -> None:
    tenant.stand(create(tenant.ids[0]))
    tenant.arm("http", "GET /users/.*/events", times=2, status=status)
    assert uids(tenant.outlook.list_owned(tenant.ids[:1], SCOPE)[tenant.ids[0]]) == ["0000001"]


@pytest.mark.parametrize("page", [0, 1])
def test_a_page_that_keeps_failing_makes_that_calendar_unreadable_and_no_other(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(outlook_events, "_PAGE", 1)
    ana, jo, *_ = tenant.ids
    for calendar in (ana, jo):
        for n in range(2):
            tenant.stand(create(calendar, f"{n}"))
    tenant.arm("http", f"GET /users/{ana}/events", times=None, skip=page, status=503)
    listings = tenant.outlook.list_owned([ana, jo], SCOPE)
    unreadable = listings[ana]
    assert isinstance(unreadable, Unreadable)
    assert unreadable.cause is None
    assert uids(listings[jo]) == ["0", "1"]


def test_a_batch_whose_reply_is_lost_is_read_again(tenant: Tenant) -> None:
    tenant.stand(create(tenant.ids[0]))
    tenant.arm("drop_reply", r"POST /\$batch")
    assert uids(tenant.outlook.list_owned(tenant.ids[:1], SCOPE)[tenant.ids[0]]) == ["0000001"]


def test_without_a_mailbox_a_calendar_is_unreadable_for_that_reason(tenant: Tenant) -> None:
    tenant.settings.unlicensed = {PEOPLE[0].upn}
    nobody = "00000000-0000-0000-0000-000000000000"
    listings = tenant.outlook.list_owned([tenant.ids[0], nobody], SCOPE).values()
    causes = [listing.cause for listing in listings if isinstance(listing, Unreadable)]
    assert causes == [Cause.NO_CALENDAR] * 2


def test_without_permission_every_calendar_is_unreadable(tenant: Tenant) -> None:
    tenant.settings.roles = set()
    listing = tenant.outlook.list_owned(tenant.ids[:1], SCOPE)[tenant.ids[0]]
    assert isinstance(listing, Unreadable)
    assert listing.cause is Cause.FORBIDDEN


def test_a_listing_without_sign_in_is_an_error_of_its_own(tenant: Tenant) -> None:
    with (
        graph_of(tenant.simulators, client_secret="wrong").connect() as client,
        pytest.raises(SignInError, match="AZURE_CLIENT_SECRET"),
    ):
        Outlook(client).list_owned(tenant.ids, SCOPE)


def test_an_event_with_a_tag_that_cannot_be_read_is_named_and_left_alone(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    standing = tenant.stand(create(tenant.ids[0]))
    broken = {"singleValueExtendedProperties": [{"id": TAG, "value": "from another world"}]}
    tenant.write("PATCH", tenant.ids[0], f"/events/{standing.provider_id}", broken)
    with caplog.at_level(logging.WARNING):
        assert uids(tenant.outlook.list_owned(tenant.ids[:1], SCOPE)[tenant.ids[0]]) == []
    assert standing.provider_id in caplog.text


def test_a_look_up_finds_what_a_create_made_even_beside_a_copy(tenant: Tenant) -> None:
    operation = create(tenant.ids[0])
    original = tenant.stand(operation)
    tenant.simulators.clock.advance(timedelta(hours=1))
    copied = untagged(lesson()) | {"singleValueExtendedProperties": marks(operation.tag, ZURICH)}
    copy = tenant.write("POST", tenant.ids[0], "/events", copied)
    assert tenant.only(operation).provider_id == original.provider_id
    assert len(uids(tenant.outlook.list_owned(tenant.ids[:1], SCOPE)[tenant.ids[0]])) == 2
    tenant.outlook.send([delete(original)])
    assert tenant.outlook.look_up([delete(original), update(original, lesson())]) == [None, None]
    assert tenant.only(operation).provider_id == copy["id"]


def test_an_event_moved_to_another_calendar_of_its_owner_keeps_its_id(tenant: Tenant) -> None:
    standing = tenant.stand(create(tenant.ids[0]))
    other = tenant.write("POST", tenant.ids[0], "/calendars", {"name": "Lessons"})
    tenant.move(tenant.ids[0], standing.provider_id, str(other["id"]))
    assert tenant.only(delete(standing)).provider_id == standing.provider_id


def test_a_look_up_that_fails_says_nothing(tenant: Tenant) -> None:
    tenant.arm("http", "GET /users/.*/events", times=None, status=503)
    (standing,) = tenant.outlook.look_up([create(tenant.ids[0])])
    assert isinstance(standing, Unreadable)
    assert standing.cause is None


def test_a_look_up_without_sign_in_says_nothing(tenant: Tenant) -> None:
    with graph_of(tenant.simulators, client_secret="wrong").connect() as client:
        (standing,) = Outlook(client).look_up([create(tenant.ids[0])])
    assert isinstance(standing, Unreadable)
    assert standing.cause is Cause.FORBIDDEN


def test_an_event_of_ours_that_cannot_be_read_makes_its_calendar_unreadable(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left out, it would seem deleted by hand, and be made a second time."""
    operation = create(tenant.ids[0])
    tenant.stand(operation)

    def unreadable(*_: object) -> None:
        raise ValueError("an event in a time zone without a name")

    monkeypatch.setattr(outlook, "content_of", unreadable)
    listed = tenant.outlook.list_owned([tenant.ids[0]], SCOPE)[tenant.ids[0]]
    (found,) = tenant.outlook.look_up([operation])
    for answer in (listed, found):
        assert isinstance(answer, Unreadable)
        assert "without a name" in answer.detail
