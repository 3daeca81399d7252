"""The hourly exports of the contact centre: what agents handled, and how they spent their time.

Exports of one interval follow each other while it lasts, each with what is known by then: of two files about
an interval the newer one counts.
"""

from __future__ import annotations

from datetime import timedelta

from scheduling_pipeline.datasets.patterns import files
from scheduling_pipeline.files.dataset import Column, Dataset, Kind, Loading

_MAX_AGE = timedelta(hours=26)

_INTERVAL = ("interval_start", "interval_end")

_EXPORT = (
    Column("interval_start", "Interval Start", Kind.INSTANT, nullable=False),
    Column("interval_end", "Interval End", Kind.INSTANT, nullable=False),
    Column("interval_complete", "Interval Complete", Kind.BOOLEAN),
    Column("filters", "Filters"),
)
_AGENT = (Column("agent_id", "Agent Id", nullable=False), Column("agent_name", "Agent Name"))
_HANDLED = (
    *_EXPORT,
    Column("media_type", "Media Type"),
    *_AGENT,
    Column("handle", "Handle", Kind.INTEGER, low=0),
)


def _durations(*headers: str) -> tuple[Column, ...]:
    """Columns of milliseconds; an empty cell means that nothing happened."""
    return tuple(
        Column(header.lower().replace(" ", "_"), header, Kind.MILLISECONDS, low=0) for header in headers
    )


def _by_interval(stem: str, description: str, columns: tuple[Column, ...]) -> Dataset:
    return Dataset(
        stem.lower(),
        description,
        files(stem),
        columns,
        Loading.REPLACE_INTERVAL,
        interval=_INTERVAL,
        max_age=_MAX_AGE,
    )


CONTACT_CENTRE = (
    _by_interval(
        "ACQ", "Contacts of the acquisition queues that each agent handled in an interval.", _HANDLED
    ),
    _by_interval("QCBS", "Queue callbacks that each agent handled in an interval.", _HANDLED),
    _by_interval("RESC", "Contacts of the rescue queues that each agent handled in an interval.", _HANDLED),
    _by_interval(
        "IB_Calls",
        "Inbound calls that each agent handled in an interval, and how many seconds one took on average.",
        (*_HANDLED, *_durations("Avg Handle")),
    ),
    _by_interval(
        "Dials",
        "Outbound calls of each agent in an interval, and the seconds that handling, talking, holding and"
        " wrapping up (ACW, after-call work) took: on average and in all.",
        (
            *_HANDLED,
            *_durations("Avg Handle", "Avg Talk", "Avg Hold", "Avg ACW"),
            *_durations("Total Handle", "Total Talk", "Total Hold", "Total ACW"),
        ),
    ),
    _by_interval(
        "Productivity",
        "How many seconds of an interval each agent was logged in, on queue, idle, off queue, interacting.",
        (*_EXPORT, *_AGENT, *_durations("Logged In", "On Queue", "Idle", "Off Queue", "Interacting")),
    ),
    Dataset(
        "campaign_interactions",
        "The interactions of the campaigns: when each began, in which direction, in which queue. Files add"
        " up. Whether an export was complete is said by YES, or by the time at which it was.",
        files("Campaign_Interactions"),
        (
            Column("full_export_completed", "Full Export Completed"),
            Column("partial_result_timestamp", "Partial Result Timestamp", Kind.INSTANT),
            Column("filters", "Filters"),
            Column("users", "Users"),
            Column("date", "Date", Kind.INSTANT, nullable=False),
            Column("initial_direction", "Initial Direction", choices=("inbound", "outbound")),
            Column("first_queue", "First Queue"),
        ),
        Loading.APPEND,
        max_age=_MAX_AGE,
    ),
)
