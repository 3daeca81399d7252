"""The review: what a proposal brings about, what speaks against it, and its weeks."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import update

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent, SchedulerRun
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.times import place_instant
from tests.desk.people import Office
from tests.desk.reviewing import PENDING, REVIEW, RUNS, Reviewing, text_of
from tests.roster.office import Office as Roster
from tests.roster.store import ZONE, Store, day


def list_of(review: Reviewing, kind: str, page: int = 1) -> str:
    """A list of the review, as people read it."""
    answer = review.manager(f"reads {kind} {page}").look(f"{RUNS}/{review.run_id}/rows/{kind}?page={page}")
    assert answer.status_code == 200
    return text_of(answer)


def test_without_a_proposal_the_page_says_so(both: Office) -> None:
    assert "No proposal waits for an approval" in both.person().look(REVIEW).text
    told = both.person(name="Noa").look(PENDING).json()
    assert (told["run_id"], told["newly_scheduled"], told["daily_preview"]) == (None, [], {})


def test_the_page_is_of_the_proposal_that_waits(review: Reviewing) -> None:
    page = review.manager().look(REVIEW)
    text = text_of(page)
    assert f"Proposal, run {review.run_id}" in text
    assert "waits for an approval" in text
    assert "Approve and submit 5 changes" in text
    assert "3 events get a place, 1 move, 1 are taken off" in text
    assert f'name="revision" value="{review.revision}"' in page.text
    for part in ("rows/failed", "rows/moved", "rows/dropped", "rows/new", "verification"):
        assert f'data-load="{RUNS}/{review.run_id}/{part}"' in page.text


def test_a_viewer_only_looks(review: Reviewing) -> None:
    viewer = review.viewer()
    page = viewer.look(REVIEW)
    assert page.status_code == 200
    assert "Approve" not in page.text
    assert "Edit" not in viewer.look(f"{RUNS}/{review.run_id}/rows/new").text
    row = viewer.look(f"/auto-schedule/rows/{review.row(review.alone)}")
    assert "data-place" not in row.text
    assert "606003" in row.text


def test_the_newly_placed_by_day_and_time(review: Reviewing) -> None:
    text = list_of(review, "new")
    places = [
        "Fri 6 March , 09:45 Ada Reed 606001-ACME-Peach Tea",
        "Fri 6 March , 12:00 Cleo Marsh 606001-ACME-Peach Tea",
        "Wed 11 March , 10:30 Bo Lund 606003-ACME-Peach Tea",
    ]
    found = [text.find(place) for place in places]
    assert -1 not in found
    assert found == sorted(found)


def test_a_swap_shows_both_events(review: Reviewing) -> None:
    text = list_of(review, "moved")
    assert "gets the place 606001-ACME-Peach Tea Core, due Mon 9 March Fri 6 March , 09:45 Ada Reed" in text
    assert "makes room 606002-ACME-Peach Tea" in text
    assert "from Fri 6 March , 09:45 Ada Reed to Sat 7 March , 10:30 Bo Lund" in text


def test_what_leaves_the_planner(review: Reviewing) -> None:
    assert "Tue 10 March , 09:45 Ada Reed 606004-ACME-Peach Tea" in list_of(review, "dropped")


def test_a_failure_says_why_and_what_would_help(review: Reviewing) -> None:
    explanation = {
        "causes": {"TIME_OFF": 2, "DAILY_LIMIT": 4},
        "blocking": [review.nowhere.ref, review.old.ref],
        "person_days": [[review.ada, "2026-03-06"]],
        "fixes": [
            {
                "kind": "exception",
                "params": {
                    "store": "100500",
                    "day": "2026-03-06",
                    "rotation_type": "juicer",
                    "employee": review.bo,
                },
                "cost": 1,
            },
            {"kind": "work_day", "params": {"employee": review.dan, "day": "2026-03-07"}, "cost": 3},
            {"kind": "time_off", "params": {"employee": review.dan, "day": "2026-03-06"}, "cost": 6},
            {
                "kind": "neighbour",
                "params": {"employee": review.bo, "store": "100500", "day": "2026-03-06"},
                "cost": 2,
            },
            {"kind": "later_due", "params": {"event": review.nowhere.ref, "due": "2026-03-09"}, "cost": 4},
        ],
    }
    with review.office.engine.begin() as connection:
        connection.execute(
            update(PendingSchedule)
            .where(PendingSchedule.id == review.row(review.nowhere))
            .values(failure_reason="All who could do it are taken.", explanation=explanation)
        )
    page = review.manager().look(f"{RUNS}/{review.run_id}/rows/failed")
    text = text_of(page)
    assert "All who could do it are taken." in text
    assert "4 taken by an event that is no less urgent, 2 away (time off)" in text
    assert "2 events compete for 1 person-day, and none of the others is less urgent." in text
    assert "Ada Reed on Fri 6 March" in text
    assert "Bo Lund is juicer on Fri 6 March." in text
    form = f"/exceptions?date=2026-03-06&amp;rotation_type=juicer&amp;employee_id={review.bo}"
    assert f'href="{form}"' in page.text
    assert f'href="/employees/{review.dan}"' in page.text
    assert f'href="/events/{review.nowhere.ref}#place"' in page.text
    assert "The planner has it due on Mon 9 March, not before." in text


def test_the_exception_that_would_help_is_filled_in(review: Reviewing) -> None:
    barista = review.office.employ("US900001", "Juicer Barista", name="Juno Vale")
    form = f"/exceptions?date=2026-03-06&rotation_type=juicer&employee_id={barista}"
    page = review.manager().look(form).text
    assert 'name="date" required min="2026-03-02" value="2026-03-06"' in page
    assert f'<option value="{barista}" selected>Juno Vale</option>' in page


def test_the_verification_names_what_speaks_against_it(review: Reviewing) -> None:
    with review.office.engine.begin() as connection:
        connection.execute(update(RosterEvent).values(last_synced=review.office.clock.time))
    page = text_of(review.manager().look(f"{RUNS}/{review.run_id}/verification"))
    assert "nothing speaks against it" in page
    with review.office.engine.begin() as connection:
        connection.execute(
            update(PendingSchedule)
            .where(PendingSchedule.id == review.row(review.alone))
            .values(employee_id=review.boss)
        )
    page = text_of(review.manager("Noa").look(f"{RUNS}/{review.run_id}/verification"))
    assert "critical" in page
    assert "Cleo Marsh (Club Supervisor) cannot do it" in page


def test_a_week_day_by_day(review: Reviewing) -> None:
    text = text_of(review.manager().look(REVIEW))
    assert "Week of Sun 1 March 2026" in text
    assert "Sun 1 March 3 rows" in text
    assert "Sun 8 March 2 rows" in text
    friday = text[text.index("Fri 6 March 09:45") : text.index("Sat 7 March 10:30")]
    assert "← moves away Ada Reed 606002-ACME-Peach Tea to Sat 7 March, 10:30, Bo Lund" in friday
    assert "+⇄ new, swap Ada Reed 606001-ACME-Peach Tea" in friday
    assert "→ moved here Bo Lund 606002-ACME-Peach Tea from Fri 6 March, 09:45, Ada Reed" in text


def test_another_week(review: Reviewing) -> None:
    text = text_of(review.manager().look(f"{REVIEW}?run_id={review.run_id}&week=2026-03-12"))
    assert "Week of Sun 8 March 2026" in text
    assert "✕ taken off Ada Reed 606004-ACME-Peach Tea" in text


def test_a_week_by_person(review: Reviewing) -> None:
    text = text_of(review.manager().look(f"{REVIEW}?view=people"))
    dan = text[text.index("Dan Frost Event Specialist") :]
    assert "✕ time off: wedding" in dan
    assert "free" in dan
    assert "09:45 Core ← moves away 606002-ACME-Peach Tea" in text


def test_what_stands_already_is_in_the_week(review: Reviewing) -> None:
    told = review.manager().look(f"{PENDING}?week=2026-03-10").json()
    tuesday = told["daily_preview"]["2026-03-10"]
    assert [(entry["mark"], entry["event_id"]) for entry in tuesday] == [("taken off", review.dropped.ref)]
    with review.office.engine.begin() as connection:
        connection.execute(
            update(PendingSchedule)
            .where(PendingSchedule.id == review.row(review.dropped))
            .values(status="rejected")
        )
    told = review.manager("Noa").look(f"{PENDING}?week=2026-03-10").json()
    tuesday = told["daily_preview"]["2026-03-10"]
    assert [(entry["mark"], entry["row_id"]) for entry in tuesday] == [("existing", None)]


def test_the_pending_proposal_has_the_keys_of_its_sections(review: Reviewing) -> None:
    told = review.manager().look(f"{PENDING}?run_id={review.run_id}").json()
    assert (told["run_id"], told["revision"], told["status"]) == (
        review.run_id,
        review.revision,
        "completed",
    )
    new = [row["event_id"] for row in told["newly_scheduled"]]
    assert new == [review.urgent.ref, review.supervisor.ref, review.alone.ref]
    (swap,) = told["swaps"]
    assert swap["event"]["event_id"] == review.urgent.ref
    (moved,) = swap["moved"]
    assert (moved["event_id"], moved["previous"]["employee_name"], moved["employee_name"]) == (
        review.old.ref,
        "Ada Reed",
        "Bo Lund",
    )
    assert moved["schedule_datetime"] == "2026-03-07T10:30:00-05:00"
    assert [row["event_id"] for row in told["taken_off"]] == [review.dropped.ref]
    (failed,) = told["failed"]
    assert (failed["event_id"], failed["failure_code"]) == (
        review.nowhere.ref,
        Code.NO_SLOT_OR_BUMP_IN_WINDOW,
    )
    assert list(told["daily_preview"]) == [f"2026-03-0{number}" for number in range(1, 8)]
    assert told["counts"] == {"new": 3, "moved": 1, "dropped": 1, "failed": 1}


def test_long_lists_have_pages(both: Office) -> None:
    store = Store()
    for _ in range(103):
        store.core()
    roster = Roster(both.engine, store)
    roster.open()
    run = roster.propose({}, failed={event.ref: Code.NOBODY_AVAILABLE for event in store.events})
    manager = both.person()
    first = manager.look(f"{RUNS}/{run}/rows/failed")
    assert first.text.count('class="card failed"') == 100
    assert "Page 1 of 2" in first.text
    second = manager.look(f"{RUNS}/{run}/rows/failed?page=2")
    assert second.text.count('class="card failed"') == 3
    told = manager.look(f"{PENDING}?run_id={run}&page=2").json()
    assert (len(told["failed"]), told["page"], told["pages"]) == (3, 2, 2)


def test_a_superseded_proposal_can_only_be_read(review: Reviewing) -> None:
    with review.office.engine.begin() as connection:
        connection.execute(update(SchedulerRun).values(status="superseded"))
    page = review.manager().look(f"{REVIEW}?run_id={review.run_id}")
    assert "This proposal is superseded." in page.text
    assert "Approve and submit" not in page.text
    assert review.manager("Noa").look(PENDING).json()["run_id"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{REVIEW}?run_id=999", 404),
        (f"{PENDING}?run_id=999", 404),
        (f"{RUNS}/999/rows/new", 404),
        (f"{RUNS}/999/verification", 404),
        (f"{RUNS}/1/rows/other", 422),
        (f"{REVIEW}?week=yesterday", 422),
        (f"{PENDING}?page=0", 422),
    ],
)
def test_what_there_is_not(review: Reviewing, path: str, status: int) -> None:
    assert review.manager().look(path).status_code == status


def test_names_are_shown_and_never_obeyed(review: Reviewing) -> None:
    evil = '<script>alert("x")</script>'
    with review.office.engine.begin() as connection:
        connection.execute(update(RosterEvent).values(project_name=evil, store_name=evil))
        connection.execute(
            update(PendingSchedule).values(swap_reason=evil, failure_reason=evil, override_reason=evil)
        )
    manager = review.manager()
    run = f"run_id={review.run_id}"
    paths = [
        f"{REVIEW}?{run}",
        f"{REVIEW}?{run}&view=people",
        f"/auto-schedule/rows/{review.row(review.old)}",
    ]
    parts = ("rows/failed", "rows/moved", "rows/dropped", "rows/new", "verification")
    paths += [f"{RUNS}/{review.run_id}/{part}" for part in parts]
    paths += ["/events", f"/events/{review.old.ref}", "/auto-schedule/history"]
    for path in paths:
        page = manager.look(path)
        assert page.status_code == 200
        assert evil not in page.text, path
    assert "&lt;script&gt;alert" in manager.look(f"{RUNS}/{review.run_id}/rows/new").text


def test_the_days_are_the_stores(review: Reviewing) -> None:
    """Half past nine in the evening in the store is the next day in UTC."""
    late = place_instant(day(9), time(21, 30), ZONE)
    with review.office.engine.begin() as connection:
        connection.execute(
            update(PendingSchedule)
            .where(PendingSchedule.id == review.row(review.alone))
            .values(schedule_datetime=late)
        )
    told = review.manager().look(f"{PENDING}?week=2026-03-08").json()
    wednesday = told["daily_preview"]["2026-03-11"]
    assert [entry["start"] for entry in wednesday] == ["2026-03-11T21:30:00-04:00"]
    assert date.fromisoformat(told["week"]).isoweekday() == 7
