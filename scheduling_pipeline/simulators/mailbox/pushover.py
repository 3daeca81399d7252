"""Pushover's rules: what it says to a message and to keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scheduling_pipeline.simulators.mailbox.settings import Settings

KEY = re.compile(r"[A-Za-z0-9]{30}")
LIMITS = {"message": 1024, "title": 250, "url": 512, "url_title": 100}
PRIORITIES = {"-2", "-1", "0", "1", "2"}
_EMERGENCY = "2"
_SHORTEST_RETRY, _LONGEST_EXPIRE = 30, 10_800  # seconds

Json = dict[str, Any]


def key_errors(form: Mapping[str, str], settings: Settings) -> Json:
    """What is wrong with application and user; empty where they are right."""
    token, user = form.get("token", ""), form.get("user", "")
    if not KEY.fullmatch(token) or token != settings.pushover_token:
        return {"token": "invalid", "errors": ["application token is invalid"]}
    if not KEY.fullmatch(user) or user != settings.pushover_user:
        return {
            "user": "invalid",
            "errors": ["user identifier is not a valid user, group, or subscribed user key"],
        }
    return {}


def message_errors(form: Mapping[str, str]) -> Json:
    """What is wrong with a message; empty where it can be delivered. Markup counts."""
    if not form.get("message", "").strip():
        return {"message": "cannot be blank", "errors": ["message cannot be blank"]}
    for name, limit in LIMITS.items():
        if len(form.get(name, "")) > limit:
            return {name: "is too long", "errors": [f"{name} is too long (maximum is {limit} characters)"]}
    priority = form.get("priority", "0")
    if priority not in PRIORITIES:
        return {"priority": "is invalid", "errors": ["priority is invalid"]}
    if priority == _EMERGENCY:
        return _emergency_errors(form)
    return {}


def _emergency_errors(form: Mapping[str, str]) -> Json:
    retry, expire = form.get("retry", ""), form.get("expire", "")
    if not retry.isdigit() or int(retry) < _SHORTEST_RETRY:
        return {"retry": "is invalid", "errors": ["retry must be supplied with priority=2, and at least 30"]}
    if not expire.isdigit() or int(expire) > _LONGEST_EXPIRE:
        return {
            "expire": "is invalid",
            "errors": ["expire must be supplied with priority=2, and at most 10800"],
        }
    return {}
