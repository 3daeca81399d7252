"""What the service account does for people's calendars: creates them once, shares them, shows them."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.google_owner import ServiceCalendars
from resources.google_service_account import ServiceAccountError
from scheduling_pipeline.courses.provision import CalendarError, CalendarLimitError, ConsentGoneError
from tests.resources.google_project import Project

ANA, JO = "ana@college.example", "jo@college.example"
NEW_YORK = "America/New_York"
LIST = "/users/me/calendarList"


@pytest.fixture
def slept() -> list[float]:
    """For how long it was waited for rights, in seconds."""
    return []


@pytest.fixture
def owner(project: Project, slept: list[float]) -> Iterator[ServiceCalendars]:
    with project.google().service_calendars(sleep=slept.append) as opened:
        yield opened


def made(owner: ServiceCalendars, marker: str = "Courses of ana") -> str:
    return owner.create_calendar("Courses", NEW_YORK, marker)


def test_a_calendar_is_found_again_by_its_marker(owner: ServiceCalendars) -> None:
    assert owner.find_calendar("Courses of nobody") is None
    calendar = made(owner, "Courses of somebody")
    assert owner.find_calendar("Courses of somebody") == calendar
    assert owner.list_calendars()[calendar] == "Courses of somebody"
    assert owner.exists(calendar)
    assert not owner.exists("nowhere@group.calendar.google.com")


def test_calendars_on_later_pages_are_found(project: Project, owner: ServiceCalendars) -> None:
    wanted = made(owner, "the first of many")
    with project.google().service_calendars() as others:
        for number in range(3):
            made(others, f"another one {number}")
    everything = owner.list_calendars()
    assert everything[wanted] == "the first of many"
    assert {f"another one {number}" for number in range(3)} <= set(everything.values())


def test_a_person_has_the_calendar_with_its_colour_on_their_list(
    project: Project, owner: ServiceCalendars
) -> None:
    account, calendar = project.consent(ANA), made(owner)
    owner.share(calendar, [ANA])
    owner.add_to_list(calendar, account)
    (entry,) = [entry for entry in project.list_of(account) if entry["id"] == calendar]
    assert entry["summary"] == "Courses"
    assert entry["timeZone"] == NEW_YORK
    assert entry["colorId"] == "7"
    assert entry["selected"]
    assert entry["accessRole"] == "owner"


def test_doing_it_again_changes_nothing(project: Project, owner: ServiceCalendars) -> None:
    account, calendar = project.consent(ANA), made(owner)
    for _ in range(2):
        owner.share(calendar, [ANA])
        owner.add_to_list(calendar, account)
    assert [entry["id"] for entry in project.list_of(account)].count(calendar) == 1


def test_the_colour_that_a_person_chose_stays(project: Project, owner: ServiceCalendars) -> None:
    account, calendar = project.consent(ANA), made(owner)
    owner.share(calendar, [ANA])
    owner.add_to_list(calendar, account)
    project.call(account, "PATCH", f"{LIST}/{calendar}", {"colorId": "3"})
    owner.add_to_list(calendar, account)
    (entry,) = [entry for entry in project.list_of(account) if entry["id"] == calendar]
    assert entry["colorId"] == "3"


def test_it_is_shared_with_every_account(project: Project, owner: ServiceCalendars) -> None:
    calendar = made(owner)
    owner.share(calendar, [ANA, JO])
    for email in (ANA, JO):
        account = project.consent(email)
        owner.add_to_list(calendar, account)
        assert calendar in [entry["id"] for entry in project.list_of(account)]


def test_who_has_the_right_already_is_no_error(project: Project, owner: ServiceCalendars) -> None:
    account, calendar = project.consent(ANA), made(owner)
    project.arm("http", f"POST /calendars/{calendar}/acl", status=409, reason="duplicate")
    owner.share(calendar, [ANA])
    owner.share(calendar, [ANA])
    project.arm("http", f"POST {LIST}", status=409, reason="duplicate")
    owner.add_to_list(calendar, account)


# What it comes to that the right of a person becomes effective late.


def test_11_a_right_that_is_effective_after_two_refusals_is_waited_for(
    project: Project, owner: ServiceCalendars, slept: list[float]
) -> None:
    account, calendar = project.consent(ANA), made(owner)
    owner.share(calendar, [ANA])
    project.arm("http", f"POST {LIST}", times=2, status=404, reason="notFound")
    owner.add_to_list(calendar, account)
    assert slept == [10, 20]
    assert calendar in [entry["id"] for entry in project.list_of(account)]


def test_11_a_right_that_is_not_effective_after_four_tries_is_an_error(
    project: Project, owner: ServiceCalendars, slept: list[float]
) -> None:
    account, calendar = project.consent(ANA), made(owner)
    owner.share(calendar, [ANA])
    project.arm("http", f"POST {LIST}", times=4, status=404, reason="notFound")
    before = len(project.calls("POST", LIST))
    with pytest.raises(CalendarError, match=f"showing the calendar to {ANA} failed: 404"):
        owner.add_to_list(calendar, account)
    assert slept == [10, 20, 30]
    assert len(project.calls("POST", LIST)) - before == 4


def test_a_delay_of_googles_own_is_waited_for(project: Project) -> None:
    project.settings.acl_delay_seconds = 0.2
    account = project.consent(ANA)
    waits: list[float] = []
    effective = threading.Event()  # which nobody sets: it is a wait in real time, as Google's delay is

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            return
        effective.wait(0.3)

    with project.google().service_calendars(sleep=sleep) as owner:
        calendar = made(owner)
        owner.share(calendar, [ANA])
        owner.add_to_list(calendar, account)
    assert waits == [10, 20]


# Faults.


def test_creating_is_tried_again_when_there_were_too_many_calls(
    project: Project, owner: ServiceCalendars
) -> None:
    project.arm("http", "POST /calendars$", status=403, reason="rateLimitExceeded")
    calendar = made(owner, "after too many")
    assert list(owner.list_calendars().values()).count("after too many") == 1
    assert owner.exists(calendar)


@pytest.mark.parametrize("kind", ["drop_reply", "lose_request"])
def test_creating_is_not_repeated_when_it_may_have_been_done(
    project: Project, owner: ServiceCalendars, kind: str
) -> None:
    marker = f"with {kind}"
    before = len(project.calls("POST", "/calendars"))
    project.arm(kind, "POST /calendars$")
    with pytest.raises(CalendarError, match="creating a calendar failed: no answer"):
        made(owner, marker)
    assert len(project.calls("POST", "/calendars")) - before == 1
    assert (owner.find_calendar(marker) is not None) == (kind == "drop_reply")


def test_what_does_no_harm_twice_is_repeated(project: Project, owner: ServiceCalendars) -> None:
    calendar = made(owner)
    project.arm("drop_reply", f"POST /calendars/{calendar}/acl")
    project.arm("http", f"POST /calendars/{calendar}/acl", status=503, reason="backendError")
    owner.share(calendar, [ANA])
    owner.add_to_list(calendar, project.consent(ANA))


def test_the_limit_on_calendars_is_told_apart(project: Project, owner: ServiceCalendars) -> None:
    project.arm("http", "POST /calendars$", status=403, reason="quotaExceeded")
    with pytest.raises(CalendarLimitError, match="try again later"):
        made(owner)


def test_a_refused_token_of_the_service_account_is_worth_a_fresh_one(
    project: Project, owner: ServiceCalendars
) -> None:
    made(owner)
    before = project.token_requests()
    project.arm("expired_token", "POST /calendars$")
    made(owner)
    assert project.token_requests() - before == 1


def test_who_withdrew_their_consent_has_to_sign_in_again(project: Project, owner: ServiceCalendars) -> None:
    account, calendar = project.consent(ANA), made(owner)
    owner.share(calendar, [ANA])
    project.revoke(ANA)
    with pytest.raises(ConsentGoneError, match=f"the consent of {ANA} has expired or was withdrawn"):
        owner.add_to_list(calendar, account)


def test_a_token_endpoint_that_does_not_answer_is_no_withdrawn_consent(project: Project) -> None:
    account = project.consent(ANA)
    with (
        project.google(token_url="https://127.0.0.1:9/token").service_calendars() as owner,
        pytest.raises(CalendarError) as caught,
    ):
        owner.add_to_list("any", account)
    assert not isinstance(caught.value, ConsentGoneError)


# The service account itself.


def test_a_key_file_that_is_not_there_is_named(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ServiceAccountError, match=r"absent\.json cannot be read: No such file"):
        project.google(service_account_file=str(tmp_path / "absent.json")).service_account()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"client_email": "x", "private_key": "not-a-key", "token_uri": "x"}', "\udcff"],
)
def test_a_file_that_is_no_key_is_named_and_not_shown(project: Project, tmp_path: Path, content: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(content, errors="surrogateescape")
    with pytest.raises(ServiceAccountError, match="is no key of a service account") as caught:
        project.google(service_account_file=str(file)).service_account()
    assert "not-a-key" not in "".join(traceback.format_exception(caught.value))


def test_a_key_that_google_does_not_accept_is_named(project: Project) -> None:
    project.settings.service_account = "another@college-timetable.iam.gserviceaccount.com"
    with (
        project.google().service_calendars() as owner,
        pytest.raises(ServiceAccountError, match=r"does not accept the key of .* \(invalid_grant\)"),
    ):
        owner.list_calendars()


def test_without_an_answer_nobody_signs_in(project: Project) -> None:
    with (
        project.google(token_url="https://127.0.0.1:9/token").service_calendars() as owner,
        pytest.raises(ServiceAccountError, match="no answer from"),
    ):
        owner.list_calendars()
