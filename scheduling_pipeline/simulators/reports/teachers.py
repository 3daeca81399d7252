"""The school's list of teachers, as a person keeps it in a workbook."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from scheduling_pipeline.simulators.reports.workbook import workbook
from scheduling_pipeline.simulators.school.people import DOMAIN, TEACHERS, accounts, other_teachers

COLUMNS = ("Name", "Type", "School", "Phone Number", "Email")

_SCHOOLS = (  # in the order of the list: each school, and how many teachers in a row belong to it
    *(("SFS", 16), ("ESA / SFS", 1), ("SFS", 4), ("ESA", 10), ("ESA Junior", 4), ("WSE", 8)),
    *(("WSE Junior", 8), ("ESA Junior", 2), ("SFS Junior", 3)),
)
_IN_PERSON = 37  # they come first
_WITHOUT_PHONE = 22


def teachers_workbook() -> bytes:
    """`Teachers.xlsx`: 56 teachers, most of them with the name and the address of their directory account."""
    return workbook("Teachers", COLUMNS, _rows())


def _rows() -> Iterator[list[str]]:
    schools = [school for school, count in _SCHOOLS for _ in range(count)]
    for number, ((name, email), school) in enumerate(zip(_people(), schools, strict=True)):
        kind = "In Person" if number < _IN_PERSON else "Online"
        phone = "" if number == _WITHOUT_PHONE else f"+33 6 39 98 01 {number:02}"  # kept free for fiction
        yield [name, kind, school, phone, email]


def _people() -> Iterator[tuple[str, str]]:
    """Name and address: everybody who has an account, then some who teach in agendas that are not live."""
    employed = sum(teacher.name is not None for teacher in TEACHERS)
    for account in accounts()[-employed:]:
        yield account.display_name, account.upn
    for agenda in range(3):
        for raw in other_teachers(agenda):
            given, surname = raw.split()
            plain = unicodedata.normalize("NFKD", f"{given}.{surname}".lower())
            address = "".join(letter for letter in plain if not unicodedata.combining(letter))
            yield f"{given} {surname.capitalize()}", f"{address}@{DOMAIN}"
