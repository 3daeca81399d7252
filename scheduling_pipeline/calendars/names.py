"""Calendars by the names of their owners, where a person reads."""

from __future__ import annotations

from collections.abc import Mapping


def with_names(text: str, names: Mapping[str, str]) -> str:
    """A sentence with people's names where it has calendar keys."""
    for calendar, name in names.items():
        text = text.replace(calendar, name)
    return text
