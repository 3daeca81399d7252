"""What the simulated planner does wrong on request: the answer that a client gets, and what took effect."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.crossmark import FixedStore
from tests.simulators.planner_client import (
    ANN,
    BEN,
    EVENT,
    LISTING,
    PARTNER,
    SCHEDULE,
    UNSCHEDULE,
    PlannerSite,
    Visitor,
    form,
    mplan,
    served,
)

CLIENT = """
import sys
import urllib.parse, urllib.request
sys.stdin.readline()
fields = urllib.parse.urlencode(eval(sys.argv[2])).encode()
request = urllib.request.Request(sys.argv[1], fields, {"Cookie": "PHPSESSID=" + sys.argv[3]})
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read())
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PlannerSite]:
    with served(tmp_path, FixedStore([mplan(EVENT + n) for n in range(8)], [ANN, BEN])) as running:
        yield running


@pytest.fixture
def visitor(site: PlannerSite) -> Visitor:
    visitor = site.visitor()
    visitor.login()
    return visitor


def _arm(site: PlannerSite, kind: str, match: str = SCHEDULE, **params: object) -> None:
    """The next call that matches is struck."""
    site.control.arm(Fault(kind, match, params=params))


def _took_effect(visitor: Visitor) -> bool:
    return bool(visitor.row()["condition"] == "Scheduled")


class TestWithoutAnEffect:
    @pytest.mark.parametrize("key", ["error", "message"])
    def test_a_no_in_a_200(self, site: PlannerSite, visitor: Visitor, key: str) -> None:
        _arm(site, "refused", key=key, text="No authentication of this rep.")
        assert visitor.schedule() == {"ok": 0, key: "No authentication of this rep."}
        assert not _took_effect(visitor)

    def test_the_login_page_in_a_200_while_the_session_lives(
        self, site: PlannerSite, visitor: Visitor
    ) -> None:
        _arm(site, "login_page")
        answer = visitor.http.post(SCHEDULE, data=form())
        assert answer.status_code == 200
        assert answer.url.path == SCHEDULE
        assert 'type="password"' in answer.text
        assert not _took_effect(visitor)

    def test_a_session_that_ends_at_this_call(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "expired_session")
        assert visitor.http.post(SCHEDULE, data=form()).url.path == "/login"
        visitor.login()
        assert not _took_effect(visitor)

    def test_a_success_that_did_not_take_place(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "no_effect")
        answer = visitor.schedule()
        assert answer["ok"] == 1
        assert answer["MVScheduledEvent"]["mPlanID"] == EVENT
        assert not _took_effect(visitor)
        assert not site.effects()

    def test_an_entry_that_is_said_to_be_gone(self, site: PlannerSite, visitor: Visitor) -> None:
        entry = visitor.scheduled()
        _arm(site, "no_effect", UNSCHEDULE)
        assert visitor.unschedule(entry) == {"ok": 1}
        assert _took_effect(visitor)

    @pytest.mark.parametrize("status", [400, 429, 500, 503])
    def test_an_answer_without_a_meaning(self, site: PlannerSite, visitor: Visitor, status: int) -> None:
        _arm(site, "http", status=status, text="Oops", retry_after=7)
        answer = visitor.http.post(SCHEDULE, data=form())
        assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (status, "Oops", "7")
        assert not _took_effect(visitor)

    def test_a_request_that_is_lost(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "lose_request")
        with pytest.raises(httpx.RemoteProtocolError):
            visitor.schedule()
        assert not _took_effect(visitor)
        lost = site.control.journal()[1]
        assert (lost["status"], lost["answered"], lost["fault"]) == (None, False, "lose_request")


class TestAfterTheEffect:
    def test_a_reply_that_is_lost(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "drop_reply")
        with pytest.raises(httpx.RemoteProtocolError):
            visitor.schedule()
        assert _took_effect(visitor)
        lost = site.control.journal()[1]
        assert (lost["status"], lost["answered"], lost["effect"]["mplan"]) == (200, False, EVENT)

    def test_a_reply_that_is_awaited_in_vain(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "drop_reply", seconds=30)
        impatient = site.visitor(timeout=0.2)
        impatient.login()
        with pytest.raises(httpx.ReadTimeout):
            impatient.schedule()
        assert _took_effect(visitor)

    def test_a_reply_that_is_too_late(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "slow_reply", seconds=0.5)
        impatient = site.visitor(timeout=0.1)
        impatient.login()
        with pytest.raises(httpx.ReadTimeout):
            impatient.schedule()
        assert _took_effect(visitor)
        _arm(site, "slow_reply", seconds=0.5)
        begin = time.monotonic()
        assert visitor.schedule()["ok"] == 1
        assert time.monotonic() - begin >= 0.5

    def test_a_slow_call_holds_nobody_up(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "slow_reply", seconds=30)
        impatient = site.visitor(timeout=0.1)
        impatient.login()
        with pytest.raises(httpx.ReadTimeout):
            impatient.schedule()
        assert visitor.listing()  # while the other one is still to be answered

    def test_an_error(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "http", status=502, when="after")
        assert visitor.http.post(SCHEDULE, data=form()).status_code == 502
        assert _took_effect(visitor)
        assert site.effects()

    def test_a_success_that_tells_nothing(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "no_event")
        assert visitor.schedule() == {"ok": 1, "repName": ANN.name}
        assert _took_effect(visitor)

    def test_a_success_that_tells_something_else(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "wrong_echo")
        echo = visitor.schedule()["MVScheduledEvent"]
        assert (echo["Start"], echo["End"]) == ("2026-03-09T14:45:00+00:00", "2026-03-09T21:15:00+00:00")
        assert visitor.row()["scheduleDate"] == "03/09/2026 09:45:00 AM"

    def test_any_field_of_it_can_be_wrong(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "wrong_echo", fields={"RepID": BEN.id})
        assert visitor.schedule()["MVScheduledEvent"]["RepID"] == BEN.id
        assert visitor.row()["scheduleRepID"] == str(ANN.id)

    def test_a_success_that_did_something_else(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "wrong_write", minutes=-60)
        echo = visitor.schedule()["MVScheduledEvent"]
        assert echo["Start"] == "2026-03-09T12:45:00+00:00"
        assert visitor.row()["scheduleDate"] == "03/09/2026 08:45:00 AM"
        _arm(site, "wrong_write", fields={"mPlanID": str(PARTNER)})
        visitor.schedule()
        assert visitor.row(PARTNER)["condition"] == "Scheduled"


class TestListings:
    def test_fewer_rows_than_the_total(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "truncated_listing", LISTING)
        answer = visitor.listing()
        assert (answer["total"], len(answer["mplans"])) == (8, 4)

    @pytest.mark.parametrize(("params", "left"), [({}, 0), ({"keep": 0.25}, 2)])
    def test_few_or_none_with_a_total_that_fits(
        self, site: PlannerSite, visitor: Visitor, params: dict[str, float], left: int
    ) -> None:
        _arm(site, "shrunken_listing", LISTING, **params)
        answer = visitor.listing()
        assert (answer["total"], len(answer["mplans"])) == (left, left)
        assert visitor.listing()["total"] == 8

    def test_what_is_no_listing_is_not_struck(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "shrunken_listing", ".*")
        assert visitor.schedule()["ok"] == 1
        assert visitor.listing()["total"] == 0


class TestArming:
    def test_from_outside(self, site: PlannerSite, visitor: Visitor) -> None:
        visitor.http.post("/control/faults", json={"kind": "refused", "match": SCHEDULE, "times": 2})
        assert [visitor.schedule()["ok"] for _ in range(3)] == [0, 0, 1]
        assert [call["fault"] for call in site.control.journal()[1:]] == ["refused", "refused", None]

    def test_a_call_without_a_session_uses_no_fault_up(self, site: PlannerSite, visitor: Visitor) -> None:
        _arm(site, "refused")
        site.visitor().http.post(SCHEDULE, data=form())
        assert visitor.schedule()["ok"] == 0

    def test_the_login_can_fail_too(self, site: PlannerSite) -> None:
        _arm(site, "login_page", "/login/authenticate")
        visitor = site.visitor()
        answer = visitor.login()
        assert answer.status_code == 200
        assert 'type="password"' in answer.text
        assert not visitor.http.cookies


@pytest.mark.process
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_client_is_killed_while_it_waits(site: PlannerSite, visitor: Visitor, when: str) -> None:
    arguments = [f"{site.url}{SCHEDULE}", repr(form()), visitor.http.cookies["PHPSESSID"]]
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as client:
        _arm(site, "kill", pid=client.pid, when=when)
        output, _ = client.communicate(b"\n", timeout=30)
    assert client.returncode == -signal.SIGKILL
    assert output == b""
    assert _took_effect(visitor)
