"""What a test or a person can set about the simulated WorkFossa while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from scheduling_pipeline.simulators.adjustable import Adjustable


@dataclass
class Settings(Adjustable):
    """How sessions end, and how pages behave.

    `session_seconds`: of simulated time without a request after which a session ends. `session_requests`: the
    requests that a session lasts, the dashboard after the login included; 0 is any number. `expiry`: what a
    request below /app without a session gets: `login_page` (the login form with a 200) or `redirect` (302 to
    /login). `loading_seconds`: how long, in real time, rows and equipment take, while the loader is shown.
    `modal`: at which locations the equipment tab opens a modal: `never`, `some` (ids that 3 divides) or
    `always`.
    """

    session_seconds: float = 7200.0
    session_requests: int = 0
    expiry: str = "login_page"
    loading_seconds: float = 0.05
    modal: str = "some"
