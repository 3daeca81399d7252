"""The school that the simulators show: its people, its agendas and what is booked at a simulated instant."""

from scheduling_pipeline.simulators.school.demo import PLANTED, DemoSchool, Planted
from scheduling_pipeline.simulators.school.fixed import FixedSchool
from scheduling_pipeline.simulators.school.model import AGENDAS, Account, Exhibit, Room, School, SiteLesson

__all__ = [
    "AGENDAS",
    "PLANTED",
    "Account",
    "DemoSchool",
    "Exhibit",
    "FixedSchool",
    "Planted",
    "Room",
    "School",
    "SiteLesson",
]
