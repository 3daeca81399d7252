"""The deaths of processes that write to the outside: where a process may die, and forking one that does."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal
from unittest import mock

from sqlalchemy import Engine, event

from scheduling_pipeline.simulators.control import Fault

FORKS = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Death:
    """Where a process kills itself: before its n-th commit, or before it sends its n-th batch, which is
    written down by then. Nobody outside could hit these instants, and SIGKILL is the same from inside.
    """

    at: Literal["commit", "send"]
    n: int

    def arrange(self, engine: Engine, sender: object, calls: Sequence[str] = ("send",)) -> None:
        """Make it happen. `calls`: the methods by which `sender` writes."""
        steps = count()

        def step() -> None:
            if next(steps) == self.n:
                os.kill(os.getpid(), signal.SIGKILL)

        if self.at == "commit":
            event.listen(engine, "commit", lambda _connection: step())
            return

        def or_die(send: Callable[..., Any]) -> Callable[..., Any]:
            def send_or_die(*arguments: Any) -> Any:  # noqa: ANN401 - what the method takes and gives
                step()
                return send(*arguments)

            return send_or_die

        for call in calls:  # for the rest of the process's life
            mock.patch.object(sender, call, or_die(getattr(sender, call))).start()


@dataclass(frozen=True)
class Point:
    """A kind of instant at which a process may die. `least`: there are at least so many of them."""

    name: str
    least: int
    death: Callable[[int], Death | None] = lambda _: None
    faults: Callable[[int, int], list[Fault]] = lambda _, __: []


@dataclass(frozen=True)
class Points:
    """The kinds of instants for a provider whose requests, and writes within batches, match these."""

    request: str
    write: str

    def before_a_request(self, least: int) -> Point:
        return Point("before a request", least, faults=lambda n, pid: [_kill(self.request, n, pid, "before")])

    def after_a_request(self, least: int) -> Point:
        return Point("after a request", least, faults=lambda n, pid: [_kill(self.request, n, pid, "after")])

    def inside_a_batch(self, least: int) -> Point:
        """What comes later in the same batch is not carried out any more."""
        return Point(
            "inside a batch",
            least,
            faults=lambda n, pid: [_kill(self.write, n, pid, "after"), Fault("http", self.write, None, n)],
        )


def before_sending(least: int) -> Point:
    return Point("between commit and send", least, lambda n: Death("send", n))


def before_a_commit(least: int) -> Point:
    return Point("before a commit", least, lambda n: Death("commit", n))


def dies(
    target: Callable[..., None],
    arguments: Sequence[Any],
    arm: Callable[[int], None],
    cure: Callable[[], None],
) -> bool:
    """Fork a process that runs `target` and is to die on the way; False when it lived to its end.

    `target` gets `arguments` and a connection on which it waits for the word to begin. `arm` breaks things,
    knowing the process's id, and `cure` mends them when it is over.
    """
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=target, args=(*arguments, theirs))
    process.start()
    assert process.pid is not None
    arm(process.pid)
    ours.send("go")
    process.join()
    cure()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def _kill(match: str, n: int, pid: int, when: str) -> Fault:
    return Fault("kill", match, 1, n, params={"pid": pid, "when": when})
