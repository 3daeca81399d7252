"""Events that older scripts wrote before us: nothing is written for an agenda until it is decided about them."""

from __future__ import annotations


class AdoptionNeededError(Exception):
    """Older scripts' events stand in the calendars, and nobody has said what to do with them."""
