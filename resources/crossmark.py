"""Crossmark (MVRetail), the planner of field events, as a Dagster resource: its settings, and the way in.

Who tries again, and what: `crossmark_session` reads and sign-ins; a write is sent once, and whoever asked
for it looks at what stands before asking again. Runs are not retried for what this layer gave up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from dagster import ConfigurableResource
from pydantic import Field

from resources.crossmark_planner import CrossmarkPlanner
from resources.crossmark_session import CrossmarkSession
from resources.patience import Patience
from resources.web import open_http

CONNECT_TIMEOUT = 10.0  # seconds to reach the server


class Crossmark(ConfigurableResource[None]):
    """One account of the planner's site."""

    base_url: str
    username: str
    password: str = Field(repr=False)
    zone: str = Field(description="The IANA zone of the stores, which the site's times are in.")
    timeout: float = Field(default=30, gt=0, description="Seconds for the server to go on answering.")
    session_seconds: float = Field(default=3600, gt=0, description="After that we sign in again.")
    ca_bundle: str | None = Field(
        default=None, description="PEM file of the authorities to trust instead of the usual ones."
    )
    attempts: int = Field(default=4, ge=1, description="Tries of a request that reads, the first included.")
    patience: float = Field(default=90, gt=0, description="Seconds for all tries of a request.")

    @contextmanager
    def connect(self) -> Iterator[CrossmarkPlanner]:
        """The planner, signed in. Raises PlannerError."""
        with open_http(
            ca_bundle=self.ca_bundle,
            connections=1,
            connect_timeout=min(CONNECT_TIMEOUT, self.timeout),
            read_timeout=self.timeout,
        ) as http:
            session = CrossmarkSession(
                http,
                base_url=self.base_url,
                username=self.username,
                password=self.password,
                zone=self.zone,
                session_seconds=self.session_seconds,
                patience=Patience(self.attempts, self.patience),
            )
            session.sign_in()
            yield CrossmarkPlanner(session, ZoneInfo(self.zone))
