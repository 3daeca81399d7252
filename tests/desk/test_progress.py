"""How a submission goes on, followed by a page."""

from __future__ import annotations

from tests.desk.people import Office
from tests.desk.reviewing import REVIEW, Reviewing
from tests.roster.planner import Fault

PROGRESS = "/api/auto-schedule/progress"


def test_before_an_approval_there_is_nothing_to_follow(review: Reviewing) -> None:
    told = review.viewer().look(f"{PROGRESS}/{review.run_id}").json()
    assert (told["state"], told["done"], told["total"]) == ("none", 0, 0)


def test_the_rows_that_are_done_and_to_go(review: Reviewing) -> None:
    manager = review.manager()
    review.approve(manager)
    told = manager.look(f"{PROGRESS}/{review.run_id}").json()
    assert (told["state"], told["done"], told["total"], told["latest"]) == ("waiting", 0, 5, [])


def test_each_outcome_with_its_event_and_person(review: Reviewing) -> None:
    review.roster.planner.fault_of[review.alone.ref] = Fault.REFUSED
    manager = review.manager()
    review.submit(review.approve(manager))
    told = manager.look(f"{PROGRESS}/{review.run_id}").json()
    assert (told["state"], told["done"], told["total"]) == ("done", 5, 5)
    assert (told["api_submitted"], told["api_failed"], told["api_unknown"]) == (4, 1, 0)
    outcomes = {one["event_id"]: (one["employee"], one["status"]) for one in told["latest"]}
    assert outcomes[review.urgent.ref] == ("Ada Reed", "api_submitted")
    assert outcomes[review.dropped.ref] == ("", "api_submitted")
    (failed,) = told["failed_events"]
    assert (failed["event_id"], failed["status"]) == (review.alone.ref, "api_failed")
    assert failed["schedule_datetime"] == "2026-03-11T10:30:00-04:00"


def test_an_outcome_that_nobody_knows(review: Reviewing) -> None:
    manager = review.manager()
    approved = review.approve(manager)
    review.roster.planner.blind_to[review.alone.ref] = 9
    review.roster.planner.fault_of[review.alone.ref] = Fault.TIME_OUT_AFTER
    review.submit(approved)
    told = manager.look(f"{PROGRESS}/{review.run_id}").json()
    assert (told["state"], told["api_unknown"]) == ("failed", 1)
    assert "unknown" in told["error"]
    page = manager.look(f"{REVIEW}?run_id={review.run_id}").text
    assert "ended with a problem" in page
    assert f"/auto-schedule/rows/{review.row(review.alone)}/retry" in page


def test_an_unchanged_one_costs_nothing(review: Reviewing) -> None:
    manager = review.manager()
    approved = review.approve(manager)
    path = f"{PROGRESS}/{review.run_id}"
    tag = manager.look(path).headers["etag"]
    same = manager.look(path, **{"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    review.submit(approved)
    assert manager.look(path, **{"If-None-Match": tag}).status_code == 200


def test_of_no_run(both: Office) -> None:
    assert both.person().look(f"{PROGRESS}/999").status_code == 404


def test_a_page_of_a_finished_submission_follows_nothing(review: Reviewing) -> None:
    manager = review.manager()
    review.submit(review.approve(manager))
    page = manager.look(f"{REVIEW}?run_id={review.run_id}").text
    assert "finished" in page
    assert "data-progress" not in page
    assert "5</strong> of <span data-total>5</span>" in page
