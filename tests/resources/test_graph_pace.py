"""How calls are spread when a limit is near."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.graph_pace import Pace


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def limits(remaining: object, reset: object) -> dict[str, str]:
    return {"RateLimit-Limit": "1250", "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}


def test_far_from_any_limit_nobody_waits() -> None:
    pace = Pace(60, Clock())
    pace.learn({"Content-Type": "application/json"})
    assert [pace.reserve(20) for _ in range(100)] == [0] * 100


def test_what_is_left_is_spread_over_the_time_that_is_left() -> None:
    pace = Pace(60, Clock())
    pace.learn(limits(20, 30))  # units, for ten calls
    assert [pace.reserve() for _ in range(4)] == [0, 3, 6, 9]
    assert pace.reserve(3) == 12
    assert pace.reserve() == 21


def test_once_the_limit_starts_afresh_nobody_waits() -> None:
    clock = Clock()
    pace = Pace(60, clock)
    pace.learn(limits(2, 30))
    assert [pace.reserve() for _ in range(5)] == [0, 30, 30, 30, 30]
    clock.now += 30
    assert pace.reserve() == 0


def test_time_that_passes_counts() -> None:
    clock = Clock()
    pace = Pace(60, clock)
    pace.learn(limits(20, 30))
    pace.reserve()
    clock.now += 2
    assert pace.reserve() == 1


def test_no_wait_is_longer_than_there_is_patience() -> None:
    pace = Pace(60, Clock())
    pace.learn(limits(0, 86_400))
    assert [pace.reserve(), pace.reserve()] == [0, 60]


@pytest.mark.parametrize("text", ["", "-1", "soon", "1.5"])
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    pace = Pace(60, Clock())
    pace.learn(limits(text, 30))
    pace.learn(limits(0, text))
    assert [pace.reserve(), pace.reserve()] == [0, 0]


@given(remaining=st.integers(2, 2000), reset=st.integers(1, 60), batch=st.integers(1, 20))
def test_no_more_calls_go_out_than_are_left(remaining: int, reset: int, batch: int) -> None:
    pace = Pace(60, Clock())
    pace.learn(limits(remaining, reset))
    waits = [pace.reserve(batch) for _ in range(remaining)]
    sent = batch * sum(1 for wait in waits if wait < reset)
    assert sent <= remaining / 2 + batch + 1
