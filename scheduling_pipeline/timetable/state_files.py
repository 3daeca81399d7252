"""The state files of older scripts: what they remembered to have written, with the ids of the events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from scheduling_pipeline.timetable.model import Agenda, Kind

_SYNC_TYPES = {Kind.METHOD: "method", Kind.PRIVATE: "vip"}


class StateFileError(Exception):
    """A state file that cannot be used. The message names the file and the place in it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """One event as a script remembered it. `provider_id` is empty where it never learnt the id.

    `start` is the wall time of a private lesson in the agenda's zone, `code` its activity type; a class has
    neither.
    """

    upn: str
    provider_id: str
    label: str
    start: datetime | None = None
    code: str = ""


class _Entry(BaseModel):
    outlook_event_id: str | None = None
    day: str = ""
    on: date | None = Field(default=None, alias="date")
    start: time
    end: time
    subject: str = ""
    type: str | None = None


class _StateFile(BaseModel):
    agenda: str
    sync_type: str
    events: dict[str, list[_Entry]]


def state_files(folder: Path, agenda: Agenda) -> list[Path]:
    """The files in which a script may have remembered events of an agenda, its own before the common one.

    Raises StateFileError when there is neither.
    """
    names = (f"{agenda.key}.json", _common(agenda) + ".json")
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise StateFileError(f"{folder}: has neither {' nor '.join(names)}")
    return found


def is_common(path: Path, agenda: Agenda) -> bool:
    """Whether the file is about all agendas of that kind."""
    return path.stem == _common(agenda)


def read_state_file(path: Path, agenda: Agenda) -> list[Remembered]:
    """All events that a state file remembers. Raises StateFileError for one that cannot be used whole."""
    state = _parse(path)
    expected = _SYNC_TYPES.get(agenda.kind)
    if state.agenda not in (agenda.key, _common(agenda)) or state.sync_type != expected:
        raise StateFileError(
            f"{path}: is about {state.agenda!r} ({state.sync_type}), not about {agenda.key!r} ({expected})"
        )
    return [
        Remembered(
            upn=upn,
            provider_id=(entry.outlook_event_id or "").strip(),
            label=f"{upn}: {entry.subject}, {entry.on or entry.day} {entry.start:%H:%M}-{entry.end:%H:%M}",
            start=datetime.combine(entry.on, entry.start, tzinfo=agenda.zone) if entry.on else None,
            code=entry.type or "",
        )
        for upn, entries in state.events.items()
        for entry in entries
    ]


def _common(agenda: Agenda) -> str:
    return f"all_{agenda.kind}"


def _parse(path: Path) -> _StateFile:
    try:
        return _StateFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise StateFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StateFileError(f"{path}: is not UTF-8 text, at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise StateFileError(
            f"{path}: is not valid JSON, line {error.lineno}, column {error.colno}: {error.msg};"
            " perhaps it was only written half"
        ) from error
    except ValidationError as error:
        raise StateFileError(f"{path}: " + "; ".join(_faults(error))) from error


def _faults(error: ValidationError) -> Sequence[str]:
    return [
        f"at {'.'.join(str(part) for part in fault['loc']) or 'the top'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    ]
