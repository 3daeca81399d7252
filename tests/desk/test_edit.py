"""One row of a proposal: edited with all rules, taken out, by pages and by programs."""

from __future__ import annotations

from datetime import time

import pytest

from scheduling_pipeline.roster.review import approve
from scheduling_pipeline.roster.rules import CoreSlot
from scheduling_pipeline.roster_settings import RosterSettings
from tests.desk.people import NOW
from tests.desk.reviewing import REVIEW, Reviewing, error_of, text_of

ELSEWHERE = "2026-03-12T11:00:00"  # a Thursday, after the clocks went forward


def test_an_edit_answers_with_the_row_as_it_is_now(review: Reviewing) -> None:
    before = review.revision
    answer = review.edit(review.manager(), review.alone, ELSEWHERE, review.ada)
    assert answer.status_code == 200
    told = answer.json()
    assert told["success"] is True
    row = told["updated_schedule"]
    assert (row["id"], row["status"], row["employee_id"]) == (
        review.row(review.alone),
        "user_edited",
        review.ada,
    )
    assert row["schedule_datetime"] == "2026-03-12T11:00:00-04:00"  # store time: nothing else was said
    assert row["edited_by"] == "Mia"
    assert told["revision"] == review.revision != before
    assert told["approval_voided"] is False


def test_a_time_with_its_offset_is_that_instant(review: Reviewing) -> None:
    answer = review.edit(review.manager(), review.alone, "2026-03-12T15:00:00Z", review.ada)
    assert answer.json()["updated_schedule"]["schedule_datetime"] == "2026-03-12T11:00:00-04:00"


def test_an_edit_is_in_the_audit(review: Reviewing) -> None:
    review.edit(review.manager(), review.alone, ELSEWHERE, review.ada)
    (noted,) = review.office.audit("row.edit")
    assert noted.who == "Mia"
    assert (noted.before["employee_id"], noted.after["employee_id"]) == (review.bo, review.ada)


def test_a_core_event_takes_its_supervisor_event_along(review: Reviewing) -> None:
    answer = review.edit(review.manager(), review.urgent, "2026-03-07T09:45", review.ada)
    assert answer.status_code == 200
    (supervisor,) = answer.json()["also_updated"]
    assert supervisor["event_id"] == review.supervisor.ref
    assert supervisor["schedule_datetime"] == "2026-03-07T12:00:00-05:00"


def test_each_rule_that_is_broken_is_told(review: Reviewing) -> None:
    answer = review.edit(review.manager(), review.alone, "2026-03-06T09:45", review.boss)
    assert answer.status_code == 422
    error = error_of(answer)
    assert error["code"] == "RULE_BROKEN"
    assert error["details"]["override_possible"] is False
    (violation,) = error["details"]["violations"]
    assert (violation["constraint_type"], violation["severity"]) == ("ROLE", "hard")
    assert "Cleo Marsh (Club Supervisor) cannot do it" in violation["message"]
    assert review.roster.row(review.alone).status == "proposed"


def test_no_reason_helps_against_a_hard_rule(review: Reviewing) -> None:
    manager = review.manager()
    answer = review.edit(manager, review.alone, "2026-03-06T09:45", review.dan, override="she said yes")
    assert answer.status_code == 422
    assert error_of(answer)["code"] == "RULE_BROKEN"
    assert "wedding" in error_of(answer)["message"]


def test_against_a_soft_rule_a_reason_is_needed_and_kept(review: Reviewing) -> None:
    manager = review.manager()
    answer = review.edit(manager, review.alone, "2026-03-12T08:00", review.ada)
    assert answer.status_code == 422
    error = error_of(answer)
    assert (error["code"], error["details"]["override_possible"]) == ("OVERRIDE_NEEDED", True)
    answer = review.edit(manager, review.alone, "2026-03-12T08:00", review.ada, override="the truck is early")
    assert answer.status_code == 200
    assert answer.json()["updated_schedule"]["override_reason"] == "the truck is early"
    (noted,) = review.office.audit("row.edit")
    assert noted.after["override_reason"] == "the truck is early"


def test_who_edits_an_old_page_is_told_and_changes_nothing(review: Reviewing) -> None:
    seen = review.revision
    review.edit(review.manager(), review.alone, ELSEWHERE, review.ada)
    answer = review.edit(review.manager("Noa"), review.alone, "2026-03-10T09:45", review.bo, revision=seen)
    assert answer.status_code == 409
    error = error_of(answer)
    assert (error["code"], error["details"]) == ("STALE_REVISION", {"revision": review.revision})
    assert review.roster.row(review.alone).employee_id == review.ada


def test_an_edit_of_an_approved_proposal_voids_the_approval(review: Reviewing) -> None:
    approve(review.office.engine, review.run_id, review.revision, who="mona", now=NOW)
    answer = review.edit(review.manager(), review.alone, ELSEWHERE, review.ada)
    assert answer.json()["approval_voided"] is True
    assert review.roster.run().approved_at is None


def test_once_it_is_submitted_nothing_can_be_edited(review: Reviewing) -> None:
    review.roster.approve_and_submit()
    manager = review.manager()
    answer = review.edit(manager, review.alone, ELSEWHERE, review.ada)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "ROW_LOCKED"
    page = manager.look(f"/auto-schedule/rows/{review.row(review.alone)}")
    assert "This row can no longer be edited." in page.text


def test_an_event_without_a_place_is_given_one(review: Reviewing) -> None:
    answer = review.edit(review.manager(), review.nowhere, "2026-03-06T11:00", review.bo)
    assert answer.status_code == 200
    assert answer.json()["updated_schedule"]["kind"] == "new"


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("soon", 400),
        ("2026-03-12", 400),
        ("2026-03-08T02:30", 400),  # the clocks skip it
        ("0001-01-01T00:00", 400),
        ("9999-12-31T23:59Z", 400),
        ("2027-06-01T09:45", 422),  # a rule: not in its period
    ],
)
def test_what_is_no_time_in_the_store(review: Reviewing, start: str, status: int) -> None:
    answer = review.edit(review.manager(), review.alone, start, review.ada)
    assert answer.status_code == status
    assert error_of(answer)["message"]


def test_rows_and_people_that_there_are_not(review: Reviewing) -> None:
    manager = review.manager()
    body = {"employee_id": review.ada, "schedule_datetime": ELSEWHERE}
    assert manager.ask("PUT", "/api/pending-schedule/999", body).status_code == 404
    assert review.edit(manager, review.alone, ELSEWHERE, "US999999").status_code == 404
    assert manager.look("/auto-schedule/rows/999").status_code == 404
    assert manager.ask("PUT", "/api/pending-schedule/1", {"employee_id": review.ada}).status_code == 422


def test_only_managers_change_rows_and_only_from_the_desks_pages(review: Reviewing) -> None:
    viewer, manager = review.viewer(), review.manager()
    assert review.edit(viewer, review.alone, ELSEWHERE, review.ada).status_code == 403
    manager.token = "guessed"
    answer = review.edit(manager, review.alone, ELSEWHERE, review.ada)
    assert (answer.status_code, error_of(answer)["code"]) == (403, "CSRF")
    for path in ("", "/reject", "/retry"):
        assert viewer.send(f"/auto-schedule/rows/{review.row(review.alone)}{path}").status_code == 403
    assert review.roster.row(review.alone).employee_id == review.bo


class TestTheForm:
    """The same without a script."""

    def send(self, review: Reviewing, **fields: str) -> tuple[int, str, str]:
        """Send the form of `alone`; status, address and text."""
        path = f"/auto-schedule/rows/{review.row(review.alone)}"
        manager = review.manager(f"Mia {len(fields)}")
        answer = manager.send(path, {"revision": review.revision, **fields})
        return answer.status_code, answer.headers.get("location", ""), text_of(answer)

    def test_those_who_can_come_first(self, review: Reviewing) -> None:
        page = review.manager().look(f"/auto-schedule/rows/{review.row(review.alone)}?day=2026-03-06").text
        groups = [page.index(f'label="{label}"') for label in ("Can do it then", "Cannot")]
        assert groups == sorted(groups)
        able, cannot = page[groups[0] : groups[1]], page[groups[1] :]
        assert "Bo Lund" in able
        assert "Dan Frost is away on Fri 6 March (wedding)." in cannot
        assert "Ada Reed has one of these on Fri 6 March already" in cannot

    def test_the_usual_times_are_those_of_the_day(self, review: Reviewing) -> None:
        late = CoreSlot(time(10, 30), time(13, 45), time(14, 15), time(17))
        review.office.roster = RosterSettings(sunday_core_slots=(late,))
        path = f"/auto-schedule/rows/{review.row(review.alone)}"
        manager = review.manager()
        assert "usual: 10:30 " in text_of(manager.look(f"{path}?day=2026-03-08"))
        assert "usual: 09:45, 10:30, 11:00, 11:30 " in text_of(manager.look(f"{path}?day=2026-03-09"))

    def test_a_legal_edit_leads_back(self, review: Reviewing) -> None:
        status, address, _ = self.send(review, employee_id=review.ada, day="2026-03-12", start="11:00")
        assert status == 303
        assert address == f"{REVIEW}?run_id={review.run_id}&week=2026-03-12&notice=row-edited"
        assert review.roster.row(review.alone).employee_id == review.ada

    def test_an_illegal_edit_is_told_with_what_was_entered(self, review: Reviewing) -> None:
        status, _, text = self.send(review, employee_id=review.dan, day="2026-03-06", start="09:45")
        assert status == 422
        assert "Dan Frost is away on Fri 6 March (wedding)." in text
        assert "Judged for Fri 6 March, 09:45." in text

    def test_a_soft_rule_asks_for_a_reason(self, review: Reviewing) -> None:
        status, _, text = self.send(review, employee_id=review.ada, day="2026-03-12", start="08:00")
        assert status == 422
        assert "08:00 is not one of its usual times" in text
        why = {"override": "the truck is early"}
        status, _, _ = self.send(review, employee_id=review.ada, day="2026-03-12", start="08:00", **why)
        assert status == 303

    def test_to_look_changes_nothing(self, review: Reviewing) -> None:
        status, _, text = self.send(
            review, employee_id=review.ada, day="2026-03-12", start="11:00", look="yes"
        )
        assert status == 200
        assert "Judged for Thu 12 March, 11:00." in text
        assert review.roster.row(review.alone).employee_id == review.bo

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"day": "", "start": "09:45"}, "The day is missing."),
            ({"day": "2026-03-12", "start": "noon"}, "The time: 'noon' is none such as 09:45."),
            ({"day": "2026-03-12", "start": "09:45+01:00"}, "none such as 09:45"),
            ({"day": "12.3.", "start": ""}, "The time is missing."),
        ],
    )
    def test_what_cannot_be_read(self, review: Reviewing, fields: dict[str, str], said: str) -> None:
        status, _, text = self.send(review, employee_id=review.ada, **fields)
        assert status == 400
        assert said in text.replace("&#39;", "'")


class TestTakingOut:
    """A row leaves the proposal, with all that only makes sense with it."""

    def test_what_makes_room_for_it_goes_too(self, review: Reviewing) -> None:
        answer = review.manager().ask(
            "POST", f"/api/pending-schedule/{review.row(review.urgent)}/reject", {"revision": review.revision}
        )
        assert answer.status_code == 200
        told = answer.json()
        assert told["updated_schedule"]["status"] == "rejected"
        assert {row["event_id"] for row in told["also_updated"]} == {review.old.ref, review.supervisor.ref}
        assert review.roster.statuses(review.urgent, review.old, review.alone) == [
            "rejected",
            "rejected",
            "proposed",
        ]
        assert {noted.who for noted in review.office.audit("row.reject")} == {"Mia"}

    def test_twice_is_once(self, review: Reviewing) -> None:
        path = f"/auto-schedule/rows/{review.row(review.alone)}/reject"
        manager = review.manager()
        answer = manager.send(path, {"revision": review.revision})
        assert answer.headers["location"].endswith("notice=row-rejected")
        answer = manager.send(path, {"revision": review.revision})
        assert answer.status_code == 409
        assert "Only a row that waits for an approval can be rejected." in answer.text

    def test_an_old_page_takes_nothing_out(self, review: Reviewing) -> None:
        body = {"revision": "0" * 64}
        answer = review.manager().ask(
            "POST", f"/api/pending-schedule/{review.row(review.alone)}/reject", body
        )
        assert answer.status_code == 409
        assert review.roster.statuses(review.alone) == ["proposed"]
