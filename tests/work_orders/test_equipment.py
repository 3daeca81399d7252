"""Dispensers are those that a location's page shows: none are made up."""

from __future__ import annotations

import pytest

from scheduling_pipeline.work_orders.equipment import parse_equipment
from scheduling_pipeline.work_orders.markup import LoginPageError, UnexpectedPageError
from scheduling_pipeline.work_orders.model import Dispenser
from tests.work_orders import list_page

FIRST = """<div><div>1/2 - Regular, Plus, Diesel - Gilbarco</div><div>S/N: AB00012345</div>
<div>Make: Gilbarco</div><div>Model: Encore 700</div>
<div><div>Grade</div><div>Regular, Plus, Diesel</div></div>
<div><div>Stand Alone Code</div><div>0139</div></div>
<div><div>Number of Nozzles (per side)</div><div>2</div></div>
<div><div>Meter Type</div><div>Electronic</div></div></div>"""
CODED = """<div><div>3/4 - 0127, 0135, 0999 - Wayne</div><div>S/N: AB00012346</div>
<div><div>Grade</div><div>0127, 0135, 0999</div></div></div>"""
EMPTY = """<div><div>5/6 - E85 - Wayne</div><div><div>Grade</div><div></div></div>
<div><div>Stand Alone Code</div><div></div></div><div><div>Meter Type</div><div>HD Meter</div></div></div>"""


def location(*blocks: str, heading: str = "Dispenser ({count})") -> str:
    title = heading.format(count=len(blocks))
    return f"""<html><body><ul><li><a>Overview</a></li><li><a>Equipment</a></li></ul><h2>{title}</h2>
<template>{FIRST}</template>{"".join(blocks)}</body></html>"""


def test_a_dispenser_is_read_as_it_is_shown() -> None:
    found = parse_equipment(location(FIRST))
    assert found.complete
    assert found.dispensers == (
        Dispenser(
            number="1/2",
            grades=("Regular", "Plus", "Diesel"),
            maker="Gilbarco",
            model="Encore 700",
            serial="AB00012345",
            stand_alone_code="0139",
            nozzles=2,
            meter_type="Electronic",
        ),
    )


def test_grades_are_names_for_codes_and_an_unknown_code_stays() -> None:
    (dispenser,) = parse_equipment(location(CODED)).dispensers
    assert dispenser.grades == ("Regular", "Plus", "0999")
    assert (dispenser.maker, dispenser.model, dispenser.nozzles) == ("Wayne", None, None)


def test_a_label_is_never_taken_for_a_value() -> None:
    (dispenser,) = parse_equipment(location(EMPTY)).dispensers
    assert (dispenser.grades, dispenser.stand_alone_code) == (("E85",), None)
    assert dispenser.meter_type == "HD Meter"


def test_what_belongs_to_one_dispenser_is_not_given_to_another() -> None:
    found = parse_equipment(location(FIRST, CODED, EMPTY))
    assert [one.serial for one in found.dispensers] == ["AB00012345", "AB00012346", None]


def test_where_there_are_none_there_are_none() -> None:
    found = parse_equipment(location(heading="No equipment found."))
    assert (found.dispensers, found.expected, found.complete) == ((), 0, True)


def test_a_group_that_was_not_opened_is_incomplete() -> None:
    found = parse_equipment(location(heading="Dispenser (8)"))
    assert (found.expected, found.complete) == (8, False)


def test_a_login_page_has_no_equipment_to_speak_of() -> None:
    with pytest.raises(LoginPageError):
        parse_equipment(list_page.LOGIN)
    with pytest.raises(UnexpectedPageError, match="page of a location"):
        parse_equipment("<html><body><h1>Not Found</h1></body></html>")
