"""The two exports of the field-marketing planner: visits that want a person, and visits that have one."""

from __future__ import annotations

from scheduling_pipeline.datasets.patterns import files
from scheduling_pipeline.files.dataset import Column, Dataset, Kind, Loading

_VISIT = (
    Column("project_name", "Project Name", nullable=False),
    Column("project_reference_number", "Project Reference Number", nullable=False),
    Column("location_mvid", "Location MVID"),
    Column("store_number", "Store Number"),
    Column("store_name", "Store Name"),
    Column("start", "Start Date/Time", Kind.INSTANT, nullable=False),
    Column("due", "Due Date/Time", Kind.INSTANT, nullable=False),
    Column("estimated_minutes", "Estimated Time", Kind.INTEGER, low=0),
)

ROSTER = (
    Dataset(
        "work_bank_visits",
        "Store visits that nobody has yet: project and store, between which times, and how many minutes.",
        files("WorkBankVisits", "Work_Bank_Visits", "Work Bank Visits"),
        (
            *_VISIT,
            Column("rep_name", "Rep Name", required=False),
            Column("employee_id", "Employee ID", required=False),
            Column("scheduled", "Schedule Date/Time", Kind.INSTANT, required=False),
        ),
        Loading.REPLACE_ALL,
    ),
    Dataset(
        "calendar_schedule",
        "Store visits that somebody has: the visit, the person, and when it will be made. Exports may end in"
        " remarks, rows that begin with #.",
        files("CalendarSchedule", "Calendar_Schedule", "Calendar Schedule"),
        (
            *_VISIT,
            Column("rep_name", "Rep Name"),
            Column("employee_id", "Employee ID", nullable=False),
            Column("scheduled", "Schedule Date/Time", Kind.INSTANT, nullable=False),
        ),
        Loading.REPLACE_ALL,
        comment="#",
    ),
)
