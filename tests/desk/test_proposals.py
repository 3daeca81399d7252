"""Proposals by hand: asked for, followed, and what is done about one that crashed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent, RosterRequest, SchedulerRun
from scheduling_pipeline.desk.routes import proposals
from scheduling_pipeline.roster_settings import DeskSettings
from tests.desk.people import NOW, Office

RUN = "/api/auto-schedule/run"
STATUS = "/api/auto-schedule/status"


def add_run(office: Office, **values: object) -> int:
    row = {"run_type": "manual", "requested_by": "Mia", "started_at": NOW, "status": "completed"}
    with office.engine.begin() as connection:
        made = insert(SchedulerRun).values(row | values).returning(SchedulerRun.id)
        return connection.execute(made).scalar_one()


def add_row(office: Office, run_id: int, ref: int, status: str) -> None:
    event = {
        "project_name": "000001-CORE",
        "project_ref_num": ref,
        "start_datetime": NOW,
        "due_datetime": NOW,
        "event_type": "core",
    }
    row = {
        "scheduler_run_id": run_id,
        "event_ref_num": ref,
        "status": status,
        "failure_code": "NOBODY_AVAILABLE",
        "created_at": NOW,
        "updated_at": NOW,
    }
    with office.engine.begin() as connection:
        connection.execute(insert(RosterEvent).values(event))
        connection.execute(insert(PendingSchedule).values(row))


def end_run(office: Office, **values: object) -> None:
    with office.engine.begin() as connection:
        running = update(SchedulerRun).where(SchedulerRun.status == "running")
        connection.execute(running.values(completed_at=NOW, **values))


def test_a_run_that_takes_longer_is_answered_as_running(both: Office) -> None:
    manager = both.person()
    answer = manager.ask("POST", RUN, {"run_type": "manual"})
    assert answer.status_code == 202
    told = answer.json()
    assert (told["success"], told["status"], told["message"]) == (True, "running", "Scheduler run started")
    with both.engine.connect() as connection:
        request = connection.execute(select(RosterRequest.__table__)).one()
    assert (request.kind, request.run_id, request.requested_by) == ("propose", told["run_id"], manager.name)
    assert [row.subject for row in both.audit("proposal.ask")] == [f"run {told['run_id']}"]


def end_meanwhile(office: Office, monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    """What a run of the pipeline does while the desk waits for it: it ends."""
    office.wait_seconds = 30

    async def pause(_: float) -> None:
        end_run(office, **values)

    monkeypatch.setattr(proposals, "sleep", pause)


def test_a_run_that_ends_in_time_is_answered_with_its_result(
    both: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_meanwhile(both, monkeypatch, status="completed", events_scheduled=25, events_requiring_swaps=3)
    answer = both.person().ask("POST", RUN)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["events_scheduled"], told["events_requiring_swaps"]) == ("completed", 25, 3)


def test_a_run_that_fails_is_an_error(both: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    end_meanwhile(both, monkeypatch, status="failed", error_message="ValueError: no slots")
    answer = both.person().ask("POST", RUN)
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert error["code"] == "RUN_FAILED"
    assert "no slots" in error["message"]
    assert error["details"]["status"] == "failed"


def test_only_one_at_a_time(both: Office) -> None:
    manager = both.person()
    first = manager.ask("POST", RUN).json()["run_id"]
    again = manager.ask("POST", RUN)
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "RUN_IN_PROGRESS"
    assert again.json()["error"]["details"] == {"run_id": first}
    assert manager.send("/auto-schedule/propose").status_code == 409


def test_nobody_starts_very_many(office: Office) -> None:
    office.desk = DeskSettings(runs_per_hour=2)
    app = office.app
    mia, noa = office.person(name="Mia", app=app), office.person(name="Noa", app=app)
    answers = []
    for _ in range(3):
        answers.append(mia.ask("POST", RUN).status_code)
        end_run(office, status="completed")
    assert answers == [202, 202, 429]
    refused = mia.ask("POST", RUN)
    assert refused.json()["error"]["code"] == "TOO_MANY_REQUESTS"
    assert int(refused.headers["retry-after"]) > 0
    assert noa.ask("POST", RUN).status_code == 202


@pytest.mark.parametrize("body", [{"run_type": "automatic"}, {"run_type": 1}, [1], {"x": 1}])
def test_another_kind_of_run_is_refused(office: Office, body: object) -> None:
    assert office.person().ask("POST", RUN, body).status_code == 422


def test_the_status_has_the_fields_and_store_time(both: Office) -> None:
    run = add_run(both, completed_at=NOW + timedelta(minutes=3), events_scheduled=25, events_failed=2)
    add_row(both, run, 1, "api_failed")
    add_row(both, run, 2, "failed")
    told = both.person().look(f"{STATUS}/{run}").json()
    assert told["run_id"] == run
    assert told["started_at"] == "2026-03-02T09:00:00-05:00"
    assert told["completed_at"] == "2026-03-02T09:03:00-05:00"
    assert (told["events_scheduled"], told["events_requiring_swaps"], told["events_failed"]) == (25, 0, 2)
    assert told["rows"] == {"api_failed": 1, "failed": 1}


def test_an_unchanged_status_costs_nothing(both: Office) -> None:
    run = add_run(both, status="running")
    manager = both.person()
    first = manager.look(f"{STATUS}/{run}")
    tag = first.headers["etag"]
    same = manager.look(f"{STATUS}/{run}", **{"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    end_run(both, status="completed")
    changed = manager.look(f"{STATUS}/{run}", **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.json()["status"] == "completed"
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize(("number", "code"), [(999, 404), (0, 422), (2**31, 422), ("x", 422)])
def test_the_status_of_no_run_is_an_error(both: Office, number: object, code: int) -> None:
    answer = both.person().look(f"{STATUS}/{number}")
    assert answer.status_code == code
    assert answer.json()["success"] is False


def test_the_dashboard_shows_what_waits_and_what_failed(both: Office) -> None:
    old = add_run(both, status="completed", approved_at=NOW, approved_revision="r", approved_by_user="Mia")
    add_row(both, old, 1, "api_failed")
    waiting = add_run(both, completed_at=NOW, events_scheduled=42, events_requiring_swaps=7)
    page = both.person().look("/").text
    assert f"/auto-schedule/review?run_id={waiting}" in page
    assert "<dt>placed</dt><dd>42</dd>" in page
    assert f"Run {old} was not submitted as a whole</strong>: 1 failed" in page
    assert "Mon 2 March 2026, 09:00 EST" in page


def test_the_dashboard_follows_a_run_that_was_asked_for(both: Office) -> None:
    manager = both.person()
    assert "Propose now" in manager.look("/").text
    assert manager.send("/auto-schedule/propose").headers["location"] == "/?notice=asked"
    page = manager.look("/").text
    assert f'data-follow="{STATUS}/1"' in page
    assert "Propose now" not in page


def crashed(office: Office) -> int:
    run = add_run(office, status="running", started_at=NOW - timedelta(hours=1))
    assert f"Run {run} crashed." in office.person(name="Somebody").look("/").text
    return run


def test_a_crashed_run_is_dismissed(both: Office) -> None:
    run = crashed(both)
    manager = both.person()
    answer = manager.ask("POST", "/api/auto-schedule/dismiss-crash", {"run_id": run})
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert "crashed." not in manager.look("/").text
    assert [row.subject for row in both.audit("crash.dismiss")] == [f"run {run}"]
    assert manager.ask("POST", "/api/auto-schedule/dismiss-crash", {"run_id": 999}).status_code == 404


def test_a_crashed_run_is_made_again(both: Office) -> None:
    run = crashed(both)
    manager = both.person()
    answer = manager.send(f"/auto-schedule/crashed/{run}", {"again": "yes"})
    assert answer.headers["location"] == "/?notice=asked"
    page = manager.look("/").text
    assert "crashed." not in page
    assert f"run {run + 1}, since" in page


def test_a_run_that_died_does_not_stand_in_the_way(both: Office) -> None:
    add_run(both, status="running", started_at=NOW - timedelta(hours=1))
    assert both.person().ask("POST", RUN).status_code == 202
