"""The history of runs: for programs, and as a page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.work_orders.runs import Runs
from scheduling_pipeline.work_orders.schedule import Trigger
from tests.desk.people import NOW, Office, Person
from tests.desk.schedules import API, ITEMS, begin, create, fail, succeed

PAGE = "/scrape-history"
HOUR = timedelta(hours=1)


@pytest.fixture
def tess(both: Office) -> Person:
    return both.person(Role.VIEWER, name="Tess Vale")


def test_runs_are_listed_the_newest_first_with_all_that_is_known(both: Office, tess: Person) -> None:
    number = create(tess)["id"]
    succeed(both.engine, tess, NOW - 2 * HOUR)
    fail(both.engine, tess, NOW - HOUR, trigger=Trigger.MANUAL)
    succeed(both.engine, tess, NOW, kind="dispensers")  # another schedule's
    failed, done = tess.look(f"{API}/{number}/history").json()
    assert (failed["success"], failed["trigger_type"], failed["has_error_log"]) == (False, "manual", True)
    assert failed["error_message"] == "the site is down"
    assert (done["success"], done["trigger_type"], done["has_error_log"]) == (True, "scheduled", False)
    assert {name: done[name] for name in ITEMS.columns} == ITEMS.columns
    assert (done["duration_seconds"], done["memory_usage_mb"], done["metadata"]) == (44, 210.5, {"pages": 1})


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (101, 422), (1, 200), (100, 200)])
def test_10_the_limit_is_from_1_to_100(tess: Person, limit: int, status: int) -> None:
    number = create(tess)["id"]
    assert tess.look(f"{API}/{number}/history?limit={limit}").status_code == status


def test_ten_are_listed_unless_others_are_asked_for(both: Office, tess: Person) -> None:
    number = create(tess)["id"]
    for hour in range(12):
        succeed(both.engine, tess, NOW + hour * HOUR)
    assert len(tess.look(f"{API}/{number}/history").json()) == 10
    assert len(tess.look(f"{API}/{number}/history?limit=11").json()) == 11


def test_the_error_log_of_a_failed_run(both: Office, tess: Person) -> None:
    number = create(tess)["id"]
    failed, done = fail(both.engine, tess, NOW), succeed(both.engine, tess, NOW)
    log = tess.look(f"{API}/{number}/history/{failed}/error-log").json()
    assert (log["error_type"], log["error_message"]) == ("RuntimeError", "the site is down")
    assert log["timestamp"] == "2026-03-02T14:00:44Z"
    other = create(tess, schedule_type="dispensers")["id"]
    for path in (f"{number}/history/{done}", f"{number}/history/999", f"{other}/history/{failed}"):
        assert tess.look(f"{API}/{path}/error-log").status_code == 404, path


def test_deleting_one_run_and_then_all(both: Office, tess: Person) -> None:
    number = create(tess)["id"]
    first = succeed(both.engine, tess, NOW)
    for _ in range(3):
        fail(both.engine, tess, NOW)
    assert tess.ask("DELETE", f"{API}/history/{first}").json() == {"success": True, "deleted": 1}
    assert tess.ask("DELETE", f"{API}/history/{first}").status_code == 404
    running = begin(both.engine, tess, NOW)
    answer = tess.ask("DELETE", f"{API}/history/{running}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "RUNNING")
    assert tess.ask("DELETE", f"{API}/history").json() == {"success": True, "deleted": 3}
    assert [run["id"] for run in tess.look(f"{API}/{number}/history").json()] == [running]
    assert len(both.audit("scrape-history.delete")) == 2


def test_the_page_tells_how_each_run_went(both: Office, tess: Person) -> None:
    assert "There has been no run yet." in tess.look(PAGE).text
    succeed(both.engine, tess, NOW - HOUR, trigger=Trigger.MANUAL)
    fail(both.engine, tess, NOW - 2 * HOUR, "<b>no</b> table", kind="dispensers")
    begin(both.engine, tess, NOW)
    page = tess.look(PAGE).text
    counts = "58 read (2 new, 3 updated, 1 removed)"
    for shown in ("Today at 8:00 AM EST", counts, "44.0 s", "manual", "scheduled", "running", "Error log"):
        assert shown in page
    assert "&lt;b&gt;no&lt;/b&gt; table" in page
    assert "<b>no</b>" not in page
    only = tess.look(f"{PAGE}?schedule_type=dispensers").text
    assert only.count('<th scope="row"') == 1
    assert tess.look(f"{PAGE}?schedule_type=reports").status_code == 422


def test_the_page_deletes(both: Office, tess: Person) -> None:
    run = fail(both.engine, tess, NOW)
    succeed(both.engine, tess, NOW)
    assert tess.send(f"{PAGE}/{run}/delete").headers["location"] == f"{PAGE}?notice=removed"
    assert f"run-{run}" not in tess.look(PAGE).text
    assert tess.send(f"{PAGE}/delete-all").status_code == 303
    assert "There has been no run yet." in tess.look(PAGE).text


def test_pages_of_fifty(both: Office, tess: Person) -> None:
    runs = [begin(both.engine, tess, NOW, kind=f"kind_{number}") for number in range(51)]
    first = tess.look(PAGE).text
    assert first.count('<th scope="row"') == 50
    assert f"{PAGE}?before={runs[1]}" in first
    rest = tess.look(f"{PAGE}?before={runs[1]}").text
    assert rest.count('<th scope="row"') == 1
    assert "Older" not in rest


def test_anothers_runs_are_not_there(both: Office, tess: Person) -> None:
    run = fail(both.engine, tess, NOW)
    otto = both.person(Role.ADMIN, name="Otto Reed")
    assert "There has been no run yet." in otto.look(PAGE).text
    assert otto.send(f"{PAGE}/{run}/delete").status_code == 404
    otto.send(f"{PAGE}/delete-all")
    assert f"run-{run}" in tess.look(PAGE).text


def test_13_a_run_that_died_has_its_row_and_its_log(both: Office, tess: Person) -> None:
    number = create(tess)["id"]
    run = begin(both.engine, tess, NOW)
    Runs(both.engine, 5).end_dead(NOW + HOUR)
    (row,) = tess.look(f"{API}/{number}/history").json()
    assert (row["id"], row["success"], row["has_error_log"]) == (run, False, True)
