"""Calls over a limit are refused: for each user and for the project, in any sixty seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.simulators.google.errors import GoogleError
from scheduling_pipeline.simulators.google.quota import WINDOW_SECONDS, Quota
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.google_client import ADA, BRUNO, EVENTS, Api, calling, refresh, robot, sign_in


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _spend(quota: Quota, caller: str = ADA, quota_user: str | None = None) -> GoogleError | None:
    try:
        quota.spend(caller, quota_user)
    except GoogleError as error:
        return error
    return None


def _outcome(api: Api, **query: str) -> tuple[int, str | None]:
    answer = api.call("GET", EVENTS, params=query)
    if answer.status_code == 200:
        return 200, None
    [detail] = answer.json()["error"]["errors"]
    assert detail["domain"] == "usageLimits"
    return answer.status_code, detail["reason"]


def test_over_quota_is_403_and_429_by_turns(simulators: Simulators) -> None:
    simulators.google.settings.user_quota = 2
    with calling(simulators, sign_in(simulators, ADA)) as api:
        assert [_outcome(api) for _ in range(5)] == [
            (200, None),
            (200, None),
            (403, "userRateLimitExceeded"),
            (429, "rateLimitExceeded"),
            (403, "userRateLimitExceeded"),
        ]
    with calling(simulators, sign_in(simulators, BRUNO)) as api:
        assert _outcome(api) == (200, None)


def test_the_project_has_a_limit_of_its_own(simulators: Simulators) -> None:
    simulators.google.settings.project_quota = 2
    for email in (ADA, BRUNO):
        with calling(simulators, sign_in(simulators, email)) as api:
            assert _outcome(api) == (200, None)
    with calling(simulators, sign_in(simulators, "clara.meier@college.example")) as api:
        assert _outcome(api) == (403, "rateLimitExceeded")


def test_quota_user_says_whose_quota_is_used(simulators: Simulators) -> None:
    simulators.google.settings.user_quota = 1
    with calling(simulators, refresh(robot(simulators), simulators)) as api:
        assert _outcome(api, quotaUser="one") == (200, None)
        assert _outcome(api, quotaUser="two") == (200, None)
        assert _outcome(api, quotaUser="one") == (403, "userRateLimitExceeded")
        assert _outcome(api) == (200, None)


def test_a_refused_call_has_no_effect_and_is_in_the_journal(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        simulators.google.settings.user_quota = 0
        api.call("POST", EVENTS, json={})
        simulators.google.settings.user_quota = 600
        assert api.events() == []
    calls = [entry for entry in simulators.google.control.journal() if entry["kind"] == "call"]
    assert [(call["method"], call["status"], call["cost"]) for call in calls] == [
        ("POST", 403, 1),
        ("GET", 200, 1),
    ]


def test_limits_can_be_set_while_the_simulator_runs(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        assert api.call("PUT", "/control/settings", json={"user_quota": 1}).json()["user_quota"] == 1
        assert [_outcome(api)[0] for _ in range(2)] == [200, 403]


def test_the_window_slides() -> None:
    clock = Clock()
    quota = Quota(Settings(user_quota=2), clock)
    outcomes = []
    for clock.seconds in (0.0, 30.0, 59.9, 89.9, 90.0, 150.0):
        outcomes.append(_spend(quota) is None)
    # At 89.9 the calls of 30.0 and 59.9 are in the window, the refused one, too; at 90.0 that of 30.0 is out.
    assert outcomes == [True, True, False, False, False, True]


@given(
    gaps=st.lists(st.floats(0, 90), max_size=60),
    limit=st.integers(1, 8),
)
def test_a_call_is_refused_exactly_if_the_last_minute_was_full(gaps: list[float], limit: int) -> None:
    clock = Clock()
    quota = Quota(Settings(user_quota=limit), clock)
    calls: list[float] = []
    for gap in gaps:
        clock.seconds += gap
        refused = _spend(quota) is not None
        assert refused == (sum(call > clock.seconds - WINDOW_SECONDS for call in calls) >= limit)
        calls.append(clock.seconds)


@pytest.mark.parametrize("quota_user", [None, "shared"])
def test_users_do_not_use_up_each_other_s_quota_unless_they_share_it(quota_user: str | None) -> None:
    quota = Quota(Settings(user_quota=1), Clock())
    assert _spend(quota, ADA, quota_user) is None
    assert (_spend(quota, BRUNO, quota_user) is None) == (quota_user is None)
