"""Why what a person asked for was not done: one exception each, with a stable code and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from scheduling_pipeline.roster.validator import Violation
from scheduling_pipeline.roster.wording import sentence


class RefusedError(Exception):
    """What was asked for was not done, and nothing has changed. The message says why."""

    code: ClassVar[str]


class NotFoundError(RefusedError):
    """There is no such run, row, event or person."""

    code = "NOT_FOUND"


class StaleRevisionError(RefusedError):
    """The roster is no longer what they had before them."""

    code = "STALE_REVISION"

    def __init__(self, current: str | None) -> None:
        super().__init__("The proposal was changed since you opened it: look at it again.")
        self.current = current


class AlreadyApprovedError(RefusedError):
    """Somebody was faster."""

    code = "ALREADY_APPROVED"

    def __init__(self, who: str, when: datetime) -> None:
        super().__init__(f"{who} approved it on {when:%Y-%m-%d} at {when:%H:%M} UTC.")
        self.who = who
        self.when = when


class SupersededError(RefusedError):
    """There is a newer proposal."""

    code = "SUPERSEDED"

    def __init__(self) -> None:
        super().__init__("A newer proposal has taken its place: review that one.")


class RunNotOpenError(RefusedError):
    """The run is not one that can be decided on."""

    code = "RUN_NOT_OPEN"

    def __init__(self, status: str) -> None:
        super().__init__(f"The proposal is {status}: there is nothing to decide about it.")


class RowLockedError(RefusedError):
    """The row can no longer be changed, or not now."""

    code = "ROW_LOCKED"


class NothingToSubmitError(RefusedError):
    """Nothing of it would change anything in the planner."""

    code = "NOTHING_TO_SUBMIT"


class BrokenError(RefusedError):
    """Rules are broken; `violations` are all of them."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(" ".join(dict.fromkeys(sentence(violation.reason) for violation in violations)))
        self.violations = tuple(violations)


class RuleBrokenError(BrokenError):
    """A rule is broken that nobody can go against."""

    code = "RULE_BROKEN"


class OverrideNeededError(BrokenError):
    """A rule is broken that a manager may go against, with a reason."""

    code = "OVERRIDE_NEEDED"


def check(violations: Sequence[Violation], override: str | None) -> str | None:
    """The reason to keep with a place that goes against soft rules; None where it breaks no rule.

    Raises RuleBrokenError when a rule is hard, OverrideNeededError when there is no reason.
    """
    if any(violation.hard for violation in violations):
        raise RuleBrokenError(violations)
    if not violations:
        return None
    if not (override or "").strip():
        raise OverrideNeededError(violations)
    return (override or "").strip()
