"""Which ends of runs are news, and in which words they are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.notifications.outcomes import (
    LONGEST_BODY,
    LONGEST_TITLE,
    NEWS,
    Ending,
    News,
    Outcome,
    Policy,
    Standing,
    essence,
    judge,
    message,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
EVERYTHING = Policy(NEWS, timedelta(hours=6))


def outcome(ending: Ending, *reasons: str, hours: float = 0, part: str = "") -> Outcome:
    at = NOON + timedelta(hours=hours)
    return Outcome("sync_calendars", part, ending, reasons, essence(ending, reasons), "run-1", 1, at)


def told(*outcomes: Outcome, policy: Policy = EVERYTHING) -> list[News | None]:
    """What is told of outcomes, one after another."""
    standing: Standing | None = None
    news = []
    for one in outcomes:
        standing, new = judge(standing, one, policy)
        news.append(new)
    return news


@pytest.mark.parametrize("ending", ["failed", "held", "degraded"])
def test_trouble_is_told_once_and_its_end_once(ending: Ending) -> None:
    bad, good = outcome(ending, "why"), outcome("succeeded")
    assert told(good, bad, bad, good, good) == [None, ending, None, "recovered", None]


def test_another_trouble_is_told_at_once() -> None:
    assert told(outcome("degraded", "a"), outcome("failed", "a"), outcome("failed", "b")) == [
        "degraded",
        "failed",
        "failed",
    ]


def test_the_same_trouble_is_told_again_after_a_while() -> None:
    repeated = [outcome("failed", "a", hours=hours) for hours in (0, 5.9, 6, 7)]
    assert told(*repeated) == ["failed", None, "failed", None]


def test_what_is_not_to_be_told_is_quiet_and_so_is_its_end() -> None:
    policy = Policy({"failed", "recovered"}, timedelta(hours=6))
    assert told(outcome("degraded", "a"), outcome("succeeded"), policy=policy) == [None, None]


def test_the_end_of_told_trouble_is_told_even_when_quiet_trouble_came_between() -> None:
    policy = Policy({"failed", "recovered"}, timedelta(hours=6))
    mixed = [outcome("failed", "a"), outcome("degraded", "b"), outcome("succeeded")]
    assert told(*mixed, policy=policy) == ["failed", None, "recovered"]


@pytest.mark.parametrize(
    ("news", "title"),
    [
        ("failed", "Failed: sync calendars (sfs_lausanne)"),
        ("held", "Waits for a person: sync calendars (sfs_lausanne)"),
        ("degraded", "Needs attention: sync calendars (sfs_lausanne)"),
        ("recovered", "Works again: sync calendars (sfs_lausanne)"),
    ],
)
def test_a_message_says_what_happened_to_what(news: News, title: str) -> None:
    part = message(news, outcome("failed", "the site is down", part="sfs_lausanne"), None)
    assert (part.title, part.body) == (title, "the site is down\n\nDagster run run-1")


def test_a_message_leads_to_the_run() -> None:
    part = message("failed", outcome("failed", "no"), "https://dagster.example/runs/run-1")
    assert part.body.splitlines()[-1] == "The run: https://dagster.example/runs/run-1"


@given(st.lists(st.text(max_size=400), max_size=30), st.text(max_size=300))
def test_a_message_fits_every_channel_and_says_how_much_it_leaves_out(reasons: list[str], part: str) -> None:
    made = message("degraded", outcome("degraded", *reasons, part=part), "https://dagster.example/runs/run-1")
    assert len(made.title) <= LONGEST_TITLE
    assert len(made.body) <= LONGEST_BODY
    assert made.body.endswith("The run: https://dagster.example/runs/run-1")


def test_reasons_that_do_not_fit_are_counted() -> None:
    made = message("degraded", outcome("degraded", *["x" * 290] * 10), None)
    assert "and 7 more" in made.body.splitlines()
