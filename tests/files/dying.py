"""A process that is killed between two changes of the file system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Killed(BaseException):
    """The process ends here: nothing that catches errors sees it."""


@contextmanager
def dying_at(step: int) -> Iterator[list[str]]:
    """End the process before its so many-th change of the file system; what it did not do any more.

    The list stays empty when there are not so many changes.
    """
    undone: list[str] = []
    left = step

    def dying(patch: pytest.MonkeyPatch, name: str) -> None:
        real = getattr(os, name)

        def change(*args: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left <= 0:  # the dead do nothing any more, not even tidy up
                undone.append(name)
                raise Killed
            return real(*args, **named)

        patch.setattr(os, name, change)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("link", "mkdir", "replace", "rmdir", "unlink"):
            dying(patch, name)
        try:
            yield undone
        except Killed:
            assert undone, "only we kill"
