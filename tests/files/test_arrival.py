"""Where the sensor stands, what a look reads, and what goes into one run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from scheduling_pipeline.database.models import DriveEntry
from scheduling_pipeline.files.arrival import (
    Cursor,
    CursorError,
    Look,
    batch_digest,
    bounded,
    look,
    look_everywhere,
)
from scheduling_pipeline.files.model import Change, DriveError, Page, ResyncError, Work
from tests.files.pages import ROOT, PageDrive, file

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def work(name: str, size: int = 1, change: Change = Change.CONTENT) -> Work:
    return Work(change, replace(file(name), size=size), name)


def known(engine: Engine) -> dict[str, bool]:
    """The files that the database knows, and whether they are there."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(DriveEntry.item, DriveEntry.deleted_at).where(DriveEntry.folder.is_(False))
        ).all()
    return {row.item: row.deleted_at is None for row in rows}


def look_at(
    cursor: Cursor, drive: PageDrive, engine: Engine, *, now: datetime = NOW, pages: int = 10
) -> Look:
    return look(cursor, drive, engine, now=now, pages=pages)


def test_the_first_look_lists_everything_and_remembers_where_it_stopped(engine: Engine) -> None:
    drive = PageDrive(
        {None: Page([ROOT, file("a")], next_link="2"), "2": Page([file("b")], delta_link="end")}
    )

    found = look_at(Cursor(), drive, engine)

    assert known(engine) == {"a": True, "b": True}
    assert (found.cursor.ahead, found.cursor.more, found.cursor.link) == ("end", False, None)
    assert found.cursor.listed_at == NOW


def test_the_link_moves_only_when_nothing_is_outstanding() -> None:
    cursor = Cursor(link="old", ahead="new")

    assert cursor.after([work("a")]).link == "old"
    assert cursor.after([work("a")]).backlog
    assert cursor.after([]).link == "new"
    assert not cursor.after([]).backlog


def test_a_file_that_failed_holds_nothing_up_because_the_log_knows_it() -> None:
    cursor = Cursor(link="old", ahead="new").after([replace(work("a"), failed=True)])

    assert (cursor.link, cursor.ahead) == ("new", None)
    assert cursor.after([]) == cursor


def test_a_look_reads_no_more_pages_than_it_may_and_goes_on_from_there(engine: Engine) -> None:
    drive = PageDrive(
        {None: Page([ROOT, file("a")], next_link="2"), "2": Page([file("b")], delta_link="end")}
    )

    first = look_at(Cursor(), drive, engine, pages=1).cursor
    assert first.more
    second = look_at(first.after([]), drive, engine, now=NOW + timedelta(minutes=1), pages=1).cursor

    assert drive.asked == [None, "2"]
    assert not second.more
    assert second.listed_at == NOW
    assert known(engine) == {"a": True, "b": True}


def test_a_look_that_runs_out_of_time_stops_after_its_page(engine: Engine) -> None:
    drive = PageDrive({None: Page([ROOT], next_link="2"), "2": Page([], delta_link="end")})

    found = look(Cursor(), drive, engine, now=NOW, pages=10, in_time=lambda: False)

    assert found.pages == 1
    assert found.cursor.more


def test_pages_that_are_still_worked_off_are_read_again(engine: Engine) -> None:
    drive = PageDrive({None: Page([ROOT, file("a")], delta_link="end")})
    cursor = look_at(Cursor(), drive, engine).cursor.after([work("a")])

    look_at(cursor, drive, engine)

    assert drive.asked == [None, None]


def test_a_lost_link_means_listing_anew_and_wipes_nothing(engine: Engine) -> None:
    before = PageDrive({None: Page([ROOT, file("a"), file("b")], delta_link="end")})
    cursor = look_at(Cursor(), before, engine).cursor.after([])
    later = NOW + timedelta(hours=1)
    half = PageDrive(
        {
            "end": ResyncError("anew"),
            "anew": Page([ROOT, file("b")], next_link="2"),
            "2": Page([file("c")], delta_link="end2"),
        }
    )

    first = look_at(cursor, half, engine, now=later, pages=1)
    assert first.restarted
    assert known(engine) == {"a": True, "b": True}, "half a listing proves nothing"
    look_at(first.cursor.after([]), half, engine, now=later + timedelta(minutes=1))

    assert known(engine) == {"a": False, "b": True, "c": True}


def test_a_lost_link_without_an_address_starts_from_the_beginning(engine: Engine) -> None:
    drive = PageDrive({"end": ResyncError(None), None: Page([ROOT], delta_link="new")})

    assert look_at(Cursor(link="end", ahead="end", listed_at=NOW), drive, engine).cursor.ahead == "new"


def test_a_drive_that_loses_every_link_is_an_error_and_no_endless_loop(engine: Engine) -> None:
    drive = PageDrive({None: ResyncError(None)})

    with pytest.raises(DriveError, match="again and again"):
        look_at(Cursor(), drive, engine)


def test_the_whole_folder_is_listed_again_once_a_week(engine: Engine) -> None:
    drive = PageDrive(
        {"end": Page([], delta_link="end"), None: Page([ROOT, file("missed")], delta_link="new")}
    )
    cursor = Cursor(link="end", ahead="end", listed_at=NOW)

    assert look_at(cursor, drive, engine, now=NOW + timedelta(days=6)).cursor.ahead == "end"
    assert look_at(cursor, drive, engine, now=NOW + timedelta(days=8)).cursor.ahead == "new"
    assert known(engine) == {"missed": True}


def test_an_error_on_a_later_page_leaves_the_cursor_where_it_was(engine: Engine) -> None:
    drive = PageDrive({None: Page([ROOT, file("a")], next_link="2"), "2": DriveError("gone", transient=True)})

    with pytest.raises(DriveError):
        look_at(Cursor(), drive, engine)

    assert known(engine) == {"a": True}


def test_an_empty_listing_is_no_empty_drive(engine: Engine) -> None:
    before = PageDrive({None: Page([ROOT, file("a")], delta_link="end")})
    cursor = look_at(Cursor(), before, engine).cursor.after([])
    empty = PageDrive({"end": ResyncError(None), None: Page([], delta_link="new")})

    with pytest.raises(DriveError, match="nothing is taken for deleted"):
        look_at(cursor, empty, engine, now=NOW + timedelta(hours=1))

    assert known(engine) == {"a": True}


def test_a_look_by_hand_lists_everything_whatever_the_sensor_knows(engine: Engine) -> None:
    drive = PageDrive(
        {None: Page([ROOT, file("a")], next_link="2"), "2": Page([file("b")], delta_link="end")}
    )

    assert look_everywhere(drive, engine, now=NOW).entries == 3


@given(
    st.builds(
        Cursor,
        link=st.none() | st.text(min_size=1),
        ahead=st.none() | st.text(min_size=1),
        more=st.booleans(),
        listing_since=st.none() | st.datetimes(timezones=st.just(UTC)),
        listed_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        look_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        backlog=st.booleans(),
    )
)
def test_a_cursor_survives_being_written_down(cursor: Cursor) -> None:
    assert Cursor.parse(cursor.dump()) == cursor


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2}', '{"version": 1, "unknown": 1}', "7"])
def test_a_cursor_that_cannot_be_read_says_what_to_do(text: str) -> None:
    with pytest.raises(CursorError, match="reset it"):
        Cursor.parse(text)


def test_no_cursor_is_the_beginning_and_due_at_once() -> None:
    assert Cursor.parse(None).due(NOW)
    assert not Cursor(look_at=NOW + timedelta(seconds=1)).due(NOW)


def test_a_run_takes_so_many_files_and_so_many_bytes() -> None:
    works = [work(str(n), size=10) for n in range(10)]

    assert len(bounded(works, files=4, size=1000)) == 4
    assert len(bounded(works, files=100, size=35)) == 3


def test_one_file_may_be_larger_than_a_run_takes() -> None:
    assert len(bounded([work("huge", size=1000), work("next")], files=10, size=10)) == 1


def test_what_needs_no_download_has_no_size() -> None:
    moved = [work(str(n), size=1000, change=Change.MOVED) for n in range(5)]

    assert bounded(moved, files=10, size=10) == moved


@given(st.permutations(range(5)))
def test_the_order_of_the_versions_does_not_matter_to_their_digest(order: list[int]) -> None:
    works = [work(str(n)) for n in range(5)]

    assert batch_digest([works[n] for n in order]) == batch_digest(works)
    assert batch_digest(works[1:]) != batch_digest(works)
