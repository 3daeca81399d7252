"""Work orders are brought to what was listed; nothing goes without proof, and nothing is told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, delete, func, select

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.database.notifications import Notification, NotificationDelivery
from scheduling_pipeline.database.work_orders import (
    StoredWorkOrder,
    WorkOrderChange,
    WorkOrderReading,
    WorkOrderService,
    WorkOrderVisit,
)
from scheduling_pipeline.notifications.channels import Pushover
from scheduling_pipeline.notifications.owners import save_channel
from scheduling_pipeline.work_orders import stored
from scheduling_pipeline.work_orders.model import Service, Status, WorkOrder
from scheduling_pipeline.work_orders.refresh import Refreshed, StaleListingError
from scheduling_pipeline.work_orders.runs import UnknownOwnerError
from scheduling_pipeline.work_orders.upkeep import purge
from tests.work_orders.owners import LINK, MONDAY, NOW, add_owner, apply, order

ORDERS = tuple(order(number, number % 5) for number in range(1, 59))


@pytest.fixture
def owner(engine: Engine) -> int:
    return add_owner(engine)


def states(engine: Engine, owner: int) -> dict[str, str]:
    with engine.connect() as connection:
        return {number: one.state for number, one in stored.load(connection, owner).items()}


def open_orders(engine: Engine, owner: int) -> dict[str, WorkOrder]:
    with engine.connect() as connection:
        return {n: one.order for n, one in stored.load(connection, owner).items() if one.open}


def told(refreshed: Refreshed) -> list[tuple[str, ...]]:
    return [(change.kind.value, *change.orders) for change in refreshed.changes]


class TestUpsert:
    def test_what_was_listed_comes_back_as_it_was(self, engine: Engine, owner: int) -> None:
        listed = replace(
            order(1),
            at=time(9, 30),
            due=date(2026, 3, 20),
            categories=("Meter Calibration", "Post Construction"),
            services=(Service("Parts", "400MB-10", "Filter", 16), Service("Combo", "3006", "Change", 8)),
            instructions="Bring:\n\nthe prover",
            purchase_order="4711",
        )
        apply(engine, owner, 0, listed)
        assert open_orders(engine, owner) == {"1": listed}

    def test_the_same_list_again_writes_no_order_and_tells_nothing(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, *ORDERS)
        again = apply(engine, owner, 1, *ORDERS)
        assert (again.writes, again.unchanged, again.changes) == (0, 58, ())

    def test_a_change_is_written_in_every_field_and_is_no_second_order(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, order(1), order(2))
        changed = replace(order(1, 3), status=Status.IN_PROGRESS, services=(), instructions="New.")
        refreshed = apply(engine, owner, 1, changed, order(2))
        assert (refreshed.updated, refreshed.unchanged) == (frozenset({"1"}), 1)
        assert open_orders(engine, owner)["1"] == changed

    def test_two_owners_may_have_the_same_order(self, engine: Engine, owner: int) -> None:
        other = add_owner(engine, "otto")
        apply(engine, owner, 0, order(1))
        apply(engine, other, 0, order(1), order(2))
        assert open_orders(engine, owner).keys() == {"1"}
        assert open_orders(engine, other).keys() == {"1", "2"}

    def test_earlier_visits_stay(self, engine: Engine, owner: int) -> None:
        first = order(1)
        assert first.visit is not None
        apply(engine, owner, 0, first)
        second = replace(first.visit, id="77", url=first.visit.url.replace("91", "77"))
        apply(engine, owner, 1, replace(first, visit=second, day=MONDAY + timedelta(days=7)))
        with engine.connect() as connection:
            visits = connection.execute(select(WorkOrderVisit.visit_id, WorkOrderVisit.day)).all()
        assert sorted(map(tuple, visits)) == [("77", MONDAY + timedelta(days=7)), ("91", MONDAY)]

    def test_23_an_order_goes_with_its_parts(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1), order(2))
        with engine.begin() as connection:
            connection.execute(delete(StoredWorkOrder).where(StoredWorkOrder.external_id == "1"))
            for table in (WorkOrderService, WorkOrderVisit):
                assert connection.scalar(select(func.count()).select_from(table)) == 1

    def test_what_is_an_owners_goes_with_them(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1))
        with engine.begin() as connection:
            connection.execute(delete(DeskUser).where(DeskUser.id == owner))
            for table in (StoredWorkOrder, WorkOrderReading):
                assert connection.scalar(select(func.count()).select_from(table)) == 0

    def test_a_listing_is_applied_once_and_never_after_a_newer_one(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 1, order(1))
        for hours in (0, 1):
            with pytest.raises(StaleListingError, match="the list was read at"):
                apply(engine, owner, hours, order(2))
        assert states(engine, owner) == {"1": "open"}

    def test_nobodys_orders_are_not_kept(self, engine: Engine) -> None:
        with pytest.raises(UnknownOwnerError):
            apply(engine, 99, 0, order(1))


class TestBadDays:
    """Cases 14 to 17: what a listing lacks says nothing unless it is known to be whole."""

    def test_14_a_login_page_in_the_middle_removes_nothing(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, *ORDERS)
        for hours in (1, 2, 3):
            broken = apply(engine, owner, hours, *ORDERS[:25], why_not="WorkFossa asks to log in")
            assert (broken.removed, broken.struck, broken.changes) == (frozenset(), frozenset(), ())
        assert set(states(engine, owner).values()) == {"open"}
        with engine.connect() as connection:
            problems = connection.scalars(
                select(WorkOrderReading.problem).order_by(WorkOrderReading.id)
            ).all()
        assert problems == ["", *["WorkFossa asks to log in"] * 3]

    def test_15_a_page_size_that_is_stuck_removes_nothing(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, *ORDERS)
        for hours in (1, 2):
            apply(engine, owner, hours, *ORDERS[:25], why_not="the list goes on after the 25 rows")
        assert list(states(engine, owner).values()) == ["open"] * 58

    def test_16_an_empty_list_removes_nothing_and_says_so(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, *ORDERS)
        for hours in (1, 2, 3):
            empty = apply(engine, owner, hours)
            assert (empty.removed, empty.struck, empty.changes) == (frozenset(), frozenset(), ())
            assert empty.doubt == "the list is empty, where 58 orders were known: none was removed"
        assert list(states(engine, owner).values()) == ["open"] * 58

    def test_a_list_with_too_few_of_the_known_orders_is_not_believed(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, *ORDERS)
        for hours in (1, 2):
            tiny = apply(engine, owner, hours, *ORDERS[:28])
            assert tiny.doubt == "the list has only 28 of the 58 orders that were known: none was removed"
        assert list(states(engine, owner).values()) == ["open"] * 58

    def test_a_list_that_is_not_believed_does_not_make_itself_believed(
        self, engine: Engine, owner: int
    ) -> None:
        """Its own orders, once written, would count as known at the next reading."""
        known, others = ORDERS[:20], ORDERS[20:40]
        apply(engine, owner, 0, *known)
        for hours in (1, 2, 3):
            other = apply(engine, owner, hours, *others, replace(known[0], instructions="New."))
            assert other.doubt == "the list has only 1 of the 20 orders that were known: none was removed"
            assert (other.added, other.removed, other.struck, other.changes) == (*[frozenset()] * 3, ())
        assert open_orders(engine, owner).keys() == {one.id for one in known}
        assert open_orders(engine, owner)["1"].instructions == "New."
        believed = apply(engine, owner, 4, *others, smallest_share=0)
        assert (len(believed.added), len(believed.struck)) == (20, 20)

    def test_a_list_that_is_not_believed_is_no_baseline(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, *ORDERS[:20], why_not="the session ended")
        assert not apply(engine, owner, 1, *ORDERS[20:40]).baseline
        believed = apply(engine, owner, 2, *ORDERS[20:40], smallest_share=0)
        assert (believed.baseline, believed.changes) == (True, ())

    def test_somebody_who_knows_better_can_have_it_believed(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, *ORDERS)
        for hours in (1, 2):
            apply(engine, owner, hours, order(900), smallest_share=0)
        assert list(states(engine, owner).values()).count("removed") == 58

    def test_even_most_of_a_few_orders_may_go(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1), order(2), order(3))
        apply(engine, owner, 1, order(4))
        assert apply(engine, owner, 2, order(4)).removed == {"1", "2", "3"}


class TestRemovals:
    def test_an_order_goes_when_a_second_complete_reading_misses_it(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1), order(2))
        first = apply(engine, owner, 1, order(1))
        assert (first.struck, first.removed, first.changes) == (frozenset({"2"}), frozenset(), ())
        second = apply(engine, owner, 2, order(1))
        assert (second.removed, told(second)) == (frozenset({"2"}), [("removed", "2")])
        assert states(engine, owner) == {"1": "open", "2": "removed"}
        assert apply(engine, owner, 3, order(1)).changes == ()

    def test_an_incomplete_reading_is_no_second_one(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1), order(2))
        apply(engine, owner, 1, order(1))
        apply(engine, owner, 2, order(1), why_not="the session ended")
        assert states(engine, owner)["2"] == "open"
        assert apply(engine, owner, 3, order(1)).removed == {"2"}

    def test_what_may_have_been_completed_is_not_removed(self, engine: Engine, owner: int) -> None:
        """A list of completed orders that could not be read says of none that it is not there."""
        apply(engine, owner, 0, order(1), order(2))
        for hours in (1, 2):
            kept = apply(engine, owner, hours, order(1), completed_problem="the site was slow")
            assert (kept.struck, kept.removed, kept.changes) == (frozenset({"2"}), frozenset(), ())
            assert (kept.unsettled, kept.unproven) == ("the site was slow", "")
        with engine.connect() as connection:
            since = connection.scalars(
                select(StoredWorkOrder.missing_since).where(StoredWorkOrder.external_id == "2")
            ).one()
            doubts = connection.scalars(select(WorkOrderReading.doubt).order_by(WorkOrderReading.id)).all()
        assert (since, doubts) == (NOW + timedelta(hours=1), ["", "the site was slow", "the site was slow"])
        assert told(apply(engine, owner, 3, order(1))) == [("removed", "2")]

    def test_an_order_whose_end_stays_unknown_holds_a_new_one_back_for_one_reading(
        self, engine: Engine, owner: int
    ) -> None:
        unreadable = "row 3 cannot be read"
        apply(engine, owner, 0, order(1), order(2))
        assert told(apply(engine, owner, 1, order(1), order(3), completed_problem=unreadable)) == []
        late = apply(engine, owner, 2, order(1), order(3), completed_problem=unreadable)
        assert (late.struck, told(late)) == (frozenset({"2"}), [("added", "3")])
        assert told(apply(engine, owner, 3, order(1), order(3))) == [("removed", "2")]

    def test_a_list_of_completed_orders_that_nobody_needed_is_no_matter(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, order(1))
        assert apply(engine, owner, 1, order(1), completed_problem="the site was slow").unsettled == ""

    def test_an_order_that_is_back_in_time_was_never_gone(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1), order(2))
        apply(engine, owner, 1, order(1))
        assert apply(engine, owner, 2, order(1), order(2)).changes == ()
        assert apply(engine, owner, 3, order(1)).struck == {"2"}

    def test_18_a_finished_row_is_completed_and_not_removed(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1), order(2))
        done = replace(
            order(1), status=Status.COMPLETED, day=None, visit=None, visits_done=1, finished_on=MONDAY
        )
        refreshed = apply(engine, owner, 1, done, order(2))
        assert (refreshed.completed, told(refreshed)) == (frozenset({"1"}), [("completed", "1")])
        assert states(engine, owner) == {"1": "completed", "2": "open"}
        with engine.connect() as connection:
            finished = connection.scalars(
                select(WorkOrderVisit.finished_on).where(WorkOrderVisit.visit_id == "91")
            )
            assert finished.one() == MONDAY
        assert apply(engine, owner, 2, done, order(2)).writes == 0

    def test_18_what_the_list_of_completed_orders_has_is_completed_at_once(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, order(1), order(2))
        refreshed = apply(engine, owner, 1, order(2), completed={"1": MONDAY, "77": None})
        assert told(refreshed) == [("completed", "1")]
        assert refreshed.struck == frozenset()

    def test_the_list_of_completed_orders_closes_nothing_that_is_listed_as_open(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, order(1))
        assert apply(engine, owner, 1, order(1), completed={"1": MONDAY}).completed == frozenset()

    def test_an_order_that_is_open_again_is_told_as_added(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1), order(2))
        apply(engine, owner, 1, order(1), completed={"2": None})
        again = apply(engine, owner, 2, order(1), order(2))
        assert (told(again), states(engine, owner)["2"]) == ([("added", "2")], "open")


class TestTold:
    def test_24_the_first_complete_reading_is_a_baseline(self, engine: Engine, owner: int) -> None:
        partial = apply(engine, owner, 0, order(1), why_not="the session ended")
        assert (partial.baseline, partial.changes) == (False, ())
        first = apply(engine, owner, 1, order(1), order(2))
        assert (first.baseline, first.changes) == (True, ())
        assert told(apply(engine, owner, 2, order(1), order(2), order(3))) == [("added", "3")]

    def test_24_an_empty_list_is_no_baseline(self, engine: Engine, owner: int) -> None:
        assert not apply(engine, owner, 0).baseline
        first = apply(engine, owner, 1, order(1), order(2))
        assert (first.baseline, first.changes) == (True, ())

    def test_a_change_is_told_in_the_transaction_that_notes_it(self, engine: Engine, owner: int) -> None:
        keys = Pushover(user="u" * 30, token="t" * 30)
        with engine.begin() as connection:
            save_channel(connection, Cipher(Fernet.generate_key().decode()), owner, keys, NOW)
        apply(engine, owner, 0, order(1, 0), order(2, 1))
        apply(engine, owner, 1, order(1, 1), order(2, 0), order(3, 4))
        apply(engine, owner, 2, order(1, 1), order(2, 0), order(3, 4))
        with engine.connect() as connection:
            (notification,) = connection.execute(select(Notification.run_id, Notification.changes))
            body = connection.scalars(select(NotificationDelivery.body)).one()
        assert notification.run_id == "run-1"
        assert [change["kind"] for change in notification.changes] == ["added", "swapped"]
        assert "W-1 (store #1234, Marlow Springs, NC, 8 dispensers): now Tue 3 Mar 2026, and W-2" in body
        assert LINK in body

    def test_changes_are_noted_with_what_a_message_needs(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1, 0), order(2, 1))
        apply(engine, owner, 1, order(1, 1), order(2, 0))
        with engine.connect() as connection:
            (change,) = connection.execute(select(WorkOrderChange.__table__)).mappings()
        assert (change["kind"], change["external_id"], change["other_id"]) == ("swapped", "1", "2")
        assert (change["before"], change["after"]) == (MONDAY, MONDAY + timedelta(days=1))
        assert change["subject"] == {
            "id": "1",
            "day": "2026-03-03",
            "store": "#1234",
            "site_name": "Halewood Fuel Stops #1234",
            "town": "Marlow Springs, NC",
            "address": "",
            "dispensers": 8,
        }
        assert change["noticed_at"] == NOW + timedelta(hours=1)

    def test_19_a_replacement_is_told_once_when_the_old_order_is_known_to_be_gone(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, order(1, 0), order(2, 1))
        assert told(apply(engine, owner, 1, order(2, 1), order(3, 0))) == []
        assert told(apply(engine, owner, 2, order(2, 1), order(3, 0))) == [("replaced", "3", "1")]
        assert told(apply(engine, owner, 3, order(2, 1), order(3, 0))) == []

    def test_19_a_new_order_beside_one_that_was_merely_missing_is_told_as_added(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, order(1, 0), order(2, 1))
        apply(engine, owner, 1, order(2, 1), order(3, 0))
        assert told(apply(engine, owner, 2, order(1, 0), order(2, 1), order(3, 0))) == [("added", "3")]

    def test_a_new_order_on_another_day_is_told_at_once(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1, 0), order(2, 1))
        assert told(apply(engine, owner, 1, order(2, 1), order(3, 4))) == [("added", "3")]
        assert told(apply(engine, owner, 2, order(2, 1), order(3, 4))) == [("removed", "1")]

    def test_what_an_incomplete_reading_has_is_told(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1, 0), order(2, 1))
        partial = apply(engine, owner, 1, order(1, 3), order(3, 1), why_not="the session ended")
        assert told(partial) == [("added", "3"), ("moved", "1")]

    def test_old_readings_and_closed_orders_are_forgotten_but_not_what_is_known(
        self, engine: Engine, owner: int
    ) -> None:
        apply(engine, owner, 0, order(1), order(2))
        apply(engine, owner, 1, order(1), completed={"2": MONDAY})
        apply(engine, owner, 5, order(1))
        counts = purge(engine, NOW + timedelta(hours=2))
        assert counts == {"scraping_history": 0, "work_orders": 1, "work_order_readings": 1}
        assert states(engine, owner) == {"1": "open"}
        assert told(apply(engine, owner, 6, order(1), order(3))) == [("added", "3")]

    def test_a_failure_leaves_everything_as_it_was(self, engine: Engine, owner: int) -> None:
        apply(engine, owner, 0, order(1))
        broken = replace(order(2), visits_total=-1)
        with pytest.raises(Exception, match=r"(?i)visits"):
            apply(engine, owner, 1, order(1, 3), broken)
        assert open_orders(engine, owner) == {"1": order(1)}
        with engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(WorkOrderReading)) == 1
