"""The files that are kept in the folder for the other flows: teachers, a course catalogue, store visits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from scheduling_pipeline.simulators.reports.courses import Edition, catalogue
from scheduling_pipeline.simulators.reports.model import Drop
from scheduling_pipeline.simulators.reports.teachers import teachers_workbook
from scheduling_pipeline.simulators.reports.visits import calendar_schedule, work_bank_visits

_PERSON = "Corinne Blaserat"


def once(seed: int, at: datetime, folder: str) -> Iterator[Drop]:
    """The lists that a person put there."""
    yield Drop(f"{folder}/School/Teachers.xlsx", teachers_workbook(), at, _PERSON)
    for name, content in catalogue(seed).items():
        yield Drop(f"{folder}/Courses/{name}", content, at, _PERSON)


def corrections(seed: int, at: Mapping[Edition, datetime], folder: str) -> Iterator[Drop]:
    """What people correct in the catalogue at certain times: the files that change, which are overwritten."""
    before = catalogue(seed)
    for edition, moment in at.items():
        after = catalogue(seed, edition)
        for name, content in after.items():
            if content != before[name]:
                yield Drop(f"{folder}/Courses/{name}", content, moment, _PERSON)
        before = after


def daily(seed: int, day: date, at: datetime, folder: str) -> Iterator[Drop]:
    """The planner's exports of a day, which overwrite those of the day before."""
    yield Drop(f"{folder}/Roster/WorkBankVisits.csv", work_bank_visits(seed, day), at)
    yield Drop(f"{folder}/Roster/CalendarSchedule.csv", calendar_schedule(seed, day), at)
