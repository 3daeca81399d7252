"""The history: each run, the figures of all, and a plot that is read without colour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from scheduling_pipeline.database.roster import SchedulerRun
from scheduling_pipeline.desk.plot import BARS_BOTTOM, BARS_TOP, RATES_BOTTOM, RATES_TOP, plot
from scheduling_pipeline.roster.metrics import RunFigures
from tests.desk.people import NOW, Office
from tests.desk.reviewing import Reviewing, text_of
from tests.roster.planner import Fault
from tests.roster.store import ZONE

HISTORY = "/auto-schedule/history"


def add_run(office: Office, days_ago: float = 0, **values: object) -> int:
    began = NOW - timedelta(days=days_ago)
    row = {
        "run_type": "automatic",
        "started_at": began,
        "completed_at": began + timedelta(seconds=3),
        "status": "completed",
        "total_events_processed": 80,
        "events_scheduled": 72,
        "events_requiring_swaps": 9,
        "events_failed": 8,
    }
    with office.engine.begin() as connection:
        made = insert(SchedulerRun).values(row | values).returning(SchedulerRun.id)
        return connection.execute(made).scalar_one()


def test_without_any_run(both: Office) -> None:
    page = both.person().look(HISTORY)
    assert page.status_code == 200
    assert "No run is like that." in page.text
    assert "<svg" not in page.text


def test_the_figures(both: Office) -> None:
    add_run(both, 3)
    add_run(both, 2, run_type="manual", requested_by="Mia", total_events_processed=20, events_scheduled=18)
    nothing = dict.fromkeys(("total_events_processed", "events_scheduled", "events_requiring_swaps"), 0)
    add_run(both, 1, status="crashed", completed_at=None, **nothing)
    text = text_of(both.person().look(HISTORY))
    for figure in (
        "Made 3",
        "Failed or crashed 1",
        "Events in one, on average 50",
        "Asked for by hand 1 (33 %)",
        "Events that got a place 90 %",
        "Of these, by a swap 20 %",
        "Mean duration of a run 3.0 s",
        "Writes sent 0",
    ):
        assert figure in text


def test_the_figures_of_a_submission(review: Reviewing) -> None:
    review.roster.planner.fault_of[review.alone.ref] = Fault.REFUSED
    manager = review.manager()
    review.office.clock.pass_by(hours=3)
    review.submit(review.approve(manager))
    text = text_of(manager.look(HISTORY))
    assert "Rows it took 80 %" in text
    assert "Time to an approval 4.0 h (median)" in text
    assert "4, 1 not" in text


def test_an_approval_of_which_nothing_came_is_plain(review: Reviewing) -> None:
    planner = review.roster.planner
    planner.fault_of.update(dict.fromkeys((event.ref for event in review.roster.store.events), Fault.REFUSED))
    manager = review.manager()
    review.submit(review.approve(manager))
    assert "0, 5 not" in text_of(manager.look(HISTORY))


def test_runs_are_listed_the_newest_first_with_the_review_of_each(both: Office) -> None:
    old, new = add_run(both, 3), add_run(both, 1)
    page = both.person().look(HISTORY).text
    assert page.index(f"/auto-schedule/review?run_id={new}") < page.index(
        f"/auto-schedule/review?run_id={old}"
    )
    assert "72 of 80" in page
    assert "Fri 27 February 2026, 09:00 EST" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?weeks=1", 2),
        ("?weeks=52", 4),
        ("?run_type=manual", 1),
        ("?status=failed", 1),
        ("?status=failed&run_type=automatic", 0),
    ],
)
def test_what_is_looked_for(both: Office, query: str, count: int) -> None:
    add_run(both, 200)
    add_run(both, 10)
    add_run(both, 3)
    add_run(both, 2, run_type="manual", status="failed")
    page = both.person().look(f"{HISTORY}{query}").text
    assert f"{count} {'run' if count == 1 else 'runs'}</h2>" in page


@pytest.mark.parametrize("query", ["?weeks=0", "?run_type=yearly", "?status=odd", "?page=0"])
def test_what_cannot_be_looked_for(both: Office, query: str) -> None:
    assert both.person().look(f"{HISTORY}{query}").status_code == 422


def test_pages_of_fifty(both: Office) -> None:
    for _ in range(51):
        add_run(both)
    manager = both.person()
    assert "Page 1 of 2" in manager.look(HISTORY).text
    assert manager.look(f"{HISTORY}?page=2").text.count('<th scope="row"') == 1


def test_the_plot_says_in_words_what_it_draws(both: Office) -> None:
    run = add_run(both, 3)
    add_run(both, 2, events_failed=0, events_scheduled=80)
    page = both.person().look(HISTORY).text
    assert f"Run {run}, Fri 27 February 2026, 09:00 EST: 90 % placed, 9 swaps, 8 without a place" in page
    for pattern in ("hatched", "dotted"):
        assert f'id="{pattern}"' in page
        assert f'fill="url(#{pattern})"' in page
    assert "style=" not in page  # which the page's policy would not let a browser obey


def figures(number: int, **values: int) -> RunFigures:
    counts = {"processed": 10, "scheduled": 10, "swaps": 0, "failed": 0, "edited": 0}
    return RunFigures(
        run_id=number,
        run_type="automatic",
        status="completed",
        started_at=datetime(2026, 3, number, 12, tzinfo=UTC),
        seconds=1,
        submitted=0,
        not_submitted=0,
        approval_seconds=None,
        **{**counts, **values},
    )


def test_a_plot_goes_from_the_oldest_to_the_newest() -> None:
    drawn = plot([figures(3), figures(1), figures(2)], ZONE)
    assert [mark.run_id for mark in drawn.marks] == [1, 2, 3]
    assert [mark.x for mark in drawn.marks] == sorted(mark.x for mark in drawn.marks)
    assert [mark.label for mark in drawn.marks] == ["Sun 1 March", "Mon 2 March", "Tue 3 March"]


def test_a_plot_is_to_scale() -> None:
    drawn = plot([figures(1, scheduled=0, failed=10), figures(2, scheduled=5, swaps=5, failed=5)], ZONE)
    none, half = drawn.marks
    assert (none.y, half.y) == (RATES_BOTTOM, (RATES_BOTTOM + RATES_TOP) / 2)
    assert none.failures.height == BARS_BOTTOM - BARS_TOP
    assert half.swaps.height == half.failures.height == none.failures.height / 2
    assert none.swaps.height == 0
    assert drawn.most == 10


def test_a_run_without_events_is_no_failure() -> None:
    drawn = plot([figures(1, processed=0, scheduled=0), figures(2)], ZONE)
    assert drawn.marks[0].y is None
    assert len(drawn.line.split()) == 1


def test_many_runs_have_few_labels() -> None:
    drawn = plot([figures(number) for number in range(1, 29)], ZONE)
    labels = [mark.label for mark in drawn.marks if mark.label]
    assert len(labels) <= 8


def test_a_plot_of_nothing() -> None:
    assert plot([], ZONE).marks == []
