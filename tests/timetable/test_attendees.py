"""The page of an activity session: the teacher, however it is written, and nothing else."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.timetable.attendees import parse_teacher
from scheduling_pipeline.timetable.page import LoginPageError
from tests.timetable.grid_page import LOGIN_PAGE


def page(teacher_cell: str, label: str = "Teacher") -> str:
    return (
        "<html><body><table><tr><td><span>Activity</span></td><td>VIP Adults</td></tr>"
        f"<tr><td><span>{label}</span></td>{teacher_cell}</tr></table>"
        "<table><tr><td>Teacher</td><td>Mia STUDENT</td></tr></table></body></html>"
    )


@pytest.mark.parametrize(
    ("cell", "teacher"),
    [
        ("<td>Ana MARTEL</td>", "Ana MARTEL"),
        ("<td>\n  Jo&nbsp;BRANDT \n MAIN</td>", "Jo BRANDT MAIN"),
        ("<td>Zo&eacute; M&#252;LLER</td>", "Zoé MüLLER"),
        ("<td>Zoé MüLLER</td>", "Zoé MüLLER"),
        ("<td><a href='/staff/12'>Lea KOHLER</a></td>", "Lea KOHLER"),
        ("<td><!-- id 12 --><b>Lea</b> KOHLER</td>", "Lea KOHLER"),
    ],
)
def test_the_teacher_is_read_as_a_person_would(cell: str, teacher: str) -> None:
    assert parse_teacher(page(cell)) == teacher


@pytest.mark.parametrize("cell", ["<td></td>", "<td>&nbsp;</td>", ""])
def test_an_empty_or_missing_value_is_no_teacher(cell: str) -> None:
    assert parse_teacher(page(cell)) is None


@pytest.mark.parametrize("label", ["Teachers", "Assistant Teacher", "Student"])
def test_another_row_is_not_taken_for_the_teacher_s(label: str) -> None:
    assert parse_teacher(page("<td>Mia STUDENT</td>", label)) is None


def test_white_space_around_the_label_does_not_matter() -> None:
    assert parse_teacher(page("<td>Ana MARTEL</td>", " Teacher&nbsp;")) == "Ana MARTEL"


def test_a_login_page_is_not_a_page_without_a_teacher() -> None:
    with pytest.raises(LoginPageError):
        parse_teacher(LOGIN_PAGE)


names = st.text(st.characters(categories=["L", "Pd", "Po"]), min_size=1, max_size=40)


@given(st.lists(names, min_size=1, max_size=4).map(" ".join))
def test_any_name_comes_back_as_it_was_escaped(name: str) -> None:
    assert parse_teacher(page(f"<td>{escape(name)}</td>")) == name
