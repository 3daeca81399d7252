"""The one clock: real time, or a simulator's for the demo and for tests."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
from dagster import ConfigurableResource
from pydantic import Field


class Clock(ConfigurableResource["Clock"]):
    """Says what time it is."""

    url: str | None = Field(default=None, description="A simulator's clock; real time where it is not set.")

    def now(self) -> datetime:
        """The present instant, in UTC. Raises httpx.HTTPError when the simulator does not answer."""
        if self.url is None:
            return datetime.now(UTC)
        answer = httpx.get(self.url, trust_env=False, timeout=10)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)
