"""What a test or a person can set about the simulated channels while they run."""

from __future__ import annotations

from dataclasses import dataclass

from scheduling_pipeline.simulators.adjustable import Adjustable


@dataclass
class Settings(Adjustable):
    """The one application and user of Pushover, and the one workflow of Teams with its signature."""

    pushover_token: str = "azGDORePK8gMaC0QOYAMyEEuzJnyUi"  # noqa: S105 - opens nothing but the simulator
    pushover_user: str = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"
    workflow: str = "7a9c2f40d1b84e5f"
    signature: str = "simulated-teams"
