"""One call as the parts of the API see it: who calls, what about, and under which condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduling_pipeline.simulators.google.errors import condition_not_met
from scheduling_pipeline.simulators.google.parameters import Parameters
from scheduling_pipeline.simulators.google.store import Json


@dataclass(frozen=True, slots=True)
class Request:
    """A call whose query and body fit the method. `names`: the path parameters, such as "eventId"."""

    caller: str
    names: Mapping[str, str]
    parameters: Parameters
    body: Json
    if_match: str | None

    def expect(self, etag: str) -> None:
        """Refuse the call when its `If-Match` names another state of the resource."""
        if self.if_match is not None and not matches(self.if_match, etag):
            raise condition_not_met()


def matches(header: str, etag: str) -> bool:
    """Whether a conditional header ("*", or etags with commas between them) names this one."""
    return header.strip() == "*" or etag in (one.strip() for one in header.split(","))
