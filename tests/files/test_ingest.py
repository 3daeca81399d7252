"""Files that arrive become rows, once each: what a person sees of it, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.files.listing import outstanding, works_on
from scheduling_pipeline.files.model import Outcome
from tests.files.memory import CALLS, HOURS, ROSTER, Site, calls, hours, new_site, office


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return new_site(engine, tmp_path)


def outcomes(site: Site, item: str) -> list[tuple[str, bool]]:
    """What the log says of an item's versions, and which are current."""
    return [(row["outcome"], row["superseded_at"] is None) for row in site.log(item)]


def test_a_new_file_is_kept_loaded_and_logged(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3), ("bob", 4)))

    (finished,) = site.ingest()

    assert (finished.word, finished.outcome, finished.dataset) == ("new", Outcome.LOADED, "calls")
    assert (finished.rows, finished.bytes, finished.tries) == (2, 26, 1)
    assert site.rows(CALLS) == [("ada", 3), ("bob", 4)]
    assert site.kept() == {"calls.csv": b"Agent,Handled\nada,3\nbob,4\n"}
    (row,) = site.log()
    assert row["id"] == finished.log_id
    expected = {
        "item": item,
        "etag": site.drive.items[item].etag,
        "path": "Reports/calls.csv",
        "verified": "hash",
        "modified_at": site.drive.clock,
        "modified_by": "Ada Example",
        "fingerprint": CALLS.fingerprint,
        "run_id": "run-1",
        "tries": 1,
    }
    assert {name: row[name] for name in expected} == expected


def test_what_was_ingested_is_never_downloaded_again(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    other = site.drive.put("calls-late.csv", calls(("ada", 4)))

    assert site.words() == {"calls-late.csv": "new"}
    assert site.words() == {}
    assert site.drive.downloads == {item: 1, other: 1}


def test_with_nothing_outstanding_nothing_is_done(site: Site) -> None:
    assert site.ingest() == []
    assert site.drive.asked == []


def test_files_of_one_dataset_add_up(site: Site) -> None:
    site.drive.put("calls-09.csv", calls(("ada", 3)))
    site.drive.put("calls-10.csv", calls(("ada", 4)))

    site.ingest()

    assert site.rows(CALLS) == [("ada", 3), ("ada", 4)]


def test_a_file_with_only_a_header_is_a_success_of_no_rows(site: Site) -> None:
    site.drive.put("calls.csv", calls())

    (finished,) = site.ingest()

    assert (finished.word, finished.rows) == ("new", 0)
    assert site.words() == {}


def test_blank_rows_are_dropped_and_counted(site: Site) -> None:
    site.drive.put("calls.csv", "Agent,Handled\nada,3.0\n,\n,\nbob,\n")

    (finished,) = site.ingest()

    assert (finished.rows, finished.padding) == (2, 2)
    assert site.rows(CALLS) == [("ada", 3), ("bob", None)]


def test_new_content_under_the_same_name_takes_the_place_of_the_old(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3), ("bob", 4)))
    site.ingest()
    site.drive.put("calls.csv", calls(("ada", 5)))

    assert site.words() == {"calls.csv": "changed"}

    assert site.rows(CALLS) == [("ada", 5)]
    assert outcomes(site, item) == [("loaded", False), ("loaded", True)]
    old = site.log(item)[0]
    assert site.store.mirror.find(None, old["sha256"]).read_text() == calls(("ada", 3), ("bob", 4))


def test_the_same_content_under_another_name_is_skipped_and_says_why(site: Site) -> None:
    site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    copy = site.drive.put("calls (1).csv", calls(("ada", 3)))

    (finished,) = site.ingest()

    assert (finished.word, finished.reason) == ("skipped", "the same content as 'Reports/calls.csv'")
    assert site.rows(CALLS) == [("ada", 3)]
    assert outcomes(site, copy) == [("skipped", True)]
    assert set(site.kept()) == {"calls.csv", "calls (1).csv"}


def test_a_copy_stands_for_the_content_when_the_first_file_gets_another(site: Site) -> None:
    first = site.drive.put("calls.csv", calls(("ada", 3)))
    copy = site.drive.put("calls (1).csv", calls(("ada", 3)))
    site.ingest()
    site.drive.put("calls.csv", calls(("bob", 4)))

    site.ingest()

    assert site.rows(CALLS) == [("ada", 3), ("bob", 4)]
    assert outcomes(site, copy) == [("loaded", True)]
    assert outcomes(site, first) == [("loaded", False), ("loaded", True)]
    assert site.log(copy)[0]["rows"] == 1


def test_old_content_that_comes_back_is_loaded_again(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.put("calls.csv", calls(("ada", 4)))
    site.ingest()
    site.drive.put("calls.csv", calls(("ada", 3)))

    assert site.words() == {"calls.csv": "changed"}
    assert site.rows(CALLS) == [("ada", 3)]
    assert outcomes(site, item) == [("loaded", False), ("loaded", False), ("loaded", True)]


def test_a_file_that_no_dataset_claims_is_kept_and_skipped(site: Site) -> None:
    site.drive.put("notes.txt", "hello")

    (finished,) = site.ingest()

    assert (finished.word, finished.reason) == ("skipped", "no dataset claims it")
    assert site.kept() == {"notes.txt": b"hello"}
    assert site.words() == {}


def test_a_renamed_file_is_moved_and_not_downloaded(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.folder("2026")
    site.drive.change(item, name="calls-09.csv", parent_id="2026")

    assert site.words() == {"calls-09.csv": "moved"}
    assert site.kept() == {"2026/calls-09.csv": calls(("ada", 3)).encode()}
    assert site.rows(CALLS) == [("ada", 3)]
    assert [row["path"] for row in site.log()] == ["Reports/2026/calls-09.csv"]
    assert site.drive.downloads == {item: 1}


def test_two_files_that_change_their_names_end_up_right(site: Site) -> None:
    one = site.drive.put("calls-1.csv", calls(("ada", 1)))
    two = site.drive.put("calls-2.csv", calls(("bob", 2)))
    site.ingest()
    site.drive.change(one, name="calls-2.csv")
    site.drive.change(two, name="calls-1.csv")

    assert site.words() == {"calls-1.csv": "moved", "calls-2.csv": "moved"}
    assert site.kept() == {
        "calls-1.csv": calls(("bob", 2)).encode(),
        "calls-2.csv": calls(("ada", 1)).encode(),
    }


def test_a_file_that_was_renamed_and_changed_leaves_nothing_at_its_old_name(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.change(item, name="calls-09.csv")
    site.drive.put("calls-09.csv", calls(("ada", 4)))

    assert site.words() == {"calls-09.csv": "changed"}
    assert site.kept() == {"calls-09.csv": calls(("ada", 4)).encode()}
    assert site.rows(CALLS) == [("ada", 4)]


def test_the_rows_of_a_deleted_file_stay_and_so_do_its_bytes(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.delete(item)

    assert site.words() == {"calls.csv": "deleted"}
    assert site.rows(CALLS) == [("ada", 3)]
    assert site.kept() == {}
    assert site.store.mirror.find(None, site.log()[0]["sha256"]).read_text() == calls(("ada", 3))
    assert site.words() == {}


def test_a_file_made_anew_at_the_path_of_a_deleted_one_replaces_its_rows(site: Site) -> None:
    old = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.delete(old)
    new = site.drive.put("calls.csv", calls(("ada", 4)))

    (deleted, created) = site.ingest()

    assert (deleted.word, created.word) == ("deleted", "changed")
    assert site.rows(CALLS) == [("ada", 4)]
    assert outcomes(site, old) == [("loaded", False)]
    assert outcomes(site, new) == [("loaded", True)]


def test_the_same_when_the_new_file_comes_through_only_later(site: Site) -> None:
    old = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.delete(old)
    site.drive.put("calls.csv", calls(("ada", 4)))
    with site.drive.refusing():
        assert [one.word for one in site.ingest()] == ["deleted", "failed"]
    assert site.rows(CALLS) == [("ada", 3)]

    assert site.words() == {"calls.csv": "changed"}
    assert site.rows(CALLS) == [("ada", 4)]
    assert outcomes(site, old) == [("loaded", False)]


def test_the_same_when_the_deletion_becomes_known_after_the_new_file(site: Site) -> None:
    old = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.delete(old)
    unsaid = site.drive.said.pop()
    site.drive.put("calls.csv", calls(("ada", 4)))

    assert site.words() == {"calls.csv": "changed"}
    site.drive.said.append(unsaid)
    assert site.words() == {}

    assert site.rows(CALLS) == [("ada", 4)]
    assert site.kept() == {"calls.csv": calls(("ada", 4)).encode()}


def test_a_file_that_was_put_away_is_not_replaced_by_the_next_one_of_its_name(site: Site) -> None:
    old = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    site.drive.folder("Archive", parent="root")
    site.drive.change(old, parent_id="Archive")
    site.ingest()
    site.drive.delete(old)
    site.drive.put("calls.csv", calls(("ada", 4)))

    assert site.words() == {"calls.csv": "new"}
    assert site.rows(CALLS) == [("ada", 3), ("ada", 4)]


def test_a_deleted_file_that_is_restored_is_loaded_again(site: Site) -> None:
    old = site.drive.put("calls.csv", calls(("ada", 3)))
    content, item = site.drive.contents[old], site.drive.items[old]
    site.ingest()
    site.drive.delete(old)
    new = site.drive.put("calls.csv", calls(("ada", 4)))
    site.ingest()
    site.drive.delete(new)
    site.drive.contents[old], site.drive.items[old] = content, item  # as it was, with the same ETag
    site.drive.said.append(item)

    assert [one.word for one in site.ingest()] == ["deleted", "changed"]

    assert site.rows(CALLS) == [("ada", 3)]
    assert outcomes(site, old) == [("loaded", True)]
    assert outcomes(site, new) == [("loaded", False)]
    assert site.words() == {}


def test_a_file_that_is_gone_when_it_is_asked_for_counts_as_deleted(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    works = site.look()
    site.drive.delete(item)

    (finished,) = site.ingest(works)

    assert finished.word == "deleted"
    assert site.words() == {}
    assert site.log() == []


def test_the_newest_version_counts_not_the_one_that_was_listed(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    works = site.look()
    site.drive.put("calls.csv", calls(("ada", 4)))

    (finished,) = site.ingest(works)

    assert finished.work.item == site.drive.items[item]
    assert outstanding(site.store.engine, site.drive) == []
    assert site.rows(CALLS) == [("ada", 4)]
    assert [row["etag"] for row in site.log()] == [site.drive.items[item].etag]
    assert site.words() == {}


def test_a_file_that_is_renamed_while_it_is_asked_for_is_kept_under_its_new_name(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    works = site.look()
    site.drive.change(item, name="calls-09.csv")

    (finished,) = site.ingest(works)

    assert finished.work.path == "Reports/calls-09.csv"
    assert set(site.kept()) == {"calls-09.csv"}
    assert site.words() == {}


def test_of_an_interval_the_newest_file_counts_whichever_arrives_first(site: Site) -> None:
    site.drive.put("hours-1.csv", hours((1, "ada", 1), (2, "ada", 2)))
    site.drive.put("hours-2.csv", hours((2, "ada", 3), (3, "ada", 4)))
    works = site.look()

    site.ingest(works[::-1])

    assert [row[1:] for row in site.rows(HOURS)] == [("ada", 1), ("ada", 3), ("ada", 4)]
    assert site.words() == {}


def test_a_file_of_whose_intervals_nothing_stands_is_older_and_comes_back(site: Site) -> None:
    first = site.drive.put("hours-1.csv", hours((1, "ada", 1)))
    second = site.drive.put("hours-2.csv", hours((1, "ada", 2)))
    site.ingest()
    assert [row[1:] for row in site.rows(HOURS)] == [("ada", 2)]
    assert outcomes(site, first) == [("skipped", True)]
    assert site.log(first)[0]["reason"] == "older than 'Reports/hours-2.csv', which is about the same"
    site.drive.put("hours-2.csv", hours((5, "ada", 5)))

    site.ingest()

    assert [row[1:] for row in site.rows(HOURS)] == [("ada", 1), ("ada", 5)]
    assert outcomes(site, first) == [("loaded", True)]
    assert outcomes(site, second) == [("loaded", False), ("loaded", True)]


def test_a_new_version_that_says_it_is_older_gives_way(site: Site) -> None:
    site.drive.put("hours-1.csv", hours((1, "ada", 1)))
    site.ingest()
    site.drive.put("hours-2.csv", hours((1, "ada", 2)))
    middle = site.drive.clock
    last = site.drive.put("hours-3.csv", hours((1, "ada", 3)))
    site.ingest()
    site.drive.clock = middle - timedelta(minutes=5)
    site.drive.put("hours-3.csv", hours((1, "ada", 4)))

    assert site.words() == {"hours-3.csv": "skipped"}

    assert [row[1:] for row in site.rows(HOURS)] == [("ada", 2)]
    assert site.log(last)[-1]["reason"] == "older than 'Reports/hours-2.csv', which is about the same"


def test_of_two_files_of_the_same_content_the_newer_one_says_how_new_it_is(site: Site) -> None:
    first = site.drive.put("hours-1.csv", hours((1, "ada", 1), (2, "ada", 2)))
    between = site.drive.put("hours-2.csv", hours((1, "ada", 3)))
    last = site.drive.put("hours-3.csv", hours((1, "ada", 1), (2, "ada", 2)))

    site.ingest()

    assert [row[1:] for row in site.rows(HOURS)] == [("ada", 1), ("ada", 2)]
    assert [outcomes(site, item)[0][0] for item in (first, between, last)] == ["skipped", "skipped", "loaded"]
    assert site.log(first)[0]["reason"] == "the same content as 'Reports/hours-3.csv'"


@pytest.mark.parametrize("backwards", [False, True])
def test_of_a_dataset_replaced_as_a_whole_the_newest_file_is_all_there_is(
    site: Site, *, backwards: bool
) -> None:
    old = site.drive.put("roster-1.csv", calls(("ada", 1), ("bob", 2)))
    new = site.drive.put("roster-2.csv", calls(("cyd", 3)))
    works = site.look()

    site.ingest(works[::-1] if backwards else works)

    assert site.rows(ROSTER) == [("cyd", 3)]
    assert outcomes(site, old) == [("skipped", True)]
    assert outcomes(site, new) == [("loaded", True)]


def test_an_office_file_that_sharepoint_rewrote_is_accepted_if_it_is_intact(site: Site) -> None:
    item = site.drive.put("minutes.docx", office("as uploaded"))
    site.drive.contents[item] = office("as rewritten by SharePoint")

    (finished,) = site.ingest()

    assert (finished.word, finished.verified) == ("skipped", "office")
    assert site.kept() == {"minutes.docx": office("as rewritten by SharePoint")}
    assert site.words() == {}


def test_a_file_without_an_announced_hash_is_verified_by_its_size(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.drive.change(item, quick_xor=None)

    (finished,) = site.ingest()

    assert (finished.word, finished.verified) == ("new", "size")


def test_ingesting_by_hand_reads_a_file_again_without_doubling_anything(site: Site) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()
    (work,) = works_on(site.store.engine, site.drive)

    (finished,) = site.ingest([work], force=True)

    assert (finished.word, finished.outcome, finished.tries) == ("unchanged", Outcome.LOADED, 2)
    assert site.rows(CALLS) == [("ada", 3)]
    assert len(site.log()) == 1
    assert site.drive.downloads == {item: 1}


def test_without_force_a_file_that_was_ingested_is_left_alone(site: Site) -> None:
    site.drive.put("calls.csv", calls(("ada", 3)))
    site.ingest()

    (finished,) = site.ingest(works_on(site.store.engine, site.drive))

    assert (finished.word, finished.tries) == ("unchanged", 1)
