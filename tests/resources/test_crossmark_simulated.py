"""Crossmark's client against the simulated planner: readings, visits, and what breaks on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduling_pipeline.roster.ids import EmployeeNumber, LocationId, MplanId, RepId, ScheduleId
from scheduling_pipeline.roster.planner import (
    Booking,
    Done,
    ListedRep,
    PlannerError,
    Rejected,
    Unknown,
    Visit,
)
from tests.resources.planner_site import ZONE, visit
from tests.resources.store_planner import EVENTS, HERE, MONDAY, StorePlanner

pytestmark = pytest.mark.usefixtures("_no_waiting")

ADA, BO = RepId(100234), RepId(100235)
EVENT = MplanId(30000001)
LATER = MONDAY + timedelta(days=90)
SCHEDULE, UNSCHEDULE = "scheduleMplanEvent", "deleteScheduledMplanEvent"
LISTING, REPS, LOGIN = "getPlanningMplans", "getAvailableReps", "authenticate"


def stands(planner: StorePlanner, wanted: Visit) -> bool:
    """Whether a visit stands in the planner as it was asked for."""
    found = planner.entry(wanted.mplan_id).visit
    if found is None or found.rep != wanted.rep_id:
        return False
    # In UTC: a time that the clocks show twice never equals one of another zone.
    moments = (found.start, wanted.start), (found.end, wanted.end)
    return all(has.astimezone(UTC) == asked.astimezone(UTC) for has, asked in moments)


def test_events_are_listed_as_the_store_has_them(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        events = crossmark.events(MONDAY, LATER)
    assert [(event.mplan_id, event.name, event.start, event.due) for event in events] == [
        (event.id, event.name, event.start, event.due) for event in EVENTS
    ]
    assert {(event.condition, event.location_id, event.store_name, event.booking) for event in events} == {
        ("Unstaffed", LocationId(HERE.id), HERE.name, None)
    }


def test_a_listing_is_read_to_its_end_however_small_its_pages(planner: StorePlanner) -> None:
    planner.set(largest_page=2)
    with planner.connect() as crossmark:
        assert len(crossmark.events(MONDAY, LATER)) == len(EVENTS)
    assert len(planner.calls(LISTING)) == 2


def test_a_listing_with_fewer_rows_than_it_counts_is_refused(planner: StorePlanner) -> None:
    planner.arm("truncated_listing", LISTING, keep=0.7)
    planner.arm("truncated_listing", LISTING, keep=0)
    with planner.connect() as crossmark, pytest.raises(PlannerError, match="is not whole: it counts 3"):
        crossmark.events(MONDAY, LATER)


def test_who_can_be_scheduled_is_read_with_what_is_not_known_of_them(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        reps = crossmark.reps(MONDAY, MONDAY + timedelta(days=14))
    assert reps == [  # the second without hours or a role; the third is away
        ListedRep(ADA, EmployeeNumber("US100001"), "Ada Winter", "Lead"),
        ListedRep(BO, EmployeeNumber("US100002"), "Bo Summer", ""),
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-07-15T09:45", "2026-07-15T16:15"),
        ("2026-12-31T09:45", "2026-12-31T16:15"),
        ("2026-03-08T01:30", "2026-03-08T09:00"),  # the clocks go forward in between
        ("2026-11-01T00:30", "2026-11-01T09:00"),  # and back
        ("2026-11-01T01:15", "2026-11-01T01:45"),  # in the hour that comes twice
    ],
)
def test_a_visit_stands_at_its_instant_on_every_day_of_the_year(
    planner: StorePlanner, start: str, end: str
) -> None:
    wanted = visit(start, end)
    with planner.connect() as crossmark:
        outcome = crossmark.schedule(wanted)
        listed = crossmark.look_up([EVENT])[EVENT]
    assert isinstance(outcome, Done)
    assert stands(planner, wanted)
    assert listed.condition == "Scheduled"
    assert listed.booking is not None
    found = replace(listed.booking, start=listed.booking.start.astimezone(UTC))
    assert found == Booking(outcome.schedule_id, ADA, "Ada Winter", wanted.start.astimezone(UTC))


def test_an_event_that_is_scheduled_twice_has_one_entry(planner: StorePlanner) -> None:
    moved = visit("2026-03-05T10:30", "2026-03-05T17:00", rep_id=BO)
    with planner.connect() as crossmark:
        first, second = crossmark.schedule(visit()), crossmark.schedule(moved)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert first.schedule_id == second.schedule_id
    assert stands(planner, moved)


def test_an_event_whose_entry_is_taken_out_is_open_again(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        made = crossmark.schedule(visit())
        assert isinstance(made, Done)
        assert made.schedule_id is not None
        outcome = crossmark.unschedule(made.schedule_id)
        listed = crossmark.look_up([EVENT])[EVENT]
    assert isinstance(outcome, Done)
    assert (listed.condition, listed.booking) == ("Unstaffed", None)
    assert planner.entry(EVENT).visit is None


def test_an_entry_that_is_not_there_cannot_be_taken_out(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        outcome = crossmark.unschedule(ScheduleId(49999999))
    assert isinstance(outcome, Rejected)
    assert "There is no scheduled event 49999999" in outcome.detail


def test_what_makes_no_sense_is_never_sent(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        outcomes = [
            crossmark.schedule(visit(rep_id="US100001")),
            crossmark.schedule(visit(location_id=None)),
            crossmark.schedule(visit(mplan_id=MplanId(39999999))),
            crossmark.unschedule("30000001_100500"),  # type: ignore[arg-type]
        ]
    assert all(isinstance(outcome, Rejected) for outcome in outcomes)
    assert planner.calls(SCHEDULE) == []
    assert planner.calls(UNSCHEDULE) == []


def test_what_the_planner_refuses_is_told_in_its_words(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        outcome = crossmark.schedule(visit(rep_id=RepId(109999)))
    assert isinstance(outcome, Rejected)
    assert outcome.detail == "There is no rep 109999"
    assert planner.entry(EVENT).visit is None


@pytest.mark.parametrize("login", ["redirect", "session", "page"])
def test_every_way_to_answer_a_sign_in_is_understood(planner: StorePlanner, login: str) -> None:
    planner.set(login=login)
    with planner.connect() as crossmark:
        assert crossmark.look_up([EVENT])


def sign_in_fails(planner: StorePlanner, **changes: str) -> None:
    with (
        pytest.raises(PlannerError, match="does not accept CROSSMARK_USER and CROSSMARK_PASSWORD"),
        planner.connect(**changes),
    ):
        pytest.fail("signed in")
    assert len(planner.calls(LOGIN)) == 1


def test_a_wrong_password_is_no_success(planner: StorePlanner) -> None:
    sign_in_fails(planner, password="not the password")


def test_nor_is_the_login_page_once_more(planner: StorePlanner) -> None:
    planner.arm("login_page", LOGIN)
    sign_in_fails(planner)


@pytest.mark.parametrize("expiry", ["redirect", "unauthorized"])
def test_an_ended_session_is_noticed_and_what_was_asked_is_asked_again_once(
    planner: StorePlanner, expiry: str
) -> None:
    planner.set(expiry=expiry)
    with planner.connect() as crossmark:
        planner.arm("expired_session", LISTING)
        assert crossmark.look_up([EVENT])
        planner.arm("expired_session", SCHEDULE)
        assert isinstance(crossmark.schedule(visit()), Done)
    assert len(planner.calls(LOGIN)) == 3
    assert [call["effect"] is not None for call in planner.calls(SCHEDULE)] == [False, True]


def test_a_session_that_lasts_few_calls_is_enough(planner: StorePlanner) -> None:
    planner.set(session_calls=2)  # the first asks who is signed in
    with planner.connect() as crossmark:
        for _ in range(3):
            assert crossmark.look_up([EVENT])
        assert isinstance(crossmark.schedule(visit()), Done)
    assert len(planner.calls(LOGIN)) == 4


def test_a_login_page_with_200_ends_the_session_of_a_reading(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        planner.arm("login_page", LISTING)
        assert crossmark.look_up([EVENT])
    assert len(planner.calls(LOGIN)) == 2


@pytest.mark.parametrize(
    ("kind", "params", "stood"),
    [
        ("login_page", {}, False),
        ("drop_reply", {}, True),
        ("lose_request", {}, False),
        ("http", {"status": 502}, False),
        ("http", {"status": 500, "when": "after"}, True),
        ("no_event", {}, True),
        ("wrong_echo", {}, True),
        ("wrong_write", {}, False),
    ],
)
def test_what_may_have_happened_is_unknown_until_it_is_looked_up(
    planner: StorePlanner, kind: str, params: dict[str, object], *, stood: bool
) -> None:
    wanted = visit()
    planner.arm(kind, SCHEDULE, **params)
    with planner.connect() as crossmark:
        outcome = crossmark.schedule(wanted)
        listed = crossmark.look_up([EVENT])[EVENT]
    assert isinstance(outcome, Unknown)
    assert not outcome.timed_out
    assert len(planner.calls(SCHEDULE)) == 1
    assert stands(planner, wanted) is stood
    assert (listed.booking is not None and listed.booking.start == wanted.start) is stood


def test_a_time_out_after_the_write_is_unknown_and_not_sent_again(planner: StorePlanner) -> None:
    planner.arm("drop_reply", SCHEDULE, seconds=30)
    with planner.connect(timeout=0.2) as crossmark:
        outcome = crossmark.schedule(visit())
        listed = crossmark.look_up([EVENT])[EVENT]
    assert isinstance(outcome, Unknown)
    assert outcome.timed_out
    assert len(planner.calls(SCHEDULE)) == 1
    assert listed.booking is not None


@pytest.mark.parametrize("key", ["error", "message"])
def test_ok_0_is_a_no(planner: StorePlanner, key: str) -> None:
    planner.arm("refused", SCHEDULE, text="authentication of the rep is missing", key=key)
    with planner.connect() as crossmark:
        outcome = crossmark.schedule(visit())
    assert isinstance(outcome, Rejected)
    assert outcome.detail == "authentication of the rep is missing"
    assert len(planner.calls(SCHEDULE)) == 1
    assert len(planner.calls(LOGIN)) == 1


@pytest.mark.parametrize("kind", ["drop_reply", "lose_request", "http"])
def test_a_reading_is_tried_again(planner: StorePlanner, kind: str) -> None:
    with planner.connect() as crossmark:
        planner.arm(kind, REPS)
        assert len(crossmark.reps(MONDAY, MONDAY)) == 2
    assert len(planner.calls(REPS)) == 2


def test_store_time_does_not_depend_on_the_zone_of_this_machine(
    planner: StorePlanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with planner.connect() as crossmark:
        crossmark.schedule(visit("2026-03-04T23:30", "2026-03-05T00:30"))
        listed = crossmark.look_up([EVENT])[EVENT]
    assert listed.booking is not None
    assert listed.booking.start == datetime(2026, 3, 4, 23, 30, tzinfo=ZONE)
