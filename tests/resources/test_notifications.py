"""Messages arrive by each channel, and what cannot be sent says why, without any secret."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import Engine

from resources.notifications import Notifications
from scheduling_pipeline.notifications.channels import Email, Keys, Pushover, Teams
from scheduling_pipeline.notifications.compose import compose
from scheduling_pipeline.notifications.outbox import Delivery, Sent
from scheduling_pipeline.simulators.tls import certificate
from tests.notifications.mailbox import SENDER, Mailbox, running_mailbox
from tests.notifications.owners import ADDED, MOVED, add_owner

OPERATOR = "duty@school.example"


@pytest.fixture
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with running_mailbox(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


def pushover(mailbox: Mailbox, **values: object) -> Pushover:
    settings = mailbox.simulator.settings
    keys = {"user": settings.pushover_user, "token": settings.pushover_token, **values}
    return Pushover(**keys)  # type: ignore[arg-type]


def deliver(engine: Engine, way: Notifications, keys: Keys, *, kind: str = "changes") -> Sent:
    """What becomes of one message to somebody with these keys."""
    channel = type(keys).__name__.lower()
    [part] = compose([MOVED, ADDED], channel, "https://desk.example/changes")  # type: ignore[arg-type]
    owner = add_owner(engine, keys)
    return way.deliver(engine, Delivery(1, owner, kind, channel, "", part.title, part.body, 1))


def test_an_owner_gets_e_mail(engine: Engine, mailbox: Mailbox) -> None:
    assert deliver(engine, mailbox.resource(), Email("mona@school.example")) == Sent("sent")

    [mail] = mailbox.messages
    assert (mail.recipient, mail.title) == ("mona@school.example", "2 changes to your work orders")
    assert "- W-110001 (store #1234, Springfield, IL, 8 dispensers): from Thu 5 Mar 2026" in mail.body
    assert "See them: https://desk.example/changes" in mail.body


@pytest.mark.parametrize(
    "address", ["o'brien@school.example", "mona+50%@school.example", "a=b@school.example"]
)
def test_e_mail_goes_to_just_the_address_that_was_entered(
    engine: Engine, mailbox: Mailbox, address: str
) -> None:
    assert deliver(engine, mailbox.resource(), Email(address)) == Sent("sent")
    assert [mail.recipient for mail in mailbox.messages] == [address]


def test_e_mail_is_not_sent_through_a_server_that_comes_with_recipients(
    engine: Engine, mailbox: Mailbox
) -> None:
    way = mailbox.resource().model_copy(update={"mail_server": f"{mailbox.mail_server}&cc={OPERATOR}"})
    assert deliver(engine, way, Email("mona@school.example")).verdict == "refused"
    assert len(way.problems) == 1
    assert mailbox.messages == []


def test_an_owner_gets_a_push_message(engine: Engine, mailbox: Mailbox) -> None:
    assert deliver(engine, mailbox.resource(), pushover(mailbox)) == Sent("sent")

    [push] = mailbox.messages
    assert push.title == "2 changes to your work orders"
    assert "<b>Moved (1)</b>" in push.body


def test_an_owner_gets_a_card_in_teams(engine: Engine, mailbox: Mailbox) -> None:
    assert deliver(engine, mailbox.resource(), Teams(mailbox.teams_url)) == Sent("sent")

    [card] = mailbox.messages
    assert (card.channel, card.title) == ("teams", "2 changes to your work orders")
    assert "**Moved (1)**\n\n- W-110001 (store \\#1234" in card.body


def test_the_highest_priority_calls_until_somebody_answers(engine: Engine, mailbox: Mailbox) -> None:
    """Pushover refuses such a message without its retry and expire."""
    assert deliver(engine, mailbox.resource(), pushover(mailbox, priority=2, sound="siren")) == Sent("sent")


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"user": "x" * 30}, "Pushover: user identifier is not a valid user"),
        ({"token": "x" * 30}, "Pushover: application token is invalid"),
    ],
)
def test_a_test_message_says_which_key_is_wrong(
    engine: Engine, mailbox: Mailbox, wrong: dict[str, str], detail: str
) -> None:
    sent = deliver(engine, mailbox.resource(), pushover(mailbox, **wrong), kind="test")

    assert sent.verdict == "refused"
    assert sent.detail.startswith(detail)
    assert [call["path"] for call in mailbox.simulator.control.journal()] == ["/1/users/validate.json"]


@pytest.mark.parametrize(
    ("kind", "params", "verdict", "arrived"),
    [
        ("http", {"status": 503}, "again", 0),
        ("http", {"status": 429}, "again", 0),
        ("lose_request", {}, "unknown", 0),
        ("drop_reply", {}, "unknown", 1),
    ],
)
def test_only_what_pushover_certainly_did_not_take_is_sent_again(
    engine: Engine, mailbox: Mailbox, kind: str, params: dict[str, object], verdict: str, arrived: int
) -> None:
    mailbox.break_(kind, "messages", 1, **params)
    assert deliver(engine, mailbox.resource(), pushover(mailbox)).verdict == verdict
    assert len(mailbox.messages) == arrived


def test_a_server_that_is_not_there_is_tried_again(engine: Engine, mailbox: Mailbox) -> None:
    way = mailbox.resource().model_copy(
        update={"pushover_url": "https://localhost:1", "mail_server": f"mailto://localhost:1?from={SENDER}"}
    )
    push = deliver(engine, way, pushover(mailbox))
    assert push == Sent("again", "Pushover cannot be reached (ConnectError)")


@pytest.mark.parametrize("code", [451, 550])
def test_mail_that_was_refused_for_now_is_tried_again(engine: Engine, mailbox: Mailbox, code: int) -> None:
    mailbox.break_("smtp", code=code)
    sent = deliver(engine, mailbox.resource(), Email("mona@school.example"))
    assert sent.verdict == "again"
    assert sent.detail


def test_mail_that_may_have_arrived_is_not_sent_again(engine: Engine, mailbox: Mailbox) -> None:
    mailbox.break_("drop_reply", "SMTP")
    sent = deliver(engine, mailbox.resource(), Email("mona@school.example"))
    assert len(mailbox.messages) == 1
    assert (sent.verdict, sent.detail.endswith("It may have arrived.")) == ("unknown", True)


def test_a_mail_server_that_is_not_there_is_tried_again(engine: Engine, mailbox: Mailbox) -> None:
    way = mailbox.resource().model_copy(update={"mail_server": f"mailto://localhost:1?from={SENDER}"})
    assert deliver(engine, way, Email("mona@school.example")).verdict == "again"


@pytest.mark.parametrize(("kind", "arrived"), [("lose_request", 0), ("drop_reply", 1)])
def test_a_card_that_may_have_arrived_is_not_sent_again(
    engine: Engine, mailbox: Mailbox, kind: str, arrived: int
) -> None:
    mailbox.break_(kind, "workflows")
    assert deliver(engine, mailbox.resource(), Teams(mailbox.teams_url)).verdict == "unknown"
    assert len(mailbox.messages) == arrived


def test_a_card_that_certainly_was_not_taken_is_sent_again(engine: Engine, mailbox: Mailbox) -> None:
    mailbox.break_("http", "workflows", status=503)
    assert deliver(engine, mailbox.resource(), Teams(mailbox.teams_url)).verdict == "again"


def test_a_workflow_that_cannot_be_reached_or_trusted_is_tried_again(
    engine: Engine, mailbox: Mailbox
) -> None:
    for name, url, trusted in (("mona", "https://localhost:1", True), ("otto", mailbox.url, False)):
        way = mailbox.resource() if trusted else mailbox.resource().model_copy(update={"ca_bundle": None})
        owner = add_owner(engine, Teams(mailbox.teams_url.replace(mailbox.url, url)), name=name)
        assert way.deliver(engine, Delivery(1, owner, "changes", "teams", "", "t", "b", 1)).verdict == "again"
    assert mailbox.messages == []


@pytest.mark.parametrize("status", [302, 307])
def test_a_workflow_leads_nowhere_else(engine: Engine, mailbox: Mailbox, tmp_path: Path, status: int) -> None:
    """A host that is allowed could lead us to any other, inside our own network as well."""
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Location", "/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

    tls = certificate(tmp_path / "tls")
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(tls.chain_file, tls.key_file)
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        leading = mailbox.teams_url.replace(mailbox.url, f"https://localhost:{server.server_port}")
        way = mailbox.resource().model_copy(update={"ca_bundle": str(tls.ca_file)})
        sent = deliver(engine, way, Teams(leading))
        server.shutdown()

    assert (sent.verdict, len(asked), "/inside" in asked) == ("again", 1, False)


def test_a_workflow_that_refuses_us_says_so(engine: Engine, mailbox: Mailbox) -> None:
    stale = Teams(mailbox.teams_url.replace("sig=simulated-teams", "sig=revoked"))
    sent = deliver(engine, mailbox.resource(), stale)
    assert (sent.verdict, "error=401" in sent.detail) == ("again", True)
    assert "revoked" not in sent.detail


def test_a_workflow_that_is_elsewhere_is_not_called(engine: Engine, mailbox: Mailbox) -> None:
    way = mailbox.resource().model_copy(update={"teams_hosts": [".logic.azure.com"]})
    sent = deliver(engine, way, Teams(mailbox.teams_url))
    assert sent == Sent("refused", "the workflow is not where Microsoft runs them")
    assert mailbox.simulator.control.journal() == []


def test_without_a_mail_server_or_a_key_the_reason_is_named(engine: Engine, mailbox: Mailbox) -> None:
    keys = Email("mona@school.example")
    no_server = mailbox.resource().model_copy(update={"mail_server": ""})
    assert deliver(engine, no_server, keys).detail == "no mail server is set: NOTIFICATIONS_MAIL_SERVER"
    no_key = Delivery(1, add_owner(engine, keys, name="otto"), "changes", "email", "", "t", "b", 1)
    assert Notifications().deliver(engine, no_key) == Sent(
        "refused", "WORK_ORDERS_KEY is not set: keys cannot be read"
    )


def test_operators_are_told_by_any_address_that_apprise_knows(engine: Engine, mailbox: Mailbox) -> None:
    way = mailbox.resource(f"{mailbox.mail_server}&to={OPERATOR}", mailbox.teams_url)
    assert list(way.addresses.values()) == ["E-Mail", "Power Automate / Workflows (for MSTeams)"]

    for address in way.addresses:
        delivery = Delivery(1, None, "outcome", "", address, "Failed: sync", "timetable: *down*", 1)
        assert way.deliver(engine, delivery) == Sent("sent")

    mail, card = mailbox.messages
    assert (mail.recipient, mail.title, mail.body.strip()) == (OPERATOR, "Failed: sync", "timetable: *down*")
    assert (card.title, card.body) == ("Failed: sync", r"timetable: \*down\*")


def test_an_address_that_was_taken_out_is_not_told_any_more(engine: Engine, mailbox: Mailbox) -> None:
    gone = Delivery(1, None, "outcome", "E-Mail", "0123456789ab", "t", "b", 1)
    assert mailbox.resource().deliver(engine, gone).verdict == "refused"


@pytest.mark.parametrize("more", ["&to={0},second@school.example", "&to={0}&cc=second@school.example"])
def test_an_operators_address_has_one_recipient(mailbox: Mailbox, more: str) -> None:
    """If one of several refused a message, the others would get it again with every try."""
    way = mailbox.resource(mailbox.teams_url, mailbox.mail_server + more.format(OPERATOR))
    assert way.problems == ["NOTIFICATIONS_URLS: address 2 has 2 recipients; give each an address of its own"]
    assert list(way.addresses.values()) == ["Power Automate / Workflows (for MSTeams)"]


def test_wrong_addresses_are_named_by_number_and_nothing_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged = StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(logged)])
    way = Notifications(
        urls="mailto://a:secret@mail.example?to=x@y.example pover://secret", mail_server="slack://secret"
    )

    assert way.problems == [
        "NOTIFICATIONS_URLS: address 2 is none that apprise knows",
        (
            "NOTIFICATIONS_MAIL_SERVER: must be an address such as"
            " mailtos://user:password@mail.example.com:587?from=pipeline@example.com"
        ),
    ]
    assert "secret" not in repr(way) + logged.getvalue()
