"""Crossmark's rows in the roster's words; a row that is wrong is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.crossmark_rows import confirmed_id, listed_event, listed_reps, page_of
from resources.crossmark_wire import Json
from scheduling_pipeline.roster.ids import EmployeeNumber, RepId
from scheduling_pipeline.roster.planner import Booking, ListedEvent, ListedRep, PlannerError
from tests.resources.planner_site import ENTRY, EVENT, REP, STORE, ZONE, echo, row, visit

BOOKED = {
    "condition": "Scheduled",
    "scheduleDate": "03/04/2026 09:45:00 AM",
    "scheduleRepID": str(REP),
    "scheduleEventID": str(ENTRY),
    "staffedReps": "Ada Winter",
}


def event(**changes: object) -> ListedEvent:
    return listed_event(row(**changes), ZONE)


def person(**changes: object) -> Json:
    """Somebody as the site lists them: all of it text."""
    return {
        "id": str(REP),
        "repId": str(REP),
        "employeeId": "US100001",
        "repMvid": "US100001",
        "title": "Ada Winter",
        "lastName": "Winter",
        "nameSort": "WINTER,ADA",
        "availableHoursPerDay": "8",
        "scheduledHours": "16",
        "visitCount": "2",
        "role": "Lead",
        **changes,
    }


def people(*found: object) -> list[ListedRep]:
    return listed_reps({"reps": {str(number): one for number, one in enumerate(found)}})


def test_an_open_event() -> None:
    assert event() == ListedEvent(
        mplan_id=EVENT,
        name="606001-ACME-Peach Tea (250815000001)  - V2-CORE",
        start=date(2026, 3, 2),
        due=date(2026, 3, 15),
        condition="Unstaffed",
        location_id=STORE,
        store_name="Store 5001",
        staffed_reps="",
        sales_tools_url="https://documents.example/1.pdf",
        booking=None,
    )


def test_an_event_that_somebody_has() -> None:
    start = datetime(2026, 3, 4, 9, 45, tzinfo=ZONE)
    assert event(**BOOKED).booking == Booking(ENTRY, REP, "Ada Winter", start)


def test_a_time_counts_though_the_condition_says_unstaffed() -> None:
    assert event(**{**BOOKED, "condition": "Unstaffed"}).booking is not None


def test_somebody_without_a_time_is_no_booking() -> None:
    found = event(condition="Staffed", staffedReps="Ada Winter", scheduleRepID=str(REP))
    assert found.booking is None
    assert found.staffed_reps == "Ada Winter"


@pytest.mark.parametrize("number", [EVENT, str(EVENT)])
def test_numbers_are_numbers_or_text(number: object) -> None:
    assert event(mPlanID=number).mplan_id == EVENT


@pytest.mark.parametrize(
    ("text", "hour"),
    [("12:15:00 AM", 0), ("01:15:00 AM", 1), ("11:15:00 AM", 11), ("12:15:00 PM", 12), ("05:15:00 PM", 17)],
)
def test_twelve_hours_twice(text: str, hour: int) -> None:
    booking = event(scheduleDate=f"03/04/2026 {text}").booking
    assert booking is not None
    assert booking.start == datetime(2026, 3, 4, hour, 15, tzinfo=ZONE)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_store_time_is_the_instant_that_it_was_written_from(moment: datetime) -> None:
    local = moment.replace(microsecond=0).astimezone(ZONE)
    booking = event(scheduleDate=f"{local:%m/%d/%Y %I:%M:%S %p}").booking
    assert booking is not None
    twice = timedelta(hours=1) if local.fold else timedelta()  # such a time is read as the first of the two
    assert local.astimezone(UTC) - booking.start == twice


@pytest.mark.parametrize("nothing", [None, "", " ", 0, "0"])
def test_an_optional_number_may_be_missing(nothing: object) -> None:
    found = event(**{**BOOKED, "storeID": nothing, "scheduleRepID": nothing, "scheduleEventID": nothing})
    assert found.location_id is None
    assert found.booking is not None
    assert (found.booking.rep_id, found.booking.schedule_id) == (None, None)


def test_and_so_may_the_keys_of_all_that_is_optional() -> None:
    needed = ("mPlanID", "name", "startDate", "endDate", "condition")
    found = listed_event({key: row()[key] for key in needed}, ZONE)
    assert (found.location_id, found.store_name, found.sales_tools_url) == (None, "", "")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("storeID", "Store 5"), ("scheduleRepID", "US100234"), ("scheduleEventID", "30000001_100500")],
)
def test_an_optional_number_of_another_kind_counts_as_missing_with_a_warning(
    key: str, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = event(**{**BOOKED, key: wrong})
    assert found.booking is not None
    missing = {
        "storeID": found.location_id,
        "scheduleRepID": found.booking.rep_id,
        "scheduleEventID": found.booking.schedule_id,
    }
    assert [name for name, value in missing.items() if value is None] == [key]
    assert f"event {EVENT} (606001-ACME" in caplog.text
    assert wrong in caplog.text


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("mPlanID", "123"),
        ("mPlanID", None),
        ("mPlanID", True),
        ("name", ""),
        ("startDate", ""),
        ("startDate", "2026-03-02"),
        ("endDate", "02/30/2026"),
        ("condition", None),
        ("scheduleDate", "03/04/2026"),
        ("scheduleDate", "03/08/2026 02:30:00 AM"),  # the clocks skip it
    ],
)
def test_a_row_that_is_wrong_is_named_with_what_is_wrong(key: str, wrong: object) -> None:
    with pytest.raises(PlannerError, match=rf"event .* \(.*\) cannot be read: {key}: "):
        event(**{key: wrong})


@pytest.mark.parametrize("found", ["text", None, ["a"]])
def test_what_is_no_row_is_named_too(found: object) -> None:
    with pytest.raises(PlannerError, match="something that is no event"):
        listed_event(found, ZONE)


@pytest.mark.parametrize("tools", [None, [], {}, "x", ["x"], [{}], [{"salesToolURL": None}]])
def test_an_event_without_documents_has_no_address(tools: object) -> None:
    assert event(salesTools=tools).sales_tools_url == ""


def test_a_page_has_its_rows_and_the_total() -> None:
    assert page_of({"total": "2", "mplans": [1, 2]}) == (2, [1, 2])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"ok": 0, "error": "The search failed."}, "it says: The search failed"),
        ({"total": 1, "records": [{}]}, "no list `mplans`"),
        ({"total": 1, "mplans": {"0": {}}}, "no list `mplans`"),
        ({"mplans": []}, "total is None"),
        ({"total": True, "mplans": []}, "total is True"),
        ({"total": -1, "mplans": []}, "total is -1"),
    ],
)
def test_a_listing_of_another_shape_is_refused_in_words(answer: Json, said: str) -> None:
    with pytest.raises(PlannerError, match=said):
        page_of(answer)


def test_people_come_as_an_object_by_id() -> None:
    assert people(person()) == [ListedRep(REP, EmployeeNumber("US100001"), "Ada Winter", "Lead")]


def test_hours_may_be_unknown_and_a_role_absent() -> None:
    without = person(scheduledHours=None)
    del without["role"]
    (found,) = people(without)
    assert (found.rep_id, found.role) == (REP, "")


def test_an_employee_number_is_never_taken_for_a_repid() -> None:
    with pytest.raises(PlannerError, match=r"person US100001 \(Ada Winter\) cannot be read: repId"):
        people(person(repId="US100001"))


def test_a_person_may_have_no_employee_number() -> None:
    assert people(person(employeeId=None))[0].employee_number is None


def test_two_people_never_share_a_repid() -> None:
    with pytest.raises(PlannerError, match="two people with the same RepID"):
        people(person(), person(title="Bo Summer"))


def test_nobody_is_an_empty_list() -> None:
    assert listed_reps({"reps": []}) == []
    assert listed_reps({"reps": {}}) == []


@pytest.mark.parametrize("found", [[person()], None, "none"])
def test_people_of_another_shape_are_refused_in_words(found: object) -> None:
    with pytest.raises(PlannerError, match="no `reps` by id"):
        listed_reps({"reps": found})


def test_an_echo_proves_the_entry() -> None:
    assert confirmed_id(visit(), echo()) == ENTRY


def test_ids_of_an_echo_may_be_text() -> None:
    texts = {"RepID": str(REP), "mPlanID": EVENT, "LocationID": str(STORE), "ID": str(ENTRY)}
    assert confirmed_id(visit(), echo(**texts)) == ENTRY


@pytest.mark.parametrize(
    ("start", "end", "utc"),
    [
        ("2026-01-15T09:45", "2026-01-15T16:15", ("2026-01-15T14:45:00+00:00", "2026-01-15T21:15:00+00:00")),
        ("2026-07-15T09:45", "2026-07-15T16:15", ("2026-07-15T13:45:00+00:00", "2026-07-15T20:15:00+00:00")),
        ("2026-03-08T01:30", "2026-03-08T09:00", ("2026-03-08T06:30:00+00:00", "2026-03-08T13:00:00+00:00")),
        ("2026-11-01T00:30", "2026-11-01T09:00", ("2026-11-01T04:30:00+00:00", "2026-11-01T14:00:00+00:00")),
        ("2026-11-01T01:30", "2026-11-01T01:45", ("2026-11-01T05:30:00+00:00", "2026-11-01T05:45:00+00:00")),
    ],
)
def test_an_echo_in_utc_is_the_same_instant_on_every_day(start: str, end: str, utc: tuple[str, str]) -> None:
    assert confirmed_id(visit(start, end), echo(Start=utc[0], End=utc[1])) == ENTRY
    an_hour_later = datetime.fromisoformat(utc[0]) + timedelta(hours=1)
    with pytest.raises(ValueError, match="Start is"):
        confirmed_id(visit(start, end), echo(Start=an_hour_later.isoformat(), End=utc[1]))


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("RepID", RepId(100235)),
        ("mPlanID", "30000002"),
        ("LocationID", 100501),
        ("Start", "2026-03-04T09:45:00+00:00"),
        ("End", "2026-03-04T21:16:00+00:00"),
    ],
)
def test_an_echo_of_something_else_proves_nothing(key: str, other: object) -> None:
    with pytest.raises(ValueError, match=f"something else: {key} is {other}".replace("+", r"\+")):
        confirmed_id(visit(), echo(**{key: other}))


@pytest.mark.parametrize(
    "changes",
    [
        {"ID": None},
        {"ID": 0},
        {"ID": "30000001_100500"},
        {"RepID": "US100234"},
        {"Start": None},
        {"Start": "2026-03-04T14:45:00"},
        {"End": "soon"},
    ],
)
def test_nor_does_one_that_lacks_something(changes: Json) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        confirmed_id(visit(), echo(**changes))


@pytest.mark.parametrize("answer", [{"ok": 1}, {"ok": 1, "MVScheduledEvent": []}])
def test_nor_no_echo_at_all(answer: Json) -> None:
    with pytest.raises(ValueError, match="no MVScheduledEvent with an ID"):
        confirmed_id(visit(), answer)
