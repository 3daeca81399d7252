"""A message as an owner would get it now, by each channel: about their latest changes, or invented ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup, escape
from sqlalchemy import Engine

from scheduling_pipeline.desk.data.changes import Wanted, load_changes
from scheduling_pipeline.notifications.channels import CHANNELS, Channel
from scheduling_pipeline.notifications.compose import MARKUPS, compose
from scheduling_pipeline.notifications.parts import Part
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.told import KINDS, Told
from scheduling_pipeline.work_orders.telling import as_told

LOOKED_AT = 200  # changes, the newest
SHOWN = 12
_MARKS = re.compile(r"\*\*(?P<bold>.+?)\*\*|\[(?P<words>[^]]*)]\((?P<address>[^)]*)\)|\\(?P<sign>.)")


@dataclass(frozen=True, slots=True)
class Preview:
    """`invented`: none of the owner's own changes is one that they want to be told of."""

    invented: bool
    changes: int
    messages: Mapping[Channel, Sequence[Part]]


def preview(engine: Engine, owner_id: int, preferences: Preferences, today: date, link: str) -> Preview:
    """What an owner who wants this would be told; `link` is where the changes can be seen."""
    noticed, _ = load_changes(engine, owner_id, Wanted(), limit=LOOKED_AT)
    own = preferences.wanted(as_told(one.change) for one in noticed)[:SHOWN]
    changes = own or preferences.wanted(_invented(preferences, today))
    messages = {channel: compose(changes, channel, link) if changes else [] for channel in CHANNELS}
    return Preview(not own, len(changes), messages)


def readable(channel: Channel, body: str) -> Markup:
    """The text of a message as its reader sees it: what the channel makes of its marks."""
    if channel == "pushover":
        return Markup(body)  # noqa: S704 - it is HTML, whose texts `compose` has escaped
    if channel == "teams":
        return Markup().join(_formatted(body.replace("&lt;", "<")))
    return escape(body)


def limit_of(channel: Channel) -> int | None:
    """How many characters a message of the channel holds; None for any number."""
    return MARKUPS[channel].limit


def _formatted(text: str) -> Iterator[Markup]:
    """Markdown of the few kinds that `compose` writes."""
    end = 0
    for mark in _MARKS.finditer(text):
        yield escape(text[end : mark.start()])
        end = mark.end()
        if mark["bold"]:
            yield Markup("<b>{}</b>").format(mark["bold"])
        elif mark["address"]:
            yield Markup('<a href="{}">{}</a>').format(mark["address"], mark["words"])
        else:
            yield escape(mark["sign"])
    yield escape(text[end:])


def _invented(preferences: Preferences, today: date) -> Iterator[Told]:
    """One change of each kind, at the stores and places that were chosen."""
    store = min(preferences.stores, default="#1234")
    place = min(preferences.places, default="Springfield, OH")
    before, after = today + timedelta(days=2), today + timedelta(days=5)
    for number, kind in enumerate(KINDS, 990_001):
        pair = {"other_order": "990020", "other_store": store} if kind in {"swapped", "replaced"} else {}
        yield Told(kind, str(number), store, place, 8, before, after, **pair)
