"""What is known of a drive and what follows from it: pages merged, listings finished, work outstanding."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from scheduling_pipeline.database.models import DriveEntry, IngestedVersion
from scheduling_pipeline.files.listing import finish_listing, merge, outstanding, record_kept, record_left
from scheduling_pipeline.files.model import Change, Download, DriveItem, Page, Work

NOW = datetime(2026, 2, 3, 9, 5, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class Folders:
    """A drive of which only the id and the wanted folders may be asked."""

    folders: Sequence[str] = ("Reports",)
    id: str = "drive"

    def changes(self, link: str | None) -> Page:
        raise AssertionError(link)

    def newest(self, ids: Sequence[str]) -> dict[str, Download | None]:
        raise AssertionError(ids)

    def download(self, file: Download, to: object) -> int:
        raise AssertionError(file, to)


def folder(id_: str, parent: str | None, name: str) -> DriveItem:
    return DriveItem(id_, name=name, parent_id=parent, folder=True, etag=f"{id_},1")


def file(id_: str, parent: str = "reports", **fields: Any) -> DriveItem:  # noqa: ANN401 - fields of several types
    values: dict[str, Any] = {
        "name": f"{id_}.csv",
        "etag": f"{id_},1",
        "ctag": f"c:{id_},1",
        "size": 10,
        "quick_xor": f"hash of {id_}",
        "modified_at": NOW,
        "modified_by": "Report Service",
    }
    return DriveItem(id_, parent_id=parent, **{**values, **fields})


FOLDERS = (
    folder("root", None, "root"),
    folder("reports", "root", "Reports"),
    folder("old", "reports", "Old"),
    folder("private", "root", "Private"),
)


def see(engine: Engine, *items: DriveItem, now: datetime = NOW) -> None:
    merge(engine, "drive", items, now=now)


def todo(engine: Engine, *folders: str) -> list[tuple[Change, str, str]]:
    works = outstanding(engine, Folders(folders or ("Reports",)))
    return [(work.change, work.item.id, work.path) for work in works]


def ingested(
    engine: Engine,
    item: DriveItem,
    kept: str | None,
    outcome: str = "loaded",
    **fields: Any,  # noqa: ANN401 - columns of several types
) -> None:
    """Log a version of an item and record that its bytes are kept; None: there are none."""
    row: dict[str, Any] = {
        "drive": "drive",
        "item": item.id,
        "etag": item.etag,
        "ctag": item.ctag,
        "path": f"Reports/{kept}",
        "size": item.size,
        "quick_xor": item.quick_xor,
        "sha256": None if kept is None else f"sha of {item.etag}",
        "modified_at": item.modified_at,
        "modified_by": item.modified_by,
        "dataset": "calls" if outcome == "loaded" else None,
        "outcome": outcome,
        "reason": "" if outcome == "loaded" else "because",
        "missing_columns": [],
        "extra_columns": [],
        "run_id": "run",
        "ingested_at": NOW,
    }
    with engine.begin() as connection:
        connection.execute(insert(IngestedVersion).values({**row, **fields}))
        if kept is not None:
            record_kept(connection, "drive", item.id, kept, f"sha of {item.etag}")


def entries(engine: Engine) -> dict[str, DriveEntry]:
    with engine.begin() as connection:
        rows = connection.execute(select(DriveEntry.__table__)).all()
    return {row.item: row for row in rows}  # type: ignore[misc]


def test_what_a_page_says_is_known(engine: Engine) -> None:
    item = file("a")
    see(engine, *FOLDERS, item)

    (work,) = outstanding(engine, Folders())

    assert work == Work(Change.CONTENT, item, "Reports/a.csv")


def test_the_last_word_on_an_item_counts(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a", name="first.csv"), file("b"), file("a", name="last.csv"))
    assert [path for *_, path in todo(engine)] == ["Reports/last.csv", "Reports/b.csv"]

    see(
        engine,
        file("a", name="other.csv"),
        DriveItem("a", deleted=True),
        DriveItem("b", deleted=True),
        file("b"),
    )
    assert todo(engine) == [(Change.CONTENT, "b", "Reports/b.csv")]


def test_a_page_merged_again_changes_nothing(engine: Engine) -> None:
    page = [*FOLDERS, file("a"), file("b"), DriveItem("b", deleted=True), DriveItem("unheard", deleted=True)]
    see(engine, *page)
    before = entries(engine)

    see(engine, *page)

    assert entries(engine) == before
    assert set(before) == {"root", "reports", "old", "private", "a"}


def test_an_empty_page_changes_nothing(engine: Engine) -> None:
    see(engine)
    assert entries(engine) == {}


def test_a_deleted_item_keeps_what_was_known_of_it(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv")

    see(engine, DriveItem("a", deleted=True), now=LATER)
    see(engine, DriveItem("a", deleted=True), now=LATER + timedelta(hours=1))

    assert entries(engine)["a"].deleted_at == LATER
    (work,) = outstanding(engine, Folders())
    assert work == Work(Change.DELETED, replace(file("a"), deleted=True), "Reports/a.csv")


def test_an_item_that_is_there_again_is_not_deleted(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    see(engine, DriveItem("a", deleted=True))
    see(engine, file("a"))

    assert todo(engine) == [(Change.CONTENT, "a", "Reports/a.csv")]


def test_an_item_of_another_drive_is_another_item(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    merge(engine, "other", [*FOLDERS, file("a", name="other.csv")], now=NOW)
    merge(engine, "other", [DriveItem("a", deleted=True)], now=NOW)

    assert todo(engine) == [(Change.CONTENT, "a", "Reports/a.csv")]


def test_what_a_whole_listing_did_not_show_is_deleted(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"), file("b"), file("c"))
    see(engine, DriveItem("c", deleted=True))
    for name in ("a", "b"):
        ingested(engine, file(name), f"{name}.csv")
    merge(engine, "other", [file("x")], now=NOW)

    see(engine, *FOLDERS[:3], now=LATER)
    see(engine, file("b"), now=LATER + timedelta(minutes=1))
    unseen = finish_listing(engine, "drive", LATER, now=LATER + timedelta(minutes=2))

    assert unseen == 2  # "a" and the folder "private"; "c" was deleted before
    assert entries(engine)["a"].kept_path == "a.csv"
    assert entries(engine)["x"].deleted_at is None
    assert todo(engine) == [(Change.DELETED, "a", "Reports/a.csv")]
    assert finish_listing(engine, "drive", LATER, now=LATER) == 0


def test_work_is_in_the_order_in_which_it_makes_room(engine: Engine) -> None:
    see(engine, *FOLDERS, *(file(name) for name in "dm"))
    for name in "dm":
        ingested(engine, file(name), f"{name}.csv")
    see(engine, file("new", modified_at=NOW), file("b", modified_at=NOW - timedelta(days=1)))
    see(engine, file("z", modified_at=None), file("a", modified_at=NOW - timedelta(days=1)))

    see(engine, DriveItem("d", deleted=True), file("m", name="d.csv", etag="m,2"))

    assert [(change, item) for change, item, _ in todo(engine)] == [
        (Change.DELETED, "d"),
        (Change.MOVED, "m"),
        (Change.CONTENT, "z"),
        (Change.CONTENT, "a"),
        (Change.CONTENT, "b"),
        (Change.CONTENT, "new"),
    ]


@pytest.mark.parametrize("outcome", ["loaded", "skipped", "quarantined"])
def test_a_version_with_an_outcome_is_done(engine: Engine, outcome: str) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv", outcome)

    assert todo(engine) == []


def test_a_version_that_failed_is_outstanding_and_marked(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), None, "failed")

    (work,) = outstanding(engine, Folders())
    assert (work.change, work.failed) == (Change.CONTENT, True)

    see(engine, file("a", etag="a,2", ctag="c:a,2", quick_xor="other"))

    (work,) = outstanding(engine, Folders())
    assert (work.change, work.failed) == (Change.CONTENT, False)


def test_what_has_been_superseded_says_nothing(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv", superseded_at=NOW)

    assert todo(engine) == [(Change.CONTENT, "a", "Reports/a.csv")]


def test_of_several_rows_the_newest_counts(engine: Engine) -> None:
    new = file("a", etag="a,2", ctag="c:a,2", quick_xor="other")
    see(engine, *FOLDERS, new)
    ingested(engine, file("a"), "a.csv")
    ingested(engine, new, None, "quarantined", path="Reports/a.csv")

    assert todo(engine) == []


@pytest.mark.parametrize(
    ("logged", "seen", "is_new"),
    [
        pytest.param({}, {"etag": "2"}, False, id="another etag, the same hash and size"),
        pytest.param({}, {"etag": "2", "ctag": None}, False, id="the drive leaves out the ctag"),
        pytest.param({}, {"etag": "2", "ctag": "2"}, False, id="another ctag, the same hash and size"),
        pytest.param({}, {"etag": "2", "quick_xor": "2"}, True, id="another hash"),
        pytest.param({}, {"etag": "2", "size": 11}, True, id="another size"),
        pytest.param({}, {"etag": "2", "quick_xor": None}, False, id="no hash now, the same ctag"),
        pytest.param({"quick_xor": None}, {"etag": "2"}, False, id="no hash then, the same ctag"),
        pytest.param({}, {"etag": "2", "quick_xor": None, "ctag": "2"}, True, id="no hash, another ctag"),
        pytest.param(
            {}, {"etag": "2", "quick_xor": None, "ctag": None}, True, id="another etag is all there is"
        ),
        pytest.param({}, {"quick_xor": "2", "size": 11, "ctag": "2"}, False, id="the same etag"),
        pytest.param({"etag": "1", "ctag": None}, {"quick_xor": None}, True, id="no ctag then, no hash now"),
    ],
)
def test_when_content_is_new(
    engine: Engine, logged: dict[str, Any], seen: dict[str, Any], *, is_new: bool
) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a", **logged), "a.csv")

    see(engine, file("a", **seen))

    assert todo(engine) == ([(Change.CONTENT, "a", "Reports/a.csv")] if is_new else [])


def test_a_renamed_file_is_moved_only(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv")

    see(engine, file("a", name="b.csv", etag="a,2"))

    assert todo(engine) == [(Change.MOVED, "a", "Reports/b.csv")]


def test_a_file_with_another_name_and_other_content_is_content_only(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv")

    see(engine, file("a", name="b.csv", etag="a,2", ctag="c:a,2", quick_xor="other"))

    assert todo(engine) == [(Change.CONTENT, "a", "Reports/b.csv")]


def test_a_renamed_folder_moves_all_that_is_in_it(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a", "old"), file("b", "old"), file("c"))
    for name, path in (("a", "Old/a.csv"), ("b", "Old/b.csv"), ("c", "c.csv")):
        ingested(engine, file(name), path)

    see(engine, folder("old", "reports", "Older"))

    assert todo(engine) == [
        (Change.MOVED, "a", "Reports/Older/a.csv"),
        (Change.MOVED, "b", "Reports/Older/b.csv"),
    ]


def test_a_wanted_folder_that_is_renamed_away_and_back(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv")

    see(engine, folder("reports", "root", "Archive"))
    assert todo(engine) == [(Change.DELETED, "a", "Archive/a.csv")]
    with engine.begin() as connection:
        record_left(connection, "drive", "a")
    assert todo(engine) == []

    see(engine, folder("reports", "root", "REPORTS"))
    assert todo(engine) == [(Change.MOVED, "a", "REPORTS/a.csv")]


def test_a_file_that_is_moved_out_and_back_before_anybody_noticed(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv")

    see(engine, file("a", "private"))
    see(engine, file("a", etag="a,2"))

    assert todo(engine) == []


def test_what_is_in_a_deleted_folder_is_deleted(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a", "old"), file("b", "old"))
    ingested(engine, file("a"), "Old/a.csv")

    see(engine, DriveItem("old", deleted=True))

    assert todo(engine) == [(Change.DELETED, "a", "Reports/Old/a.csv")]


def test_nothing_is_decided_about_an_item_whose_place_is_not_known_yet(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"), file("b", "unheard"))
    ingested(engine, file("a"), "a.csv")

    see(engine, file("a", "unheard"))
    assert todo(engine) == []

    see(engine, folder("unheard", "reports", "New"))
    assert todo(engine) == [
        (Change.MOVED, "a", "Reports/New/a.csv"),
        (Change.CONTENT, "b", "Reports/New/b.csv"),
    ]


def test_folders_that_contain_one_another_stop_nothing(engine: Engine) -> None:
    see(engine, *FOLDERS, folder("x", "y", "x"), folder("y", "x", "y"), file("a", "x"), file("b"))

    assert todo(engine) == [(Change.CONTENT, "b", "Reports/b.csv")]


def test_other_wanted_folders_change_what_is_outstanding(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"), file("b", "private"))
    ingested(engine, file("a"), "a.csv")

    assert todo(engine, "Reports", "Private") == [
        (Change.MOVED, "a", "Reports/a.csv"),
        (Change.CONTENT, "b", "Private/b.csv"),
    ]
    assert todo(engine, "Private") == [
        (Change.DELETED, "a", "Reports/a.csv"),
        (Change.CONTENT, "b", "Private/b.csv"),
    ]


def test_a_file_without_any_bytes_is_neither_moved_nor_deleted(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), None, "quarantined", path="Reports/a.csv")
    assert todo(engine) == []

    see(engine, DriveItem("a", deleted=True))
    assert todo(engine) == []


def test_a_file_that_could_not_be_kept_is_looked_at_again_under_another_name(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a", name="con.csv"))
    ingested(engine, file("a"), None, "quarantined", path="Reports/con.csv")

    see(engine, file("a", name="calls.csv", etag="a,2"))

    assert todo(engine) == [(Change.CONTENT, "a", "Reports/calls.csv")]


def test_a_file_whose_new_name_cannot_be_kept_leaves_until_it_has_a_better_one(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"))
    ingested(engine, file("a"), "a.csv")

    see(engine, file("a", name="nul", etag="a,2"))
    assert todo(engine) == [(Change.DELETED, "a", "Reports/nul")]
    with engine.begin() as connection:
        record_left(connection, "drive", "a")
    assert todo(engine) == []

    see(engine, file("a", name="b.csv", etag="a,3"))
    assert todo(engine) == [(Change.MOVED, "a", "Reports/b.csv")]


def test_whoever_comes_to_a_path_takes_it(engine: Engine) -> None:
    see(engine, *FOLDERS, file("a"), file("b"))
    ingested(engine, file("a"), "a.csv")
    ingested(engine, file("b"), "b.csv")

    see(engine, file("a", name="b.csv", etag="a,2"), file("b", name="c.csv", etag="b,2"))
    with engine.begin() as connection:
        record_kept(connection, "drive", "a", "b.csv", "sha of a,1")

    known = entries(engine)
    assert (known["a"].kept_path, known["b"].kept_path) == ("b.csv", None)
    assert known["b"].kept_sha256 == "sha of b,1"
    assert todo(engine) == [(Change.MOVED, "b", "Reports/c.csv")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_work_of_a_large_drive_is_known_at_once(engine: Engine) -> None:
    """Generous: it takes a third of a second."""
    files = [file(str(number), "old") for number in range(20_000)]
    see(engine, *FOLDERS, *files)

    start = time.process_time()
    works = outstanding(engine, Folders())

    assert len(works) == 20_000
    assert time.process_time() - start < 3


def test_many_deletions_at_once(engine: Engine) -> None:
    ids = [str(number) for number in range(35_000)]
    see(engine, *FOLDERS, file(ids[-1]))

    see(engine, *(DriveItem(id_, deleted=True) for id_ in ids))

    assert entries(engine)[ids[-1]].deleted_at == NOW
