"""What the domain refuses, as an answer to a request: who and when, or each rule that is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from scheduling_pipeline.desk.pages import moment_text
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.problems import RefusedError as EnteredWrongly
from scheduling_pipeline.roster.refused import (
    AlreadyApprovedError,
    BrokenError,
    NotFoundError,
    RefusedError,
    StaleRevisionError,
)
from scheduling_pipeline.roster.validator import Violation
from scheduling_pipeline.roster.wording import sentence


class RulesBrokenProblem(Problem):
    """A place breaks rules. `overridable`: all of them are such that a reason is enough."""

    def __init__(self, error: BrokenError) -> None:
        self.sentences = list(dict.fromkeys(sentence(violation.reason) for violation in error.violations))
        self.overridable = not any(violation.hard for violation in error.violations)
        details = {
            "violations": [violation_object(violation) for violation in error.violations],
            "override_possible": self.overridable,
        }
        super().__init__(422, error.code, " ".join(self.sentences), details=details)


def violation_object(violation: Violation) -> dict[str, Any]:
    """A broken rule in plain JSON."""
    reason = violation.reason
    return {
        "constraint_type": reason.code.value,
        "message": sentence(reason),
        "severity": "hard" if violation.hard else "soft",
        "params": dict(reason.params),
    }


def sentences_of(problem: Problem | None) -> list[str]:
    """What a page says of a problem, one sentence after the other."""
    match problem:
        case None:
            return []
        case RulesBrokenProblem():
            return problem.sentences
        case EnteredWrongly():
            return problem.problems
        case _:
            return [problem.message]


@contextmanager
def told(zone: ZoneInfo) -> Iterator[None]:
    """Have what the domain refuses within it answered: raises Problem instead of RefusedError."""
    try:
        yield
    except RefusedError as error:
        raise _problem(error, zone) from None


def _problem(error: RefusedError, zone: ZoneInfo) -> Problem:
    match error:
        case BrokenError():
            return RulesBrokenProblem(error)
        case NotFoundError():
            return Problem(404, error.code, str(error))
        case AlreadyApprovedError():
            message = f"{error.who} approved it already: {moment_text(error.when, zone)}."
            details = {"approved_by": error.who, "approved_at": error.when.astimezone(zone).isoformat()}
            return Problem(409, error.code, message, details=details)
        case StaleRevisionError():
            return Problem(409, error.code, str(error), details={"revision": error.current})
        case _:
            return Problem(409, error.code, str(error))
