"""Tokens of people: fetched once, renewed in time, and plain words for who has to sign in again."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from resources.google_tokens import TokenProblem, UserTokens
from scheduling_pipeline.courses.credentials import Account, NoAccount
from tests.resources.google_project import Project

ANA, JO, LEA = (f"{name}@college.example" for name in ("ana", "jo", "lea"))


class Owners:
    """Whose calendar is which; counts how often it is asked."""

    def __init__(self, **calendars: Account | NoAccount) -> None:
        self.calendars = calendars
        self.asked: list[frozenset[str]] = []

    def __call__(self, calendars: Collection[str]) -> Mapping[str, Account | NoAccount]:
        self.asked.append(frozenset(calendars))
        return {calendar: self.calendars[calendar] for calendar in calendars}


def tokens_of(project: Project, owners: Owners, **changes: str | None) -> closing[UserTokens]:
    google = project.google()
    values = {
        "client_id": google.client_id,
        "client_secret": google.client_secret,
        "token_url": google.token_url,
        "ca_bundle": google.ca_bundle,
    }
    return closing(UserTokens(owners, **{**values, **changes}))  # type: ignore[arg-type]


def test_each_calendar_gets_the_token_of_its_owner(project: Project) -> None:
    owners = Owners(a=project.consent(ANA), b=project.consent(JO))
    with tokens_of(project, owners) as tokens:
        found = tokens.tokens(["a", "b"])
    assert set(found) == {"a", "b"}
    assert len({*found.values()}) == 2
    assert all(isinstance(token, str) for token in found.values())


def test_a_token_is_fetched_once_for_all_threads(project: Project) -> None:
    owners = Owners(a=project.consent(ANA), b=project.consent(JO))
    before = project.token_requests()
    together = threading.Barrier(8)
    with tokens_of(project, owners) as tokens, ThreadPoolExecutor(8) as pool:

        def fetch(_: int) -> tuple[str, ...]:
            together.wait()
            return tuple(str(token) for token in tokens.tokens(["a", "b"]).values())

        assert len(set(pool.map(fetch, range(8)))) == 1
    assert project.token_requests() - before == 2
    assert owners.asked == [{"a", "b"}]


@pytest.mark.parametrize(("life", "fetched"), [(55, 2), (300, 1)])
def test_a_token_in_its_last_minute_is_not_used(project: Project, life: int, fetched: int) -> None:
    project.settings.expires_in = life
    with tokens_of(project, Owners(a=project.consent(ANA))) as tokens:
        before = project.token_requests()
        tokens.tokens(["a"])
        tokens.tokens(["a"])
    assert project.token_requests() - before == fetched


def test_only_the_token_that_was_refused_is_discarded(project: Project) -> None:
    with tokens_of(project, Owners(a=project.consent(ANA))) as tokens:
        first = str(tokens.tokens(["a"])["a"])
        tokens.discard("a", "an older one")
        assert tokens.tokens(["a"])["a"] == first
        tokens.discard("a", first)
        assert tokens.tokens(["a"])["a"] != first


def test_who_withdrew_their_consent_has_to_sign_in_again_and_nobody_else(project: Project) -> None:
    owners = Owners(a=project.consent(ANA), b=project.consent(JO))
    project.revoke(ANA)
    with tokens_of(project, owners) as tokens:
        before = project.token_requests()
        found = tokens.tokens(["a", "b"])
        tokens.tokens(["a", "b"])
    assert found["a"] == TokenProblem(f"the consent of {ANA} has expired or was withdrawn", permanent=True)
    assert isinstance(found["b"], str)
    assert project.token_requests() - before == 2  # it is not asked for in vain again


def test_who_never_connected_has_to_sign_in(project: Project) -> None:
    owners = Owners(a=NoAccount("no Google account is connected"), b=NoAccount("unreadable", sign_in=False))
    with tokens_of(project, owners) as tokens:
        found = tokens.tokens(["a", "b"])
    assert found["a"] == TokenProblem("no Google account is connected", permanent=True)
    assert found["b"] == TokenProblem("unreadable", permanent=False)


@pytest.mark.parametrize("changes", [{"client_secret": "an-old-secret"}, {"client_id": "nobody"}])
def test_a_client_that_is_not_accepted_is_nobodys_fault(project: Project, changes: dict[str, str]) -> None:
    owners = Owners(a=project.consent(ANA))
    with tokens_of(project, owners, **changes) as tokens:
        problem = tokens.tokens(["a"])["a"]
    assert isinstance(problem, TokenProblem)
    assert not problem.permanent
    assert "check GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET" in problem.detail
    assert "an-old-secret" not in repr(problem)


def test_a_busy_token_endpoint_is_asked_again(project: Project) -> None:
    project.arm("identity", "POST /token", status=503)
    with tokens_of(project, Owners(a=project.consent(ANA))) as tokens:
        assert isinstance(tokens.tokens(["a"])["a"], str)


def test_a_token_endpoint_that_does_not_answer_is_a_passing_problem(project: Project) -> None:
    account = project.consent(ANA)
    owners = Owners(a=account)
    with tokens_of(project, owners, token_url="https://127.0.0.1:9/token") as tokens:
        problem = tokens.tokens(["a"])["a"]
    assert isinstance(problem, TokenProblem)
    assert not problem.permanent
    assert re.search("no answer from .* check the network", problem.detail)
    assert account.refresh_token not in problem.detail


def test_a_passing_problem_is_not_kept(project: Project) -> None:
    owners = Owners(a=NoAccount("unreadable", sign_in=False))
    with tokens_of(project, owners) as tokens:
        assert isinstance(tokens.tokens(["a"])["a"], TokenProblem)
        owners.calendars["a"] = project.consent(ANA)
        assert isinstance(tokens.tokens(["a"])["a"], str)


def test_authorities_of_the_environment_do_not_count(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = tmp_path / "none.pem"
    none.touch()
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(variable, str(none))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with tokens_of(project, Owners(a=project.consent(ANA))) as tokens:
        assert isinstance(tokens.tokens(["a"])["a"], str)


def test_a_server_that_is_not_trusted_gets_no_refresh_token(project: Project) -> None:
    owners = Owners(a=project.consent(LEA))
    before = project.token_requests()
    with tokens_of(project, owners, ca_bundle=None) as tokens:
        problem = tokens.tokens(["a"])["a"]
    assert isinstance(problem, TokenProblem)
    assert "SSLError" in problem.detail
    assert project.token_requests() == before


def test_an_account_does_not_show_its_token(project: Project) -> None:
    account = project.consent(ANA)
    assert account.refresh_token not in repr(account)
    assert account.refresh_token not in repr(replace(account, email=JO))


class TestTokensThatArePrepared:
    def test_are_fetched_once_and_in_the_background(self, project: Project) -> None:
        owners = Owners(a=project.consent(ANA), b=project.consent(JO))
        before = project.token_requests()
        with slow(project, 0.5), tokens_of(project, owners) as tokens:
            began = time.monotonic()
            tokens.prepare(["a", "b"])
            tokens.prepare(["b", "a"])
            assert time.monotonic() - began < 0.5
            found = tokens.tokens(["a", "b"])
            tokens.prepare(["a", "b"])
            assert tokens.tokens(["b", "a"]) == found
        assert all(isinstance(token, str) for token in found.values())
        assert project.token_requests() - before == 2
        assert owners.asked == [{"a", "b"}]

    def test_are_shared_by_all_threads(self, project: Project) -> None:
        names = [f"calendar-{number}" for number in range(12)]
        owners = Owners(**dict.fromkeys(names, project.consent(ANA)))
        before = project.token_requests()
        together = threading.Barrier(8)
        with slow(project, 0.05), tokens_of(project, owners) as tokens, ThreadPoolExecutor(8) as pool:

            def fetch(number: int) -> Mapping[str, str | TokenProblem]:
                together.wait()
                mine = names[number:] + names[:number]
                tokens.prepare(mine[:6])
                return tokens.tokens(mine)

            first, *others = pool.map(fetch, range(8))
        assert all(found == first for found in others)
        assert set(first) == set(names)
        assert project.token_requests() - before == len(names)
        assert sorted(name for asked in owners.asked for name in asked) == sorted(names)

    def test_in_vain_are_fetched_when_they_are_needed(self, project: Project) -> None:
        owners = Owners(a=NoAccount("unreadable", sign_in=False))
        with tokens_of(project, owners) as tokens:
            tokens.prepare(["a"])
            tokens.tokens(["a"])
            owners.calendars["a"] = project.consent(ANA)
            assert isinstance(tokens.tokens(["a"])["a"], str)

    def test_are_not_waited_for_when_nobody_needs_them_any_more(self, project: Project) -> None:
        names = [f"calendar-{number}" for number in range(40)]
        owners = Owners(**dict.fromkeys(names, project.consent(ANA)))
        before = project.token_requests()
        with slow(project, 0.3):
            with tokens_of(project, owners) as tokens:
                tokens.prepare(names)
            asked = project.token_requests() - before
        assert asked <= 8, "those that were under way"


@contextmanager
def slow(project: Project, seconds: float) -> Iterator[None]:
    """Google takes its time to answer."""
    control = project.simulators.google.control
    control.latency = seconds
    try:
        yield
    finally:
        control.latency = 0.0
