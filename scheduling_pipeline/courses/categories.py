"""Of which category an event of the university is, as far as its words tell.

Classes do not take place on holidays, study days and days of finals. So an event is taken for one of those
only when it takes up the day: a party on the eve of a holiday, or a workshop on finals, cancels nothing.
"""

from __future__ import annotations

import re

CATEGORIES = (
    *("holiday", "term_dates", "registration", "deadline", "study_day", "finals", "graduation", "academic"),
    *("campus_event", "meeting", "exhibit", "announcement", "other"),
)
"""By priority: of two whose words an event has, the first is meant."""

_WITHOUT_CLASSES = frozenset({"holiday", "study_day", "finals"})

_PUBLISHED = re.compile(  # that a schedule of finals can be read is news, and no day of finals
    r"\b(schedule|grade|calendar|result)s?\b.*\b(available|announced|online|posted|published|released)\b"
)
_CLOSED = re.compile(
    r"\bno class(es)?\b|\bno school\b|\bclass(es)? (are )?(cancelled|canceled|suspended|not held)\b"
    r"|\b(college|university|campus|offices?) (is |are )?closed\b"
)
_BESIDE = re.compile(  # names a holiday, and is about something else: what comes before it, a market
    r"\bclass(es)? (are )?(begin|end|follow|held|in session|meet|resume|start)"
    r"|\b(applications?|before|deadline|due|halls? (close|open)s?|last day|prior to|registration)\b"
    r"|\b(concert|drive|fair|festival|market|parade|party|sale)\b"
)
_TERM = r"(class(es)?|instruction|lectures|semester|term|quarter|session)"
_WORDS = {
    "holiday": r"holiday"
    r"|(spring|summer|fall|autumn|winter|mid-?term|thanksgiving|christmas|semester) break|recess|vacation"
    r"|new year'?s (day|eve)|martin luther king|mlk|president'?s'? day|patriot'?s'? day|good friday"
    r"|easter monday|memorial day|juneteenth|independence day|labor day|indigenous peoples?'?s? day"
    r"|columbus day|veteran'?s'? day|thanksgiving|christmas",
    "term_dates": rf"{_TERM} (begins?|starts?|resumes?|ends?)"
    rf"|(first|last|final) day (of|for) (\w+ )?{_TERM}|(beginning|start|end) of (\w+ )?{_TERM}"
    r"|(follows?|on) (a |an )?(monday|tuesday|wednesday|thursday|friday)('s)? (class )?schedule",
    "registration": r"registration|registers?|add ?/ ?drop|course selection|enrol(l?ment|ls?)|wait ?lists?",
    "deadline": r"deadlines?|last day (to|for)|final day to|due( date)?|withdraw(al)?",
    "study_day": r"(study|reading) (days?|period)",
    "finals": r"finals|final exam(s|inations?)?|exam(ination)? (period|week|days?)",
    "graduation": r"commencement|graduation|graduates'? ceremony|hooding",
    "academic": r"academic|advising|classes|colloquium|course|faculty|grades?|lecture|mid-?terms?|seminar"
    r"|symposium|thesis",
    "campus_event": r"campus event|breakfast|celebration|ceremony|concert|dinner|fair|festival|game"
    r"|homecoming|lunch(eon)?|open house|orientation|party|performance|picnic|reception|social|tour"
    r"|tournament|workshop",
    "meeting": r"meetings?|board|committee|council|senate",
    "exhibit": r"exhibit(s|ions?)?|gallery|showcase",
    "announcement": r"announcements?|announced|available|notice|posted|reminder",
    "other": r"other",
}
_PATTERNS = {category: re.compile(rf"\b({_WORDS[category]})\b") for category in CATEGORIES}


def category_of(given: str, summary: str, event_type: str, *, takes_the_day: bool) -> str:
    """The category that the source gives, else the one of the summary's words, else of the event's type.

    `given` may be a word of the source's own, which then counts as a type. `takes_the_day`: the event is of
    whole days, or of most of one.
    """
    if (named := _named(given)) or (named := _by_words(summary, takes_the_day=takes_the_day)):
        return named
    for kind in (event_type, given):
        if named := _named(kind) or _by_words(kind, takes_the_day=takes_the_day):
            return named
    return "other"


def _named(text: str) -> str | None:
    name = re.sub(r"[\s_-]+", "_", text.strip().casefold())
    return name if name in CATEGORIES else None


def _by_words(text: str, *, takes_the_day: bool) -> str | None:
    words = text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    if _PUBLISHED.search(words):
        return "announcement"
    for category, pattern in _PATTERNS.items():
        if category in _WITHOUT_CLASSES and not takes_the_day:
            continue
        if _is_holiday(words) if category == "holiday" else pattern.search(words):
            return category
    return None


def _is_holiday(words: str) -> bool:
    named = _PATTERNS["holiday"].search(words) and not _BESIDE.search(words)
    return bool(_CLOSED.search(words) or named)
