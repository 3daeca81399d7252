"""The seven report datasets: their columns in the order of the files, and whose work each is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What kind of contacts an agent takes."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Report:
    """A dataset: the name its files begin with, its header row, and the roles of the agents in it."""

    name: str
    columns: tuple[str, ...]
    roles: frozenset[Role]


_EXPORT = ("Interval Start", "Interval End", "Interval Complete", "Filters")
_AGENT = ("Agent Id", "Agent Name")
_HANDLED = (*_EXPORT, "Media Type", *_AGENT, "Handle")
_AVERAGES = ("Avg Handle", "Avg Talk", "Avg Hold", "Avg ACW")
_TOTALS = ("Total Handle", "Total Talk", "Total Hold", "Total ACW")
_TIMES = ("Logged In", "On Queue", "Idle", "Off Queue", "Interacting")
_CAMPAIGN = (
    *("Full Export Completed", "Partial Result Timestamp", "Filters", "Users", "Date"),
    *("Initial Direction", "First Queue"),
)

_INWARD = frozenset({Role.INBOUND, Role.HYBRID})
_OUTWARD = frozenset({Role.OUTBOUND, Role.HYBRID})

ACQ = Report("ACQ", _HANDLED, _INWARD)
QCBS = Report("QCBS", _HANDLED, _OUTWARD)
RESC = Report("RESC", _HANDLED, _INWARD)
IB_CALLS = Report("IB_Calls", (*_HANDLED, "Avg Handle"), _INWARD)
DIALS = Report("Dials", (*_HANDLED, *_AVERAGES, *_TOTALS), _OUTWARD)
PRODUCTIVITY = Report("Productivity", (*_EXPORT, *_AGENT, *_TIMES), _INWARD)
CAMPAIGN_INTERACTIONS = Report("Campaign_Interactions", _CAMPAIGN, frozenset(Role))

REPORTS = {
    report.name: report for report in (ACQ, QCBS, RESC, IB_CALLS, DIALS, PRODUCTIVITY, CAMPAIGN_INTERACTIONS)
}
"""The datasets by name."""
