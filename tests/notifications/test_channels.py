"""Keys are checked before they are kept, and never shown."""

from __future__ import annotations

import pytest

from scheduling_pipeline.notifications.channels import (
    CHANNELS,
    TEAMS_HOSTS,
    Email,
    Keys,
    Pushover,
    Teams,
    as_values,
    channel_of,
    keys_of,
    named,
)

USER, TOKEN = "u" * 30, "a" * 30
HOST = "https://prod-1.westeurope.logic.azure.com:443"
WORKFLOW = "/workflows/643e/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ft&sv=1.0&sig=secret"
KEYS: list[Keys] = [Email("ana@school.example"), Pushover(USER, TOKEN, 1, "bike"), Teams(HOST + WORKFLOW)]


@pytest.mark.parametrize("keys", KEYS, ids=CHANNELS)
def test_keys_survive_being_kept_and_do_not_show(keys: Keys) -> None:
    assert keys_of(channel_of(keys), as_values(keys)) == keys
    assert not any(secret in repr(keys) for secret in ("ana@", USER, TOKEN, "sig="))


@pytest.mark.parametrize(
    "address",
    [
        "ana",
        "ana@school",
        "a b@c.example",
        "ana@school.example?bcc=eve@x.example",
        "ana:eve@x.example",  # to a mail program a group, with Eve in it
        "ana@x.example%2Ceve%40y.example",
        "ana(eve@x.example)@y.example",
        "josé@school.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"^this is no e-mail address$"):
        Email(address)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"user": "u" * 29, "token": TOKEN}, "user key must be 30"),
        ({"user": USER, "token": "a" * 29 + "-"}, "application token must be 30"),
        ({"user": USER, "token": TOKEN, "priority": 3}, "priority must be from -2 to 2"),
        ({"user": USER, "token": TOKEN, "sound": "a b"}, "no name of a sound"),
        ({"user": USER}, "no keys for pushover"),
    ],
)
def test_what_pushover_would_refuse_is_refused_without_repeating_it(
    values: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem) as refusal:
        keys_of("pushover", values)
    assert TOKEN not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        f"http://prod-1.logic.azure.com{WORKFLOW}",
        f"{HOST}/elsewhere?sig=secret",
        f"{HOST}{WORKFLOW.replace('&sig=secret', '')}",
        f"{HOST}{WORKFLOW}&template=/etc/passwd",
        f"{HOST}{WORKFLOW}&verify=no",
    ],
)
def test_only_the_address_of_a_workflow_is_taken_for_teams(url: str) -> None:
    with pytest.raises(ValueError, match="address") as refusal:
        Teams(url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [(HOST, True), ("https://logic.azure.com.evil.example", False), ("https://localhost:8443", False)],
)
def test_a_workflow_must_be_where_microsoft_runs_them(host: str, *, allowed: bool) -> None:
    assert Teams(host + WORKFLOW).allowed(TEAMS_HOSTS) is allowed


def test_there_is_no_other_channel() -> None:
    with pytest.raises(ValueError, match="'fax' is no channel; there are email, pushover, teams"):
        named("fax")
