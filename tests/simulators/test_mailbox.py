"""The simulated channels as stock clients meet them, by the rules of the real ones."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest

from tests.notifications.mailbox import Mailbox, running_mailbox


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with running_mailbox(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


@pytest.fixture
def http(mailbox: Mailbox) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=mailbox.ca_file)
    with httpx.Client(base_url=mailbox.url, verify=trusted, trust_env=False) as client:
        yield client


def form(mailbox: Mailbox, **values: str) -> dict[str, str]:
    settings = mailbox.simulator.settings
    return {"token": settings.pushover_token, "user": settings.pushover_user, "message": "hello"} | values


def test_pushover_takes_a_message(mailbox: Mailbox, http: httpx.Client) -> None:
    answer = http.post("/1/messages.json", data=form(mailbox, title="news", message="x" * 1024))

    assert (answer.status_code, answer.json()["status"]) == (200, 1)
    assert answer.json()["request"]
    assert mailbox.messages[-1].title == "news"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"token": "a" * 29}, "token"),
        ({"token": "a" * 30}, "token"),
        ({"user": "u" * 31}, "user"),
        ({"message": ""}, "message"),
        ({"message": "x" * 1025}, "message"),
        ({"title": "x" * 251}, "title"),
        ({"priority": "3"}, "priority"),
        ({"priority": "2"}, "retry"),
        ({"priority": "2", "retry": "10", "expire": "3600"}, "retry"),
        ({"priority": "2", "retry": "60", "expire": "10801"}, "expire"),
    ],
)
def test_pushover_refuses_what_breaks_its_rules(
    mailbox: Mailbox, http: httpx.Client, values: dict[str, str], field: str
) -> None:
    before = len(mailbox.messages)
    answer = http.post("/1/messages.json", data=form(mailbox, **values))

    assert (answer.status_code, answer.json()["status"]) == (400, 0)
    assert field in answer.json()
    assert answer.json()["errors"]
    assert len(mailbox.messages) == before


def test_an_emergency_has_a_receipt(mailbox: Mailbox, http: httpx.Client) -> None:
    urgent = form(mailbox, priority="2", retry="30", expire="10800")
    assert http.post("/1/messages.json", data=urgent).json()["receipt"]


def test_pushover_says_whether_it_knows_somebody(mailbox: Mailbox, http: httpx.Client) -> None:
    known = http.post("/1/users/validate.json", data=form(mailbox)).json()
    unknown = http.post("/1/users/validate.json", data=form(mailbox, user="u" * 30))
    assert (known["status"], known["devices"]) == (1, ["phone"])
    assert (unknown.status_code, unknown.json()["user"]) == (400, "invalid")


def test_mail_arrives(mailbox: Mailbox) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Grüezi", "a@school.example", "b@school.example"
    mail.set_content("Zwei — drei")
    with smtplib.SMTP("localhost", mailbox.mail_port) as server:
        server.send_message(mail)

    arrived = mailbox.messages[-1]
    assert (arrived.recipient, arrived.title, arrived.body.strip()) == (
        "b@school.example",
        "Grüezi",
        "Zwei — drei",
    )


def test_mail_can_be_refused(mailbox: Mailbox) -> None:
    mailbox.break_("smtp", code=550, text="no such user")
    with (
        smtplib.SMTP("localhost", mailbox.mail_port) as server,
        pytest.raises(smtplib.SMTPDataError) as refusal,
    ):
        server.sendmail("a@school.example", ["b@school.example"], "Subject: x\r\n\r\ny")
    assert refusal.value.smtp_code == 550


def test_an_answer_can_be_lost_after_the_mail_arrived(mailbox: Mailbox) -> None:
    mailbox.break_("drop_reply", "SMTP")
    before = len(mailbox.messages)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtplib.SMTP("localhost", mailbox.mail_port).sendmail(
            "a@x.example", ["b@x.example"], "Subject: x\r\n\r\ny"
        )
    assert len(mailbox.messages) == before + 1


@pytest.mark.parametrize(
    ("change", "payload", "status"),
    [
        (("sig=", "sig=other-"), {"type": "message", "attachments": []}, 401),
        (("", ""), {"text": "no card"}, 400),
    ],
)
def test_teams_refuses_strangers_and_what_is_no_card(
    mailbox: Mailbox, http: httpx.Client, change: tuple[str, str], payload: dict[str, object], status: int
) -> None:
    answer = http.post(mailbox.teams_url.replace(*change), json=payload)
    assert (answer.status_code, "error" in answer.json()) == (status, True)


def test_a_page_shows_what_arrived(mailbox: Mailbox, http: httpx.Client) -> None:
    http.post("/1/messages.json", data=form(mailbox, title="<b>news</b>", message="hello there"))

    page = http.get("/").text

    assert "&lt;b&gt;news&lt;/b&gt;" in page
    assert "hello there" in page
    assert http.get("/control/messages").json()[-1]["body"] == "hello there"
