"""What the simulated planner can do wrong to a submission: each shape, and storms of all of them by seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from scheduling_pipeline.simulators.control import Fault

WRITES = "^POST /.*/(scheduleMplanEvent|deleteScheduledMplanEvent|createPendingWork)$"
LOOKS = "^GET /.*/getPlanningMplans$"
TOO_LATE = 3.0  # seconds: longer than anybody here waits
SHARE = 0.2  # of all calls
MOST_CALLS = 300

WITHOUT_EFFECT = {
    "ok 1 without effect": Fault("no_effect"),
    "login page": Fault("login_page"),
    "no answer": Fault("lose_request"),
    "503 before": Fault("http", params={"status": 503}),
    "401": Fault("http", params={"status": 401}),
    "signed out": Fault("expired_session"),
}
WITH_EFFECT = {
    "time-out after": Fault("drop_reply", params={"seconds": TOO_LATE}),
    "answer lost": Fault("drop_reply"),
    "500 after": Fault("http", params={"status": 500, "when": "after"}),
    "echo differs": Fault("wrong_echo"),
    "no echo": Fault("no_event"),
}
NEED_SOMEBODY = {
    "ok 0": Fault("refused"),
    "something else is done": Fault("wrong_write"),
}
OF_WRITES = [*WITHOUT_EFFECT.values(), *WITH_EFFECT.values(), *NEED_SOMEBODY.values()]
OF_LOOKS = [
    WITHOUT_EFFECT["login page"],
    WITHOUT_EFFECT["no answer"],
    WITHOUT_EFFECT["503 before"],
    WITHOUT_EFFECT["signed out"],
]


def storm(seed: int) -> list[Fault]:
    """One write and one look in five fail: the same ones for the same seed."""
    return [*failing_writes(seed), *_struck(LOOKS, OF_LOOKS, seed)]


def failing_writes(seed: int) -> list[Fault]:
    """One write in five fails, in any way there is: the same ones for the same seed."""
    return _struck(WRITES, OF_WRITES, seed)


def _struck(match: str, shapes: Sequence[Fault], seed: int) -> list[Fault]:
    dice = random.Random(f"{match} {seed}")  # noqa: S311 - not for secrets
    numbers = [number for number in range(MOST_CALLS) if dice.random() < SHARE]
    # A call that is struck is not counted by the faults that are to come.
    return [
        replace(dice.choice(shapes), match=match, skip=number - earlier)
        for earlier, number in enumerate(numbers)
    ]
