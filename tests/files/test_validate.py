"""What a declaration does not allow is a fault that names the first row, the column and the reason."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from scheduling_pipeline.files.dataset import Column, Dataset, Kind, Loading
from scheduling_pipeline.files.model import Fault
from tests.files.parsing import read, values

RULES = Dataset(
    "rules",
    "Rules.",
    ("rules*",),
    (
        Column("name", "Name", nullable=False),
        Column("side", "Side", choices=("left", "right")),
        Column("weekday", "Weekday", Kind.INTEGER, low=0, high=6),
        Column("share", "Share", Kind.NUMBER, required=False, nullable=False, low=0),
        Column("day", "Day", Kind.DATE, required=False),
    ),
    Loading.REPLACE_ALL,
)
HEADER = "Name,Side,Weekday\n"


def fault(folder: Path, content: str, dataset: Dataset = RULES) -> Fault:
    with pytest.raises(Fault) as caught:
        read(folder, content, dataset=dataset)
    return caught.value


def test_rows_within_the_rules_pass(tmp_path: Path) -> None:
    parsed = read(tmp_path, f"{HEADER}a,LEFT,0\nb,right,6\nc,,\n", dataset=RULES)
    assert values(parsed, "side") == ["left", "right", None]
    assert parsed.missing == ("share", "day")


def test_an_empty_cell_where_there_must_be_a_value(tmp_path: Path) -> None:
    found = fault(tmp_path, f"{HEADER}a,left,0\n,right,1\n ,left,2\n")
    assert (found.row, found.column, found.reason) == (3, "Name", "is empty; 1 more cell is wrong")


def test_a_value_that_is_no_choice(tmp_path: Path) -> None:
    found = fault(tmp_path, f"{HEADER}a,left,0\n\nb,{'up' * 50},1\n")
    assert (found.row, found.column) == (4, "Side")
    assert found.reason == f"'{('up' * 20)[:39]}…' is none of: left, right"


@pytest.mark.parametrize(("cell", "reason"), [("-1", "'-1' is less than 0"), ("7", "'7' is more than 6")])
def test_a_number_out_of_bounds(tmp_path: Path, cell: str, reason: str) -> None:
    found = fault(tmp_path, f"{HEADER}a,left,{cell}\n")
    assert (found.row, found.column, found.reason) == (2, "Weekday", reason)


def test_the_first_row_is_named_and_the_others_are_counted(tmp_path: Path) -> None:
    found = fault(tmp_path, f"{HEADER}a,left,9\nb,up,1\n,left,9\n")
    assert (found.row, found.column, found.reason) == (
        2,
        "Weekday",
        "'9' is more than 6; 3 more cells are wrong",
    )


def test_cells_of_the_wrong_kind_are_counted_through_the_whole_file(tmp_path: Path) -> None:
    rows = "".join(f"a,left,{'x' if number % 400 == 399 else 1}\n" for number in range(900))
    found = fault(tmp_path, HEADER + rows + "b,left,y\n")
    assert (found.row, found.reason) == (401, "'x' is no number; 2 more cells are wrong")


def test_a_text_that_may_be_anything_is_never_quoted(tmp_path: Path) -> None:
    found = fault(tmp_path, f"{HEADER}Carla Private,up,1\n")
    assert "Carla" not in str(found)


def test_two_rows_of_one_key_are_both_named(tmp_path: Path) -> None:
    keyed = dataclasses.replace(RULES, key=("name", "day"))
    header = "Name,Side,Weekday,Day\n"
    read(tmp_path, f"{header}a,,,2026-01-01\na,,,2026-01-02\n", dataset=keyed)
    found = fault(tmp_path, f"{header}b,,,2026-01-01\na,,,2026-01-02\n,,,\na,left,,01/02/2026\n", keyed)
    assert (found.row, found.reason) == (5, "has the same Name, Day as row 3")
