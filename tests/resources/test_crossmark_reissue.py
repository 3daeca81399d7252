"""Work that is to be done again: asked for once, as the site's own pages ask, and open afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from resources.crossmark_wire import reissue_call
from scheduling_pipeline.roster.ids import ScheduleId
from scheduling_pipeline.roster.planner import REISSUED, Done, Outcome, Rejected, Unknown
from tests.resources.planner_site import (
    ENTRY,
    EVENT,
    LOGIN_FORM,
    REP,
    STORE,
    Answer,
    Site,
    fails,
    form,
    page,
    visit,
)
from tests.resources.planner_site import planner as client_of
from tests.resources.store_planner import MONDAY, StorePlanner

pytestmark = pytest.mark.usefixtures("_no_waiting")

REISSUE = "/pendingworkextcontroller/createPendingWork/"
EXPIRES = date(2026, 3, 25)


@pytest.fixture
def site() -> Site:
    return Site()


def reissued(site: Site, answer: Answer, **changes: Any) -> Outcome:  # noqa: ANN401 - fields of Visit
    site.on(REISSUE, answer)
    return client_of(site).reissue(ENTRY, visit(**changes), EXPIRES)


def test_it_is_asked_for_as_the_sites_own_pages_ask() -> None:
    call = reissue_call(ENTRY, visit(), EXPIRES)
    assert (call.method, call.path) == ("POST", REISSUE)
    assert call.form == (
        ("workLogEntryID", str(ENTRY)),
        ("storeID", str(STORE)),
        ("mPlanID", str(EVENT)),
        ("reissueBulkJson", "[]"),
        ("action", "reissue"),
        ("includeResponses", "false"),
        ("pendingWorkReasonComments", ""),
        ("public", "true"),
        ("excludeReps", "false"),
        ("excludedRepIDs", "[]"),
        ("overrideReps", "true"),
        ("overriddenRepIDs", f"[{REP}]"),
        ("expirationDate", "2026-03-25T00:00:00"),
        ("additionalEmail", ""),
    )


def test_what_was_done_or_not_done_is_open_again(site: Site) -> None:
    outcome = reissued(site, page({"ok": 1}))
    assert isinstance(outcome, Done)
    (request,) = site.asked(REISSUE)
    assert form(request)["workLogEntryID"] == str(ENTRY)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (page({"ok": 0, "error": "There is no such entry."}), Rejected),
        (page({"ok": 0}), Unknown),
        (page(""), Unknown),
        (page("", 500), Unknown),
        (page(LOGIN_FORM), Unknown),
        (fails(httpx.ReadTimeout), Unknown),
        (fails(httpx.ConnectError), Rejected),
    ],
)
def test_it_has_the_outcomes_of_every_write_and_is_sent_once(
    site: Site, answer: Answer, expected: type[Outcome]
) -> None:
    assert isinstance(reissued(site, answer), expected)
    assert len(site.asked(REISSUE)) == 1


@pytest.mark.parametrize("location", ["", None])
def test_without_a_store_nothing_is_sent_since_that_is_answered_with_success(
    site: Site, location: object
) -> None:
    outcome = reissued(site, page({"ok": 1}), location_id=location)
    assert isinstance(outcome, Rejected)
    assert "not sent" in outcome.detail
    assert site.requests == []


def test_an_entry_by_another_id_is_not_sent(site: Site) -> None:
    outcome = client_of(site).reissue(ScheduleId("30000001_100500"), visit(), EXPIRES)  # type: ignore[arg-type]
    assert isinstance(outcome, Rejected)
    assert site.requests == []


def test_the_planner_offers_it_again_and_takes_a_new_visit(planner: StorePlanner) -> None:
    first, due = visit("2026-03-02T14:00", "2026-03-02T15:00"), MONDAY + timedelta(days=30)
    again = visit("2026-03-09T09:45", "2026-03-09T16:15")
    with planner.connect() as crossmark:
        done = crossmark.schedule(first)
        assert isinstance(done, Done)
        assert done.schedule_id is not None
        outcome = crossmark.reissue(done.schedule_id, first, due)
        assert isinstance(outcome, Done)
        listed = crossmark.look_up([EVENT])[EVENT]
        assert (listed.condition, listed.due, listed.booking) == (REISSUED, due, None)
        anew = crossmark.schedule(again)
        assert isinstance(anew, Done)
        assert anew.schedule_id != done.schedule_id
        stands = crossmark.look_up([EVENT])[EVENT].booking
    assert stands is not None
    assert (stands.schedule_id, stands.start) == (anew.schedule_id, again.start)


def test_an_entry_that_is_not_the_events_own_is_refused(planner: StorePlanner) -> None:
    with planner.connect() as crossmark:
        crossmark.schedule(visit())
        outcome = crossmark.reissue(ScheduleId(59999999), visit(), MONDAY + timedelta(days=30))
    assert isinstance(outcome, Rejected)
    assert "has no work log entry" in outcome.detail
