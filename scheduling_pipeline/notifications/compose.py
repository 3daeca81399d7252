"""Changes of work orders as messages: one text where it fits, else a summary and then each kind by itself."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from scheduling_pipeline.notifications.channels import Channel
from scheduling_pipeline.notifications.parts import Part, packed
from scheduling_pipeline.notifications.told import KINDS, Kind, Told

LONGEST_NAME = 15  # characters of an order or a store: a line must fit into a push message, markup included
LONGEST_PLACE = 30
PARAGRAPH = "\n\n"
_HEADINGS: dict[Kind, str] = {
    "added": "Added",
    "removed": "Removed",
    "moved": "Moved",
    "swapped": "Swapped",
    "replaced": "Replaced",
    "completed": "Completed",
}
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~])")


@dataclass(frozen=True, slots=True)
class Markup:
    """How a channel writes. `limit`: the characters of a message, markup included; None: any number."""

    limit: int | None
    escape: Callable[[str], str]
    bold: str  # with {} for the text
    link: str  # with {} for the address
    bullet: str = "- "


def _markdown(text: str) -> str:
    """Markdown that says just this text; `<` must not begin a mention."""
    return _MARKDOWN.sub(r"\\\1", text).replace("<", "&lt;")


def _plain(text: str) -> str:
    return text


MARKUPS: dict[Channel, Markup] = {
    "email": Markup(None, _plain, "{}", "See them: {}"),
    "pushover": Markup(1024, html.escape, "<b>{}</b>", '<a href="{}">See them</a>', "• "),
    "teams": Markup(20_000, _markdown, "**{}**\n", "[See them]({})"),
}


def compose(changes: Sequence[Told], channel: Channel, link: str | None = None) -> list[Part]:
    """The messages that tell these changes on a channel; `link` is where to see them."""
    markup = MARKUPS[channel]
    counts = Counter(change.kind for change in changes)
    title = f"{_many(len(changes), 'change')} to your work orders"
    summary = markup.escape(", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]))
    footer = [markup.link.format(link)] if link else []
    sections = [
        (
            markup.bold.format(f"{_HEADINGS[kind]} ({counts[kind]})"),
            [markup.bullet + markup.escape(_line(change)) for change in changes if change.kind == kind],
        )
        for kind in KINDS
        if counts[kind]
    ]
    texts = ["\n".join([heading, *lines]) for heading, lines in sections]
    whole = PARAGRAPH.join([summary, *texts, *footer])
    if markup.limit is None or len(whole) <= markup.limit:
        return [Part(title, whole)]
    limit = markup.limit
    kinds = [text for heading, lines in sections for text in packed(heading, lines, limit)]
    bodies = [PARAGRAPH.join([summary, *footer]), *kinds]
    return [Part(f"{title} {number}/{len(bodies)}", body) for number, body in enumerate(bodies, 1)]


def trial(channel: Channel) -> Part:
    """What a person gets who tries out a channel."""
    text = "If you can read this, changes to your work orders will reach you here."
    return Part("Test message", MARKUPS[channel].escape(text))


def _line(change: Told) -> str:
    order, other = _order(change.order), _order(change.other_order or "")
    where = [
        *([_store(change.store)] if change.store else []),
        *([_cut(change.place, LONGEST_PLACE)] if change.place else []),
        *([_many(change.dispensers, "dispenser")] if change.dispensers else []),
    ]
    order += f" ({', '.join(where)})" if where else ""
    other += f" ({_store(change.other_store)})" if change.other_store else ""
    match change.kind:
        case "moved":
            return f"{order}: from {_day(change.before)} to {_day(change.after)}"
        case "swapped":
            return f"{order}: now {_day(change.after)}, and {other} {_day(change.before)}"
        case "replaced":
            return f"{order}: in place of {other}, {_day(change.after or change.before)}"
        case _:
            return f"{order}: {_day(change.after or change.before)}"


def _order(number: str) -> str:
    return f"W-{_cut(number, LONGEST_NAME)}"


def _store(number: str) -> str:
    return f"store {_cut(number, LONGEST_NAME)}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _day(day: date | None) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}" if day else "no date"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
