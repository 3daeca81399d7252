"""A corpus of broken files for many datasets: the same seed gives the same files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import NamedTuple

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports.courses import catalogue
from scheduling_pipeline.simulators.reports.files import Shape, content
from scheduling_pipeline.simulators.reports.layout import REPORTS
from scheduling_pipeline.simulators.reports.teachers import teachers_workbook
from scheduling_pipeline.simulators.reports.visits import calendar_schedule, work_bank_visits
from tests.files.broken_workbooks import workbooks

LOADS = "loads"
"""The expectation of a file that is odd, but to be read."""


class Broken(NamedTuple):
    """A file. `expectation`: a part of the Fault's reason, or LOADS, or None where either is right."""

    name: str
    content: bytes
    expectation: str | None


def corpus(seed: int) -> Iterator[Broken]:
    """The files, their names all different; every one is claimed by a dataset."""
    rng = Random(seed)  # noqa: S311 - dice
    for stem, text in _valid(seed).items():
        for what, damaged, expectation in _damages(text, rng):
            yield Broken(f"{stem}__{what}.csv", damaged, expectation)
    for number, (text, expectation) in enumerate(_oddities(content("ACQ", DEMO_START, seed=seed))):
        yield Broken(f"ACQ__odd {number:02}.csv", text, expectation)
    for number, (cell, reason) in enumerate(_CELLS):
        row = _ROW.replace("2.0", cell) if "/" not in cell else _ROW.replace("2026-03-01 00:00:00", cell[1:])
        yield Broken(f"ACQ__cell {number:02}.csv", f"{_HEADER}\n{row}\n".encode(), reason)
    for name, book, expectation in workbooks(teachers_workbook(), rng):
        yield Broken(f"Teachers {name}", book, expectation)


def _valid(seed: int) -> dict[str, bytes]:
    reports = {
        name: content(name, DEMO_START, seed=seed, shape=shape, rows=30)
        for name, shape in zip(REPORTS, [*Shape] * len(REPORTS), strict=False)
    }
    lists = {
        name.removesuffix(".csv"): text for name, text in catalogue(seed).items() if name.endswith(".csv")
    }
    day = date(2026, 3, 2)
    visits = {
        "WorkBankVisits": work_bank_visits(seed, day),
        "CalendarSchedule": calendar_schedule(seed, day),
    }
    return reports | lists | visits


def _damages(text: bytes, rng: Random) -> Iterator[tuple[str, bytes, str | None]]:
    """What may happen to any CSV file."""
    header, first, rest = text.split(b"\n", 2)
    second = header.index(b",") + 1
    middle = rng.randrange(len(header) + 2, len(header) + len(first))
    yield "cut", text[: rng.randrange(len(text))], None
    yield (
        "cut in the header",
        header[: second + 1],
        "has no column",
    )
    yield "random", rng.randbytes(rng.randrange(300, 5_000)), "is "
    for number in range(3):
        flipped = bytearray(text)
        for _ in range(10**number):
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        yield f"flipped {number}", bytes(flipped), None
    yield "nul", text[:middle] + b"\0" + text[middle:], "NUL"
    yield "no text", text[:middle] + b"\x81\xfe" + text[middle:], "UTF-8"
    yield "utf-16 without a mark", text.decode().encode("utf-16-le"), "NUL"
    yield "utf-16", text.decode().encode("utf-16"), LOADS
    yield "no header", first + b"\n" + rest, "none of the declared headers"
    yield "doubled header", header + b"," + header + b"\n", "two columns of this header"
    yield "renamed header", b"X" + text, "has no column"
    yield "only the header", header, LOADS
    yield (
        "long row",
        header + b"\n" + first.replace(b'"', b"") + b",x" * 12 + b"\n",
        "cells, where the header has",
    )
    yield (
        "open quote",
        header + b'\n"' + first.replace(b'"', b"") + b"\n" + rest.replace(b'"', b""),
        "never closed",
    )
    yield "turned about", b"\n".join(reversed(text.splitlines())), None


def _oddities(text: bytes) -> Iterator[tuple[bytes, str | None]]:
    """Files that are broken as a whole."""
    header, rows = text.split(b"\n", 1)
    for nothing in (b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\n", b"\r\n\r\n", b" ", b",,,,,,,\n" * 5):
        yield nothing, "is empty"
    yield b"\n" * 12 + text, "is empty"  # a header that far down is none
    yield b"\n" * 5 + text, LOADS
    yield text.replace(b"\n", b"\r"), LOADS
    yield text.replace(b",", b";"), LOADS
    yield b"\xef\xbb\xbf" + text, LOADS
    yield header + b"," * 480 + b"\n" + rows, LOADS
    yield header + b",x" * 20_000 + b"\n" + rows, "columns"
    yield header + b"\n" + b"x," * 20_000, "cells, where the header has"
    yield header + b"\n" + b"," * 3_000_000, None
    yield header + b"\n" + b"," * 5_000_000, "characters"
    yield header + b"\n" + b"x" * 200_000, "a cell is longer than"
    yield header + b'\n"' + b"x\n" * 3_000_000, "a cell is longer than"
    yield header + b"\n" + b'"\n",' * 1_200_000, "characters"
    yield header + b"\n" + b'"' * 100_001, "never closed"
    yield header + b"\n" + b'"a"b', "is no well-formed CSV"
    yield b'"' * 99 + text, None
    yield header + b"\n" + b",,,,,,,\n" * 100_000, LOADS
    yield b"\xff\xfe" + text, None
    yield b"\xff\xfe\x00\xd8" + header, "is UTF-16"
    yield text + "é".encode() + b"\xe9\n", "is UTF-8"
    yield b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + rows, None
    yield b"\xff\xd8\xff\xe0\x00\x10JFIF" + rows, "NUL"
    yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00" + rows, None
    yield b"<!DOCTYPE html><html><body>Sign in</body></html>", "none of the declared headers"
    yield b'{"error": {"code": "accessDenied"}}', "none of the declared headers"


_HEADER = "Interval Start,Interval End,Interval Complete,Filters,Media Type,Agent Id,Agent Name,Handle"
_ROW = "2026-03-01 00:00:00,2026-03-02 00:00:00,0.0,,voice,7b0c,Anna Example,2.0"
_CELLS = (
    *(
        (cell, "is no number")
        for cell in ("NaN", "Infinity", "-inf", "1_0", "=2+2", "#DIV/0!"[:4], "0x2", "٢", "two")
    ),
    *((cell, "is too large a number") for cell in ("9" * 19, "1e30", "1e999")),
    ("9" * 100_000 + "e", "is no number"),
    ("2.5", "is no whole number"),
    ("-2", "is less than 0"),
    ("/2026-03-29 02:30:00", None),  # does not exist in every zone
    ("/2026-02-30 00:00:00", "is no date and time"),
    ("/2026-03-01 24:00:01", "is no date and time"),
    ("/01.03.2026", "is no date and time"),
    ("/0001-01-01T00:00:00+14:00", "does not exist"),
    ("/46082", "is no date and time"),
    ("/ ", "is empty"),
)
