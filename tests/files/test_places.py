"""Paths rebuilt from the ids of parents, and where the files of wanted folders are kept."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.files.places import Node, Place, Tree, kept_path


def test_a_path_is_rebuilt_from_the_ids_of_parents() -> None:
    tree = Tree(
        {
            "file": Node("sub", "a.csv"),
            "sub": Node("top", "2026"),
            "top": Node("root", "Reports"),
            "root": Node(None, "root"),
        }
    )

    assert tree.place("file") == Place("Reports/2026/a.csv")
    assert tree.place("top") == Place("Reports")
    assert tree.place("root") == Place("")


def test_what_is_below_a_deleted_folder_is_gone_but_its_path_is_known() -> None:
    tree = Tree(
        {
            "root": Node(None, "root"),
            "top": Node("root", "Reports", deleted=True),
            "sub": Node("top", "2026"),
            "file": Node("sub", "a.csv"),
            "other": Node("root", "b.csv"),
        }
    )

    assert tree.place("file") == Place("Reports/2026/a.csv", gone=True)
    assert tree.place("other") == Place("b.csv")


def test_an_item_whose_parent_is_not_known_has_no_place() -> None:
    tree = Tree({"root": Node(None, "root"), "sub": Node("unknown", "2026"), "file": Node("sub", "a.csv")})

    assert tree.place("file") is None
    assert tree.place("sub") is None
    assert tree.place("nobody") is None
    assert tree.place("root") == Place("")


def test_folders_that_contain_one_another_have_no_place_nor_what_is_in_them() -> None:
    tree = Tree(
        {"a": Node("b", "a"), "b": Node("a", "b"), "file": Node("a", "x.csv"), "self": Node("self", "s")}
    )

    assert [tree.place(item) for item in ("file", "a", "b", "self")] == [None] * 4


def test_folders_may_be_nested_as_deep_as_one_likes() -> None:
    depth = 5_000
    nodes = {str(level): Node(str(level - 1), "d") for level in range(1, depth)}

    place = Tree({"0": Node(None, "root"), **nodes}).place(str(depth - 1))

    assert place is not None
    assert place.path.count("/") == depth - 2


@pytest.mark.parametrize(
    ("folders", "path", "kept"),
    [
        (["Reports"], "Reports/a.csv", "a.csv"),
        (["/Reports/"], "Reports/2026/a.csv", "2026/a.csv"),
        (["reports"], "REPORTS/A.csv", "A.csv"),
        (["Café"], "CAFE\u0301/a.csv", "a.csv"),
        (["Reports"], "Reports", None),
        (["Reports"], "Reports2/a.csv", None),
        (["Reports"], "Other/Reports/a.csv", None),
        (["Reports/Daily"], "Reports/Daily/a.csv", "a.csv"),
        (["Reports/Daily"], "Reports/a.csv", None),
        ([""], "a.csv", "a.csv"),
        (["/"], "Reports/a.csv", "Reports/a.csv"),
        (["Reports", "reports/"], "Reports/a.csv", "a.csv"),
        (["Reports", "Rosters"], "Reports/a.csv", "Reports/a.csv"),
        (["North/Reports", "Rosters"], "North/reports/2026/a.csv", "Reports/2026/a.csv"),
        (["North/Reports", "Rosters"], "North/a.csv", None),
        (["North/Reports", "South/reports"], "South/Reports/a.csv", "South/reports/a.csv"),
        (["North/Reports", "South/Reports", "Rosters"], "Rosters/a.csv", "Rosters/a.csv"),
        (["Reports", "Reports/Daily"], "Reports/Daily/a.csv", "Daily/a.csv"),
        (["Reports", "Reports/Daily"], "Reports/a.csv", "Reports/a.csv"),
        (["", "North/Reports"], "North/Reports/a.csv", "North/Reports/a.csv"),
        ([], "a.csv", None),
    ],
)
def test_where_a_file_is_kept(folders: Sequence[str], path: str, kept: str | None) -> None:
    assert kept_path(folders, path) == kept


NAMES = st.sampled_from(["a", "A", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(st.lists(PATHS | st.just(""), min_size=1, max_size=4), PATHS, PATHS)
def test_two_files_are_never_kept_at_one_path(folders: list[str], one: str, other: str) -> None:
    """Of two paths that SharePoint tells apart: it does not look at letter case."""
    places = [kept_path(folders, path) for path in (one, other)]

    if one.casefold() != other.casefold() and None not in places:
        assert places[0] != places[1]
