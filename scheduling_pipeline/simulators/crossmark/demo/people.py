"""Who works at the demo's store, and who else the planner would let in. Every name is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from scheduling_pipeline.simulators.crossmark.model import Rep

SUPERVISOR, LEAD, SPECIALIST, JUICER = (
    "Club Supervisor",
    "Lead Event Specialist",
    "Event Specialist",
    "Juicer Barista",
)
CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"
_AWAY = timedelta(days=9)

THE_SUPERVISOR = Rep(100201, "US741002", "Marguerite", "Oakhollow", SUPERVISOR, hours=38)
LEADS = (
    Rep(100214, "US741019", "Dashiell", "Fennimoor", LEAD, hours=36),
    Rep(98745, "US738850", "Ottoline", "Brackwater", LEAD, hours=30.5),
    Rep(100377, "US742244", "Tobias", "Quillfeather", LEAD, hours=24),
)
JUICERS = (
    Rep(100402, "US742310", "Perpetua", "Glasswell", JUICER, hours=32),
    Rep(99318, "US739027", "Rufus", "Tanglewick", JUICER),
)
_SPECIALISTS = (
    Rep(100455, "US742418", "Anneliese", "Crowmarsh", SPECIALIST, hours=22),
    Rep(100461, "US742425", "Bram", "D'Arrowby", SPECIALIST, hours=20),
    Rep(100489, "US742507", "Clementine", "Hushwood-Vale", SPECIALIST, hours=18.5),
    Rep(100502, "US742533", "Zoë", "Larkmeadow", SPECIALIST),
    Rep(100517, "US742601", "Emeric", "Stonebrook", hours=16),  # nobody wrote down what they are
    Rep(100533, "US742640", "Fenella", "Thornquist"),
)
_ON_LEAVE = Rep(100540, "US742655", "Gideon", "Wrenfield", SPECIALIST, hours=0)
GUESTS = (
    Rep(97220, "US735114", "Hortense", "Ashgrove", local=False),
    Rep(101877, "US745920", "Ignatius", "Bellweather", zone=CHICAGO, local=False),
    Rep(101902, "US745951", "Jessamine", "Coppersmythe", zone=CHICAGO, local=False),
    Rep(101915, "US745966", "Leopold", "Duskfield", zone=CHICAGO, local=False),
    Rep(101960, "US746012", "Mirabel", "Eastlight", zone=CHICAGO, local=False),
    Rep(102433, "US747205", "Nathaniel", "Fogmore", zone=NEW_YORK, local=False),
)


def specialists(start: date) -> tuple[Rep, ...]:
    """The Event Specialists. One of them is away when the demo begins."""
    return (*_SPECIALISTS, replace(_ON_LEAVE, away=(start, start + _AWAY)))
