"""What is sent to Crossmark, byte for byte, and how its answers are told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.crossmark_wire import (
    CONDITIONS,
    Call,
    CrossmarkError,
    Fault,
    Reply,
    decoded,
    event_call,
    events_call,
    reps_call,
    schedule_call,
    unanswered,
    unschedule_call,
)
from scheduling_pipeline.roster.ids import LocationId, MplanId, RepId, ScheduleId
from tests.resources.planner_site import BASE, ENTRY, EVENT, LOGIN_FORM, ZONE, Answer, page, redirect, visit


def sent(call: Call) -> httpx.Request:
    with httpx.Client() as http:
        return call.request(http, BASE)


def received(answer: Answer) -> Reply:
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        return decoded(http.post(f"{BASE}/planning/anything"))


def fault(answer: Answer) -> Fault:
    reply = received(answer)
    assert isinstance(reply, CrossmarkError), reply
    return reply.fault


def test_a_visit_is_sent_as_the_sites_own_pages_send_it() -> None:
    request = sent(schedule_call(visit(), ZONE))
    assert request.content == (
        b"ClassName=MVScheduledmPlan&RepID=100234&mPlanID=30000001&LocationID=100500"
        b"&Start=2026-03-04T09%3A45%3A00-05%3A00&End=2026-03-04T16%3A15%3A00-05%3A00"
        b"&hash=&v=3.0.1&PlanningOverride=true"
    )
    assert request.headers["content-type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert request.headers["x-requested-with"] == "XMLHttpRequest"
    assert request.headers["accept"] == "*/*"
    assert request.headers["origin"] == BASE
    assert request.headers["referer"] == f"{BASE}/planning/"


def test_an_entry_is_taken_out_by_its_id_alone() -> None:
    assert sent(unschedule_call(ENTRY)).content == b"id=40000001"


@pytest.mark.parametrize(
    ("start", "end", "offsets"),
    [
        ("2026-01-15T09:45", "2026-01-15T16:15", ("-05:00", "-05:00")),
        ("2026-07-15T09:45", "2026-07-15T16:15", ("-04:00", "-04:00")),
        ("2026-03-08T01:30", "2026-03-08T09:00", ("-05:00", "-04:00")),  # the clocks go forward at 2:00
        ("2026-11-01T00:30", "2026-11-01T09:00", ("-04:00", "-05:00")),  # and back at 2:00
    ],
)
def test_store_time_carries_the_offset_of_its_day(start: str, end: str, offsets: tuple[str, str]) -> None:
    form = dict(schedule_call(visit(start, end), ZONE).form)
    assert (form["Start"], form["End"]) == (f"{start}:00{offsets[0]}", f"{end}:00{offsets[1]}")


@given(st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_instant_is_sent_as_itself(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    end = moment + timedelta(hours=1)
    form = dict(schedule_call(replace(visit(), start=moment, end=end), ZONE).form)
    assert datetime.fromisoformat(form["Start"]) == moment
    assert datetime.fromisoformat(form["End"]) == end


def test_events_of_every_condition_are_listed_a_page_at_a_time() -> None:
    request = sent(events_call(date(2026, 3, 2), date(2026, 3, 23), 5_000))
    query = request.url.params
    terms = orjson.loads(query["searchFields"])["searchTerms"]
    assert terms["condition"]["items"][0]["value"] == list(CONDITIONS)
    assert len(CONDITIONS) == 9
    assert query["_dc"].isdecimal()
    assert orjson.loads(query["sort"]) == [{"property": "startDate", "direction": "ASC"}]
    shown = {key: query[key] for key in query if key not in {"_dc", "searchFields", "sort"}}
    assert shown == {
        "intervalStart": "2026-03-02",
        "intervalEnd": "2026-03-23",
        "showAllActive": "false",
        "searchFilter": "",
        "page": "2",
        "start": "5000",
        "limit": "5000",
    }


def test_one_event_is_asked_for_by_its_number_and_without_days() -> None:
    query = sent(event_call(EVENT)).url.params
    (item,) = orjson.loads(query["searchFields"])["searchTerms"]["mPlanID"]["items"]
    assert item["value"] == item["displayValue"] == [str(EVENT)]
    assert item["exactmatch"] is True
    assert query["limit"] == "1"
    assert "intervalStart" not in query


def test_people_are_asked_for_with_one_part_that_has_both_days() -> None:
    request = sent(reps_call(date(2026, 3, 2), date(2026, 3, 23)))
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="project"\r\n\r\n03/02/2026 00:00:00,03/23/2026 23:59:59\r\n' in request.read()
    assert request.headers["referer"] == f"{BASE}/scheduling/hourly/"


@pytest.mark.parametrize(
    "changes",
    [
        {"rep_id": "US100234"},
        {"rep_id": "US123456"},
        {"rep_id": RepId(1234)},
        {"location_id": None},
        {"location_id": ""},
        {"location_id": LocationId(0)},
        {"mplan_id": MplanId(606001)},
        {"mplan_id": "30000001_100500"},
    ],
)
def test_a_number_of_another_kind_is_no_request(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is no .*: that is"):
        schedule_call(visit(**changes), ZONE)


@pytest.mark.parametrize("id_", ["30000001_100500", "40000001_schedule", "", None, 1, ScheduleId(400000011)])
def test_an_id_with_an_underscore_is_no_entry(id_: ScheduleId) -> None:
    with pytest.raises(ValueError, match="is no schedule id: that is 8 digits"):
        unschedule_call(id_)


def test_json_is_read_though_it_is_called_a_page() -> None:
    assert received(page({"ok": 1})) == {"ok": 1}


@pytest.mark.parametrize("word", ["authentication", "login", "password", "session expired"])
def test_no_word_in_an_answer_ends_the_session(word: str) -> None:
    body = {"ok": 1, "repName": f"please {word} at /login"}
    assert received(page(body)) == body


def test_not_even_a_login_form_that_an_answer_quotes() -> None:
    body = {"ok": 1, "html": LOGIN_FORM}
    assert received(page(body)) == body


def test_a_page_without_a_password_field_is_no_login_page() -> None:
    assert fault(page("<html>authentication <input type=text></html>")) is Fault.UNREADABLE


@pytest.mark.parametrize(
    "form", ['<INPUT TYPE="PASSWORD">', "<input name=p type='password' required>", "<input\ntype = password>"]
)
def test_a_page_with_a_password_field_is_the_login_page(form: str) -> None:
    assert fault(page(f"<html>{form}</html>")) is Fault.LOGIN_PAGE


@pytest.mark.parametrize("to", ["/login", "/login/", f"{BASE}/login?from=/planning/", "/users/login"])
def test_being_led_to_the_login_page_ends_the_session(to: str) -> None:
    assert fault(redirect(to)) is Fault.SIGNED_OUT


@pytest.mark.parametrize("to", ["/planning/", "/loginhelp", "/news?next=login"])
def test_being_led_elsewhere_does_not(to: str) -> None:
    assert fault(redirect(to)) is Fault.UNREADABLE


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, Fault.SIGNED_OUT),
        (403, Fault.FORBIDDEN),
        (404, Fault.REFUSED),
        (408, Fault.FAILED),
        (422, Fault.REFUSED),
        (429, Fault.BUSY),
        (500, Fault.FAILED),
        (503, Fault.FAILED),
        (304, Fault.UNREADABLE),
    ],
)
def test_a_status_says_what_happened(status: int, expected: Fault) -> None:
    assert fault(page("no", status)) is expected


@pytest.mark.parametrize("body", ["", "OK", "[]", "null", '"done"', '{"ok": 1'])
def test_success_without_an_object_cannot_be_read(body: str) -> None:
    assert fault(page(body)) is Fault.UNREADABLE


def test_what_the_site_says_is_kept_beside_the_error_and_not_in_it() -> None:
    reply = received(page({"message": "RepID  is\nunknown"}, 400))
    assert isinstance(reply, CrossmarkError)
    assert reply.said == "RepID is unknown"
    assert str(reply) == "refused: HTTP 400"


def test_a_wait_that_is_asked_for_is_kept() -> None:
    reply = received(page("", 503, retry_after="7"))
    assert isinstance(reply, CrossmarkError)
    assert reply.retry_after == 7


@pytest.mark.parametrize(
    ("error", "executed", "timed_out"),
    [
        (httpx.ConnectError, False, False),
        (httpx.ConnectTimeout, False, False),
        (httpx.ReadTimeout, True, True),
        (httpx.WriteTimeout, True, True),
        (httpx.ReadError, True, False),
        (httpx.RemoteProtocolError, True, False),
    ],
)
def test_only_what_never_was_connected_certainly_was_not_executed(
    error: type[httpx.RequestError], *, executed: bool, timed_out: bool
) -> None:
    found = unanswered(error("broken"))
    assert found.perhaps_executed is executed
    assert (found.fault is Fault.TIMED_OUT) is timed_out
    assert found.passing


def test_a_sign_in_does_not_show_what_is_in_it() -> None:
    assert "hush" not in repr(Call("signing in", "POST", "/login/authenticate", json={"Password": "hush"}))
