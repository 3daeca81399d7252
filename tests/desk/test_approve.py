"""An approval means exactly one revision, and one submission, whoever else is at it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx import Response
from sqlalchemy import select

from scheduling_pipeline.database.roster import RosterRequest
from scheduling_pipeline.desk.context import Desk
from scheduling_pipeline.desk.data import decisions
from tests.desk.people import Person
from tests.desk.reviewing import REVIEW, Reviewing, error_of
from tests.roster.planner import Fault

APPROVE = "/auto-schedule/approve"


def requests(review: Reviewing) -> list[str]:
    """The states of all requests to submit."""
    with review.office.engine.connect() as connection:
        return list(connection.scalars(select(RosterRequest.state).order_by(RosterRequest.id)))


def test_an_approval_is_answered_with_the_figures_so_far(review: Reviewing) -> None:
    answer = review.approve(review.manager())
    assert answer.status_code == 202
    told = answer.json()
    assert (told["success"], told["api_submitted"], told["api_failed"], told["failed_events"]) == (
        True,
        0,
        0,
        [],
    )
    assert (told["run_id"], told["state"]) == (review.run_id, "waiting")
    run = review.roster.run()
    assert (run.approved_by_user, run.approved_revision) == ("Mia", review.revision)
    assert [noted.who for noted in review.office.audit("run.approve")] == ["Mia"]


@pytest.mark.parametrize("left_out", ["run_id", "revision"])
def test_an_approval_names_what_it_approves(review: Reviewing, left_out: str) -> None:
    body = {"run_id": review.run_id, "revision": review.revision}
    del body[left_out]
    answer = review.manager().ask("POST", APPROVE, body)
    assert answer.status_code == 400
    assert "revision" in error_of(answer)["message"]
    assert requests(review) == []


def submit_when_asked(review: Reviewing) -> threading.Thread:
    """What a run of the pipeline does, in a thread."""

    def wait_and_submit() -> None:
        while True:
            with review.office.engine.connect() as connection:
                request = connection.scalar(select(RosterRequest.id))
            if request is not None:
                review.roster.submit(request)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=wait_and_submit, daemon=True)
    thread.start()
    return thread


def test_who_waits_gets_the_final_answer(review: Reviewing) -> None:
    review.office.wait_seconds = 3
    review.roster.planner.fault_of[review.alone.ref] = Fault.REFUSED
    worker = submit_when_asked(review)
    answer = review.approve(review.manager(), wait=True)
    worker.join()
    assert answer.status_code == 200
    told = answer.json()
    assert (told["state"], told["api_submitted"], told["api_failed"]) == ("done", 4, 1)
    (failed,) = told["failed_events"]
    assert (failed["event_id"], failed["row_id"]) == (review.alone.ref, review.row(review.alone))
    assert failed["error"].startswith("The planner said no")


def test_who_waits_is_answered_in_time(review: Reviewing) -> None:
    assert review.approve(review.manager(), wait=True).status_code == 202


def at_once(*asking: tuple[Reviewing, Person]) -> list[Response]:
    """Several approve the same revision at the same moment."""
    start = threading.Barrier(len(asking))
    revision = asking[0][0].revision

    def approve(review: Reviewing, who: Person) -> Response:
        start.wait()
        return review.approve(who, revision=revision)

    with ThreadPoolExecutor(len(asking)) as pool:
        return [one.result() for one in [pool.submit(approve, *pair) for pair in asking]]


def test_of_two_managers_at_once_one_succeeds_and_the_other_is_told_who(review: Reviewing) -> None:
    app = review.office.app
    people = [review.office.person(name=name, app=app) for name in ("Mia", "Noa")]
    answers = at_once(*((review, person) for person in people))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    winner = next(
        person.name for person, answer in zip(people, answers, strict=True) if answer.status_code == 202
    )
    error = error_of(loser)
    assert (error["code"], error["details"]["approved_by"]) == ("ALREADY_APPROVED", winner)
    assert error["message"] == f"{winner} approved it already: Mon 2 March 2026, 09:00 EST."
    assert requests(review) == ["waiting"]


def test_a_double_click_submits_each_row_once(review: Reviewing) -> None:
    app = review.office.app
    mia = review.office.person(name="Mia", app=app)
    again = Person(review.office.anybody(app), "Mia", mia.token)
    again.client.cookies = mia.client.cookies
    answers = at_once((review, mia), (review, again))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    review.submit(next(answer for answer in answers if answer.status_code == 202))
    taken = [call.event for call in review.roster.planner.calls if call.start is not None]
    assert len(taken) == len(set(taken)) == 4
    review.roster.assert_planner_and_tables_agree()


def test_an_old_page_approves_nothing(review: Reviewing) -> None:
    seen = review.revision
    review.edit(review.manager("Noa"), review.alone, "2026-03-12T11:00", review.ada)
    answer = review.approve(review.manager(), revision=seen)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "STALE_REVISION"
    assert error_of(answer)["details"]["revision"] == review.revision
    assert requests(review) == []


def test_of_an_edit_and_an_approval_at_once_one_is_told(review: Reviewing) -> None:
    app = review.office.app
    mia, noa = (review.office.person(name=name, app=app) for name in ("Mia", "Noa"))
    revision = review.revision
    start = threading.Barrier(2)

    def approve() -> Response:
        start.wait()
        return review.approve(mia, revision=revision)

    def edit() -> Response:
        start.wait()
        return review.edit(noa, review.alone, "2026-03-12T11:00", review.ada, revision=revision)

    with ThreadPoolExecutor(2) as pool:
        approved, edited = (one.result() for one in (pool.submit(approve), pool.submit(edit)))
    assert edited.status_code == 200
    if edited.json()["approval_voided"]:  # the edit came second: before the approval was answered, or after
        assert approved.status_code == 202 or error_of(approved)["code"] == "APPROVAL_VOIDED"
        assert requests(review) == ["void"]
    else:
        assert error_of(approved)["code"] == "STALE_REVISION"
        assert requests(review) == []
    assert review.roster.run().approved_at is None


def test_an_approval_that_an_edit_voids_before_it_is_answered_is_no_success(
    review: Reviewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve, mia, noa = decisions.approve, review.manager(), review.manager("Noa")

    def approve_and_be_overtaken(desk: Desk, run_id: int, revision: str, *, who: str) -> int:
        request = approve(desk, run_id, revision, who=who)
        review.edit(noa, review.alone, "2026-03-12T11:00", review.ada)
        return request

    monkeypatch.setattr(decisions, "approve", approve_and_be_overtaken)
    answer = review.approve(mia)
    assert (answer.status_code, error_of(answer)["code"]) == (409, "APPROVAL_VOIDED")


def test_after_a_newer_proposal_the_older_one_cannot_be_approved(review: Reviewing) -> None:
    answer = review.manager().ask("POST", APPROVE, {"run_id": 999, "revision": review.revision})
    assert (answer.status_code, error_of(answer)["code"]) == (404, "NOT_FOUND")


def test_only_managers_approve_and_only_from_the_desks_pages(review: Reviewing) -> None:
    viewer = review.viewer()
    for path in (APPROVE, "/auto-schedule/reject", f"/api/auto-schedule/retry/{review.row(review.alone)}"):
        assert viewer.ask("POST", path, {}).status_code == 403
    assert viewer.send(f"/auto-schedule/runs/{review.run_id}/approve").status_code == 403
    manager = review.manager()
    manager.token = "guessed"
    assert review.approve(manager).status_code == 403
    assert requests(review) == []


class TestThePage:
    """The same by the buttons of the review."""

    def test_the_button_approves_the_revision_of_its_page(self, review: Reviewing) -> None:
        manager = review.manager()
        path = f"/auto-schedule/runs/{review.run_id}/approve"
        answer = manager.send(path, {"revision": review.revision})
        assert answer.headers["location"] == f"{REVIEW}?run_id={review.run_id}&notice=approved"
        page = manager.look(answer.headers["location"]).text
        assert "Approved: it is being submitted." in page
        assert f'data-progress="/api/auto-schedule/progress/{review.run_id}"' in page

    def test_the_loser_sees_why_and_how_far_it_is(self, review: Reviewing) -> None:
        path = f"/auto-schedule/runs/{review.run_id}/approve"
        review.manager("Noa").send(path, {"revision": review.revision})
        answer = review.manager().send(path, {"revision": review.revision})
        assert answer.status_code == 409
        assert "Noa approved it already: Mon 2 March 2026, 09:00 EST." in answer.text
        assert "begins within seconds" in answer.text

    def test_an_old_page_shows_the_proposal_as_it_is(self, review: Reviewing) -> None:
        path = f"/auto-schedule/runs/{review.run_id}/approve"
        answer = review.manager().send(path, {"revision": "0" * 64})
        assert answer.status_code == 409
        assert "The proposal was changed since you opened it" in answer.text
        assert f'value="{review.revision}"' in answer.text

    def test_reject(self, review: Reviewing) -> None:
        manager = review.manager()
        path = f"/auto-schedule/runs/{review.run_id}/reject"
        assert manager.send(path).headers["location"].endswith("notice=rejected")
        assert review.roster.run().status == "rejected"
        again = manager.send(path)
        assert again.status_code == 409
        assert "The proposal is rejected" in again.text


def test_a_program_rejects_one_or_all_that_wait(review: Reviewing) -> None:
    manager = review.manager()
    answer = manager.ask("POST", "/auto-schedule/reject", {"run_id": review.run_id})
    assert (answer.status_code, answer.json()) == (200, {"success": True, "rejected": [review.run_id]})
    assert review.roster.statuses(review.alone, review.nowhere) == ["rejected", "failed"]
    assert manager.ask("POST", "/auto-schedule/reject").json()["rejected"] == []
    assert manager.ask("POST", "/auto-schedule/reject", {"run_id": review.run_id}).status_code == 409
    assert manager.ask("POST", "/auto-schedule/reject", {"run_id": 999}).status_code == 404
    assert len(review.office.audit("run.reject")) == 1


class TestRetrying:
    """A row that the planner refused is submitted once more by hand."""

    def refused(self, review: Reviewing) -> Person:
        review.roster.planner.fault_of[review.alone.ref] = Fault.REFUSED
        manager = review.manager()
        review.submit(review.approve(manager))
        review.roster.planner.fault_of.clear()
        return manager

    def test_by_a_program(self, review: Reviewing) -> None:
        manager = self.refused(review)
        answer = manager.ask("POST", f"/api/auto-schedule/retry/{review.row(review.alone)}")
        assert answer.status_code == 202
        assert answer.json()["success"] is True
        assert review.submit(answer).submitted == 1
        review.roster.assert_planner_and_tables_agree()
        assert review.office.audit("row.retry")

    def test_by_the_button(self, review: Reviewing) -> None:
        manager = self.refused(review)
        page = manager.look(f"{REVIEW}?run_id={review.run_id}").text
        path = f"/auto-schedule/rows/{review.row(review.alone)}/retry"
        assert f'action="{path}"' in page
        assert "The planner said no" in page
        assert manager.send(path).headers["location"].endswith("notice=retried")
        again = manager.send(path)
        assert again.status_code == 409
        assert "wait until that has ended" in again.text

    def test_elsewhere(self, review: Reviewing) -> None:
        manager = self.refused(review)
        answer = review.edit(manager, review.alone, "2026-03-12T11:00", review.ada)
        assert answer.status_code == 200
        retried = manager.ask("POST", f"/api/auto-schedule/retry/{review.row(review.alone)}")
        assert review.submit(retried).submitted == 1
        assert review.roster.row(review.alone).employee_id == review.ada

    def test_what_went_well_is_not_retried(self, review: Reviewing) -> None:
        manager = self.refused(review)
        answer = manager.ask("POST", f"/api/auto-schedule/retry/{review.row(review.urgent)}")
        assert (answer.status_code, error_of(answer)["code"]) == (409, "ROW_LOCKED")
        assert manager.ask("POST", "/api/auto-schedule/retry/999").status_code == 404
