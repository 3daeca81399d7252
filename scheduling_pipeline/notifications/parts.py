"""One message as a channel takes it, and how long texts are parted for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One message, or one of several that belong together."""

    title: str
    body: str


def packed(heading: str, lines: Sequence[str], limit: int) -> list[str]:
    """The lines under their heading, in as few texts as hold them; `limit` counts characters.

    The heading stands over each of them. Every line must fit under the heading: raises ValueError.
    """
    texts: list[list[str]] = []
    room = 0
    for line in lines:
        if len(heading) + 1 + len(line) > limit:
            raise ValueError(f"a line of {len(line)} characters does not fit into {limit}")
        if len(line) + 1 > room:
            texts.append([heading])
            room = limit - len(heading)
        texts[-1].append(line)
        room -= len(line) + 1
    return ["\n".join(text) for text in texts]
