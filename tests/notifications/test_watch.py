"""Each end of a run is noted once, with what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, select

from scheduling_pipeline.database.notifications import JobOutcome
from scheduling_pipeline.notifications.outbox import log
from scheduling_pipeline.notifications.outcomes import Outcome
from scheduling_pipeline.notifications.watch import forget_standings, note_outcomes
from tests.notifications.test_outcomes import EVERYTHING, outcome

ADDRESSES = {"abc": "E-Mail", "def": "Pushover"}


def note(engine: Engine, *outcomes: Outcome) -> int:
    return note_outcomes(
        engine, outcomes, EVERYTHING, ADDRESSES, lambda run: f"https://dagster.example/{run}"
    )


def numbered(*outcomes: Outcome) -> list[Outcome]:
    return [replace(one, event=number) for number, one in enumerate(outcomes, 1)]


def test_news_goes_to_each_address(engine: Engine) -> None:
    assert note(engine, outcome("failed", "no")) == 1
    assert [(entry.channel, entry.title) for entry in log(engine, None)] == [
        ("E-Mail", "Failed: sync calendars"),
        ("Pushover", "Failed: sync calendars"),
    ]


def test_reading_the_same_ends_again_tells_nothing_twice(engine: Engine) -> None:
    ends = numbered(outcome("failed", "a"), outcome("succeeded"), outcome("failed", "b", hours=7))

    assert [note(engine, *ends), note(engine, *ends), note(engine, *ends[1:])] == [3, 0, 0]


def test_how_something_stood_that_is_gone_is_forgotten(engine: Engine) -> None:
    gone, fine = outcome("failed", "a", part="gone"), outcome("failed", "a", part="english", hours=1)
    note(engine, gone, fine)

    forget_standings(engine, fine.at)

    with engine.connect() as connection:
        assert connection.scalars(select(JobOutcome.part)).all() == ["english"]


def test_parts_of_a_job_stand_by_themselves(engine: Engine) -> None:
    english, german = outcome("failed", "a", part="english"), outcome("failed", "a", part="german")
    fine = replace(outcome("succeeded", part="english"), event=2, at=german.at + timedelta(hours=1))

    assert note(engine, english, german, fine) == 3

    assert log(engine, None)[0].title == "Works again: sync calendars (english)"
