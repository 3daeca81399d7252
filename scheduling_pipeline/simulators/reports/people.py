"""The contact centre's agents: who they are and what they do. Every one is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from scheduling_pipeline.simulators.reports.layout import Report, Role
from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.school.people import GIVEN_NAMES, SURNAMES

HEADCOUNT = {Role.INBOUND: 40, Role.OUTBOUND: 40, Role.HYBRID: 20}


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent. Several may have one name; the id, a UUID, tells them apart."""

    id: str
    name: str
    role: Role


@cache
def roster(seed: int) -> Sequence[Agent]:
    """The hundred agents of a seed, by role."""
    rng = dice(seed, "agents")
    agents = [
        Agent(
            id=str(UUID(int=rng.getrandbits(128), version=4)),
            name=f"{rng.choice(GIVEN_NAMES)} {rng.choice(SURNAMES)}",
            role=role,
        )
        for role, count in HEADCOUNT.items()
        for _ in range(count)
    ]
    # Hybrid agents are in every report, so these two try the quoting of every report.
    agents[-2] = Agent(agents[-2].id, 'Rosalie "Lili" Overnard', agents[-2].role)
    agents[-1] = Agent(agents[-1].id, "Thalmanns, Urs", agents[-1].role)
    return tuple(agents)


@cache
def eligible(seed: int, report: Report) -> Sequence[Agent]:
    """The agents whose work a report is about."""
    return tuple(agent for agent in roster(seed) if agent.role in report.roles)
