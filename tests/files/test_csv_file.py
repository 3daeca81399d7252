"""CSV files as people and programs write them, and as they break."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling_pipeline.files.model import Fault
from tests.files.parsing import LIMITS, read, values

HEADER = "Some Text,Whole"
TEXT = f"{HEADER}\nZoë,1\n“naïve”,2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_usual_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    assert values(read(tmp_path, TEXT.encode(encoding)), "text") == ["Zoë", "“naïve”"]


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be"])
def test_both_byte_orders_of_utf_16_are_read(tmp_path: Path, mark: str) -> None:
    assert values(read(tmp_path, ("\ufeff" + TEXT).encode(mark)), "text") == ["Zoë", "“naïve”"]


def test_damaged_utf_8_is_not_taken_for_windows_1252(tmp_path: Path) -> None:
    content = f"{HEADER}\nZoë,1\n".encode() + "Zoë,2\n".encode("cp1252")
    with pytest.raises(Fault, match="row 3: is UTF-8 before this line, and is not in it"):
        read(tmp_path, content)


def test_a_character_cut_in_two_is_damage(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="row 3"):
        read(tmp_path, f"{HEADER}\nZoë,1\nZoë".encode()[:-1])


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="row 2: is neither UTF-8 nor Windows-1252 text"):
        read(tmp_path, HEADER.encode() + b"\n\x81,1\n")


@pytest.mark.parametrize("content", [f"{HEADER}\r\na\0b,1\r\n".encode(), TEXT.encode("utf-16-le")])
def test_nul_characters_are_no_text(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Fault, match=r"row [12]: is no text: it holds NUL characters"):
        read(tmp_path, content)


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_the_one_that_finds_the_headers(tmp_path: Path, delimiter: str) -> None:
    lines = [["Some Text", "Whole"], ["one, two; three | four", "1"]]
    content = "\n".join(delimiter.join(f'"{cell}"' for cell in cells) for cells in lines)
    assert values(read(tmp_path, content), "text") == ["one, two; three | four"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_counted_as_a_text_editor_does(tmp_path: Path, end: str) -> None:
    content = end.join(["", HEADER, f'"a{end}b, ""c""",3', ",1", ", ", "", "d,2", ""])
    parsed = read(tmp_path, content)
    assert values(parsed, "text") == [f'a{end}b, "c"', None, "d"]
    assert values(parsed, "source_row") == [3, 5, 8]
    assert parsed.padding == 2


def test_padding_is_dropped_and_counted(tmp_path: Path) -> None:
    parsed = read(tmp_path, f"{HEADER}\na,1\n" + ",\n" * 990 + "b,2\n")
    assert values(parsed, "source_row") == [2, 993]
    assert parsed.padding == 990


def test_cells_missing_at_the_end_of_a_row_are_empty(tmp_path: Path) -> None:
    assert values(read(tmp_path, f"{HEADER}\na\nb,2\n"), "whole") == [None, 2]


def test_a_row_longer_than_the_header_is_a_fault_unless_the_excess_is_empty(tmp_path: Path) -> None:
    assert values(read(tmp_path, f"{HEADER}\na,1,, \n"), "whole") == [1]
    with pytest.raises(Fault, match="row 3: has 3 cells, where the header has 2"):
        read(tmp_path, f"{HEADER}\na,1\nb,2,c\n")


def test_a_quotation_mark_that_is_never_closed_names_its_row(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="row 3: a quotation mark is opened here and never closed"):
        read(tmp_path, f'{HEADER}\na,1\n"b,2\nc,3\n')


def test_text_after_a_closed_quotation_mark_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="row 2: is no well-formed CSV"):
        read(tmp_path, f'{HEADER}\n"a"b,2\n')


def test_endless_cells_and_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="row 2: a cell is longer than 131,072 characters"):
        read(tmp_path, f"{HEADER}\n{'x' * 200_000},1\n")
    with pytest.raises(Fault, match="row 2: has more than 4,194,304 characters"):
        read(tmp_path, f"{HEADER}\n{',' * 5_000_000}")


def test_more_rows_than_allowed_are_refused_blank_or_not(tmp_path: Path) -> None:
    assert len(read(tmp_path, f"{HEADER}\n" + "a,1\n" * LIMITS.rows).frame) == LIMITS.rows
    with pytest.raises(Fault, match="row 1002: has more than 1,000 rows"):
        read(tmp_path, f"{HEADER}\n" + ",\n" * (LIMITS.rows + 1))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b"\xff\xfe"])
def test_a_file_without_a_header_is_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Fault, match=r"^is empty$"):
        read(tmp_path, content)


def test_a_header_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    parsed = read(tmp_path, HEADER)
    assert parsed.frame.empty
    assert str(parsed.frame.dtypes["moment"]) == "datetime64[us, UTC]"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=2, max_size=2)
    ),
    delimiter=st.sampled_from(",;\t|"),
)
def test_whatever_a_writer_quotes_comes_back(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["Some Text", "Remark 2", "Whole"])
    writer.writerows([*row, str(number)] for number, row in enumerate(rows))
    parsed = read(tmp_path, written.getvalue())
    assert values(parsed, "text") == [row[0].strip() or None for row in rows]
    assert values(parsed, "whole") == list(range(len(rows)))
