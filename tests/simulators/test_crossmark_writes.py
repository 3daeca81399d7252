"""Writing to the simulated planner: what it answers, what it refuses, and where an event stands then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from scheduling_pipeline.simulators.crossmark import Condition, FixedStore, Visit
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.planner_client import (
    ANN,
    BEN,
    ELSEWHERE,
    EVENT,
    OTHER_STORE,
    PARTNER,
    REISSUE,
    SCHEDULE,
    STORE,
    PlannerSite,
    Visitor,
    form,
    mplan,
    served,
)

HELD = 40000007
VISIT = Visit(
    HELD, BEN.id, datetime(2026, 3, 10, 13, 45, tzinfo=UTC), datetime(2026, 3, 10, 20, 15, tzinfo=UTC)
)
JULY, DST_SPRING, DST_AUTUMN = 30000010, 30000011, 30000012
EVENTS = (
    mplan(EVENT),
    mplan(PARTNER, visit=VISIT),
    mplan(ELSEWHERE, location=OTHER_STORE),
    mplan(30000004, condition=Condition.CANCELED),
    mplan(30000005, condition=Condition.STAFFED, staffed_by=BEN.id),
    mplan(30000006, condition=Condition.UNSTAFFED, visit=Visit(40000008, BEN.id, VISIT.start, VISIT.end)),
    mplan(30000007, reported=False),
    mplan(JULY, start=date(2026, 7, 1), due=date(2026, 7, 14)),
    mplan(DST_SPRING, start=date(2026, 3, 8), due=date(2026, 3, 9)),
    mplan(DST_AUTUMN, start=date(2026, 11, 1), due=date(2026, 11, 1)),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PlannerSite]:
    with served(tmp_path, FixedStore(EVENTS, [ANN, BEN])) as running:
        yield running


@pytest.fixture
def visitor(site: PlannerSite) -> Visitor:
    visitor = site.visitor()
    visitor.login()
    return visitor


class TestScheduling:
    def test_the_echo_is_in_utc_with_mixed_types(self, visitor: Visitor) -> None:
        answer = visitor.schedule()
        echo = answer.pop("MVScheduledEvent")
        assert answer == {"ok": 1, "repName": "Ann Oakley-Moor"}
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", echo.pop("MVID"))
        assert 10_000_000 <= echo.pop("ID") <= 99_999_999
        assert echo == {
            "ClassName": "MVScheduledmPlan",
            "Created": "2026-03-02T05:00:00+00:00",
            "LastEdited": "2026-03-02T05:00:00+00:00",
            "Start": "2026-03-09T13:45:00+00:00",
            "End": "2026-03-09T20:15:00+00:00",
            "IsRecurring": "0",
            "IsDeleted": "0",
            "PairedWithLogEntry": "0",
            "AllDay": "0",
            "LastEditedClass": "MVEntityUser",
            "LastEditedID": 10001,
            "CreatorClass": "MVEntityUser",
            "CreatorID": "10001",
            "MasterEntityID": "0",
            "ParentEventID": "0",
            "TimezoneID": 0,
            "RepID": ANN.id,
            "mPlanID": EVENT,
            "LocationID": STORE.id,
            "RecordClassName": "MVScheduledmPlan",
        }

    @pytest.mark.parametrize(
        ("number", "start", "echoed", "listed"),
        [
            (EVENT, "2026-03-05T09:45:00-05:00", "2026-03-05T14:45:00+00:00", "03/05/2026 09:45:00 AM"),
            (JULY, "2026-07-02T18:15:00-04:00", "2026-07-02T22:15:00+00:00", "07/02/2026 06:15:00 PM"),
            (DST_SPRING, "2026-03-08T12:00:00-04:00", "2026-03-08T16:00:00+00:00", "03/08/2026 12:00:00 PM"),
            (DST_AUTUMN, "2026-11-01T12:00:00-05:00", "2026-11-01T17:00:00+00:00", "11/01/2026 12:00:00 PM"),
        ],
    )
    def test_in_winter_in_summer_and_on_the_days_between(
        self, visitor: Visitor, number: int, start: str, echoed: str, listed: str
    ) -> None:
        end = (datetime.fromisoformat(start) + timedelta(minutes=30)).isoformat()
        echo = visitor.schedule(mPlanID=str(number), Start=start, End=end)["MVScheduledEvent"]
        assert echo["Start"] == echoed
        assert visitor.row(number)["scheduleDate"] == listed

    def test_once_more_changes_the_same_entry(self, site: PlannerSite, visitor: Visitor) -> None:
        first = visitor.schedule()["MVScheduledEvent"]
        site.clock.advance(timedelta(seconds=21))
        second = visitor.schedule(
            RepID=str(BEN.id), Start="2026-03-10T10:30:00-04:00", End="2026-03-10T17:00:00-04:00"
        )["MVScheduledEvent"]
        assert (second["ID"], second["MVID"]) == (first["ID"], first["MVID"])
        assert (second["Created"], second["LastEdited"]) == (first["Created"], "2026-03-02T05:00:21+00:00")
        assert (visitor.row()["scheduleRepID"], visitor.row()["scheduleDate"]) == (
            str(BEN.id),
            "03/10/2026 10:30:00 AM",
        )

    def test_an_entry_that_was_there_before_us_keeps_its_id(self, visitor: Visitor) -> None:
        assert visitor.scheduled(mPlanID=str(PARTNER)) == HELD
        assert visitor.row(PARTNER)["staffedReps"] == ANN.name

    def test_or_it_is_refused_where_that_is_set(self, site: PlannerSite, visitor: Visitor) -> None:
        site.simulator.settings.upsert = False
        assert visitor.schedule()["ok"] == 1
        assert visitor.schedule()["ok"] == 0

    def test_neither_time_off_nor_overlap_nor_the_window_is_a_reason_to_refuse(
        self, visitor: Visitor
    ) -> None:
        start, end = "2026-04-10T09:45:00-04:00", "2026-04-10T16:15:00-04:00"
        assert visitor.schedule(RepID=str(BEN.id), Start=start, End=end)["ok"] == 1
        assert visitor.schedule(RepID=str(BEN.id), mPlanID=str(PARTNER), Start=start, End=end)["ok"] == 1

    @pytest.mark.parametrize(
        "changes",
        [
            {"RepID": "US742301"},
            {"RepID": ""},
            {"RepID": "123456"},
            {"mPlanID": "39999999"},
            {"mPlanID": "3000001"},
            {"mPlanID": "30000004"},
            {"LocationID": str(OTHER_STORE.id)},
            {"LocationID": ""},
            {"LocationID": None},
            {"Start": "2026-03-09T09:45:00"},
            {"Start": "2026-03-09T09:45:00Z"},
            {"End": "2026-03-09T09:45:00-04:00"},
            {"ClassName": "MVScheduledEvent"},
            {"PlanningOverride": "false"},
        ],
    )
    def test_what_is_refused_is_refused_in_a_200(
        self, site: PlannerSite, visitor: Visitor, changes: dict[str, Any]
    ) -> None:
        answer = visitor.http.post(SCHEDULE, data=form(**changes))
        assert answer.status_code == 200
        assert answer.json()["ok"] == 0
        assert answer.json()["error"]
        assert not site.effects()


class TestUnscheduling:
    @pytest.mark.parametrize("number", [EVENT, PARTNER])
    def test_an_event_is_open_again(self, visitor: Visitor, number: int) -> None:
        entry = visitor.scheduled(mPlanID=str(number))
        assert visitor.unschedule(entry) == {"ok": 1}
        row = visitor.row(number)
        assert (row["condition"], row["scheduleDate"], row["scheduleEventID"]) == ("Unstaffed", "", "")

    def test_an_entry_is_gone_once(self, visitor: Visitor) -> None:
        entry = visitor.scheduled()
        visitor.unschedule(entry)
        assert visitor.unschedule(entry)["ok"] == 0

    def test_no_number_is_ever_used_again(self, visitor: Visitor) -> None:
        numbers = []
        for _ in range(3):
            numbers.append(visitor.scheduled())
            visitor.unschedule(numbers[-1])
        assert numbers == sorted(set(numbers))

    @pytest.mark.parametrize("number", [f"{EVENT}_{STORE.id}", "50000001_schedule", str(EVENT), ""])
    def test_other_ids_take_nothing_away(self, visitor: Visitor, number: str) -> None:
        visitor.schedule()
        assert visitor.unschedule(number)["ok"] == 0
        assert visitor.row()["condition"] == "Scheduled"


class TestConditions:
    def test_where_an_event_stands(self, visitor: Visitor) -> None:
        visitor.schedule()
        assert visitor.condition() == {
            "ok": 1,
            "reps": "Ann Oakley-Moor",
            "condition": "Scheduled",
            "key": f"{EVENT}_{STORE.id}",
            "workStatus": "",
        }
        assert visitor.condition(store=OTHER_STORE.id)["ok"] == 0

    def test_a_visit_takes_its_course(self, site: PlannerSite, visitor: Visitor) -> None:
        entry = visitor.scheduled()
        seen = []
        for moment in (
            "2026-03-09T13:44:00",
            "2026-03-09T13:45:00",
            "2026-03-09T22:14:00",
            "2026-03-09T22:15:00",
        ):
            site.clock.set(datetime.fromisoformat(f"{moment}+00:00"))
            visitor.login()
            seen.append(visitor.condition()["condition"])
        assert seen == ["Scheduled", "In Progress", "In Progress", "Submitted"]
        assert visitor.unschedule(entry)["ok"] == 0
        assert visitor.schedule()["ok"] == 0

    def test_what_nobody_did_expires_at_the_end_of_its_last_day(
        self, site: PlannerSite, visitor: Visitor
    ) -> None:
        site.clock.set(datetime.fromisoformat("2026-03-17T23:59:00-04:00"))
        visitor.login()
        assert visitor.condition()["condition"] == "Unstaffed"
        site.clock.advance(timedelta(minutes=1))
        assert visitor.condition()["condition"] == "Expired"
        assert visitor.schedule()["ok"] == 0

    def test_a_window_that_ends_when_it_starts_is_one_day(self, site: PlannerSite, visitor: Visitor) -> None:
        site.clock.set(datetime.fromisoformat("2026-11-01T23:59:00-05:00"))
        visitor.login()
        assert visitor.condition(DST_AUTUMN)["condition"] == "Unstaffed"
        site.clock.advance(timedelta(minutes=1))
        assert visitor.condition(DST_AUTUMN)["condition"] == "Expired"

    def test_staffed_is_a_rep_without_a_time(self, visitor: Visitor) -> None:
        row = visitor.row(30000005)
        assert (row["condition"], row["staffedReps"], row["scheduleDate"]) == ("Staffed", BEN.name, "")
        visitor.schedule(mPlanID="30000005")
        assert visitor.row(30000005)["condition"] == "Scheduled"

    def test_an_unstaffed_event_may_have_a_time(self, visitor: Visitor) -> None:
        row = visitor.row(30000006)
        assert (row["condition"], row["scheduleDate"]) == ("Unstaffed", "03/10/2026 09:45:00 AM")

    def test_a_visit_that_nobody_reports_stays_scheduled(self, site: PlannerSite, visitor: Visitor) -> None:
        visitor.schedule(mPlanID="30000007")
        site.clock.advance(timedelta(days=40))
        visitor.login()
        assert visitor.row(30000007)["condition"] == "Scheduled"


class TestReissue:
    def test_what_was_done_can_be_asked_for_again(self, site: PlannerSite, visitor: Visitor) -> None:
        entry = visitor.scheduled()
        site.clock.advance(timedelta(days=10))
        visitor.login()
        assert visitor.row()["condition"] == "Submitted"
        assert visitor.reissue(entry) == {"ok": 1}
        row = visitor.row()
        assert (row["condition"], row["endDate"], row["scheduleDate"]) == ("Reissued", "03/25/2026", "")
        start, end = "2026-03-20T09:45:00-04:00", "2026-03-20T16:15:00-04:00"
        assert visitor.scheduled(Start=start, End=end) != entry
        assert visitor.row()["condition"] == "Scheduled"

    def test_without_a_store_it_says_done_and_does_nothing(self, site: PlannerSite, visitor: Visitor) -> None:
        entry = visitor.scheduled()
        done = len(site.effects())
        assert visitor.reissue(entry, storeID="") == {"ok": 1}
        assert visitor.row()["condition"] == "Scheduled"
        assert len(site.effects()) == done

    @pytest.mark.parametrize(
        "changes", [{"workLogEntryID": "40000001"}, {"mPlanID": str(PARTNER)}, {"action": "close"}]
    )
    def test_it_needs_the_events_own_entry(self, visitor: Visitor, changes: dict[str, str]) -> None:
        assert visitor.reissue(visitor.scheduled(), **changes)["ok"] == 0

    def test_it_can_not_end_in_the_past(self, visitor: Visitor) -> None:
        assert visitor.reissue(visitor.scheduled(), due="2026-03-02")["ok"] == 0


class TestTheJournal:
    def test_it_notes_what_was_asked_and_what_took_effect(self, site: PlannerSite, visitor: Visitor) -> None:
        seen = site.control.journal()[-1]["n"]
        entry = visitor.scheduled()
        visitor.unschedule(entry)
        scheduled, unscheduled = site.control.journal(since=seen)
        assert {name: scheduled[name] for name in scheduled if name not in {"n", "at"}} == {
            "method": "POST",
            "path": SCHEDULE,
            "form": form(),
            "status": 200,
            "answered": True,
            "fault": None,
            "effect": {
                "did": "scheduled",
                "mplan": EVENT,
                "rep": ANN.id,
                "start": "2026-03-09T13:45:00+00:00",
                "schedule": entry,
            },
        }
        assert unscheduled["form"] == {"id": str(entry)}
        assert unscheduled["effect"]["did"] == "unscheduled"
        assert unscheduled["effect"]["schedule"] == entry

    def test_it_has_queries_and_parts_but_no_password(self, site: PlannerSite, visitor: Visitor) -> None:
        visitor.listing(limit=7)
        visitor.available("03/02/2026 00:00:00,03/09/2026 00:00:00")
        visitor.reissue(HELD)
        login, listing, reps, reissue = site.control.journal()
        assert login["json"] == {
            "UserType": "MVEntityUser",
            "UserID": "demo.manager",
            "Timezone": "America/Indianapolis",
        }
        assert listing["query"]["limit"] == "7"
        assert reps["form"] == {"project": "03/02/2026 00:00:00,03/09/2026 00:00:00"}
        assert reissue["path"] == REISSUE.rstrip("/")
        assert site.simulator.settings.password not in str(site.control.journal())


class TestRestart:
    def test_what_was_answered_is_never_lost(self, tmp_path: Path) -> None:
        store = FixedStore(EVENTS, [ANN, BEN])
        with served(tmp_path, store) as site:
            visitor = site.visitor()
            visitor.login()
            entry = visitor.scheduled()
            visitor.unschedule(HELD)
        with served(tmp_path, store) as site:
            visitor = site.visitor()
            visitor.login()
            assert visitor.row()["scheduleEventID"] == str(entry)
            assert visitor.row(PARTNER)["condition"] == "Unstaffed"
            assert visitor.scheduled() == entry
            assert visitor.scheduled(mPlanID=str(PARTNER)) not in {entry, HELD}

    def test_the_environment_leads_to_the_planner(self, tmp_path: Path) -> None:
        with Simulators(tmp_path, store=FixedStore(EVENTS, [ANN])) as simulators:
            environment = simulators.environment
            visitor = Visitor(environment["CROSSMARK_URL"])
            user, password = environment["CROSSMARK_USER"], environment["CROSSMARK_PASSWORD"]
            assert visitor.login(UserID=user, Password=password).status_code == 200
            assert visitor.scheduled(LocationID=str(STORE.id))
            shown = httpx.get(f"{simulators.crossmark_url}/control/visits", trust_env=False).json()
        assert {visit["mplan"]: visit["rep"] for visit in shown} == {
            EVENT: ANN.id,
            PARTNER: BEN.id,
            30000006: BEN.id,
        }
