"""How the readings of work orders go, as plots that are read without colour and as tables."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from scheduling_pipeline.database.notifications import JobOutcome
from scheduling_pipeline.database.work_orders import ScrapingSchedule
from scheduling_pipeline.desk.plot import RATES_BOTTOM, RATES_TOP, WIDTH, bars_by_day, line_by_day
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.work_orders.history import Items
from tests.desk.own_work import Owner, order, owner
from tests.desk.people import NOW, Office
from tests.desk.reviewing import text_of

PAGE, API = "/monitoring", "/api/monitoring"
FIRST = date(2026, 2, 1)


@pytest.fixture
def olive(both: Office) -> Owner:
    return owner(both)


def fails(somebody: Owner, failures: int, **values: object) -> None:
    """A schedule whose last run failed."""
    row = {
        "owner_id": somebody.id,
        "schedule_type": "work_orders",
        "interval_hours": 1,
        "zone": "UTC",
        "rest_days": [],
        "consecutive_failures": failures,
        "last_run": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    with somebody.engine.begin() as connection:
        connection.execute(insert(ScrapingSchedule).values(row | values))


def test_without_any_run(olive: Owner) -> None:
    page = olive.person.look(PAGE)
    assert "Nothing ran in these days." in page.text
    assert "<figure" not in page.text
    assert olive.person.look(API).json()["success_rate"] is None


def test_the_figures_of_each_day(olive: Owner) -> None:
    olive.run(1, items=Items(58, 2, 3, 1), seconds=20)
    olive.run(1.1, items=Items(57, 1, 0, 0), seconds=40)
    olive.run(1.2, error="WorkFossa did not answer", seconds=90)
    olive.run(5, seconds=10)
    olive.run(40, error="long ago")
    shown = olive.person.look(API).json()
    assert shown["success_rate"] == 0.75
    assert len(shown["days"]) == 30
    (day,) = [one for one in shown["days"] if one["day"] == "2026-03-01"]
    assert day == {
        "day": "2026-03-01",
        "succeeded": 2,
        "failed": 1,
        "seconds": 40,
        "read": 115,
        "added": 3,
        "updated": 3,
        "removed": 1,
    }
    text = text_of(olive.person.look(PAGE))
    assert "75 %" in text
    assert "Sun 1 March 2026 2 1 40.0 s 115 3 3 1" in text  # as a table
    assert "Sun 1 March: 2 went well, 1 failed" in text  # at the bars
    assert "Sun 1 March: 40.0 s" in text
    assert len(olive.person.look(f"{API}?days=90").json()["days"]) == 90
    assert olive.person.look(f"{API}?days=0").status_code == 422


def test_days_are_those_of_the_schedules_zone(olive: Owner) -> None:
    fails(olive, 0, zone="Pacific/Auckland")
    olive.run(0)  # late on Monday for the stores
    days = olive.person.look(API).json()["days"]
    assert (days[-1]["day"], days[-1]["succeeded"]) == ("2026-03-03", 1)
    assert "Times are those of Pacific/Auckland." in olive.person.look(PAGE).text


def test_plots_are_read_without_colour(olive: Owner) -> None:
    olive.run(1, items=Items(58, 2, 3, 1))
    olive.run(2, error="WorkFossa did not answer")
    page = olive.person.look(PAGE).text
    for pattern in ("hatched", "dotted", "crossed"):
        assert page.count(f'id="{pattern}"') == 1
        assert f'fill="url(#{pattern})"' in page
    for name in ("went well", "failed", "added", "updated", "removed"):
        assert f"</svg> {name}</li>" in page


def test_what_fails_and_since_when(olive: Owner) -> None:
    olive.run(0.5, error="the account was refused")
    olive.run(0.1, error="the <site> was down")
    fails(olive, 5, stopped_at=NOW - timedelta(hours=2), last_success=NOW - timedelta(days=1))
    text = olive.person.look(PAGE)
    assert "the &lt;site&gt; was down" in text.text
    assert "the account was refused" not in text.text
    assert "stopped since: Today at 12:00 PM UTC 5 times in a row" in text_of(text)
    (failing,) = olive.person.look(API).json()["failing"]
    assert (failing["type"], failing["failures"]) == ("work_orders", 5)


def test_a_schedule_that_works_is_not_among_what_fails(olive: Owner) -> None:
    olive.run(0.5, error="the account was refused")
    fails(olive, 0)
    assert olive.person.look(API).json()["failing"] == []


def test_readings_with_what_was_wrong_with_them(olive: Owner) -> None:
    olive.read(*(order(number) for number in range(20)))
    olive.read(order(1), hours=1, why_not="page 2 was a login page")
    olive.read(order(1), hours=2)
    shown = olive.person.look(API).json()["readings"]
    assert [(bool(one["problem"]), bool(one["doubt"]), one["baseline"]) for one in shown] == [
        (False, True, False),
        (True, False, False),
        (False, False, True),
    ]
    text = text_of(olive.person.look(PAGE))
    assert "not complete page 2 was a login page" in text
    assert "doubted the list has only 1 of the 20 orders" in text


def test_an_owner_sees_their_own_and_an_admin_everybodys(olive: Owner) -> None:
    olive.run(1, error="only for Olive")
    olive.read(order(1))
    fails(olive, 3)
    manager = owner(olive.office, Role.MANAGER, name="Mia Manager")
    admin = owner(olive.office, Role.ADMIN, name="Ada Admin")
    admin.run(2)

    def seen(somebody: Owner, query: str = "") -> tuple[int, int, int]:
        shown = somebody.person.look(f"{API}{query}").json()
        runs = sum(day["succeeded"] + day["failed"] for day in shown["days"])
        return runs, len(shown["failing"]), len(shown["readings"])

    assert seen(olive) == (1, 1, 1)
    assert seen(manager) == (0, 0, 0)
    assert seen(admin) == (2, 1, 1)
    assert seen(admin, "?whose=mine") == (1, 0, 0)
    assert "Olive Owner" in admin.person.look(PAGE).text
    assert "only for Olive" not in manager.person.look(PAGE).text
    assert "everybody" not in manager.person.look(PAGE).text


def test_managers_see_how_the_jobs_of_all_flows_ended(olive: Owner) -> None:
    manager = owner(olive.office, Role.MANAGER, name="Mia Manager")
    assert "No run has ended yet" in manager.person.look(PAGE).text
    rows = [("files", "enrolments", "succeeded"), ("roster_proposal", "", "failed")]
    with olive.engine.begin() as connection:
        for event, (job, part, ending) in enumerate(rows):
            told = None if ending == "succeeded" else NOW
            connection.execute(
                insert(JobOutcome).values(
                    job=job,
                    part=part,
                    ending=ending,
                    essence="",
                    event=event,
                    run_id="r",
                    ended_at=NOW,
                    told_at=told,
                )
            )
    jobs = text_of(manager.person.look(PAGE)).split("The jobs of all flows")[1]
    assert "roster proposal all failed Today at 9:00 AM EST Today at 9:00 AM EST" in jobs
    assert "files enrolments went well" in jobs
    assert jobs.index("roster proposal") < jobs.index("files enrolments")  # what is wrong comes first
    assert "The jobs of all flows" not in olive.person.look(PAGE).text


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=366))
def test_bars_stand_in_the_plot_side_by_side(counts: list[tuple[int, int]]) -> None:
    plot = bars_by_day({FIRST + timedelta(days=number): one for number, one in enumerate(counts)})
    assert [tuple(bar.count for bar in mark.bars) for mark in plot.marks] == counts
    bars = [bar for mark in plot.marks for bar in mark.bars]
    highest = max(bars, key=lambda bar: bar.count)
    assert highest.height == (RATES_BOTTOM - RATES_TOP if highest.count else 0)
    for left, right in pairwise(bars):
        assert left.x + left.width <= right.x + 0.11  # places are rounded
    for bar in bars:
        assert 0 < bar.x < bar.x + bar.width < WIDTH
        assert RATES_TOP <= bar.y <= bar.y + bar.height == RATES_BOTTOM


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=366))
def test_a_line_goes_over_the_days_that_have_a_value(values: list[float | None]) -> None:
    plot = line_by_day({FIRST + timedelta(days=number): one for number, one in enumerate(values)})
    assert len(plot.line.split()) == sum(value is not None for value in values)
    for mark, value in zip(plot.marks, values, strict=True):
        assert (mark.y is None) is (value is None)
        assert mark.y is None or RATES_TOP <= mark.y <= RATES_BOTTOM
