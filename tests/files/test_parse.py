"""From a file to a frame: headers, dtypes, and what is noticed on the way."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from scheduling_pipeline.files.dataset import Column, Dataset, Kind
from scheduling_pipeline.files.frame import DTYPES
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.parse import Limits
from tests.files.parsing import KINDS, LIMITS, read, values

ROW = "a,3.0,2.5,yes,1500,2026-03-01,9:05,2026-03-01T09:00:00Z"
HEADER = "Some Text,Whole,Number,Flag,Lasts,Day,Clock,Moment"


@pytest.mark.parametrize("content", [HEADER, f"{HEADER}\n{ROW}\n", "Whole,Some Text\n1,a\n"])
def test_columns_have_their_order_and_dtypes_whatever_the_file_has(tmp_path: Path, content: str) -> None:
    frame = read(tmp_path, content).frame
    assert list(frame.columns) == [*(column.name for column in KINDS.columns), "source_row"]
    assert all(frame[column.name].dtype == DTYPES[column.kind] for column in KINDS.columns)


def test_headers_are_found_in_any_case_spacing_and_order_and_by_alias(tmp_path: Path) -> None:
    for header in ("WHOLE , some  text", "whole,SOME_TEXT", "\u00a0Whole,remark"):
        assert values(read(tmp_path, f"{header}\n7,a\n"), "text") == ["a"]


def test_drift_is_noticed_and_is_no_fault(tmp_path: Path) -> None:
    parsed = read(tmp_path, "Some Text,New One,Whole,,Flag\na,x,1,y,true\n")
    assert parsed.extra == ("New One",)
    assert parsed.missing == ("number", "lasts", "day", "clock", "moment")


def test_a_missing_header_is_named_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"^row 1: has no column 'Whole'; it has 'Some Text', 'Hole'$"):
        read(tmp_path, "Some Text,Hole\na,1\n")


def test_data_without_a_header_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"^row 1: none of the declared headers is here") as caught:
        read(tmp_path, "Carla Private,1\nBerta Private,2\n")
    assert "Private" not in str(caught.value)


@pytest.mark.parametrize("header", ["Whole,Some Text,some text", "Whole,Some Text,Remark"])
def test_a_doubled_header_is_a_fault(tmp_path: Path, header: str) -> None:
    with pytest.raises(Fault, match="row 1, column 'Some Text': there are two columns of this header"):
        read(tmp_path, f"{header}\n1,a,b\n")


def test_doubled_headers_that_nobody_declared_do_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, "Whole,Some Text,Note,Note\n1,a,b,c\n").extra == ("Note", "Note")


def test_more_columns_than_allowed_are_refused(tmp_path: Path) -> None:
    header = ",".join(["Some Text", "Whole", *map(str, range(20_000))])
    with pytest.raises(Fault, match="row 1: has more than 50 columns"):
        read(tmp_path, header)
    assert len(read(tmp_path, header, limits=Limits(10, 20_002, 0)).extra) == 20_000


def test_remarks_are_left_out_where_a_dataset_has_them(tmp_path: Path) -> None:
    content = "Some Text,Whole\na,1\n# left out, because, of many, commas\n"
    remarking = dataclasses.replace(KINDS, comment="#")
    parsed = read(tmp_path, content, dataset=remarking)
    assert (values(parsed, "text"), parsed.padding) == (["a"], 0)
    with pytest.raises(Fault, match="row 3"):
        read(tmp_path, content)


def test_what_a_file_must_be_is_part_of_the_fingerprint() -> None:
    assert dataclasses.replace(KINDS, comment="#").fingerprint != KINDS.fingerprint


def test_a_column_may_be_optional_and_yet_never_empty(tmp_path: Path) -> None:
    column = Column("size", "Size", Kind.INTEGER, required=False, nullable=False)
    dataset: Dataset = dataclasses.replace(KINDS, columns=(KINDS.columns[0], column))
    assert values(read(tmp_path, "Some Text\na\n", dataset=dataset), "size") == [None]
    with pytest.raises(Fault, match="row 2, column 'Size': is empty"):
        read(tmp_path, "Some Text,Size\na,\n", dataset=dataset)


@pytest.mark.parametrize("name", ["kinds", "kinds.pdf", "kinds.xlsx.zip"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Fault, match=r"only CSV, .xlsx and .ics are"):
        read(tmp_path, "Some Text,Whole\n", name=name, limits=LIMITS)
