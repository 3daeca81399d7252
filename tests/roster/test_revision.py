"""A revision names one roster: it changes with what the rows would bring about, and with nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.roster.revision import revision_of
from tests.roster.listing import at
from tests.roster.proposing import change_row, propose, rows_of, run_row
from tests.roster.store import Store


@pytest.fixture
def proposed(engine: Engine) -> tuple[int, int, str]:
    """A run with two rows, the event of the first one, and somebody else who could do it."""
    store = Store()
    store.lead()
    other = store.specialist()
    first, _ = store.core(), store.core()
    store.write(engine)
    return propose(engine).run_id, first.ref, other


def revision(engine: Engine, run: int) -> str:
    with engine.connect() as connection:
        return revision_of(connection, run)


def test_it_is_kept_with_the_run(engine: Engine, proposed: tuple[int, int, str]) -> None:
    run, _, _ = proposed
    assert run_row(engine, run)["revision"] == revision(engine, run)
    assert len(revision(engine, run)) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"schedule_datetime": at(8, "11:30")},
        {"employee_id": "other"},
        {"status": "rejected"},
        {"status": "failed", "failure_code": "MADE_ROOM"},
    ],
    ids=["place", "person", "rejected", "failed"],
)
def test_it_changes_with_what_a_row_would_bring_about(
    engine: Engine, proposed: tuple[int, int, str], change: dict[str, object]
) -> None:
    run, event, other = proposed
    before, row = revision(engine, run), rows_of(engine, run)[event]
    if "employee_id" in change:
        change = {"employee_id": other if row["employee_id"] != other else "US100001"}
    change_row(engine, run, event, **change)
    assert revision(engine, run) != before
    change_row(engine, run, event, **{name: row[name] for name in change})
    assert revision(engine, run) == before


@pytest.mark.parametrize("status", ["user_edited", "approved", "api_submitted", "api_failed", "unknown"])
def test_it_stays_while_the_same_rows_are_approved_and_submitted(
    engine: Engine, proposed: tuple[int, int, str], status: str
) -> None:
    run, event, _ = proposed
    before = revision(engine, run)
    change_row(engine, run, event, status=status, swap_reason="words")
    assert revision(engine, run) == before


def test_two_runs_with_the_same_places_have_revisions_of_their_own(
    engine: Engine, proposed: tuple[int, int, str]
) -> None:
    run, _, _ = proposed
    assert propose(engine).revision != revision(engine, run)
