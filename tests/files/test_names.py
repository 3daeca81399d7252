"""Names from outside: what can be kept is kept below the folder, all else is refused with a reason."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.names import collision_key, safe

# What an attacker, a careless user or another system may put into a name.
HOSTILE = st.sampled_from(
    ["..", ".", "", "/", "\\", "C:", "\0", "\n", "\u202e", "\ud800", "CON", "nul.csv", " ", ".partial-1", "~"]
)
PATHS = st.lists(HOSTILE | st.text(max_size=8), max_size=6).flatmap(
    lambda parts: st.sampled_from(["/".join(parts), "".join(parts)])
)


@pytest.mark.parametrize(
    "path",
    [
        "a.csv",
        "Reports/2026/IB_Calls__2026-02-03_0905.csv",
        "Übersicht, Räume (2).xlsx",
        "報告/合計.csv",
        ".hidden",
        "~$lock.xlsx",
        "console.csv",
        "com10.csv",
        "a..b.csv",
        "dir.with.dots/x",
        "x" * 255,
        "é" * 127,
        "/".join(["x" * 99] * 38),
    ],
)
def test_a_usual_name_is_kept_as_it_is(path: str) -> None:
    assert safe(path) == PurePosixPath(path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "no name"),
        ("/etc/passwd", "absolute"),
        ("../x", "no name"),
        ("a/../../x", "no name"),
        ("a/./x", "no name"),
        ("a//x", "no name"),
        ("a/", "no name"),
        ("a\\..\\x", "backslash"),
        ("a\0.csv", "control characters"),
        ("a\n.csv", "control characters"),
        ("a\x7f.csv", "control characters"),
        ("a\x85.csv", "control characters"),
        ("a\u2028.csv", "control characters"),
        ("a\u202evsc.exe", "turn its direction"),
        ("a\u2066b", "turn its direction"),
        ("a\ud800b", "not valid Unicode"),
        (os.fsdecode(b"caf\xe9.csv"), "not valid Unicode"),
        ("CON", "reserved"),
        ("con.csv", "reserved"),
        ("Nul .tar.gz", "reserved"),
        ("a/COM1", "reserved"),
        ("lpt9.txt/x", "reserved"),
        ("COM¹.csv", "reserved"),
        ("a.", "dot or a space"),
        ("a /b", "dot or a space"),
        ("...", "dot or a space"),
        (".partial-abc", "temporary"),
        ("a/.PARTIAL-abc", "temporary"),
        ("x" * 256, "longer than 255"),
        ("é" * 128, "longer than 255"),
        ("/".join(["x" * 99] * 39), "longer than 3,800"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused_with_the_reason(path: str, reason: str) -> None:
    with pytest.raises(Fault, match=reason) as refused:
        safe(path)

    assert refused.value.reason.isprintable()
    assert len(refused.value.reason) < 1000


@given(PATHS)
def test_whatever_is_let_through_stays_below_the_root(path: str) -> None:
    root = Path("/srv/incoming")
    try:
        kept = safe(path)
    except Fault:
        return

    place = os.path.normpath(root / kept)
    assert place == str(root / kept)
    assert place.startswith(f"{root}/")
    assert str(kept) == path
    assert len(os.fsencode(place)) < 4096


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Report.csv", "REPORT.CSV"),
        ("café.csv", "cafe\u0301.csv"),
        ("Straße", "STRASSE"),
        ("\u1fb3\u0301", "\u0391\u0301\u0345"),
    ],
)
def test_two_spellings_of_one_file_have_one_key(one: str, other: str) -> None:
    assert collision_key(one) == collision_key(other)


def test_two_files_have_two_keys() -> None:
    assert len({collision_key(path) for path in ("a/b", "a/c", "ab", "A/bc", "a", "á")}) == 6


@given(st.text())
def test_a_key_is_its_own_key(path: str) -> None:
    assert collision_key(collision_key(path)) == collision_key(path)
