"""What a test or a person can set about the simulated Crossmark while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scheduling_pipeline.simulators.adjustable import Adjustable

USER = "demo.manager"
PASSWORD = "simulated-crossmark"  # noqa: S105 - opens nothing but the simulator


@dataclass
class Settings(Adjustable):
    """The one account, how sessions end, and where the real planner's behaviour is not known for certain.

    `session_seconds`: of simulated time without a call after which a session ends. `session_calls`: the calls
    that a session lasts; 0 is any number. `expiry`: what a call without a session gets: `redirect` (302 to
    the login page) or `unauthorized` (401). `login`: what a login gets: `redirect` (JSON with `redirectUrl`),
    `session` (JSON with `sessionId`) or `page` (the HTML of the planning page). `upsert`: whether scheduling
    an event that is scheduled changes that entry; else it is refused. `largest_page`: the most events that a
    listing holds, whatever its limit.
    """

    user: str = USER
    password: str = field(default=PASSWORD, repr=False)
    session_seconds: float = 3600.0
    session_calls: int = 0
    expiry: str = "redirect"
    login: str = "redirect"
    upsert: bool = True
    largest_page: int = 5000

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in super().to_json().items() if name != "password"}
