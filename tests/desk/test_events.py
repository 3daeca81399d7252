"""The planner's events: found, judged by how near they are due, kept out of proposals, exported."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from sqlalchemy import update

from scheduling_pipeline.database.roster import RosterEvent, RosterSchedule
from scheduling_pipeline.desk.data.events import urgency
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.roster.model import Event, EventType
from tests.desk.people import Office
from tests.desk.reviewing import Reviewing, text_of
from tests.roster.store import Store, place


@pytest.fixture
def store(both: Office) -> Store:
    """Events of all sorts."""
    store = Store()
    ada = store.lead()
    store.core(0, 1, number="606001")
    store.core(0, 5, number="606002")
    store.core(3, 30, number="606003", committed=place(4, "09:45", ada))
    store.event(EventType.FREEOSK, 8, 20)
    store.core(0, 1, number="606005", committed=place(0, "09:45", ada), auto=False)
    store.core(-9, -2, number="606006")
    store.write(both.engine)
    return store


def listed(office: Office, query: str = "") -> str:
    answer = office.person(name=f"reads {query}").look(f"/events{query}")
    assert answer.status_code == 200
    return text_of(answer)


def change(office: Office, event: Event, **values: object) -> None:
    with office.engine.begin() as connection:
        connection.execute(update(RosterEvent).where(RosterEvent.project_ref_num == event.ref).values(values))


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["606001", "606005", "606002", "606003", "ACME"]),
        ("?show=open", ["606001", "606002", "ACME"]),
        ("?show=soon", ["606001", "606002"]),
        ("?show=scheduled", ["606005", "606003"]),
        ("?show=kept-out", ["606005"]),
        ("?show=undated", []),
        ("?type=freeosk", ["ACME"]),
        ("?q=606003", ["606003"]),
        ("?q=30000004", ["ACME"]),
        ("?q=%25", []),
        ("?show=all&q=60600", ["606006", "606001", "606005", "606002", "606003"]),
    ],
)
def test_what_is_looked_for(both: Office, query: str, numbers: list[str]) -> None:
    text = listed(both, query)
    found = [word.split("-")[0] for word in text.split() if word.startswith(("6060", "ACME-"))]
    shown = [word for word in found if word in {*numbers, "606006", "606001", "606002", "606003", "606005"}]
    assert sorted(shown) == sorted(numbers)
    count = len(numbers)
    assert f"{count} {'event' if count == 1 else 'events'}" in text


@pytest.mark.usefixtures("store")
def test_how_urgent_they_are(both: Office) -> None:
    text = listed(both)
    assert "critical: due tomorrow" in text
    assert "urgent: due in 5 days" in text


@pytest.mark.parametrize(
    ("due", "grade", "words"),
    [(1, "critical", "past due"), (2, "critical", "due today"), (3, "critical", "due tomorrow")]
    + [(number, "urgent", f"due in {number - 2} days") for number in (4, 9)],
)
def test_urgency(due: int, grade: str, words: str) -> None:
    found = urgency(date(2026, 3, due), date(2026, 3, 2))
    assert found is not None
    assert (found.grade, found.words) == (grade, words)


def test_what_is_not_near_is_not_urgent() -> None:
    assert urgency(date(2026, 3, 10), date(2026, 3, 2)) is None


def test_staffed_without_a_date(both: Office, store: Store) -> None:
    change(both, store.events[1], condition="Staffed", is_scheduled=True)
    assert "606002" in listed(both, "?show=undated")
    assert "staffed without a date" in listed(both)
    assert "606002" not in listed(both, "?show=open")


def test_an_event_that_is_gone(both: Office, store: Store) -> None:
    change(both, store.events[1], closed_at=both.clock.time)
    assert "606002" not in listed(both)
    assert "gone from the planner" in listed(both, "?show=all&q=606002")
    page = both.person().look(f"/events/{store.events[1].ref}").text
    assert "Nothing can be scheduled about it any more." in page


def test_pages_of_a_hundred(both: Office) -> None:
    store = Store()
    for _ in range(101):
        store.core()
    store.write(both.engine)
    manager = both.person()
    assert "Page 1 of 2" in manager.look("/events").text
    second = manager.look("/events?page=2")
    assert second.text.count('<th scope="row"') == 1


def test_one_event_with_all_that_is_known(review: Reviewing) -> None:
    text = text_of(review.manager().look(f"/events/{review.urgent.ref}"))
    assert review.urgent.name.replace("  ", " ") in text
    assert "from Fri 6 March 2026, due Mon 9 March 2026" in text
    assert "Its Supervisor event" in text
    assert f"History Run What State Why {review.run_id} Fri 6 March , 09:45 Ada Reed proposed" in text
    text = text_of(review.manager("Noa").look(f"/events/{review.supervisor.ref}"))
    assert "Its Core event" in text


def test_a_program_or_person_asks_for_no_event(both: Office) -> None:
    person = both.person()
    assert person.look("/events/999").status_code == 404
    assert person.look("/events/abc").status_code == 422
    assert person.look("/events?type=party").status_code == 422


def test_an_event_is_kept_out_of_proposals_with_a_note(both: Office, store: Store) -> None:
    manager = both.person()
    path = f"/events/{store.events[1].ref}"
    answer = manager.send(f"{path}/automatic", {"allowed": "no", "note": "Mia sees to it"})
    assert answer.headers["location"] == f"{path}?notice=saved"
    page = manager.look(path).text
    assert "kept out" in page
    assert "Mia sees to it" in page
    manager.send(f"{path}/automatic", {"allowed": "yes"})
    assert "kept out" not in manager.look(path).text
    first, second = both.audit("event.automatic")
    assert (first.before["allow_auto_schedule"], first.after["auto_schedule_note"]) == (
        True,
        "Mia sees to it",
    )
    assert second.after == {"allow_auto_schedule": True, "auto_schedule_note": None}
    assert manager.send("/events/999/automatic", {"allowed": "no"}).status_code == 404


def test_the_note_has_a_limit(both: Office, store: Store) -> None:
    answer = both.person().send(f"/events/{store.events[1].ref}/automatic", {"note": "x" * 501})
    assert answer.status_code == 400
    assert "The note is longer than 500 characters." in answer.text


def test_viewers_look_and_change_nothing(both: Office, store: Store) -> None:
    viewer = both.person(Role.VIEWER)
    path = f"/events/{store.events[1].ref}"
    assert "<form" not in viewer.look(path).text.split('<main id="content"')[1]
    for change_of in ("automatic", "place", "unschedule", "swap", "reissue"):
        assert viewer.send(f"{path}/{change_of}").status_code == 403
    assert viewer.send("/events/hand-over").status_code == 403


@pytest.mark.usefixtures("store")
def test_the_schedule_as_a_file(both: Office) -> None:
    answer = both.person(Role.VIEWER).look("/events/schedule.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="CalendarSchedule-2026-03-02.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["Rep Name"] for row in rows] == ["Ada Reed", "Ada Reed"]
    assert rows[1]["Schedule Date/Time"] == "03/06/2026 09:45:00 AM"


def test_the_file_tells_what_is_outside_its_period_apart(both: Office, store: Store) -> None:
    event = store.events[2]
    with both.engine.begin() as connection:
        stood = update(RosterSchedule).where(RosterSchedule.event_ref_num == event.ref)
        connection.execute(stood.values(schedule_datetime=both.clock.time.replace(day=3)))
    person = both.person()
    assert "# Outside the period of the event:" in person.look("/events/schedule.csv").text
    assert "606003" not in person.look("/events/schedule.csv?valid_only=true").text
