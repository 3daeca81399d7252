"""A submission that dies at a chosen instant: before or after any of its commits, writes and look-ups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event


class Crashed(BaseException):
    """The process is dead; so is whatever it still tries to do."""


class Boundary:
    """Counts the instants at which a process might die, and lets it die at the `last` one and ever after."""

    def __init__(self, last: int) -> None:
        self.reached = 0
        self._last = last

    def cross(self) -> None:
        self.reached += 1
        if self.reached >= self._last:
            raise Crashed


@contextmanager
def fragile(engine: Engine, boundary: Boundary) -> Iterator[None]:
    """Within it each commit of `engine` is an instant at which a process might die: before it, or after it,
    which is when the next transaction begins."""

    def before_commit(_connection: Connection) -> None:
        boundary.cross()

    def after_commit(_connection: Connection) -> None:
        boundary.cross()

    event.listen(engine, "commit", before_commit)
    event.listen(engine, "begin", after_commit, insert=True)
    try:
        yield
    finally:
        event.remove(engine, "commit", before_commit)
        event.remove(engine, "begin", after_commit)
