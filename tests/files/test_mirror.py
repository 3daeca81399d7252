"""The mirror: the newest bytes at their paths, all earlier ones beside it, whatever happens in between."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduling_pipeline.files.mirror import Mirror, MirrorError, MissingBytesError, Move
from scheduling_pipeline.files.model import Fault
from tests.files.dying import dying_at


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(mirror: Mirror, path: str, content: bytes, modified_at: datetime | None = None) -> str:
    """Receive and keep a file; its hash."""
    with mirror.receive(path) as partial:
        partial.file.write(content)
        mirror.keep(partial, path, sha256=sha256(content), modified_at=modified_at)
    return sha256(content)


def tree(root: Path) -> dict[str, bytes]:
    """All files below a directory, and empty directories as such."""
    return {
        str(place.relative_to(root)) + ("/" if place.is_dir() else ""): b""
        if place.is_dir()
        else place.read_bytes()
        for place in root.rglob("*")
        if place.is_file() or not any(place.iterdir())
    }


def versions(mirror: Mirror) -> set[bytes]:
    """The contents among the versions, each of which is where its hash says."""
    files = list(mirror.versions.glob("*/*"))
    for file in files:
        digest = sha256(file.read_bytes())
        assert file == mirror.versions / digest[:2] / digest
    return {file.read_bytes() for file in files}


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    mirror = Mirror(tmp_path / "incoming")
    mirror.prepare()
    return mirror


def test_what_is_received_is_in_its_place_only_once_it_is_kept(mirror: Mirror) -> None:
    with mirror.receive("2026/a.csv") as partial:
        partial.file.write(b"half")
        partial.file.flush()
        (there,) = tree(mirror.root)
        assert there.startswith("2026/.partial-")

        partial.file.write(b" and half")
        mirror.keep(partial, "2026/a.csv", sha256=sha256(b"half and half"))

    assert tree(mirror.root) == {"2026/a.csv": b"half and half"}
    assert versions(mirror) == set()


def test_what_is_not_kept_leaves_nothing_behind(mirror: Mirror) -> None:
    with mirror.receive("2026/deep/a.csv") as partial:
        partial.file.write(b"half")

    assert tree(mirror.root) == {}


def test_a_kept_file_has_the_time_at_which_it_was_modified(mirror: Mirror) -> None:
    put(mirror, "a.csv", b"1", datetime(2026, 2, 3, 9, 5, tzinfo=UTC))

    assert (mirror.root / "a.csv").stat().st_mtime == datetime(2026, 2, 3, 9, 5, tzinfo=UTC).timestamp()


def test_what_is_replaced_is_a_version(mirror: Mirror) -> None:
    for content in (b"1", b"2", b"3"):
        put(mirror, "a.csv", content)

    assert tree(mirror.root) == {"a.csv": b"3"}
    assert versions(mirror) == {b"1", b"2"}


def test_the_same_bytes_again_are_no_version(mirror: Mirror) -> None:
    put(mirror, "a.csv", b"1")
    put(mirror, "a.csv", b"1")

    assert versions(mirror) == set()


def test_a_version_takes_no_further_room_while_it_is_linked(mirror: Mirror) -> None:
    first = put(mirror, "a.csv", b"1")
    place = (mirror.root / "a.csv").stat().st_ino

    put(mirror, "a.csv", b"2")

    assert mirror.find(None, first).stat().st_ino == place


def test_where_links_are_not_possible_versions_are_copied(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    first = put(mirror, "a.csv", b"1", datetime(2026, 2, 3, tzinfo=UTC))
    put(mirror, "a.csv", b"2")
    mirror.move("a.csv", "b.csv", sha256(b"2"))

    assert tree(mirror.root) == {"b.csv": b"2"}
    assert versions(mirror) == {b"1", b"2"}
    assert mirror.find("a.csv", first).stat().st_mtime == datetime(2026, 2, 3, tzinfo=UTC).timestamp()


def test_a_retired_file_is_a_version_and_its_empty_directories_are_gone(mirror: Mirror) -> None:
    put(mirror, "2026/01/a.csv", b"1")
    put(mirror, "2026/b.csv", b"2")

    mirror.retire("2026/01/a.csv")
    mirror.retire("2026/01/a.csv")

    assert tree(mirror.root) == {"2026/b.csv": b"2"}
    assert versions(mirror) == {b"1"}


def test_the_root_stays_when_it_is_empty(mirror: Mirror) -> None:
    put(mirror, "a.csv", b"1")
    mirror.retire("a.csv")

    assert mirror.root.is_dir()


def test_a_moved_file_is_only_where_it_now_is(mirror: Mirror) -> None:
    digest = put(mirror, "2026/01/a.csv", b"1")

    for _ in range(2):
        mirror.move("2026/01/a.csv", "2026/02/b.csv", digest)

    assert tree(mirror.root) == {"2026/02/b.csv": b"1"}


def test_what_a_moved_file_finds_at_its_new_path_is_a_version(mirror: Mirror) -> None:
    put(mirror, "b.csv", b"of somebody else")
    digest = put(mirror, "a.csv", b"1")

    mirror.move("a.csv", "b.csv", digest)

    assert tree(mirror.root) == {"b.csv": b"1"}
    assert b"of somebody else" in versions(mirror)


def test_a_file_comes_back_from_the_versions(mirror: Mirror) -> None:
    digest = put(mirror, "a.csv", b"1")
    mirror.retire("a.csv")

    mirror.move(None, "b/a.csv", digest)

    assert tree(mirror.root) == {"b/a.csv": b"1"}


def test_a_rename_of_letter_case_alone(mirror: Mirror) -> None:
    digest = put(mirror, "Reports/A.csv", b"1")

    mirror.move("Reports/A.csv", "reports/a.csv", digest)

    assert tree(mirror.root) == {"reports/a.csv": b"1"}


CHAINS = {
    "one after another": {"a": "b", "b": "c", "c": "d"},
    "the other way round": {"c": "d", "b": "c", "a": "b"},
    "swap": {"a": "b", "b": "a"},
    "round": {"a": "b", "b": "c", "c": "a"},
    "into one's own folder": {"a": "a/a", "b": "a/b"},
    "a folder becomes a file": {"d/x": "x", "a": "d"},
}
TWINS = {"a": b"same", "b": b"same", "c": b"same", "d/x": b"same"}
DIFFERENT = {path: path.encode() for path in TWINS}


@pytest.mark.parametrize("contents", [DIFFERENT, TWINS], ids=["different", "the same bytes"])
@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())
def test_moves_that_depend_on_one_another_end_right(
    mirror: Mirror, chain: dict[str, str], contents: dict[str, bytes]
) -> None:
    for path in chain:
        put(mirror, path, contents[path])

    mirror.move_all([Move(old, new, sha256(contents[old])) for old, new in chain.items()])

    assert tree(mirror.root) == {new: contents[old] for old, new in chain.items()}


@pytest.mark.parametrize("contents", [DIFFERENT, TWINS], ids=["different", "the same bytes"])
@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())
def test_moves_that_were_cut_short_anywhere_are_repeated(
    tmp_path: Path, chain: dict[str, str], contents: dict[str, bytes]
) -> None:
    moves = [Move(old, new, sha256(contents[old])) for old, new in chain.items()]
    for step in range(1, 200):
        mirror = Mirror(tmp_path / str(step))
        mirror.prepare()
        for path in chain:
            put(mirror, path, contents[path])
        with dying_at(step) as undone:
            mirror.move_all(moves)
        for move in moves:
            assert mirror.find(move.old, move.sha256)

        mirror.prepare()
        mirror.move_all(moves)

        assert tree(mirror.root) == {new: contents[old] for old, new in chain.items()}
        if not undone:
            return
    pytest.fail("never came to its end")


@pytest.mark.parametrize("operation", ["replace", "replace a folder", "retire"])
def test_an_operation_that_was_cut_short_anywhere_loses_nothing(tmp_path: Path, operation: str) -> None:
    path = "x" if operation == "replace a folder" else "x/y/a.csv"
    for step in range(1, 100):
        mirror = Mirror(tmp_path / str(step))
        mirror.prepare()
        old = put(mirror, "x/y/a.csv", b"old")
        with dying_at(step) as undone:
            mirror.retire(path) if operation == "retire" else put(mirror, path, b"new")
        assert mirror.find("x/y/a.csv", old)

        mirror.prepare()
        mirror.retire(path) if operation == "retire" else put(mirror, path, b"new")

        assert tree(mirror.root) == ({} if operation == "retire" else {path: b"new"})
        assert versions(mirror) == {b"old"}
        if not undone:
            return
    pytest.fail("never came to its end")


def test_what_another_run_left_unfinished_is_removed(mirror: Mirror) -> None:
    put(mirror, "x/a.csv", b"1")
    (mirror.root / "x" / ".partial-1").write_bytes(b"half")
    (mirror.versions / "ab").mkdir()
    (mirror.versions / "ab" / ".partial-2").write_bytes(b"half")
    (mirror.root / "new" / "folder").mkdir(parents=True)

    mirror.prepare()

    assert tree(mirror.root) == {"x/a.csv": b"1"}
    assert versions(mirror) == set()


def test_what_a_run_kept_but_did_not_record_is_retired_by_the_next(mirror: Mirror) -> None:
    for path in ("a.csv", "b.csv"):
        put(mirror, path, path.encode())
    mirror.move("a.csv", "c.csv", sha256(b"a.csv"))
    (mirror.root / "somebody's own.txt").write_bytes(b"by hand")

    mirror.tidy({"b.csv"})
    mirror.tidy(set())

    assert tree(mirror.root) == {"b.csv": b"b.csv", "somebody's own.txt": b"by hand"}
    assert versions(mirror) == {b"a.csv"}


def test_what_a_living_run_is_receiving_is_left_alone(mirror: Mirror) -> None:
    with mirror.receive("a.csv") as partial:
        partial.file.write(b"1")
        mirror.prepare()
        mirror.keep(partial, "a.csv", sha256=sha256(b"1"))

    assert tree(mirror.root) == {"a.csv": b"1"}


def test_a_directory_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")

    with pytest.raises(MirrorError, match=r"cannot be kept in .*incoming .*set another ingestion_dir"):
        Mirror(tmp_path / "data" / "incoming").prepare()


def test_a_file_where_a_directory_must_be_gives_way(mirror: Mirror) -> None:
    put(mirror, "x", b"a file")
    put(mirror, "x/y/a.csv", b"1")

    assert tree(mirror.root) == {"x/y/a.csv": b"1"}
    assert versions(mirror) == {b"a file"}


def test_a_directory_where_a_file_must_be_gives_way(mirror: Mirror) -> None:
    for path in ("x/y/a.csv", "x/b.csv"):
        put(mirror, path, path.encode())
    put(mirror, "x", b"a file")

    assert tree(mirror.root) == {"x": b"a file"}
    assert versions(mirror) == {b"x/y/a.csv", b"x/b.csv"}


def test_bytes_are_found_wherever_they_are(mirror: Mirror) -> None:
    first = put(mirror, "a.csv", b"1")
    second = put(mirror, "a.csv", b"2")

    assert mirror.find("a.csv", second) == mirror.root / "a.csv"
    assert mirror.find("a.csv", first).read_bytes() == b"1"
    assert mirror.find(None, first).read_bytes() == b"1"


def test_bytes_that_somebody_changed_are_not_taken_for_those_that_were_kept(mirror: Mirror) -> None:
    digest = put(mirror, "a.csv", b"1")
    (mirror.root / "a.csv").write_bytes(b"changed by hand")

    with pytest.raises(MissingBytesError, match=r"a\.csv.*ingest the file again"):
        mirror.find("a.csv", digest)
    with pytest.raises(MissingBytesError):
        mirror.move("a.csv", "b.csv", digest)
    assert tree(mirror.root) == {"a.csv": b"changed by hand"}


def test_what_somebody_changed_is_not_lost_either(mirror: Mirror) -> None:
    put(mirror, "a.csv", b"1")
    (mirror.root / "a.csv").write_bytes(b"changed by hand")

    put(mirror, "a.csv", b"2")

    assert versions(mirror) == {b"changed by hand"}


def test_a_version_that_was_damaged_is_made_good_when_its_bytes_are_there_again(mirror: Mirror) -> None:
    digest = put(mirror, "a.csv", b"1")
    mirror.retire("a.csv")
    mirror.find(None, digest).write_bytes(b"damaged")

    put(mirror, "a.csv", b"1")
    mirror.retire("a.csv")

    assert versions(mirror) == {b"1"}


def test_a_link_leads_no_write_outside(mirror: Mirror, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.csv").write_bytes(b"theirs")
    (mirror.root / "planted").symlink_to(outside, target_is_directory=True)
    (mirror.root / "file.csv").symlink_to(outside / "a.csv")
    digest = put(mirror, "mine.csv", b"1")

    for path in ("planted/a.csv", "planted/deep/er/a.csv", "file.csv"):
        with pytest.raises(MirrorError, match="is a link"), mirror.receive(path):
            pass
        with pytest.raises(MirrorError, match="is a link"):
            mirror.retire(path)
        with pytest.raises(MirrorError, match="is a link"):
            mirror.move("mine.csv", path, digest)
        with pytest.raises(MirrorError, match="is a link"):
            mirror.find(path, sha256(b"theirs"))
    put(mirror, "folder/x/a.csv", b"2")
    (mirror.root / "folder" / "x" / "planted").symlink_to(outside, target_is_directory=True)
    put(mirror, "folder/x", b"3")

    assert tree(outside) == {"a.csv": b"theirs"}
    assert versions(mirror) >= {b"2"}
    assert b"theirs" not in versions(mirror)


def test_a_link_among_the_versions_leads_no_write_outside(mirror: Mirror, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    digest = put(mirror, "a.csv", b"1")
    (mirror.versions / digest[:2]).symlink_to(outside, target_is_directory=True)

    with pytest.raises(MirrorError, match="is a link"):
        mirror.retire("a.csv")
    assert tree(outside) == {}
    assert tree(mirror.root) == {"a.csv": b"1"}


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "incoming").symlink_to(tmp_path / "disk", target_is_directory=True)
    mirror = Mirror(tmp_path / "incoming")
    mirror.prepare()

    put(mirror, "a.csv", b"1")

    assert tree(tmp_path / "disk") == {"a.csv": b"1"}


def test_a_path_that_is_not_safe_is_refused(mirror: Mirror) -> None:
    for path in ("../a.csv", "/etc/passwd", "a\0"):
        with pytest.raises(Fault), mirror.receive(path):
            pass
        with pytest.raises(Fault):
            mirror.retire(path)


def test_several_threads_receive_and_retire_in_one_folder(mirror: Mirror) -> None:
    problems: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                put(mirror, f"x/y/{number}.csv", f"{number} {turn}".encode())
                mirror.retire(f"x/y/{number}.csv")
        except OSError as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert tree(mirror.root) == {}
    assert len(versions(mirror)) == 80


def test_the_lock_of_a_partial_file_ends_with_it(mirror: Mirror) -> None:
    with mirror.receive("a.csv") as partial, partial.path.open("rb") as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        partial.file.close()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
