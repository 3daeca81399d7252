"""Somebody's own notifications, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from scheduling_pipeline.notifications.channels import Email
from scheduling_pipeline.notifications.outbox import Sent, claim, settle
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings
from tests.desk.own_work import Owner, order, owner
from tests.desk.people import NOW, Office
from tests.notifications.mailbox import KEY, Mailbox, running_mailbox

API = "/api/notifications"
USER, TOKEN = "u" * 30, "t" * 30


@pytest.fixture
def olive(both: Office) -> Owner:
    return owner(replace(both, work_orders=WorkOrdersSettings(key=SecretStr(KEY))))


@pytest.fixture
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with running_mailbox(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


def ask(somebody: Owner, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    answer = somebody.person.ask(method, f"{API}/{path}", body)
    assert answer.is_success, answer.text
    return answer.json()


def status(somebody: Owner, method: str, path: str, body: object = None) -> int:
    return somebody.person.ask(method, f"{API}/{path}", body).status_code


class TestPreferences:
    def test_they_come_back_as_they_were_put(self, olive: Owner) -> None:
        assert ask(olive, "GET", "preferences")["kinds"] == [
            "added",
            "moved",
            "removed",
            "replaced",
            "swapped",
        ]
        body = {
            "kinds": ["completed", "moved"],
            "stores": ["#1234"],
            "places": ["Gary, IN"],
            "digest_at": "18:30:00",
            "zone": "America/Chicago",
        }
        assert ask(olive, "PUT", "preferences", body) == body
        assert ask(olive, "GET", "preferences") == body

    @pytest.mark.parametrize(
        "other",
        [
            {"kinds": ["renamed"]},
            {"zone": "Mars/Olympus"},
            {"digest_at": "18:30+01:00"},
            {"digest_at": "soon"},
            {"stores": [""]},
            {"more": 1},
        ],
    )
    def test_what_makes_no_sense_is_refused(self, olive: Owner, other: dict[str, object]) -> None:
        body = {"kinds": [], "zone": "UTC", **other}
        assert status(olive, "PUT", "preferences", body) == 422


class TestChannels:
    def test_one_is_set_up_switched_and_deleted(self, olive: Owner) -> None:
        shown = ask(olive, "PUT", "channels/pushover", {"user": USER, "token": TOKEN, "priority": -1})
        assert (shown["channel"], shown["enabled"]) == ("pushover", True)
        assert USER not in str(ask(olive, "GET", "channels"))
        assert not ask(olive, "PUT", "channels/pushover/enabled", {"enabled": False})["enabled"]
        assert ask(olive, "GET", "channels")[0]["enabled"] is False
        assert ask(olive, "DELETE", "channels/pushover") == {"success": True}
        assert ask(olive, "GET", "channels") == []
        assert status(olive, "DELETE", "channels/pushover") == 404

    @pytest.mark.parametrize(
        ("channel", "body"),
        [
            ("pushover", {"user": "secret-1", "token": TOKEN}),
            ("pushover", {"user": USER}),
            ("email", {"address": "secret-1"}),
            ("email", {"user": USER, "token": TOKEN}),
            ("teams", {"url": "https://example.com/secret-1"}),
        ],
    )
    def test_what_are_no_keys_is_refused_and_not_repeated(
        self, olive: Owner, channel: str, body: dict[str, str]
    ) -> None:
        answer = olive.person.ask("PUT", f"{API}/channels/{channel}", body)
        assert answer.status_code == 400
        assert "secret-1" not in answer.text

    def test_there_are_no_other_channels(self, olive: Owner) -> None:
        assert status(olive, "PUT", "channels/pigeon", {"address": "olive@example.com"}) == 422


class TestTrial:
    def test_a_message_that_was_sent_is_not_said_to_have_failed(self, olive: Owner, mailbox: Mailbox) -> None:
        olive.reach_by(Email("olive@example.com"))
        queued = ask(olive, "POST", "test", {"channel": "email"})
        assert (queued["state"], queued["settled"]) == ("pending", False)

        delivery = claim(olive.engine, NOW)
        assert delivery
        settle(olive.engine, delivery, mailbox.resource().deliver(olive.engine, delivery), NOW)

        assert mailbox.titles("email") == ["Test message"]
        shown = ask(olive, "GET", f"messages/{queued['id']}")
        assert (shown["state"], shown["settled"]) == ("sent", True)
        assert [(way["channel"], way["state"]) for way in shown["channels"]] == [("email", "sent")]

    def test_a_message_that_was_refused_says_why(self, olive: Owner, mailbox: Mailbox) -> None:
        ask(olive, "PUT", "channels/pushover", {"user": USER, "token": TOKEN})
        queued = ask(olive, "POST", "test", {"channel": "pushover"})
        delivery = claim(olive.engine, NOW)
        assert delivery
        settle(olive.engine, delivery, mailbox.resource().deliver(olive.engine, delivery), NOW)
        shown = ask(olive, "GET", f"messages/{queued['id']}")
        assert (shown["state"], shown["settled"]) == ("failed", True)
        assert "invalid" in shown["channels"][0]["detail"]

    def test_what_has_not_changed_costs_nothing(self, olive: Owner) -> None:
        olive.reach_by(Email("olive@example.com"))
        queued = ask(olive, "POST", "test", {"channel": "email"})
        first = olive.person.look(f"{API}/messages/{queued['id']}")
        again = olive.person.look(
            f"{API}/messages/{queued['id']}", **{"If-None-Match": first.headers["ETag"]}
        )
        assert again.status_code == 304

    def test_one_at_a_time(self, olive: Owner) -> None:
        ask(olive, "PUT", "channels/email", {"address": "olive@example.com"})
        ask(olive, "POST", "test", {"channel": "email"})
        assert status(olive, "POST", "test", {"channel": "email"}) == 409
        delivery = claim(olive.engine, NOW)
        assert delivery is not None
        settle(olive.engine, delivery, Sent("sent"), NOW)
        assert status(olive, "POST", "test", {"channel": "email"}) == 202

    def test_none_by_a_channel_that_is_off_or_not_set_up(self, olive: Owner) -> None:
        assert status(olive, "POST", "test", {"channel": "email"}) == 404
        olive.reach_by(Email("olive@example.com"))
        ask(olive, "PUT", "channels/email/enabled", {"enabled": False})
        assert status(olive, "POST", "test", {"channel": "email"}) == 404


class TestPreview:
    def test_it_is_what_each_channel_would_get(self, olive: Owner) -> None:
        olive.read(order(1))
        olive.read(order(1), order(2, 3), hours=1)
        shown = ask(olive, "GET", "preview")
        assert (shown["invented"], shown["changes"]) == (False, 1)
        (push,) = shown["channels"]["pushover"]
        assert push["title"] == "1 change to your work orders"
        assert push["body"].startswith("1 added\n\n<b>Added (1)</b>\n• W-110002")
        assert '<a href="' in push["body"]
        assert shown["limits"] == {"email": None, "pushover": 1024, "teams": 20_000}

    def test_invented_changes_are_said_to_be(self, olive: Owner) -> None:
        shown = ask(olive, "GET", "preview")
        assert (shown["invented"], shown["changes"]) == (True, 5)


class TestMessages:
    def test_case_24_a_repeated_reading_tells_nothing_more(self, olive: Owner) -> None:
        olive.reach_by(Email("olive@example.com"))
        olive.read(order(1))
        assert ask(olive, "GET", "messages") == []  # the first reading tells nothing
        olive.read(order(1), order(2), hours=1)
        olive.read(order(1), order(2), hours=2)
        (message,) = ask(olive, "GET", "messages")
        assert (message["kind"], message["title"]) == ("changes", "1 change to your work orders")


def test_everybody_sees_their_own_alone(olive: Owner) -> None:
    olive.reach_by(Email("olive@example.com"))
    queued = ask(olive, "POST", "test", {"channel": "email"})
    ask(olive, "PUT", "preferences", {"kinds": ["moved"], "zone": "UTC"})
    other = owner(olive.office, name="Otto Other")
    assert ask(other, "GET", "channels") == []
    assert ask(other, "GET", "messages") == []
    assert len(ask(other, "GET", "preferences")["kinds"]) == 5
    assert status(other, "GET", f"messages/{queued['id']}") == 404
    assert status(other, "DELETE", "channels/email") == 404
    assert status(other, "PUT", "channels/email/enabled", {"enabled": False}) == 404
    assert ask(olive, "GET", "channels")[0]["enabled"] is True
