"""What is taught in each agenda with dated lessons: how much, by whom, where, and of which kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.school.model import AGENDAS
from scheduling_pipeline.simulators.school.people import (
    ENGLISH,
    ESA,
    FRENCH,
    GERMAN,
    SFS,
    other_teachers,
    teachers_of,
)


@dataclass(frozen=True, slots=True)
class Activity:
    """A kind of lesson: `weight` in the mix, share that is held online, most students."""

    code: str
    titles: tuple[str, ...]
    weight: float
    online: float
    students: int


@dataclass(frozen=True, slots=True)
class Profile:
    """`volume` is the number of lessons known on the Monday morning of an ordinary week."""

    volume: int
    teachers: tuple[str, ...]
    rooms: tuple[str, ...]
    activities: tuple[Activity, ...]


def _private(vad: float, jgp: float, ico: float, jpr: float) -> tuple[Activity, ...]:
    """The mix of a private agenda by its online shares; without juniors' groups when `jgp` is 0."""
    return (
        Activity("VAD", ("VIP Adults",), 70, vad, 2),
        Activity("JGP", ("Juniors Group",), jgp, 0, 6),
        Activity("ICO", ("In-company", "Out Centre"), 10, ico, 8),
        Activity("JPR", ("Juniors Private",), 8, jpr, 1),
        Activity("VIP", ("VIP Class", "VIP Course"), 2, 0.3, 1),
        Activity("TPC", ("Test Preparation Class",), 0.5, 1, 3),
    )


_JUNIORS = (
    Activity("JGP", ("Juniors Group",), 70, 0, 6),
    Activity("JPR", ("Juniors Private",), 30, 0.3, 1),
)
_COMPANIES = (Activity("ICO", ("In-company", "Out Centre"), 1, 0.3, 8),)
_VIP = (
    Activity("VAD", ("VIP Adults",), 80, 0.4, 2),
    Activity("VIP", ("VIP Class", "VIP Course"), 20, 0.3, 1),
)
_CLASSES = tuple(
    Activity(f"E{number:02d}", (f"Echange {number:02d}",), 1, 0, 5) for number in range(1, 55, 3)
)
_OTHER: Mapping[str, tuple[Activity, ...]] = {
    "135": (Activity("", ("Service Time",), 1, 0, 0),),
    "122": _JUNIORS,
    "127": _JUNIORS,
    "128": _JUNIORS,
    "19": _COMPANIES,
    "32": _COMPANIES,
    "125": _COMPANIES,
    "126": _COMPANIES,
    "129": _COMPANIES,
    "130": _COMPANIES,
    "48": _VIP,
    "110": _VIP,
    "111": _VIP,
    "112": _VIP,
}


def _profiles() -> dict[str, Profile]:
    profiles = {
        ENGLISH: Profile(82, tuple(teachers_of(ENGLISH)), _rooms("WSE", 9), _private(0.39, 16, 0.56, 0.15)),
        FRENCH: Profile(110, tuple(teachers_of(FRENCH)), _rooms("FR", 12), _private(0.37, 0, 0.13, 0.3)),
        GERMAN: Profile(105, tuple(teachers_of(GERMAN)), _rooms("DE", 12), _private(0.40, 16, 0.03, 0.82)),
    }
    others = [agenda for agenda in AGENDAS if agenda not in {SFS, ESA, ENGLISH, FRENCH, GERMAN, "16"}]
    for number, agenda in enumerate(others):
        profiles[agenda] = Profile(
            volume=dice(agenda, "volume").randint(6, 20),
            teachers=tuple(other_teachers(number)),
            rooms=_rooms("Room ", 4),
            activities=_OTHER.get(agenda, _CLASSES),
        )
    return profiles


def _rooms(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(1, count + 1))


PROFILES: Mapping[str, Profile] = _profiles()
