"""What goes wrong with a file stays with that file; what goes wrong with all of them stops the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.files import keeping
from scheduling_pipeline.files.listing import works_on
from scheduling_pipeline.files.log import quarantined
from scheduling_pipeline.files.mirror import MirrorError
from scheduling_pipeline.files.model import Download, DriveError, Outcome
from tests.files.memory import CALLS, Site, calls, new_site, office

CONTENT = calls(("ada", 3))


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return new_site(engine, tmp_path)


class Trouble:
    """A download that fails, or is damaged, so many times."""

    def __init__(self, times: int, problem: Exception | Callable[[bytes], bytes]) -> None:
        self.left = times
        self.problem = problem

    def __call__(self, _item: str, content: bytes) -> bytes:
        if self.left == 0:
            return content
        self.left -= 1
        if isinstance(self.problem, Exception):
            raise self.problem
        return self.problem(content)


def cut_off(content: bytes) -> bytes:
    return content[:-1]


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def test_a_file_that_fails_is_tried_again_after_a_while(site: Site) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.drive.disturb = Trouble(2, DriveError("the connection broke off", transient=True))

    (finished,) = site.ingest(tries=3)

    assert (finished.word, finished.tries) == ("new", 3)
    assert site.waited == [60, 60]
    assert site.rows(CALLS) == [("ada", 3)]


def test_the_others_go_on_while_one_fails(site: Site) -> None:
    bad = site.drive.put("calls-1.csv", calls(("ada", 1)))
    for number in range(2, 30):
        site.drive.put(f"calls-{number}.csv", calls(("ada", number)))
    trouble = Trouble(-1, DriveError("the connection broke off", transient=True))
    site.drive.disturb = lambda item, content: trouble(item, content) if item == bad else content

    site.concurrency = 4

    words = site.words(tries=2)

    assert words.pop("calls-1.csv") == "failed"
    assert set(words.values()) == {"new"}
    assert [handled for _, handled in site.rows(CALLS)] == sorted(range(2, 30), key=str)


def test_a_file_that_fails_for_good_leaves_nothing_but_its_row_in_the_log(site: Site) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.drive.disturb = Trouble(3, DriveError("the connection broke off", transient=True))

    (finished,) = site.ingest(tries=3)

    assert (finished.word, finished.outcome) == ("failed", Outcome.FAILED)
    assert finished.reason == "the connection broke off"
    assert site.kept() == {}
    assert [(row["outcome"], row["tries"]) for row in site.log()] == [("failed", 3)]


def test_what_failed_is_outstanding_and_its_tries_add_up(site: Site) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.drive.disturb = Trouble(3, DriveError("the connection broke off", transient=True))
    site.ingest(tries=2)

    assert site.words(tries=2) == {"calls.csv": "new"}

    assert [(row["outcome"], row["tries"], row["reason"]) for row in site.log()] == [("loaded", 4, "")]
    assert site.rows(CALLS) == [("ada", 3)]


def test_what_the_drive_refuses_for_good_is_quarantined(site: Site) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.drive.disturb = Trouble(-1, DriveError("the download was refused", transient=False))

    assert site.words(tries=2) == {"calls.csv": "quarantined"}
    assert site.words() == {}


def test_an_item_that_cannot_be_looked_up_does_not_keep_the_others_back(site: Site) -> None:
    bad = site.drive.put("calls-1.csv", CONTENT)
    site.drive.put("calls-2.csv", calls(("bob", 4)))

    def answer(item: str, download: Download | None) -> Download | DriveError | None:
        return DriveError("throttled", transient=True) if item == bad else download

    site.drive.answer = answer

    assert site.words() == {"calls-1.csv": "failed", "calls-2.csv": "new"}


def test_when_the_drive_answers_nothing_the_run_fails_and_nothing_is_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.drive.put("calls.csv", CONTENT)
    works = site.look()

    def refuse(_ids: object) -> None:
        raise DriveError("no sign-in", transient=False)

    with monkeypatch.context() as patch:
        patch.setattr(site.drive, "newest", refuse)
        with pytest.raises(DriveError, match="no sign-in"):
            site.ingest(works)

    assert site.log() == []
    assert site.words() == {"calls.csv": "new"}


@pytest.mark.parametrize("damage", [cut_off, flipped])
def test_bytes_that_are_not_those_announced_are_downloaded_again(
    site: Site, damage: Callable[[bytes], bytes]
) -> None:
    item = site.drive.put("calls.csv", CONTENT)
    site.drive.disturb = Trouble(1, damage)

    assert site.words(tries=2) == {"calls.csv": "new"}
    assert site.kept() == {"calls.csv": CONTENT.encode()}
    assert site.drive.downloads == {item: 2}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_off, "19 bytes arrived of a file of 20"),
        (flipped, "the bytes that arrived have another hash than SharePoint announces"),
    ],
)
def test_bytes_that_never_match_are_quarantined_and_not_kept(
    site: Site, damage: Callable[[bytes], bytes], reason: str
) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.drive.disturb = Trouble(-1, damage)

    (finished,) = site.ingest(tries=3)

    assert (finished.word, finished.reason, finished.sha256) == ("quarantined", reason, None)
    assert site.kept() == {}
    assert site.rows(CALLS) == []


def test_an_office_file_that_is_damaged_is_not_accepted(site: Site) -> None:
    item = site.drive.put("minutes.docx", office("as uploaded"))
    damaged = office("as rewritten").replace(b"as rewritten", b"as Rewritten")
    site.drive.contents[item] = damaged

    assert site.words() == {"minutes.docx": "quarantined"}
    assert site.kept() == {}


def test_a_bad_file_is_kept_and_quarantined_with_its_place_while_the_others_load(site: Site) -> None:
    bad = site.drive.put("calls-1.csv", "Agent,Handled\nada,1\nbob,many\n")
    site.drive.put("calls-2.csv", CONTENT)

    finished = {one.work.item.id: one for one in site.ingest(tries=3)}

    assert finished[bad].word == "quarantined"
    assert (finished[bad].row, finished[bad].column) == (3, "Handled")
    assert finished[bad].reason == "row 3, column 'Handled': 'many' is no number"
    assert site.rows(CALLS) == [("ada", 3)]
    assert set(site.kept()) == {"calls-1.csv", "calls-2.csv"}
    (row,) = site.log(bad)
    assert (row["outcome"], row["row"], row["column"], row["tries"]) == ("quarantined", 3, "Handled", 3)
    assert site.drive.downloads[bad] == 1
    assert site.words() == {}


def test_a_file_cut_off_in_the_middle_of_a_row_is_quarantined_whole(site: Site) -> None:
    site.drive.put("calls.csv", 'Agent,Handled\nada,1\nbob,2\n"cy')

    (finished,) = site.ingest()

    assert finished.word == "quarantined"
    assert "never closed" in finished.reason
    assert site.rows(CALLS) == []


def test_a_bad_new_version_leaves_the_rows_of_the_good_old_one(site: Site) -> None:
    item = site.drive.put("calls.csv", CONTENT)
    site.ingest()
    site.drive.put("calls.csv", "Agent,Handled\nada,many\n")
    assert site.words() == {"calls.csv": "quarantined"}
    assert site.rows(CALLS) == [("ada", 3)]
    assert site.words() == {}
    site.drive.put("calls.csv", calls(("ada", 4)))

    assert site.words() == {"calls.csv": "changed"}

    assert site.rows(CALLS) == [("ada", 4)]
    log = [(row["outcome"], row["superseded_at"] is None) for row in site.log(item)]
    assert log == [("loaded", False), ("quarantined", False), ("loaded", True)]


def test_a_bad_file_is_read_again_without_another_download(site: Site) -> None:
    item = site.drive.put("calls.csv", "Agent,Handled\nada,many\n")
    site.drive.change(item, quick_xor=None)  # so that only this run knows what its bytes are

    assert site.words(tries=3) == {"calls.csv": "quarantined"}
    assert site.drive.downloads == {item: 1}


def test_of_two_bad_versions_the_newer_one_is_in_quarantine(site: Site) -> None:
    site.drive.put("calls.csv", "Agent,Handled\nada,many\n")
    site.ingest()
    newer = site.drive.put("calls.csv", "Agent,Handled\nada,more\n")
    site.ingest()

    assert [row.etag for row in quarantined(site.store.engine)] == [site.drive.items[newer].etag]


def test_a_file_mended_between_two_tries_is_loaded(site: Site) -> None:
    item = site.drive.put("calls.csv", "Agent,Handled\nada,many\n")
    site.waited = Mending(lambda: site.drive.put("calls.csv", CONTENT))

    assert site.words(tries=2) == {"calls.csv": "new"}
    assert [row["etag"] for row in site.log()] == [site.drive.items[item].etag]


class Mending(list[float]):
    """Somebody does something while the pipeline waits."""

    def __init__(self, mend: Callable[[], object]) -> None:
        super().__init__()
        self.mend = mend

    def append(self, seconds: float) -> None:
        super().append(seconds)
        self.mend()


def test_a_file_that_is_too_large_is_not_downloaded(site: Site) -> None:
    item = site.drive.put("calls.csv", CONTENT)
    site.drive.change(item, size=10_000_001)

    (finished,) = site.ingest()

    assert finished.reason == "it has 10,000,001 bytes; at most 10,000,000 are accepted"
    assert (finished.word, finished.sha256) == ("quarantined", None)
    assert site.drive.downloads == {}


def test_a_hostile_name_is_not_written_to_the_disk_and_quarantined_until_it_is_another(site: Site) -> None:
    item = site.drive.put("calls\n.csv", CONTENT)

    (finished,) = site.ingest()

    assert finished.word == "quarantined"
    assert "control characters" in finished.reason
    assert site.kept() == {}
    assert site.drive.downloads == {}
    assert site.words() == {}
    site.drive.change(item, name="calls.csv")
    assert site.words() == {"calls.csv": "new"}


def test_a_folder_with_a_hostile_name_can_be_renamed_too(site: Site) -> None:
    """Then the file's own ETag stays as it is."""
    folder = site.drive.folder("aux")
    site.drive.put("calls.csv", CONTENT, parent=folder)
    assert site.words() == {"calls.csv": "quarantined"}
    site.drive.change(folder, name="auxiliary")

    assert site.words() == {"calls.csv": "new"}
    assert len(site.log()) == 1


def test_of_two_names_that_differ_in_letter_case_the_second_is_quarantined(site: Site) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.ingest()
    site.drive.put("CALLS.csv", calls(("bob", 4)))

    (finished,) = site.ingest()

    assert finished.word == "quarantined"
    assert "'calls.csv'" in finished.reason
    assert site.kept() == {"calls.csv": CONTENT.encode()}


def test_without_the_database_nothing_is_downloaded(site: Site, tmp_path: Path) -> None:
    site.drive.put("calls.csv", CONTENT)
    works = site.look()
    site.store = replace(site.store, engine=connect(f"sqlite:///{tmp_path}"))

    with pytest.raises(OperationalError):
        site.ingest(works)

    assert site.drive.downloads == {}
    assert site.drive.asked == []


def test_without_a_place_to_keep_files_nothing_is_downloaded(site: Site) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.store.mirror.root.parent.mkdir(exist_ok=True)
    site.store.mirror.root.write_text("in the way")

    with pytest.raises(MirrorError):
        site.ingest()

    assert site.drive.asked == []


def test_a_file_that_the_disk_refuses_fails_alone(site: Site) -> None:
    site.drive.put("calls-1.csv", CONTENT)
    site.drive.put("calls-2.csv", calls(("bob", 4)))
    site.ingest([])
    target = site.store.mirror.root / "calls-1.csv"
    target.symlink_to("elsewhere")

    assert site.words() == {"calls-1.csv": "failed", "calls-2.csv": "new"}
    target.unlink()
    assert site.words() == {"calls-1.csv": "new"}


def test_a_move_that_the_disk_refuses_fails_alone_and_is_known_to_have_failed(site: Site) -> None:
    items = [site.drive.put(f"calls-{n}.csv", calls(("ada", n))) for n in range(3)]
    site.ingest()
    for number, item in enumerate(items):
        site.drive.change(item, name=f"calls-moved-{number}.csv")
    target = site.store.mirror.root / "calls-moved-1.csv"
    target.symlink_to("elsewhere")

    assert site.words() == {
        "calls-moved-0.csv": "moved",
        "calls-moved-1.csv": "failed",
        "calls-moved-2.csv": "moved",
    }
    assert [work.failed for work in site.look()] == [True]
    target.unlink()
    assert site.words() == {"calls-moved-1.csv": "moved"}
    assert site.look() == []


def test_when_the_database_goes_away_the_run_ends_and_the_next_one_goes_on(site: Site) -> None:
    for number in range(40):
        site.drive.put(f"calls-{number}.csv", calls(("ada", number)))
    works = site.look()
    commits = 0

    def lose(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits == 20:
            raise OperationalError("COMMIT", None, Exception("the server is gone"))

    event.listen(site.store.engine, "commit", lose)
    with pytest.raises(OperationalError, match="the server is gone"):
        site.ingest(works)
    event.remove(site.store.engine, "commit", lose)
    assert site.drive.downloads.total() < 20

    site.ingest()

    assert [handled for _, handled in site.rows(CALLS)] == sorted(range(40), key=str)
    assert max(site.drive.downloads.values()) <= 2
    assert not list(site.store.mirror.root.rglob(".partial-*"))


def test_what_was_kept_but_not_recorded_is_not_left_lying(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = site.drive.put("calls.csv", CONTENT)

    def lose(*_: object) -> None:
        raise OperationalError("UPDATE", None, Exception("the server is gone"))

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "record_kept", lose)
        with pytest.raises(OperationalError):
            site.ingest()
    assert set(site.kept()) == {"calls.csv"}
    site.drive.change(item, name="calls-09.csv")

    assert site.words() == {"calls-09.csv": "new"}
    assert set(site.kept()) == {"calls-09.csv"}


def test_a_file_that_the_database_refuses_is_quarantined_and_changes_nothing(site: Site) -> None:
    item = site.drive.put("calls.csv", CONTENT)
    site.ingest()
    with site.store.engine.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX handled_once ON data_calls (handled)"))
    site.drive.put("calls.csv", calls(("ada", 4), ("bob", 4)))

    (finished,) = site.ingest()

    assert finished.word == "quarantined"
    assert finished.reason.startswith("the database refuses it: ")
    assert site.rows(CALLS) == [("ada", 3)]
    log = [(row["outcome"], row["superseded_at"] is None) for row in site.log(item)]
    assert log == [("loaded", True), ("quarantined", True)]


def test_ingesting_by_hand_what_can_no_longer_be_read_leaves_the_rows(site: Site) -> None:
    site.drive.put("calls.csv", CONTENT)
    site.ingest()
    column = replace(CALLS.columns[1], high=2)
    stricter = replace(CALLS, columns=(CALLS.columns[0], column))
    site.store = replace(site.store, datasets=(stricter,))

    (finished,) = site.ingest(works_on(site.store.engine, site.drive), force=True)

    assert finished.word == "quarantined"
    assert site.rows(CALLS) == [("ada", 3)]
    assert [row["outcome"] for row in site.log()] == ["loaded"]
