"""Who may do what with a calendar."""

from __future__ import annotations

import time

from scheduling_pipeline.simulators.google.errors import forbidden, not_found
from scheduling_pipeline.simulators.google.store import Calendar, Rule, Store

ROLES = ("none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")


def role(calendar: Calendar, person: str) -> str:
    """The strongest role that the rules in force give a person."""
    now = time.time()
    roles = [rule.role for rule in calendar.rules.values() if rule.effective <= now and _covers(rule, person)]
    return max(roles, key=ROLES.index, default="none")


def permitted(store: Store, person: str, calendar_id: str, needed: str) -> Calendar:
    """The calendar, "primary" being the person's own. 404 for strangers, 403 where the role is too weak."""
    calendar = store.calendars.get(person if calendar_id == "primary" else calendar_id)
    if calendar is None:
        raise not_found()
    held = role(calendar, person)
    if held == "none":
        raise not_found()
    if not at_least(held, needed):
        raise forbidden(
            f"You need to have {needed} access to this calendar.", "requiredAccessLevel", "calendar"
        )
    return calendar


def at_least(held: str, needed: str) -> bool:
    return ROLES.index(held) >= ROLES.index(needed)


def _covers(rule: Rule, person: str) -> bool:
    value = rule.scope.get("value", "")
    match rule.scope["type"]:
        case "user":
            return bool(value == person)
        case "domain":
            return person.endswith(f"@{value}")
        case _:
            return True
