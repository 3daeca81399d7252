"""How runs ended, what of it is told, and in which words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from scheduling_pipeline.digest import digest
from scheduling_pipeline.notifications.parts import Part

Ending = Literal["failed", "held", "degraded", "succeeded"]
News = Literal["failed", "held", "degraded", "recovered"]
NEWS: tuple[News, ...] = get_args(News)
LONGEST_BODY = 1000  # characters: a push message holds 1,024
LONGEST_REASON = 300
LONGEST_TITLE = 250
PARAGRAPH = "\n\n"  # a card of Teams runs lines together that nothing parts
_TITLES: dict[News, str] = {
    "failed": "Failed",
    "held": "Waits for a person",
    "degraded": "Needs attention",
    "recovered": "Works again",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended for a job and the part of it (a partition, an agenda, a dataset) that it was about.

    `reasons` are plain sentences; `essence` is what makes two such outcomes the same news. `event` numbers
    the ends of runs in the order in which they happened.
    """

    job: str
    part: str
    ending: Ending
    reasons: tuple[str, ...]
    essence: str
    run_id: str
    event: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job and part ended last, and when trouble of it was told; None: it was not, or there is none."""

    ending: Ending
    essence: str
    event: int
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Policy:
    """What is told; the same trouble of the same job and part again only after `repeat`."""

    tell: Collection[News]
    repeat: timedelta


def essence(ending: Ending, reasons: Collection[str]) -> str:
    """A short text that is the same for the same news."""
    return digest([ending, sorted(reasons)])


def judge(before: Standing | None, outcome: Outcome, policy: Policy) -> tuple[Standing, News | None]:
    """What stands after an outcome, and what of it is told now."""
    known = before.told_at if before else None
    if outcome.ending == "succeeded":
        news: News | None = "recovered" if known and "recovered" in policy.tell else None
        return Standing("succeeded", outcome.essence, outcome.event, None), news
    same = before is not None and before.essence == outcome.essence
    quiet = same and known is not None and outcome.at - known < policy.repeat
    if quiet or outcome.ending not in policy.tell:
        return Standing(outcome.ending, outcome.essence, outcome.event, known), None
    return Standing(outcome.ending, outcome.essence, outcome.event, outcome.at), outcome.ending


def message(news: News, outcome: Outcome, link: str | None) -> Part:
    """The words for it: short enough for every channel, with what to look at."""
    job = outcome.job.replace("_", " ")
    about = f"{job} ({outcome.part})" if outcome.part else job
    footer = f"The run: {link}" if link else f"Dagster run {outcome.run_id}"
    room = LONGEST_BODY - len(PARAGRAPH) - len(footer)
    body = PARAGRAPH.join([*_fit(outcome, room), footer])
    return Part(_cut(f"{_TITLES[news]}: {about}", LONGEST_TITLE), body)


def _fit(outcome: Outcome, room: int) -> list[str]:
    """As many reasons as there is room for, and how many more there are."""
    reasons = [_cut(reason, LONGEST_REASON) for reason in outcome.reasons]
    room -= len(f"and {len(reasons)} more")
    fitting: list[str] = []
    for reason in reasons:
        room -= len(reason) + len(PARAGRAPH)
        if room < 0:
            break
        fitting.append(reason)
    left = len(reasons) - len(fitting)
    return [*fitting, f"and {left} more"] if left else fitting


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
