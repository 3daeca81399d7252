"""What can be broken at the simulated booking site."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.school import FixedSchool
from tests.simulators.booking_site import (
    ENGLISH,
    FRENCH,
    MONDAY,
    BookingSite,
    Visitor,
    is_login_form,
    lesson,
    served,
)

ASID = "0000000"
LESSONS = tuple(
    lesson(f"{number:07d}", days=number % 6, room="SFS1*" if number < 6 else "ATL1") for number in range(10)
)
ALL = {one.asid for one in LESSONS}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BookingSite]:
    with served(tmp_path, FixedSchool(LESSONS)) as running:
        yield running


@pytest.fixture
def visitor(site: BookingSite) -> Visitor:
    """A visitor who looks at the English agenda."""
    visitor = site.visitor()
    visitor.login()
    visitor.choose(ENGLISH)
    return visitor


def _arm(site: BookingSite, kind: str, match: str = ".*", **params: object) -> None:
    site.control.arm(Fault(kind, match, params=params))


def test_a_slow_grid(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "slow_grid", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        visitor.http.get("/ffdates/week/booking", timeout=0.2)
    assert visitor.week().asids == ALL


def test_a_slow_site(site: BookingSite, visitor: Visitor) -> None:
    site.control.latency = 0.2
    began = time.monotonic()
    visitor.details(ASID)
    assert time.monotonic() - began >= 0.2


def test_an_empty_week(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "empty_week")
    shown = visitor.week(MONDAY)
    assert not shown.booked
    assert len(shown.headers) == 6
    assert visitor.week(MONDAY).asids == ALL


def test_a_shrunken_week_is_the_same_each_time(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "shrunken_week", keep=0.3)
    _arm(site, "shrunken_week", keep=0.3)
    shown = [visitor.week().asids for _ in range(3)]
    assert shown[0] == shown[1] < ALL
    assert len(shown[0]) == 3
    assert shown[2] == ALL


def test_a_missing_room_column_is_that_with_most_lessons(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "missing_room_column")
    shown = visitor.week()
    assert shown.rooms == ["ATL1"]
    assert shown.asids == {one.asid for one in LESSONS if one.room == "ATL1"}


def test_a_missing_room_column_of_ones_choice(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "missing_room_column", room="ATL1")
    assert visitor.week().rooms == ["SFS1*"]


@pytest.mark.parametrize(("offset", "header"), [(2, "Mon 16th Mar."), (-1, "Mon 23rd Feb.")])
def test_the_wrong_week(site: BookingSite, visitor: Visitor, offset: int, header: str) -> None:
    _arm(site, "wrong_week", offset_weeks=offset)
    assert visitor.week(MONDAY).headers[0] == header
    assert visitor.week(MONDAY).headers[0] == "Mon 2nd Mar."


def test_an_agenda_that_cannot_be_chosen(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "agenda_ignored")
    assert visitor.choose(FRENCH).agenda == ENGLISH
    assert visitor.choose(FRENCH).agenda == FRENCH


def test_a_session_that_expires_halfway(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "expired_session", match="list_attendees")
    assert visitor.week().asids == ALL
    assert is_login_form(visitor.details(ASID))
    assert is_login_form(visitor.open_week())
    assert visitor.login().url.path == "/launchpad"


def test_a_login_form_in_place_of_the_grid(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "login_page", match="/2026/03/02/")
    answer = visitor.open_week(MONDAY)
    assert is_login_form(answer)
    assert answer.url.path == "/ffdates/week/booking/2026/03/02/"
    assert visitor.week(MONDAY).asids == ALL


def test_details_that_fail(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "attendee_500")
    assert visitor.details(ASID).status_code == 500
    assert visitor.teacher(ASID) == "Ana MARTEL"


@pytest.mark.parametrize("kind", ["attendee_login_html", "attendee_empty_teacher", "attendee_teacher_link"])
def test_details_without_a_teacher_in_plain_text(site: BookingSite, visitor: Visitor, kind: str) -> None:
    _arm(site, kind)
    assert visitor.teacher(ASID) is None
    assert visitor.teacher(ASID) == "Ana MARTEL"


def test_a_teacher_inside_a_link_is_still_there_for_a_reader_of_html(
    site: BookingSite, visitor: Visitor
) -> None:
    _arm(site, "attendee_teacher_link")
    assert ">Ana MARTEL</a>" in visitor.details(ASID).text


def test_a_login_form_in_place_of_details_is_no_error_and_ends_no_session(
    site: BookingSite, visitor: Visitor
) -> None:
    _arm(site, "attendee_login_html")
    assert is_login_form(visitor.details(ASID))
    assert visitor.week().asids == ALL


def test_an_answer_without_a_page(site: BookingSite, visitor: Visitor) -> None:
    _arm(site, "http", retry_after=7)
    answer = visitor.open_week()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert site.control.journal()[-1]["status"] == 503
    _arm(site, "http", match="^POST ", status=429)
    assert visitor.open_week().status_code == 200
    assert visitor.login().status_code == 429


def test_a_fault_can_be_armed_from_outside(visitor: Visitor) -> None:
    armed = visitor.http.post("/control/faults", json={"kind": "empty_week", "times": 2})
    assert armed.json()[0]["times"] == 2
    assert [len(visitor.week().booked) for _ in range(3)] == [0, 0, len(ALL)]


def test_a_fault_does_not_move_the_week_of_other_sessions(site: BookingSite, visitor: Visitor) -> None:
    other = site.visitor()
    other.login()
    _arm(site, "wrong_week")
    visitor.week(MONDAY + timedelta(weeks=1))
    assert other.week().headers[0] == "Mon 2nd Mar."
