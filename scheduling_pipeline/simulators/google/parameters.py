"""The parameters of a call's query, judged by the published description and read as what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduling_pipeline.simulators.google.description import Method
from scheduling_pipeline.simulators.google.errors import bad_request, invalid, required

_BOOLEANS = {"true": True, "false": False}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_LONGEST_QUOTA_USER = 40


@dataclass(frozen=True, slots=True)
class Parameters:
    """The checked parameters of one call."""

    values: Mapping[str, list[str]]

    @classmethod
    def of(cls, method: Method, query: Mapping[str, list[str]]) -> Parameters:
        """Refuses what the method does not have, or has in another form."""
        for name, values in query.items():
            described = method.parameters.get(name)
            if described is None:
                raise bad_request(message=f'Unknown name "{name}": Cannot bind query parameter.')
            if len(values) > 1 and not described.get("repeated"):
                raise invalid(f"Parameter {name} may not be repeated.", name)
            for value in values:
                _check(name, value, described)
        for name, described in method.parameters.items():
            if described.get("required") and name not in query:
                raise required(f"Required parameter: {name}")
        return cls(query)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        return self.values[name][0] if name in self.values else None

    def texts(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def flag(self, name: str) -> bool:
        """False unless it is given as true."""
        return _BOOLEANS[self.values.get(name, ["false"])[0].lower()]

    def number(self, name: str) -> int | None:
        return int(self.values[name][0]) if name in self.values else None

    def moment(self, name: str) -> datetime | None:
        return instant(self.values[name][0]) if name in self.values else None


def instant(text: str) -> datetime | None:
    """An RFC 3339 timestamp with its offset, without fractions of a second; None if it is not one."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).replace(microsecond=0)
    except ValueError:
        return None


def _check(name: str, value: str, described: Mapping[str, Any]) -> None:
    kind = described["type"]
    good = True
    if kind == "boolean":
        good = value.lower() in _BOOLEANS
    elif kind == "integer":
        least, most = int(described.get("minimum", 0)), int(described.get("maximum", 2**31 - 1))
        good = value.isdecimal() and least <= int(value) <= most
    elif "enum" in described:
        good = value in described["enum"]
    elif described.get("format") == "date-time":
        good = instant(value) is not None
    elif name == "quotaUser":
        good = len(value) <= _LONGEST_QUOTA_USER
    if not good:
        raise invalid(f"Invalid value for parameter {name}.", name)
