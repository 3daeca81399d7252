"""The simulated planner without faults: logins, sessions, what is read from it, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.crossmark import Condition, FixedStore, Rep, Settings
from tests.simulators.planner_client import (
    ANN,
    BEN,
    CALLS,
    ELSEWHERE,
    EVENT,
    LISTING,
    OTHER_STORE,
    PARTNER,
    STORE,
    PlannerSite,
    Visitor,
    mplan,
    search,
    served,
)

ON_LEAVE = Rep(100540, "US742655", "Gil", "Wren", away=(date(2026, 3, 1), date(2026, 3, 10)))
GUEST = Rep(101877, "US745920", "Ida", "Bellweather", zone="America/Chicago", local=False)
REPS = (ANN, BEN, ON_LEAVE, GUEST)
EVENTS = (
    mplan(EVENT),
    mplan(
        PARTNER, name="606001-ACME-Peach Tea (260205000002)  - V2-Supervisor", condition=Condition.CANCELED
    ),
    mplan(ELSEWHERE, location=OTHER_STORE, start=date(2026, 3, 1), due=date(2026, 3, 1)),
    mplan(30000004, start=date(2026, 7, 6), due=date(2026, 7, 7)),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PlannerSite]:
    with served(tmp_path, FixedStore(EVENTS, REPS)) as running:
        yield running


@pytest.fixture
def visitor(site: PlannerSite) -> Visitor:
    """Somebody who has just logged in."""
    visitor = site.visitor()
    visitor.login()
    return visitor


def _is_login_page(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and 'type="password"' in answer.text and "Scheduling" not in answer.text


class TestLogin:
    def test_success_is_json_under_another_name_with_a_session(self, site: PlannerSite) -> None:
        answer = site.visitor().login()
        assert answer.status_code == 200
        assert answer.headers["content-type"] == 'text/html; charset="utf-8"'
        assert answer.json() == {"redirectUrl": "/planning/"}
        assert len(answer.cookies["PHPSESSID"]) == 26

    def test_answers_carry_the_headers_of_php_behind_apache(self, visitor: Visitor) -> None:
        headers = visitor.http.get(LISTING).headers
        assert headers["expires"] == "Thu, 19 Nov 1981 08:52:00 GMT"
        assert headers["pragma"] == "no-cache"
        assert headers["server"] == "Apache"
        assert headers["x-include-js"] == headers["x-include-css"] == ""
        assert {"no-cache", "max-age=0", "must-revalidate"} == set(headers["cache-control"].split(", "))

    def test_other_success_answers_are_a_setting(self, site: PlannerSite) -> None:
        site.simulator.settings.login = "session"
        answer = site.visitor().login().json()
        assert answer["success"] is True
        assert {"sessionId", "userId"} <= set(answer)
        site.simulator.settings.login = "page"
        page = site.visitor().login()
        assert "Scheduling" in page.text
        assert "PHPSESSID" in page.cookies

    def test_a_wrong_password_is_a_401_without_a_session(self, site: PlannerSite) -> None:
        visitor = site.visitor()
        answer = visitor.login(Password="guess")
        assert answer.status_code == 401
        assert not visitor.http.cookies
        assert _is_login_page(visitor.http.get(LISTING))

    @pytest.mark.parametrize("changes", [{"extra": "1"}, {"UserType": "Somebody"}])
    def test_only_the_four_keys_make_a_login(self, site: PlannerSite, changes: dict[str, str]) -> None:
        assert site.visitor().login(**changes).json()["success"] is False

    def test_a_login_with_other_words_fails(self, site: PlannerSite) -> None:
        answer = site.visitor().http.post("/login/authenticate", json={"username": "a", "password": "b"})
        assert answer.json()["success"] is False

    def test_the_users_name(self, visitor: Visitor) -> None:
        asked = visitor.http.post("/users/getUserInfo").json()
        assert asked == visitor.http.get("/users/getUserInfo").json()
        assert asked["username"] == Settings.user
        assert set(asked) == {"username", "firstName", "lastName", "name", "email"}

    def test_logging_out_ends_the_session(self, visitor: Visitor) -> None:
        assert _is_login_page(visitor.http.get("/logout"))
        assert _is_login_page(visitor.http.get(LISTING))


class TestExpiry:
    def test_without_a_session_one_is_redirected_to_the_login_page(self, site: PlannerSite) -> None:
        answer = site.visitor().http.get(LISTING, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (302, "/login")
        followed = site.visitor().http.post(f"{CALLS}/scheduleMplanEvent", data={})
        assert _is_login_page(followed)
        assert followed.url.path == "/login"

    def test_or_it_is_a_plain_401(self, site: PlannerSite) -> None:
        site.simulator.settings.expiry = "unauthorized"
        assert site.visitor().http.get(LISTING).status_code == 401

    def test_a_session_ends_when_it_was_not_used_for_long(self, site: PlannerSite, visitor: Visitor) -> None:
        for _ in range(3):
            site.clock.advance(timedelta(minutes=50))
            assert visitor.listing()["total"] == len(EVENTS)
        site.clock.advance(timedelta(minutes=61))
        assert _is_login_page(visitor.http.get(LISTING))

    def test_or_after_a_number_of_calls(self, site: PlannerSite) -> None:
        site.simulator.settings.session_calls = 2
        visitor = site.visitor()
        visitor.login()
        assert [_is_login_page(visitor.http.get(LISTING)) for _ in range(3)] == [False, False, True]
        visitor.login()
        assert visitor.listing()["total"] == len(EVENTS)

    def test_both_can_be_set_from_outside(self, site: PlannerSite) -> None:
        visitor = site.visitor()
        changed = visitor.http.put("/control/settings", json={"expiry": "unauthorized", "session_calls": 1})
        assert changed.json()["session_calls"] == 1
        assert "password" not in changed.json()
        visitor.login()
        assert [visitor.http.get(LISTING).status_code for _ in range(2)] == [200, 401]

    def test_a_session_survives_a_restart(self, tmp_path: Path) -> None:
        store = FixedStore(EVENTS, REPS)
        with served(tmp_path, store) as site:
            before = site.visitor()
            before.login()
        with served(tmp_path, store) as site:
            after = site.visitor()
            after.http.cookies = before.http.cookies
            assert after.listing()["total"] == len(EVENTS)


class TestListing:
    def test_an_open_event(self, visitor: Visitor) -> None:
        assert visitor.row() == {
            "mPlanID": EVENT,
            "name": "606001-ACME-Peach Tea (260205000001)  - V2-CORE",
            "startDate": "03/04/2026",
            "endDate": "03/18/2026",
            "condition": "Unstaffed",
            "storeID": "100500",
            "storeName": "Riverbend Club",
            "scheduleDate": "",
            "scheduleRepID": "",
            "scheduleEventID": "",
            "staffedReps": "",
            "salesTools": [{"salesToolURL": f"https://documents.example/sales-tools/{EVENT}.pdf"}],
        }

    def test_a_scheduled_one_tells_store_time_without_a_zone(self, visitor: Visitor) -> None:
        number = visitor.scheduled(Start="2026-03-09T13:45:00+00:00", End="2026-03-09T20:15:00+00:00")
        row = visitor.row()
        assert (row["condition"], row["scheduleDate"]) == ("Scheduled", "03/09/2026 09:45:00 AM")
        assert (row["scheduleRepID"], row["scheduleEventID"]) == (str(ANN.id), str(number))
        assert row["staffedReps"] == ANN.name

    def test_numbers_are_sometimes_text(self, visitor: Visitor) -> None:
        ids = [row["mPlanID"] for row in visitor.listing()["mplans"]]
        assert sorted(map(int, ids)) == [event.id for event in EVENTS]
        assert {type(number) for number in ids} == {int, str}

    def test_conditions_choose(self, visitor: Visitor) -> None:
        found = visitor.listing(searchFields=search("condition", "Canceled", "Scheduled"))
        assert [int(row["mPlanID"]) for row in found["mplans"]] == [PARTNER]
        assert found["total"] == 1

    @pytest.mark.parametrize(
        ("first", "last", "found"),
        [
            ("2026-03-17", "2026-03-31", {EVENT, PARTNER}),
            ("2026-03-18", "2026-03-31", set()),
            ("2026-02-01", "2026-03-04", {EVENT, PARTNER, ELSEWHERE}),
            ("2026-03-02", "2026-03-03", set()),
        ],
    )
    def test_an_interval_has_what_can_be_done_on_one_of_its_days(
        self, visitor: Visitor, first: str, last: str, found: set[int]
    ) -> None:
        rows = visitor.listing(intervalStart=first, intervalEnd=last)["mplans"]
        assert {int(row["mPlanID"]) for row in rows} == found

    def test_pages(self, visitor: Visitor) -> None:
        pages = [visitor.listing(start=start, limit=3) for start in (0, 3, 6)]
        assert [page["total"] for page in pages] == [4, 4, 4]
        assert [len(page["mplans"]) for page in pages] == [3, 1, 0]

    def test_no_page_is_larger_than_the_planner_allows(self, site: PlannerSite, visitor: Visitor) -> None:
        site.simulator.settings.largest_page = 2
        page = visitor.listing(limit=5000)
        assert (page["total"], len(page["mplans"])) == (4, 2)

    def test_sorting(self, visitor: Visitor) -> None:
        order = '[{"property": "startDate", "direction": "DESC"}]'
        rows = visitor.listing(sort=order)["mplans"]
        assert [row["startDate"] for row in rows] == ["07/06/2026", "03/04/2026", "03/04/2026", "03/01/2026"]

    @pytest.mark.parametrize(
        "query", [{"searchFields": "{"}, {"searchFields": search("client", 1)}, {"intervalStart": "3/1/2026"}]
    )
    def test_what_it_can_not_read_is_refused_in_a_200(self, visitor: Visitor, query: dict[str, str]) -> None:
        answer = visitor.listing(**query)
        assert answer["ok"] == 0
        assert answer["error"]

    def test_long_answers_are_compressed_where_that_is_understood(self, tmp_path: Path) -> None:
        with served(tmp_path, FixedStore([mplan(30000001 + n) for n in range(20)], REPS)) as site:
            visitor = site.visitor()
            visitor.login()
            answer = visitor.http.get(LISTING)
            assert answer.headers["content-encoding"] == "gzip"
            assert "Accept-Encoding" in answer.headers["vary"]
            plain = visitor.http.get(LISTING, headers={"Accept-Encoding": "identity"})
            assert "content-encoding" not in plain.headers
            assert plain.json() == answer.json()


class TestPeople:
    def test_reps_are_an_object_with_text_values(self, visitor: Visitor) -> None:
        visitor.schedule()
        reps = visitor.available("03/02/2026 00:00:00,03/12/2026 00:00:00")
        assert reps[str(ANN.id)] == {
            "id": "100234",
            "repId": "100234",
            "employeeId": "US742301",
            "repMvid": "US742301",
            "title": "Ann Oakley-Moor",
            "lastName": "Oakley-Moor",
            "nameSort": "OAKLEY-MOOR,ANN",
            "availableHoursPerDay": "8",
            "scheduledHours": "12.5",
            "visitCount": "1",
            "role": "Event Specialist",
        }
        assert reps[str(BEN.id)]["scheduledHours"] is None
        assert "role" not in reps[str(BEN.id)]

    def test_only_those_are_listed_who_are_there_on_a_day_of_the_range(self, visitor: Visitor) -> None:
        assert set(visitor.available("03/02/2026 00:00:00,03/09/2026 00:00:00")) == {"100234", "99318"}
        assert str(ON_LEAVE.id) in visitor.available("03/02/2026 00:00:00,05/31/2026 00:00:00")

    def test_a_range_that_is_none_is_refused(self, visitor: Visitor) -> None:
        answer = visitor.http.post("/schedulingcontroller/getAvailableReps", files={"project": (None, "now")})
        assert answer.json()["ok"] == 0

    def test_qualified_reps_are_a_list_with_guests(self, visitor: Visitor) -> None:
        query = {"mPlanID": EVENT, "storeID": STORE.id, "page": 1, "start": 0, "limit": 100}
        reps = visitor.http.get(f"{CALLS}/getQualifiedRepsForScheduling", params=query).json()["reps"]
        assert [rep["LastName"] for rep in reps] == ["BELLWEATHER", "OAKLEY-MOOR", "TARNFIELD", "WREN"]
        assert set(reps[0]) == {"ID", "FirstName", "LastName", "Timezone", "OfflineHash"}
        assert (reps[0]["ID"], reps[0]["Timezone"]) == ("101877", "America/Chicago")
        assert len(reps[0]["OfflineHash"]) == 32

    def test_there_are_no_default_lengths(self, visitor: Visitor) -> None:
        answer = visitor.http.get(f"{CALLS}/getDefaultScheduleLengthInMinutes").json()
        assert answer == {"defaults": []}


class TestPages:
    def test_the_root_is_the_login_page_until_one_is_logged_in(self, site: PlannerSite) -> None:
        visitor = site.visitor()
        assert _is_login_page(visitor.http.get("/"))
        visitor.login()
        assert visitor.http.get("/").url.path == "/planning/"

    def test_anybody_can_look_at_the_demo(self, site: PlannerSite, visitor: Visitor) -> None:
        visitor.schedule()
        page = site.visitor().http.get("/demo", params={"week": "2026-03-11"}).text
        assert "9 March to 15 March 2026" in page
        assert "09:45-16:15" in page
        assert ANN.name in page
        assert GUEST.name not in page  # nobody sent her anywhere
        assert Settings.password not in page

    def test_what_is_open_is_below_the_week(self, site: PlannerSite) -> None:
        page = site.visitor().http.get("/demo", params={"week": "2026-03-11"}).text
        assert EVENTS[0].name in page
        assert EVENTS[1].name not in page
        assert EVENTS[0].name not in site.visitor().http.get("/demo", params={"week": "2026-05-01"}).text

    def test_names_are_never_markup(self, tmp_path: Path) -> None:
        with served(tmp_path, FixedStore([mplan(name="<b>A & B</b>")], REPS)) as site:
            assert "<b>A" not in site.visitor().http.get("/demo").text

    def test_an_unreadable_week_is_a_400(self, visitor: Visitor) -> None:
        for path in ("/demo", "/planning/"):
            assert visitor.http.get(path, params={"week": "soon"}).status_code == 400

    def test_a_page_that_it_does_not_have(self, visitor: Visitor) -> None:
        assert visitor.http.get(f"{CALLS}/getEverything").status_code == 404


def test_two_events_of_one_number_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two events"):
        FixedStore([mplan(), mplan()])
