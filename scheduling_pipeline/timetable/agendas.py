"""The catalogue of agendas: rows of a CSV file, so that a further location is a row and not code."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scheduling_pipeline.timetable.model import Agenda, Kind

CATALOGUE = Path(__file__).with_name("agendas.csv")

COLUMNS = ("key", "site_id", "label", "location", "school", "kind", "zone", "live")
_KEY = re.compile(r"[A-Za-z0-9._-]+")  # what a Dagster partition key may hold
_LIVE = {"true": True, "false": False}
_BECOMES_EVENTS = {Kind.METHOD, Kind.PRIVATE}


class AgendaFileError(ValueError):
    """The catalogue cannot be used. The message names the file and every bad row and column."""


def load_agendas(path: Path | None = None) -> tuple[Agenda, ...]:
    """All agendas of `path` (default: the catalogue that comes with the program), in the file's order.

    Raises `AgendaFileError` for a file that cannot be read or that has any bad row.
    """
    source = path or CATALOGUE
    reader = csv.DictReader(io.StringIO(_read(source), newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise AgendaFileError(f"{source}: row 1 must be {','.join(COLUMNS)}")
    agendas: list[Agenda] = []
    problems: list[str] = []
    first_row: dict[tuple[str, str], int] = {}
    for values in reader:
        number = reader.line_num
        if None in values or None in values.values():
            problems.append(f"row {number} needs exactly {len(COLUMNS)} columns")
            continue
        row = {column: values[column].strip() for column in COLUMNS}
        bad = list(_problems(row))
        for column in ("key", "site_id"):
            earlier = first_row.setdefault((column, row[column]), number)
            if row[column] and earlier != number:
                bad.append((column, f"{row[column]!r} is already in row {earlier}"))
        if bad:
            problems += [f"row {number}, column {column}: {problem}" for column, problem in bad]
        else:
            agendas.append(_agenda(row))
    if problems:
        raise AgendaFileError(f"{source}: " + "; ".join(problems))
    if not agendas:
        raise AgendaFileError(f"{source}: has no agenda")
    return tuple(agendas)


def agenda_by_key(agendas: Iterable[Agenda], key: str) -> Agenda:
    """The agenda named `key`. Raises `LookupError` with the known keys."""
    by_key = {agenda.key: agenda for agenda in agendas}
    if key not in by_key:
        raise LookupError(f"no agenda {key!r}; there are {', '.join(by_key)}")
    return by_key[key]


def _read(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8-sig")  # spreadsheets like to write a byte order mark
    except UnicodeDecodeError as error:
        raise AgendaFileError(f"{source}: is not UTF-8 text") from error
    except OSError as error:
        raise AgendaFileError(f"{source}: {error.strerror}") from error


def _problems(row: dict[str, str]) -> Iterable[tuple[str, str]]:
    """What is wrong with a row by itself: (column, problem) each."""
    for column in ("site_id", "label"):
        if not row[column]:
            yield column, "is empty"
    if not _KEY.fullmatch(row["key"]):
        yield "key", f"{row['key']!r} must be letters, digits, '.', '_' and '-' only"
    if row["kind"] not in set(Kind):
        yield "kind", f"{row['kind']!r} is not one of {', '.join(Kind)}"
    if not _is_zone(row["zone"]):
        yield "zone", f"{row['zone']!r} is not a time zone such as Europe/Zurich"
    live = _LIVE.get(row["live"].lower())
    if live is None:
        yield "live", f"{row['live']!r} is neither true nor false"
    if live and row["kind"] in set(Kind) - _BECOMES_EVENTS:
        yield "live", f"agendas of kind {row['kind']!r} do not become events, so it cannot be live"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, malformed, and a folder such as Europe
        return False
    return True


def _agenda(row: dict[str, str]) -> Agenda:
    return Agenda(
        key=row["key"],
        site_id=row["site_id"],
        label=row["label"],
        location=row["location"],
        school=row["school"],
        kind=Kind(row["kind"]),
        zone=ZoneInfo(row["zone"]),
        live=_LIVE[row["live"].lower()],
    )
