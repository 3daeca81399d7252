"""What an event's name says: its type, its number, whether it is a survey."""

from __future__ import annotations

import re

from scheduling_pipeline.roster.model import EventType

# The first hit counts. Names may be cut short by their source, hence "SUPERVISO".
_DIGITAL_KINDS = (
    (re.compile(r"TEAR[ -]?DOWN"), EventType.DIGITAL_TEARDOWN),
    (re.compile(r"REFRESH"), EventType.DIGITAL_REFRESH),
    (re.compile(r"SET[ -]?UP"), EventType.DIGITAL_SETUP),
)
_TYPES = (
    (re.compile(r"(?<![A-Z])CORE(?![A-Z])"), EventType.CORE),  # not in "Score" or "Encore"
    (re.compile(r"DIGITAL"), EventType.DIGITAL_SETUP),
    (re.compile(r"JUICER"), EventType.JUICER),
    (re.compile(r"SUPERVISO|V2-SUPER"), EventType.SUPERVISOR),
    (re.compile(r"FREEOSK"), EventType.FREEOSK),
    (re.compile(r"VENDOR PERFORMED"), EventType.OTHER),
)


def event_type(name: str) -> EventType:
    """What kind of event a name is of. What follows the closing parenthesis says it best, since a product
    may be called anything; the whole name counts only where that says nothing."""
    suffix = name.rpartition(")")[2].upper() if ")" in name else ""
    texts = (suffix, name.upper())
    found = _first(_TYPES, texts) or EventType.OTHER
    if found is EventType.DIGITAL_SETUP:
        return _first(_DIGITAL_KINDS, texts) or found
    return found


def is_survey(name: str) -> bool:
    """Whether a juicer event is the short survey; a production may have the word in its name as well."""
    upper = name.upper()
    return "SURVEY" in upper and "JUICER-PRODUCTION" not in upper and "PRODUCTION-SPCLTY" not in upper


def event_number(name: str) -> str:
    """The six digits that a name begins with, or an empty text. Never those in its parentheses."""
    found = re.match(r"\d{6}(?!\d)", name, re.ASCII)
    return found.group() if found else ""


def _first(
    patterns: tuple[tuple[re.Pattern[str], EventType], ...], texts: tuple[str, ...]
) -> EventType | None:
    return next((kind for text in texts for pattern, kind in patterns if pattern.search(text)), None)
