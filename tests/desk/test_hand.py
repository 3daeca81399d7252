"""Scheduling by hand: through all rules, approved at once, submitted like a proposal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from httpx import Response
from sqlalchemy import Engine, select, update

from scheduling_pipeline.database.roster import RosterRequest, RosterSchedule
from scheduling_pipeline.roster.model import Event, EventType
from tests.desk.people import Office, Person
from tests.desk.reviewing import text_of
from tests.roster.office import Office as Roster
from tests.roster.store import Store, place


class Shop:
    """A store without any proposal: Ada, a lead, and Bo, a specialist, each have a Core event; one is open.
    Dan is away on Friday."""

    def __init__(self, engine: Engine) -> None:
        store = Store()
        self.ada, self.bo, self.dan = store.lead(), store.specialist(), store.specialist()
        self.boss = store.club_supervisor()
        self.gil = store.lead()
        store.away(self.dan, 4, detail="wedding")
        self.open = store.core(3, 12, number="606001")
        self.adas = store.core(3, 12, number="606002", committed=place(4, "09:45", self.ada))
        self.bos = store.core(3, 12, number="606003", committed=place(4, "10:30", self.bo))
        self.task = store.event(EventType.FREEOSK, 3, 12, committed=place(4, "10:00", self.ada))
        self.office = Office(engine)
        self.roster = Roster(engine, store)
        self.roster.open()
        self.manager: Person = self.office.person(name="Mia")

    def put(self, event: Event, day: str, start: str, employee: str, **more: str) -> Response:
        fields = {"day": day, "start": start, "employee_id": employee, **more}
        return self.manager.send(f"/events/{event.ref}/place", fields)

    def submitted(self) -> None:
        """Carry out what was asked for last."""
        with self.office.engine.connect() as connection:
            request = connection.scalar(select(RosterRequest.id).order_by(RosterRequest.id.desc()))
        assert request is not None
        self.roster.submit(request)
        self.roster.assert_planner_and_tables_agree()


@pytest.fixture
def shop(engine: Engine) -> Shop:
    return Shop(engine)


def went_on(answer: Response) -> bool:
    """Whether it leads to the run that was made."""
    address = answer.headers.get("location", "")
    return answer.status_code == 303 and address == "/auto-schedule/review?run_id=1&notice=submitting"


def test_an_open_event_is_scheduled(shop: Shop) -> None:
    assert went_on(shop.put(shop.open, "2026-03-07", "09:45", shop.bo))
    page = text_of(shop.manager.look("/auto-schedule/review?run_id=1"))
    assert "Scheduled by hand, run 1" in page
    assert "begins within seconds" in page
    shop.submitted()
    shop.roster.assert_at(shop.open, place(5, "09:45", shop.bo))
    (noted,) = shop.office.audit("hand.schedule")
    assert noted.who == "Mia"


def test_one_that_is_scheduled_moves(shop: Shop) -> None:
    assert "Move it" in shop.manager.look(f"/events/{shop.adas.ref}").text
    assert went_on(shop.put(shop.adas, "2026-03-07", "11:00", shop.ada))
    shop.submitted()
    shop.roster.assert_at(shop.adas, place(5, "11:00", shop.ada))
    assert len(shop.office.audit("hand.move")) == 1


def test_it_is_taken_off(shop: Shop) -> None:
    assert went_on(shop.manager.send(f"/events/{shop.adas.ref}/unschedule"))
    shop.submitted()
    shop.roster.assert_at(shop.adas, None)
    assert len(shop.office.audit("hand.unschedule")) == 1


def test_each_broken_rule_is_told_and_what_was_entered_stays(shop: Shop) -> None:
    answer = shop.put(shop.open, "2026-03-06", "09:45", shop.dan)
    assert answer.status_code == 422
    assert "Cleo Marsh is away on Fri 6 March (wedding)." in answer.text
    assert 'value="2026-03-06"' in answer.text
    assert shop.office.audit("hand.schedule") == []


def test_against_a_soft_rule_a_reason_is_needed(shop: Shop) -> None:
    answer = shop.put(shop.open, "2026-03-07", "08:00", shop.bo)
    assert answer.status_code == 422
    assert "08:00 is not one of its usual times" in answer.text
    assert "data-override hidden" not in answer.text
    assert went_on(shop.put(shop.open, "2026-03-07", "08:00", shop.bo, override="the truck is early"))
    (row,) = shop.roster.table(1)
    assert row.override_reason == "the truck is early"


def test_to_look_changes_nothing(shop: Shop) -> None:
    answer = shop.put(shop.open, "2026-03-06", "09:45", shop.bo, look="yes")
    assert answer.status_code == 200
    cannot = answer.text[answer.text.index('label="Cannot"') :]
    assert "Bo Lund has one of these on Fri 6 March already" in cannot


def test_what_is_being_submitted_is_left_alone(shop: Shop) -> None:
    shop.put(shop.open, "2026-03-07", "09:45", shop.bo)
    answer = shop.put(shop.open, "2026-03-10", "09:45", shop.bo)
    assert answer.status_code == 409
    assert "wait until that has ended" in answer.text


def test_two_people_swap(shop: Shop) -> None:
    page = shop.manager.look(f"/events/{shop.adas.ref}").text
    assert f'<option value="{shop.bos.ref}">' in page
    assert went_on(shop.manager.send(f"/events/{shop.adas.ref}/swap", {"other": str(shop.bos.ref)}))
    shop.submitted()
    shop.roster.assert_at(shop.adas, place(4, "09:45", shop.bo))
    shop.roster.assert_at(shop.bos, place(4, "10:30", shop.ada))


@pytest.mark.parametrize(
    ("other", "status", "said"),
    [
        ("", 400, "The other event is missing."),
        ("x", 400, "is no number of an event"),
        ("9" * 19, 400, "is no number of an event"),
        ("999", 404, "There is no open event 999."),
    ],
)
def test_a_swap_with_nothing(shop: Shop, other: str, status: int, said: str) -> None:
    answer = shop.manager.send(f"/events/{shop.adas.ref}/swap", {"other": other})
    assert answer.status_code == status
    assert said in answer.text


class TestHandingOver:
    """Somebody cannot come."""

    DAY = "/events/hand-over?day=2026-03-06&from_employee="

    def test_the_day_is_shown_first(self, shop: Shop) -> None:
        page = text_of(shop.manager.look(f"{self.DAY}{shop.ada}"))
        assert "09:45 606002-ACME-Peach Tea Core" in page
        assert "10:00 ACME-Peach Tea Freeosk" in page
        assert "They have nothing on that day." in shop.manager.look(f"{self.DAY}{shop.gil}").text

    def test_some_kinds_go_to_somebody_else_at_the_same_times(self, shop: Shop) -> None:
        fields = {"day": "2026-03-06", "from_employee": shop.ada, "to_employee": shop.gil}
        answer = shop.manager.send("/events/hand-over", {**fields, "type-freeosk": "on", "override": "ill"})
        assert went_on(answer)
        shop.submitted()
        shop.roster.assert_at(shop.task, place(4, "10:00", shop.gil))
        shop.roster.assert_at(shop.adas, place(4, "09:45", shop.ada))

    def test_rules_hold(self, shop: Shop) -> None:
        fields = {"day": "2026-03-06", "from_employee": shop.ada, "to_employee": shop.bo}
        answer = shop.manager.send("/events/hand-over", {**fields, "type-core": "on"})
        assert answer.status_code == 422
        assert "Bo Lund has one of these on Fri 6 March already" in answer.text
        assert 'name="type-core" checked' in answer.text
        assert 'name="type-freeosk" checked' not in answer.text

    def test_all_that_is_missing_is_told(self, shop: Shop) -> None:
        answer = shop.manager.send("/events/hand-over", {"day": "tomorrow"})
        assert answer.status_code == 400
        for said in ("is no date", "Who gets it is missing", "Choose at least one kind"):
            assert said in answer.text


def test_a_visit_that_was_not_made_is_offered_again(shop: Shop) -> None:
    with shop.office.engine.begin() as connection:
        stood = update(RosterSchedule).where(RosterSchedule.event_ref_num == shop.adas.ref)
        connection.execute(stood.values(schedule_datetime=shop.office.clock.time - timedelta(days=1)))
    page = shop.manager.look(f"/events/{shop.adas.ref}").text
    assert "Offer it again" in page
    assert "Take it off the planner" not in page
    fields = {"day": "2026-03-07", "start": "09:45", "employee_id": shop.ada}
    assert went_on(shop.manager.send(f"/events/{shop.adas.ref}/reissue", fields))
    assert len(shop.office.audit("hand.reissue")) == 1


def test_what_is_still_to_come_is_not_offered_again(shop: Shop) -> None:
    fields = {"day": "2026-03-07", "start": "09:45", "employee_id": shop.ada}
    answer = shop.manager.send(f"/events/{shop.adas.ref}/reissue", fields)
    assert answer.status_code == 409
    assert "Its visit is still to come: move it instead." in answer.text


def test_no_such_event(shop: Shop) -> None:
    fields = {"day": "2026-03-07", "start": "09:45", "employee_id": shop.ada}
    for do in ("place", "unschedule", "reissue"):
        assert shop.manager.send(f"/events/999/{do}", fields).status_code == 404
