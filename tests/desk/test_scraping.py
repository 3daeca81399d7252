"""The routes of the schedules, for programs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduling_pipeline.desk.outside import DaemonStatus, Outside
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.roster_settings import DeskSettings
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.history import Phase
from scheduling_pipeline.work_orders.runs import Runs
from scheduling_pipeline.work_orders.schedule import Trigger
from tests.desk.people import NOW, Office, Person
from tests.desk.schedules import API, ITEMS, TOOK, begin, create, fail, owner_of, succeed

MINUTE = timedelta(minutes=1)


@pytest.fixture
def tess(both: Office) -> Person:
    both.desk = DeskSettings(session_hours=48)
    return both.person(Role.VIEWER, name="Tess Vale")


def get(person: Person, path: str = "") -> Any:  # noqa: ANN401 - JSON
    answer = person.look(f"{API}{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(person: Person, schedule: dict[str, Any], **fields: object) -> dict[str, Any]:
    answer = person.ask("PUT", f"{API}/{schedule['id']}", fields)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def at(text: str) -> datetime:
    """An instant of today, by the clock in New York, which is at UTC-5."""
    hour, minute = map(int, text.split(":"))
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour + 5, minutes=minute)


def error_of(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - a response
    told: dict[str, Any] = answer.json()["error"]
    return told


class TestCreate:
    def test_the_defaults(self, tess: Person) -> None:
        made = create(tess)
        assert made == get(tess, f"/{made['id']}") == get(tess)[0] == get(tess, "/")[0]
        assert (made["interval_hours"], made["active_hours"], made["enabled"]) == (1.0, None, True)
        assert (made["status"], made["badge"], made["zone"]) == ("active", "active", "America/New_York")
        assert made["next_run"] == "2026-03-02T14:00:00Z"  # at once
        assert made["next_run_text"] == "Today at 9:00 AM EST"

    def test_all_instants_have_a_z(self, both: Office, tess: Person) -> None:
        made = create(tess)
        succeed(both.engine, tess, NOW)
        tess.ask("POST", f"{API}/{made['id']}/run")
        shown = get(tess, f"/{made['id']}")
        instants = [shown[name] for name in ("last_run", "last_success", "next_run", "requested_at")]
        instants += [shown["created_at"], shown["updated_at"]]
        (run,) = get(tess, f"/{made['id']}/history")
        instants += [run["started_at"], run["completed_at"]]
        assert all(re.fullmatch(r"2026-03-02T\d\d:\d\d:\d\dZ", instant) for instant in instants), instants

    def test_10_a_second_one_of_a_type_is_refused(self, tess: Person) -> None:
        create(tess)
        again = tess.ask("POST", f"{API}/", {"schedule_type": "work_orders"})
        assert again.status_code == 400
        assert error_of(again)["code"] == "DUPLICATE"
        assert "already exists" in error_of(again)["message"]
        create(tess, schedule_type="dispensers")
        assert len(get(tess)) == 2

    def test_10_one_that_is_disabled_has_no_next_run(self, tess: Person) -> None:
        made = create(tess, enabled=False)
        assert (made["next_run"], made["next_run_text"]) == (None, "Not scheduled")
        assert (made["status"], made["badge"]) == ("paused", "paused")

    @pytest.mark.parametrize("interval", [0.4, 25, 0, -1])
    def test_09_an_interval_out_of_bounds_is_refused(self, tess: Person, interval: float) -> None:
        answer = tess.ask("POST", API, {"schedule_type": "work_orders", "interval_hours": interval})
        assert answer.status_code == 422
        assert "the interval must be 0.5 to 24 hours" in error_of(answer)["message"].lower()
        assert error_of(answer)["details"]["field"] == "interval_hours"
        assert get(tess) == []

    @pytest.mark.parametrize(
        ("interval", "runs"),
        [(0.5, ["9:00", "9:30", "10:00"]), (1.5, ["9:00", "10:30", "12:00"])],
    )
    def test_09_half_hours_are_scheduled_as_they_are(
        self, tess: Person, interval: float, runs: list[str]
    ) -> None:
        asked = {"interval_hours": interval}
        coming = tess.ask("POST", f"{API}/preview", asked).json()["runs"]
        assert [run["text"] for run in coming[:3]] == [
            f"Today at {time} {'PM' if time.startswith('12') else 'AM'} EST" for time in runs
        ]
        assert create(tess, **asked)["interval_hours"] == interval

    @pytest.mark.parametrize(
        "fields",
        [
            {"active_hours": {"start": 24, "end": 6}},
            {"active_hours": {"start": 6, "end": 25}},
            {"active_hours": {"start": 6}},
            {"zone": "Indianapolis"},
            {"cron": "hourly"},
            {"cron": "*/10 * * * *"},
            {"cron": "0 6 * * *", "interval_hours": 2},
            {"holiday_country": "Atlantis"},
            {"rest_days": ["soon"]},
            {"waits_for": 99},
            {"schedule_type": "reports"},
            {"enabled": None},
            {"colour": "red"},
        ],
    )
    def test_what_no_schedule_can_have_is_refused(self, tess: Person, fields: dict[str, object]) -> None:
        assert tess.ask("POST", API, {"schedule_type": "work_orders", **fields}).status_code == 422
        assert get(tess) == []


class TestUpdate:
    @pytest.mark.parametrize(
        ("now", "following"), [("10:12", "10:30"), ("10:30", "11:30"), ("10:45", "11:30"), ("23:45", "24:30")]
    )
    def test_06_without_its_hours_it_begins_at_the_next_half_past(
        self, both: Office, tess: Person, now: str, following: str
    ) -> None:
        made = create(tess, active_hours={"start": 2, "end": 4})
        assert made["next_run"] == "2026-03-03T07:00:00Z"
        both.clock.time = at(now)
        changed = put(tess, made, active_hours=None)
        assert changed["active_hours"] is None
        assert changed["next_run"] == at(following).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert get(tess, f"/{made['id']}") == changed

    def test_05_hours_may_go_past_midnight(self, both: Office, tess: Person) -> None:
        made = create(tess, active_hours={"start": 22, "end": 6})
        assert made["next_run_text"] == "Today at 10:00 PM EST"
        for now, following in (
            ("22:10", "Today at 10:30 PM EST"),
            ("23:40", "Tomorrow at 12:30 AM EST"),
            ("5:40", "Today at 10:00 PM EST"),
            ("12:00", "Today at 10:00 PM EST"),
        ):
            both.clock.time = at(now)
            put(tess, made, active_hours=None)
            changed = put(tess, made, active_hours={"start": 22, "end": 6})
            assert changed["next_run_text"] == following, now

    def test_05_until_midnight_can_be_set(self, both: Office, tess: Person) -> None:
        made = create(tess, active_hours={"start": 18, "end": 24})
        both.clock.time = at("22:40")
        changed = put(tess, made, interval_hours=2)
        assert changed["next_run_text"] == "Today at 11:30 PM EST"

    def test_10_what_is_not_named_stays(self, tess: Person) -> None:
        made = create(tess, interval_hours=2, active_hours={"start": 6, "end": 22}, holiday_country="US")
        changed = put(tess, made, interval_hours=3)
        same = ("active_hours", "holiday_country", "zone", "enabled", "rest_days", "waits_for")
        assert [changed[name] for name in same] == [made[name] for name in same]
        assert (changed["interval_hours"], changed["next_run_text"]) == (3, "Today at 9:30 AM EST")

    def test_10_disabling_and_enabling_tell_the_next_run_at_once(self, tess: Person) -> None:
        made = create(tess)
        assert put(tess, made, enabled=False)["next_run"] is None
        assert put(tess, made, enabled=True)["next_run_text"] == "Today at 9:30 AM EST"

    def test_a_cron_expression_takes_the_place_of_the_interval(self, tess: Person) -> None:
        changed = put(tess, create(tess), cron="15 13 * * 1-5", zone="Europe/Zurich")
        assert (changed["interval_hours"], changed["cron"]) == (None, "15 13 * * 1-5")
        assert changed["next_run_text"] == "Tomorrow at 1:15 PM CET"

    def test_a_refused_change_changes_nothing(self, tess: Person) -> None:
        made = create(tess)
        answer = tess.ask("PUT", f"{API}/{made['id']}", {"interval_hours": 25, "enabled": False})
        assert answer.status_code == 422
        assert get(tess, f"/{made['id']}") == made

    def test_who_changed_what_is_noted(self, both: Office, tess: Person) -> None:
        put(tess, create(tess), interval_hours=4)
        (row,) = both.audit("scrape-schedule.change")
        assert (row.who, row.subject) == ("Tess Vale", "work orders of Tess Vale")
        assert (row.before["interval_hours"], row.after["interval_hours"]) == (1, 4)


class TestRunByHand:
    def test_08_a_run_is_asked_for_and_leaves_the_cadence(self, both: Office, tess: Person) -> None:
        made = create(tess, active_hours={"start": 2, "end": 4})
        answer = tess.ask("POST", f"{API}/{made['id']}/run")
        assert answer.status_code == 202
        assert answer.json()["requested_at"] == "2026-03-02T14:00:00Z"
        assert get(tess, f"/{made['id']}")["badge"] == "starting"
        both.clock.pass_by(seconds=20)
        again = tess.ask("POST", f"{API}/{made['id']}/run").json()
        assert again["requested_at"] == "2026-03-02T14:00:00Z"  # it is one run
        succeed(both.engine, tess, NOW + MINUTE, trigger=Trigger.MANUAL, since=NOW)
        after = get(tess, f"/{made['id']}")
        assert (after["next_run"], after["requested_at"]) == (made["next_run"], None)
        assert [run["trigger_type"] for run in get(tess, f"/{made['id']}/history")] == ["manual"]
        assert schedules.due(schedules.standing(both.engine), NOW + MINUTE) == []

    def test_08_one_that_is_paused_or_has_failed_runs_too(self, both: Office, tess: Person) -> None:
        paused = create(tess, enabled=False)
        failed = create(tess, schedule_type="dispensers")
        for _ in range(5):
            fail(both.engine, tess, NOW, kind="dispensers")
        for made in (paused, failed):
            assert tess.ask("POST", f"{API}/{made['id']}/run").status_code == 202
        due = schedules.due(schedules.standing(both.engine), NOW)
        assert {one.schedule.id for one in due} == {paused["id"], failed["id"]}


class TestState:
    @pytest.mark.parametrize(
        ("failures", "status", "badge"),
        [(1, "active", "last run failed"), (3, "active", "having issues"), (5, "failed", "failed")],
    )
    def test_failures_in_a_row(
        self, both: Office, tess: Person, failures: int, status: str, badge: str
    ) -> None:
        made = create(tess)
        for number in range(failures):
            fail(both.engine, tess, NOW + number * MINUTE)
        shown = get(tess, f"/{made['id']}")
        assert (shown["status"], shown["badge"], shown["consecutive_failures"]) == (status, badge, failures)

    def test_a_reset_lets_automatic_runs_go_on(self, both: Office, tess: Person) -> None:
        made = create(tess)
        for _ in range(5):
            fail(both.engine, tess, NOW)
        assert get(tess, f"/{made['id']}")["next_run"] is None
        answer = tess.ask("POST", f"{API}/{made['id']}/reset")
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["consecutive_failures"]) == ("active", 0)
        assert answer.json()["next_run_text"] == "Today at 9:30 AM EST"

    def test_failed_wins_over_paused(self, both: Office, tess: Person) -> None:
        made = create(tess, enabled=False)
        for _ in range(5):
            fail(both.engine, tess, NOW)
        assert get(tess, f"/{made['id']}")["status"] == "failed"

    def test_an_unchanged_one_costs_nothing(self, tess: Person) -> None:
        path = f"{API}/{create(tess)['id']}"
        tag = tess.look(path).headers["etag"]
        assert tess.look(path, **{"If-None-Match": tag}).status_code == 304
        tess.ask("POST", f"{path}/run")
        assert tess.look(path, **{"If-None-Match": tag}).status_code == 200

    def test_deleting_one_keeps_its_history(self, both: Office, tess: Person) -> None:
        made = create(tess)
        succeed(both.engine, tess, NOW)
        assert tess.ask("DELETE", f"{API}/{made['id']}").json() == {"success": True, "deleted": 1}
        assert get(tess) == []
        assert tess.ask("DELETE", f"{API}/{made['id']}").status_code == 404
        again = create(tess)
        assert len(get(tess, f"/{again['id']}/history")) == 1


class TestSimpleStatus:
    def test_it_is_reached(self, tess: Person) -> None:
        assert get(tess, "/simple-status")["status"] == "not_configured"

    def test_each_state(self, both: Office, tess: Person) -> None:
        made = create(tess, enabled=False)
        assert get(tess, "/simple-status")["status"] == "paused"
        put(tess, made, enabled=True)
        assert get(tess, "/simple-status")["status"] == "starting"
        succeed(both.engine, tess, NOW)
        both.clock.time = NOW + TOOK + timedelta(hours=2)
        told = get(tess, "/simple-status")
        assert (told["status"], told["message"]) == ("active", f"last sync {ITEMS.processed} items")
        both.clock.pass_by(seconds=1)
        told = get(tess, "/simple-status")
        assert (told["status"], told["message"]) == ("active", "next run Today at 9:30 AM EST")
        for _ in range(5):
            fail(both.engine, tess, NOW)
        assert get(tess, "/simple-status")["status"] == "failed"


class TestProgress:
    def path(self, made: dict[str, Any]) -> str:
        return f"/{made['id']}/sync-progress"

    def test_phase_by_phase_until_it_clears_itself(self, both: Office, tess: Person) -> None:
        path = self.path(create(tess))
        assert get(tess, path)["status"] == "not_found"
        tess.ask("POST", f"{API}{path}".replace("sync-progress", "run"))
        asked = get(tess, path)
        assert (asked["status"], asked["phase"], asked["percentage"]) == ("in_progress", "initializing", 0)
        run = begin(both.engine, tess, NOW, trigger=Trigger.MANUAL, since=NOW)
        runs = Runs(both.engine, 5)
        runs.progress(run, Phase.SCRAPING, share=0.5, message="page 1 of 2", found=100)
        seen = get(tess, path)
        assert (seen["phase"], seen["percentage"], seen["work_orders_found"]) == ("scraping", 57, 100)
        assert (seen["message"], seen["started_at"]) == ("page 1 of 2", "2026-03-02T14:00:00Z")
        runs.succeed(run, ITEMS, NOW + TOOK)
        both.clock.time = NOW + TOOK + timedelta(seconds=10)
        done = get(tess, path)
        assert (done["status"], done["percentage"], done["error"]) == ("completed", 100, None)
        assert done["message"] == "58 read (2 new, 3 updated, 1 removed)"
        both.clock.pass_by(seconds=1)
        assert get(tess, path)["status"] == "not_found"

    def test_it_outlives_the_desk(self, both: Office, tess: Person) -> None:
        path = self.path(create(tess))
        begin(both.engine, tess, NOW)
        again = both.anybody(both.app)
        again.cookies.update(tess.client.cookies)
        assert again.get(f"{API}{path}").json()["status"] == "in_progress"

    def test_a_failure_says_why(self, both: Office, tess: Person) -> None:
        path = self.path(create(tess))
        fail(both.engine, tess, NOW, "the login form did not open")
        both.clock.time = NOW + TOOK
        seen = get(tess, path)
        assert (seen["status"], seen["error"]) == ("failed", "the login form did not open")

    def test_an_unchanged_one_costs_nothing(self, both: Office, tess: Person) -> None:
        path = f"{API}{self.path(create(tess))}"
        run = begin(both.engine, tess, NOW)
        tag = tess.look(path).headers["etag"]
        assert tess.look(path, **{"If-None-Match": tag}).status_code == 304
        Runs(both.engine, 5).progress(run, Phase.SAVING)
        assert tess.look(path, **{"If-None-Match": tag}).status_code == 200


class TestPreview:
    def test_nothing_is_saved(self, tess: Person) -> None:
        coming = tess.ask("POST", f"{API}/preview", {"cron": "0 6 * * *"}).json()
        assert coming["next_run_text"] == "Tomorrow at 6:00 AM EST"
        assert [run["text"] for run in coming["runs"][:2]] == [
            "Tomorrow at 6:00 AM EST",
            "Wednesday at 6:00 AM EST",
        ]
        assert coming["why_not"] == "it runs next Tomorrow at 6:00 AM EST"
        assert get(tess) == []

    def test_of_a_schedule_it_is_what_saving_gives(self, tess: Person) -> None:
        made = create(tess, active_hours={"start": 2, "end": 4})
        fields = {"active_hours": None, "interval_hours": 2}
        seen = tess.ask("POST", f"{API}/preview", {"schedule_id": made["id"], **fields}).json()
        assert get(tess, f"/{made['id']}") == made
        assert seen["next_run"] == put(tess, made, **fields)["next_run"] == "2026-03-02T14:30:00Z"

    def test_of_one_that_is_paused(self, tess: Person) -> None:
        coming = tess.ask("POST", f"{API}/preview", {"enabled": False}).json()
        assert coming == {
            "next_run": None,
            "next_run_text": "Not scheduled",
            "why_not": "it is paused",
            "runs": [],
        }

    def test_of_one_that_was_missed_only_one_is_made_up_for(self, both: Office, tess: Person) -> None:
        made = create(tess)
        both.clock.time = at("12:10")
        coming = tess.ask("POST", f"{API}/preview", {"schedule_id": made["id"]}).json()["runs"]
        assert [run["text"] for run in coming[:2]] == ["Today at 9:00 AM EST", "Today at 1:00 PM EST"]

    def test_what_cannot_be_is_said(self, tess: Person) -> None:
        answer = tess.ask("POST", f"{API}/preview", {"interval_hours": 0.25})
        assert answer.status_code == 422
        assert error_of(answer)["message"] == "The interval must be 0.5 to 24 hours, not 0.25."


class TestScope:
    def test_10_anothers_schedule_is_not_there(self, both: Office, tess: Person) -> None:
        number = create(tess)["id"]
        run = fail(both.engine, tess, NOW)
        otto = both.person(Role.ADMIN, name="Otto Reed")
        mine = create(otto)["id"]
        for method, path in (
            ("GET", f"/{number}"),
            ("PUT", f"/{number}"),
            ("DELETE", f"/{number}"),
            ("POST", f"/{number}/run"),
            ("POST", f"/{number}/reset"),
            ("GET", f"/{number}/history"),
            ("GET", f"/{number}/sync-progress"),
            ("GET", f"/{number}/history/{run}/error-log"),
            ("GET", f"/{mine}/history/{run}/error-log"),
            ("DELETE", f"/history/{run}"),
        ):
            answer = otto.ask(method, f"{API}{path}", {} if method == "PUT" else None)
            assert answer.status_code == 404, (method, path)
            assert error_of(answer)["code"] == "NOT_FOUND"
        assert otto.ask("POST", f"{API}/preview", {"schedule_id": number}).status_code == 404
        assert otto.ask("POST", f"{API}/preview", {"waits_for": number}).status_code in (200, 422)
        assert [one["id"] for one in get(otto)] == [mine]
        assert otto.ask("DELETE", f"{API}/history").json()["deleted"] == 0
        assert [one["id"] for one in get(tess)] == [number]
        assert owner_of(both.engine, otto) == get(otto)[0]["user_id"]


def test_the_daemon_is_as_whoever_started_the_desk_says(both: Office) -> None:
    assert get(both.person(Role.VIEWER), "/status/daemon")["running"] is False
    both.outside = Outside(daemon=lambda: DaemonStatus(True, NOW, 7, 128))  # noqa: FBT003 - its first field
    assert get(both.person(Role.ADMIN), "/status/daemon") == {
        "running": True,
        "last_check": "2026-03-02T14:00:00Z",
        "schedules_checked": 7,
        "tasks_executed": 128,
    }
