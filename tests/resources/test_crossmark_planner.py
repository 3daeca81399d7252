"""Crossmark as the planner of the roster: readings are whole, and each write has one of three outcomes."""

from __future__ import annotations

import logging
import re
from datetime import date
from typing import Any

import httpx
import pytest

from resources.crossmark_wire import Json
from scheduling_pipeline.roster.ids import MplanId, ScheduleId
from scheduling_pipeline.roster.planner import Done, Outcome, PlannerError, Rejected, Unknown
from tests.resources.planner_site import (
    AUTHENTICATE,
    ENTRY,
    EVENT,
    LISTING,
    LOGIN_FORM,
    PASSWORD,
    REP,
    REPS,
    SCHEDULE,
    UNSCHEDULE,
    Answer,
    Site,
    echo,
    fails,
    form,
    page,
    planner,
    redirect,
    row,
    visit,
)

pytestmark = pytest.mark.usefixtures("_no_waiting")

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 23)


@pytest.fixture
def site() -> Site:
    return Site()


def rows(*numbers: int) -> list[Json]:
    return [row(mPlanID=number) for number in numbers]


def scheduled(site: Site, *answers: Answer) -> Outcome:
    """The outcome of the usual visit."""
    site.on(SCHEDULE, *answers)
    return planner(site).schedule(visit())


def taken_out(site: Site, *answers: Answer) -> Outcome:
    site.on(UNSCHEDULE, *answers)
    return planner(site).unschedule(ENTRY)


# Reading


def test_events_are_read_page_by_page(site: Site) -> None:
    pages = [rows(30000001, 30000002), rows(30000003)]
    site.on(LISTING, *(page({"total": 3, "mplans": found}) for found in pages))
    events = planner(site).events(FIRST, LAST)
    assert [event.mplan_id for event in events] == [30000001, 30000002, 30000003]
    assert [request.url.params["start"] for request in site.asked(LISTING)] == ["0", "2"]


def test_no_events_are_an_empty_listing(site: Site) -> None:
    site.on(LISTING, page({"total": 0, "mplans": []}))
    assert planner(site).events(FIRST, LAST) == []


@pytest.mark.parametrize(
    "pages",
    [
        [(3, rows(30000001, 30000002)), (3, [])],  # the site gives no more than so many
        [(3, rows(30000001, 30000002)), (3, rows(30000001, 30000002))],  # it always gives its first page
        [(1, rows(30000001, 30000002))],
        [(2, rows(30000001, 30000001))],
        [(3, rows(30000001, 30000002)), (2, [])],  # one was gone when the second page was asked for
    ],
)
def test_a_listing_that_is_not_whole_is_refused(site: Site, pages: list[tuple[int, list[Json]]]) -> None:
    site.on(LISTING, *(page({"total": total, "mplans": found}) for total, found in pages))
    with pytest.raises(PlannerError, match="from 2026-03-02 to 2026-03-23 is not whole"):
        planner(site).events(FIRST, LAST)


def test_one_bad_row_ends_a_reading_and_is_named(site: Site) -> None:
    found = [row(), row(mPlanID=30000002, name="Odd one", endDate="soon")]
    site.on(LISTING, page({"total": 2, "mplans": found}))
    with pytest.raises(PlannerError, match=r"event 30000002 \(Odd one\) cannot be read: endDate: 'soon'"):
        planner(site).events(FIRST, LAST)


def test_events_are_looked_up_one_by_one_and_a_missing_one_is_not_there(site: Site) -> None:
    there, gone = MplanId(30000001), MplanId(30000002)
    site.on(LISTING, page({"total": 1, "mplans": rows(there)}), page({"total": 0, "mplans": []}))
    found = planner(site).look_up([there, gone])
    assert list(found) == [there]
    assert len(site.asked(LISTING)) == 2


@pytest.mark.parametrize(
    ("total", "found"), [(1, rows(30000009)), (500, rows(30000001)), (1, []), (0, rows(30000001))]
)
def test_a_look_up_that_answers_with_something_else_is_refused(
    site: Site, total: int, found: list[Json]
) -> None:
    site.on(LISTING, page({"total": total, "mplans": found}))
    with pytest.raises(PlannerError, match="asked for 30000001 alone"):
        planner(site).look_up([EVENT])


def test_people_are_read(site: Site) -> None:
    site.on(REPS, page({"reps": {str(REP): {"repId": str(REP), "title": "Ada Winter"}}}))
    (rep,) = planner(site).reps(FIRST, LAST)
    assert (rep.rep_id, rep.name, rep.employee_number, rep.role) == (REP, "Ada Winter", None, "")


# Writing


def test_a_visit_that_the_answer_proves_is_done(site: Site) -> None:
    outcome = scheduled(site, page(echo()))
    assert isinstance(outcome, Done)
    assert outcome.schedule_id == ENTRY


def test_ok_may_be_text(site: Site) -> None:
    assert isinstance(scheduled(site, page({**echo(), "ok": "1"})), Done)


@pytest.mark.parametrize(
    "answer",
    [
        page({"ok": 0, "error": "The rep is gone."}),
        page({"ok": 0, "message": "The rep is gone."}),
        page({"ok": "0", "error": "The rep is gone."}),
        page({"ok": False, "error": "The rep is gone."}),
        page("The rep is gone.", 400),
        page({"error": "The rep is gone."}, 422),
    ],
)
def test_a_no_is_a_no_in_the_words_of_the_site(site: Site, answer: Answer) -> None:
    outcome = scheduled(site, answer)
    assert isinstance(outcome, Rejected)
    assert "The rep is gone." in outcome.detail


@pytest.mark.parametrize(
    "answer",
    [page("<html>no</html>", 404), page("", 403), page("", 429), fails(httpx.ConnectError), page("", 401)],
)
def test_what_certainly_was_not_executed_is_rejected(site: Site, answer: Answer) -> None:
    assert isinstance(scheduled(site, answer), Rejected)


@pytest.mark.parametrize(
    "answer",
    [
        page("", 500),
        page("Bad gateway", 502),
        page("", 408),
        page("", 200),
        page("OK"),
        page([]),
        page(LOGIN_FORM),
        redirect("/planning/"),
        fails(httpx.ReadError),
        fails(httpx.WriteError),
        fails(httpx.RemoteProtocolError),
    ],
)
def test_what_may_have_been_executed_is_unknown(site: Site, answer: Answer) -> None:
    outcome = scheduled(site, answer)
    assert isinstance(outcome, Unknown)
    assert not outcome.timed_out
    assert outcome.detail
    assert len(site.asked(SCHEDULE)) == 1


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteTimeout])
def test_a_time_out_is_unknown_and_not_sent_again(site: Site, error: type[httpx.RequestError]) -> None:
    outcome = scheduled(site, fails(error))
    assert isinstance(outcome, Unknown)
    assert outcome.timed_out
    assert len(site.asked(SCHEDULE)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ok": 0},
        {"ok": None},
        {"success": True},
        {"error": "oh"},
        {"ok": 1},
        {"ok": 1, "error": "oh"},
        {"ok": 1, "MVScheduledEvent": None},
        {**echo(), "ok": 2},
        echo(ID=""),
        echo(RepID=100235),
        echo(mPlanID="30000002"),
        echo(LocationID=100501),
        echo(Start="2026-03-04T13:45:00+00:00"),
        echo(End="2026-03-04T21:15:00"),
    ],
)
def test_an_answer_that_proves_nothing_is_unknown(site: Site, body: Json) -> None:
    outcome = scheduled(site, page(body))
    assert isinstance(outcome, Unknown)
    assert outcome.detail


def test_the_word_authentication_in_an_answer_does_not_send_a_visit_twice(site: Site) -> None:
    outcome = scheduled(site, page({**echo(), "note": "authentication needed, see /login"}))
    assert isinstance(outcome, Done)
    assert len(site.asked(SCHEDULE)) == 1
    assert len(site.asked(AUTHENTICATE)) == 1


@pytest.mark.parametrize("over", [page("", 401), redirect("/login")], ids=["401", "redirect"])
def test_a_visit_that_met_an_ended_session_is_sent_once_more(site: Site, over: Answer) -> None:
    assert isinstance(scheduled(site, over, page(echo())), Done)
    assert len(site.asked(SCHEDULE)) == 2


def test_and_is_unknown_when_that_one_is_not_answered(site: Site) -> None:
    outcome = scheduled(site, page("", 401), fails(httpx.ReadTimeout))
    assert isinstance(outcome, Unknown)
    assert outcome.timed_out


def test_and_rejected_when_nobody_can_be_signed_in_any_more(site: Site) -> None:
    site.on(SCHEDULE, page("", 401))
    writer = planner(site)
    writer.look_up([EVENT])
    site.on(AUTHENTICATE, page("", 401))
    outcome = writer.schedule(visit())
    assert isinstance(outcome, Rejected)
    assert "CROSSMARK_PASSWORD" in outcome.detail
    assert PASSWORD not in outcome.detail


@pytest.mark.parametrize(
    "changes",
    [{"rep_id": "US100234"}, {"location_id": None}, {"location_id": ""}, {"mplan_id": 606001}],
    ids=["US number", "no store", "empty store", "six digits"],
)
def test_a_number_of_the_wrong_kind_is_not_sent(site: Site, changes: dict[str, Any]) -> None:
    outcome = planner(site).schedule(visit(**changes))
    assert isinstance(outcome, Rejected)
    assert "not sent" in outcome.detail
    assert site.requests == []


def test_an_event_that_crossmark_does_not_have_is_not_sent(site: Site) -> None:
    site.on(LISTING, page({"total": 0, "mplans": []}))
    outcome = planner(site).schedule(visit())
    assert outcome == Rejected(f"not sent: Crossmark has no event {EVENT}")
    assert not site.asked(SCHEDULE)


def test_nor_one_that_cannot_be_looked_up(site: Site) -> None:
    site.on(LISTING, page("", 404))
    outcome = planner(site).schedule(visit())
    assert isinstance(outcome, Rejected)
    assert "not sent" in outcome.detail
    assert not site.asked(SCHEDULE)


@pytest.mark.parametrize("listed", [True, False])
def test_an_event_that_was_seen_is_not_looked_up_again(site: Site, *, listed: bool) -> None:
    site.on(SCHEDULE, page(echo()))
    writer = planner(site)
    writer.events(FIRST, LAST) if listed else writer.look_up([EVENT])
    writer.schedule(visit())
    assert len(site.asked(LISTING)) == 1


def test_an_entry_is_taken_out(site: Site) -> None:
    outcome = taken_out(site, page({"ok": 1}))
    assert isinstance(outcome, Done)
    assert outcome.schedule_id == ENTRY
    (request,) = site.asked(UNSCHEDULE)
    assert form(request) == {"id": str(ENTRY)}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (page({"ok": 0, "error": "There is no such entry."}), Rejected),
        (page({"ok": 0}), Unknown),
        (page({"success": True}), Unknown),
        (page(""), Unknown),
        (page("", 500), Unknown),
        (page(LOGIN_FORM), Unknown),
        (fails(httpx.ReadTimeout), Unknown),
        (fails(httpx.ConnectError), Rejected),
    ],
)
def test_taking_an_entry_out_has_the_same_outcomes(
    site: Site, answer: Answer, expected: type[Outcome]
) -> None:
    assert isinstance(taken_out(site, answer), expected)
    assert len(site.asked(UNSCHEDULE)) == 1


@pytest.mark.parametrize("id_", ["30000001_100500", "40000001_schedule", None])
def test_an_id_with_an_underscore_is_refused_and_not_sent(site: Site, id_: ScheduleId) -> None:
    outcome = planner(site).unschedule(id_)
    assert isinstance(outcome, Rejected)
    assert "is no schedule id" in outcome.detail
    assert site.requests == []


def test_every_write_is_logged_with_what_whom_outcome_and_time(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "resources")
    scheduled(site, page(echo()))
    taken_out(site, page({"ok": 0, "error": "There is no such entry."}))
    scheduled(site, fails(httpx.ReadTimeout))
    what = "scheduling event 30000001 for rep 100234 at 2026-03-04 09:45 EST"
    assert [(record.levelname, mask(record.getMessage())) for record in caplog.records] == [
        ("INFO", f"{what}: done in N ms"),
        ("WARNING", "unscheduling entry 40000001: rejected after N ms, There is no such entry."),
        ("WARNING", f"{what}: unknown after N ms, no answer in time"),
    ]


def mask(message: str) -> str:
    return re.sub(r"\d+ ms", "N ms", message)
