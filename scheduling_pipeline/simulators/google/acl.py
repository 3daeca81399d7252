"""A calendar's access list: who has which role. A rule's id is its scope, such as "user:ada@college.example".

Deleted rules stay with the role "none". No mail is sent, whatever `sendNotifications` says.
"""

from __future__ import annotations

import time
from functools import partial

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.google import access
from scheduling_pipeline.simulators.google.errors import (
    forbidden,
    invalid,
    not_found,
    not_simulated,
    required,
)
from scheduling_pipeline.simulators.google.paging import Lister, Row
from scheduling_pipeline.simulators.google.request import Request
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.store import Calendar, Json, Rule, Store

DEFAULT_PAGE = 100
LARGEST_PAGE = 250


class AccessList:
    """The methods of the resource "acl"."""

    def __init__(self, store: Store, clock: SimulatedClock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def get(self, request: Request) -> Json:
        return _shown(_existing(request, self._calendar(request, "writer")))

    def insert(self, request: Request) -> Json:
        """Give a role to a scope; one that has a rule already gets the new role."""
        calendar = self._calendar(request, "owner")
        scope = _scope(request.body.get("scope") or {})
        rule_id = ":".join(scope.values())
        known = calendar.rules.get(rule_id)
        return self._put(request, calendar, known or Rule(rule_id, scope, "none", calendar.revision + 1, 0))

    def list_rules(self, request: Request) -> Json:
        calendar = self._calendar(request, "writer")
        lister = Lister(f"acl of {calendar.id}", calendar.revision, request.parameters, self._clock.now())
        sync = lister.since(self._settings.sync_token_days)
        deleted = sync is not None or request.parameters.flag("showDeleted")
        rows = [
            Row((rule.number,), partial(_shown, rule))
            for rule in calendar.rules.values()
            if (deleted or rule.role != "none") and (sync is None or rule.revision > sync.revision)
        ]
        etag = f'"a{calendar.revision:015d}"'
        return {"kind": "calendar#acl", "etag": etag} | lister.page(
            rows, lister.size(DEFAULT_PAGE, LARGEST_PAGE)
        )

    def change(self, request: Request) -> Json:
        """PATCH and PUT: the role is all that a rule can change."""
        calendar = self._calendar(request, "owner")
        rule = _existing(request, calendar)
        request.expect(_etag(rule))
        scope = request.body.get("scope")
        if scope and _scope(rule.scope | scope) != rule.scope:
            raise invalid("The scope of a rule cannot be changed.")
        return self._put(request, calendar, rule)

    def delete(self, request: Request) -> None:
        calendar = self._calendar(request, "owner")
        rule = _existing(request, calendar)
        request.expect(_etag(rule))
        self._check_own(request, calendar, rule, "none")
        self._keep(calendar, rule, "none")

    def _calendar(self, request: Request, needed: str) -> Calendar:
        return access.permitted(self._store, request.caller, request.names["calendarId"], needed)

    def _put(self, request: Request, calendar: Calendar, rule: Rule) -> Json:
        role = request.body.get("role") or rule.role
        if role not in access.ROLES:
            raise invalid(f"Invalid role: {role}.")
        self._check_own(request, calendar, rule, role)
        if rule.role == "none":  # what is new takes its time; who has a role keeps one meanwhile
            rule.effective = time.time() + self._settings.acl_delay_seconds
        self._keep(calendar, rule, role)
        return _shown(rule)

    def _check_own(self, request: Request, calendar: Calendar, rule: Rule, role: str) -> None:
        """Neither the data owner nor the caller can lose ownership here."""
        if role != "owner" and rule.id in (f"user:{request.caller}", f"user:{calendar.owner}"):
            raise forbidden("Cannot change your own access level.", "cannotChangeOwnAcl", "calendar")

    def _keep(self, calendar: Calendar, rule: Rule, role: str) -> None:
        rule.role = role
        rule.revision = calendar.next_revision()
        self._store.put_rule(calendar, rule)


def _existing(request: Request, calendar: Calendar) -> Rule:
    rule = calendar.rules.get(request.names["ruleId"])
    if rule is None or rule.role == "none":
        raise not_found()
    return rule


def _scope(asked: Json) -> dict[str, str]:
    """The scope as it is kept: who is meant, in lower case."""
    kind, value = asked.get("type"), asked.get("value")
    if not kind:
        raise required("Missing scope type.")
    if kind == "default":
        return {"type": kind}
    if kind == "group":
        raise not_simulated("rules for groups")
    if kind not in ("user", "domain") or not value or (kind == "user") != ("@" in value):
        raise invalid("Invalid scope value.")
    return {"type": kind, "value": value.lower()}


def _shown(rule: Rule) -> Json:
    return {
        "kind": "calendar#aclRule",
        "etag": _etag(rule),
        "id": rule.id,
        "scope": rule.scope,
        "role": rule.role,
    }


def _etag(rule: Rule) -> str:
    return f'"{rule.revision:016d}"'
