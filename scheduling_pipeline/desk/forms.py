"""Reading what people entered in a form: all that is wrong with it is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import AfterValidator, StringConstraints

from scheduling_pipeline.desk.problems import Problem, RefusedError

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has characters that cannot be shown")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_printable)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_printable)]


async def _fields(request: Request) -> Mapping[str, str]:
    fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    if any("\0" in value for value in fields.values()):
        raise Problem(400, "VALIDATION_ERROR", "The form has characters that cannot be kept.")
    return fields


Fields = Annotated[Mapping[str, str], Depends(_fields)]


class Entered:
    """The fields of a form, read one after another; `check` raises RefusedError with all that was wrong."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.problems: list[str] = []

    def text(self, name: str, label: str, *, needed: bool = True, longest: int = 500) -> str:
        value = self._fields.get(name, "").strip()
        if needed and not value:
            self.problems.append(f"{label} is missing.")
        if len(value) > longest:
            self.problems.append(f"{label} is longer than {longest} characters.")
        if not value.replace("\r\n", " ").isprintable():
            self.problems.append(f"{label} has characters that cannot be shown.")
        return value

    def day(self, name: str, label: str) -> date:
        """The day, or the first one there is where it cannot be read: then `check` raises."""
        return self.day_if_any(name, label, needed=True) or FIRST_DAY

    def day_if_any(self, name: str, label: str, *, needed: bool = False) -> date | None:
        value = self.text(name, label, needed=needed)
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.problems.append(f"{label}: {value!r} is no date such as 2026-03-31.")
            return None
        if not FIRST_DAY <= day <= LAST_DAY:
            self.problems.append(f"{label} must be between {FIRST_DAY.year} and {LAST_DAY.year}.")
            return None
        return day

    def chosen(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self._fields

    def check(self) -> None:
        if self.problems:
            raise RefusedError(self.problems)
