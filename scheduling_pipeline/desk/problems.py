"""What a request cannot have: one kind of exception, with a code for programs and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Problem(Exception):  # noqa: N818 - an answer to a request, not a fault of the program
    """A request cannot be done. `code` is for programs, `message` a whole sentence for people."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Any = None,  # noqa: ANN401 - plain JSON
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})


class SignInNeededError(Problem):
    """Nobody is signed in."""

    def __init__(self) -> None:
        super().__init__(401, "SIGN_IN_NEEDED", "Please sign in.")


class RefusedError(Problem):
    """What was entered cannot be kept; `problems` says all that is wrong with it."""

    def __init__(self, problems: Sequence[str], *, code: str = "VALIDATION_ERROR", status: int = 400) -> None:
        super().__init__(status, code, " ".join(problems), details={"problems": list(problems)})
        self.problems = list(problems)


def not_found(what: str) -> Problem:
    """There is no such thing."""
    return Problem(404, "NOT_FOUND", f"There is no {what}.")
