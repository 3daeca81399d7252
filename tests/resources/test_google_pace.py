"""Calls keep within Google's sliding windows."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.google_pace import GooglePace


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def pace(clock: Clock, user: int = 10, project: int = 100) -> GooglePace:
    return GooglePace(user_calls=user, project_calls=project, clock=clock)


def test_below_the_limits_nobody_waits() -> None:
    keeping = pace(Clock())
    assert [keeping.take({"ada": 5, "bruno": 10}), keeping.take({"ada": 5})] == [0, 0]


def test_over_a_users_limit_one_waits_until_enough_calls_are_a_minute_old() -> None:
    clock = Clock()
    keeping = pace(clock)
    keeping.take({"ada": 6})
    clock.now += 20
    keeping.take({"ada": 4})
    assert keeping.take({"ada": 6}) == 40
    assert keeping.take({"ada": 7}) == 60
    clock.now += 40
    assert keeping.take({"ada": 6}) == 0
    assert keeping.take({"ada": 1}) == 20


def test_the_wait_of_one_user_holds_up_nobody_else() -> None:
    keeping = pace(Clock())
    keeping.take({"ada": 10})
    assert keeping.take({"ada": 1, "bruno": 1}) == 60
    assert keeping.take({"bruno": 10}) == 0


def test_all_users_together_keep_within_the_projects_limit() -> None:
    keeping = pace(Clock(), project=25)
    assert [keeping.take({user: 10}) for user in ("ada", "bruno", "cleo")] == [0, 0, 60]
    assert keeping.take({"cleo": 5}) == 0


def test_more_calls_than_a_limit_go_alone() -> None:
    clock = Clock()
    keeping = pace(clock)
    assert keeping.take({"ada": 11}) == 0
    assert keeping.take({"ada": 11}) == 60
    clock.now += 60
    assert keeping.take({"ada": 11}) == 0


def test_who_has_to_wait_sleeps_a_little_longer_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += seconds

    monkeypatch.setattr("time.sleep", sleep)
    keeping = pace(clock)
    for _ in range(4):
        keeping.keep({"ada": 10})
    assert len(slept) == 3
    assert all(60 <= seconds <= 66 for seconds in slept)
    assert len(set(slept)) == 3


@given(
    asked=st.lists(
        st.tuples(st.sampled_from(["ada", "bruno", "cleo"]), st.integers(1, 10), st.integers(0, 30)),
        max_size=60,
    )
)
def test_no_window_of_a_minute_holds_more_than_the_limits(asked: list[tuple[str, int, int]]) -> None:
    clock = Clock()
    keeping = pace(clock, project=15)
    sent: list[tuple[float, str, int]] = []
    for user, count, pause in asked:
        clock.now += pause
        while wait := keeping.take({user: count}):
            clock.now += wait
        sent.append((clock.now, user, count))
    for end, user, _ in sent:
        window = [(who, count) for moment, who, count in sent if end - 60 < moment <= end]
        assert sum(count for _, count in window) <= 15
        assert sum(count for who, count in window if who == user) <= 10
