"""The weekly grid: what counts as a whole week of the agenda, and what is refused, by name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.timetable.grid import (
    Cell,
    Grid,
    NoGridError,
    RoomColumnsError,
    UnreadableCellError,
    WrongWeekError,
    parse_week,
)
from scheduling_pipeline.timetable.model import monday_of
from scheduling_pipeline.timetable.page import LoginPageError, UnexpectedPageError
from tests.timetable.grid_page import LOGIN_PAGE, ROOMS, booked, day_header, week_page

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = date(2026, 3, 2)

mondays = st.dates(date(2020, 1, 1), date(2099, 1, 1)).map(monday_of)


def read(html: str, monday: date = MONDAY) -> Grid:
    return parse_week(html, monday=monday, zone=ZURICH)


def test_a_booked_cell_is_read_whole() -> None:
    grid = read(week_page(MONDAY, [booked(MONDAY)]))

    start = datetime(2026, 3, 2, 9, tzinfo=ZURICH)
    assert grid.cells == (
        Cell("0879034", start, start + timedelta(hours=1), "VAD", "VIP Adults", "SFS1*", 1, online=False),
    )
    assert grid.agenda_id == "57"
    assert grid.monday == MONDAY
    assert grid.cells[0].start.tzinfo is ZURICH


def test_a_week_without_lessons_is_a_grid_without_cells() -> None:
    assert read(week_page(MONDAY)).cells == ()


@given(mondays)
def test_every_week_is_recognised_by_headers_that_carry_no_year(monday: date) -> None:
    grid = read(week_page(monday), monday)

    assert grid.days == tuple(monday + timedelta(days=n) for n in range(6))


@given(mondays, st.integers(-26, 26).filter(bool))
def test_another_week_is_refused_and_named(monday: date, weeks_off: int) -> None:
    shown = monday + timedelta(weeks=weeks_off)

    with pytest.raises(WrongWeekError, match=f"the week of {shown} instead of the week of {monday}") as error:
        read(week_page(shown), monday)

    assert (error.value.asked, error.value.shown) == (monday, shown)


def test_a_week_across_new_year_is_read() -> None:
    monday = date(2026, 12, 28)
    saturday = monday + timedelta(days=5)

    grid = read(week_page(monday, [booked(saturday)]), monday)

    assert grid.cells[0].start == datetime(2027, 1, 2, 9, tzinfo=ZURICH)


def test_the_same_days_of_another_year_are_betrayed_by_the_cells() -> None:
    same_headers = date(2020, 3, 2)
    assert day_header(same_headers) == day_header(MONDAY)

    with pytest.raises(UnreadableCellError, match="data-activity_start cannot be '2020-03-02'"):
        read(week_page(same_headers, [booked(same_headers)]))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Mon 2nd Mar."] * 6,
        ["Mon 2nd Mar.", "Tue 3rd Mar.", "Wed 4th Mar.", "Thu 5th Mar.", "Fri 6th Mar."],
        ["Tue 3rd Mar.", "Wed 4th Mar.", "Thu 5th Mar.", "Fri 6th Mar.", "Sat 7th Mar.", "Sun 8th Mar."],
        ["Mon 32nd Mar.", "Tue 3rd Mar.", "Wed 4th Mar.", "Thu 5th Mar.", "Fri 6th Mar.", "Sat 7th Mar."],
        ["Wed 2nd Mar.", "Tue 3rd Mar.", "Wed 4th Mar.", "Thu 5th Mar.", "Fri 6th Mar.", "Sat 7th Mar."],
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
    ],
    ids=[
        "none",
        "one day six times",
        "no Saturday",
        "from Tuesday",
        "no such day",
        "wrong weekday",
        "no dates",
    ],
)
def test_day_headers_that_are_not_one_week_are_refused(headers: list[str]) -> None:
    with pytest.raises(NoGridError, match="day header"):
        read(week_page(MONDAY, headers=headers))


def test_a_missing_day_table_is_refused() -> None:
    with pytest.raises(NoGridError, match="5 day tables instead of 6"):
        read(week_page(MONDAY, day_tables=5))


def test_a_login_page_is_told_from_a_grid() -> None:
    with pytest.raises(LoginPageError):
        read(LOGIN_PAGE)


@pytest.mark.parametrize("html", ["<html><body><h1>Launchpad</h1></body></html>", "maintenance"])
def test_a_page_without_a_grid_is_refused(html: str) -> None:
    with pytest.raises(NoGridError, match="no weekly grid"):
        read(html)


def test_an_empty_page_is_refused() -> None:
    with pytest.raises(UnexpectedPageError, match="empty page"):
        read("")


def test_a_grid_without_an_agenda_select_is_refused() -> None:
    with pytest.raises(NoGridError, match="no agenda select"):
        read(week_page(MONDAY).replace("set_agenda", "other"))


def test_the_agenda_shown_is_the_selected_one_or_else_the_first() -> None:
    page = week_page(MONDAY, agenda="100")

    assert read(page).agenda_id == "100"
    assert read(page.replace(" selected", "")).agenda_id == "17"


def test_rooms_are_named_by_the_order_of_the_headers() -> None:
    cells = [booked(MONDAY, data_crid=crid, data_asid=crid) for crid in ROOMS]

    assert {cell.asid: cell.room for cell in read(week_page(MONDAY, cells)).cells} == ROOMS


def test_the_room_is_in_the_cell_s_id_when_it_has_no_other_mark() -> None:
    cell = booked(MONDAY, id="2026-03-02_52_4", data_crid=None)

    assert read(week_page(MONDAY, [cell])).cells[0].room == "ATL1"


@pytest.mark.parametrize(
    ("names", "ids"),
    [(["SFS1*", "SFS2*"], ["48", "49", "52"]), (["SFS1*", "SFS2*", "ATL1"], ["48", "49"]), ([], [])],
    ids=["a header is missing", "a column is missing", "no rooms at all"],
)
def test_headers_that_do_not_match_the_columns_are_refused(names: list[str], ids: list[str]) -> None:
    with pytest.raises(RoomColumnsError, match=f"names {len(names)} rooms, but its first row has {len(ids)}"):
        read(week_page(MONDAY, room_names=names, room_ids=ids))


def test_a_booked_cell_in_a_room_without_a_column_is_refused() -> None:
    page = week_page(MONDAY, [booked(MONDAY)], room_names=["SFS2*", "ATL1"], room_ids=["49", "52"])

    with pytest.raises(RoomColumnsError, match="0879034: its room 48 has no column"):
        read(page)


def test_the_same_cell_in_several_rows_is_one_session() -> None:
    slots = [booked(MONDAY, id=f"2026-03-02_48_{slot}", rowspan=None) for slot in range(4, 8)]

    assert len(read(week_page(MONDAY, slots)).cells) == 1


def test_two_sessions_at_the_same_time_stay_two() -> None:
    cells = [booked(MONDAY), booked(MONDAY, data_asid="0879035", data_crid="49")]

    assert [cell.asid for cell in read(week_page(MONDAY, cells)).cells] == ["0879034", "0879035"]


def test_a_cell_without_a_link_has_no_code() -> None:
    cell = booked(MONDAY, title="Service Time", content="Service Time [0]")

    assert read(week_page(MONDAY, [cell])).cells[0].code == ""


def test_online_is_a_class_of_the_cell() -> None:
    cell = booked(MONDAY, class_="booking-cell-8 booking-cell-reserved online-activity")

    assert read(week_page(MONDAY, [cell])).cells[0].online


@pytest.mark.parametrize(("written", "occupied"), [("12", 12), ("", 0), ("full", 0), ("-1", 0), (None, 0)])
def test_an_occupancy_that_is_no_number_counts_as_none(written: str | None, occupied: int) -> None:
    page = week_page(MONDAY, [booked(MONDAY, data_occupied=written)])

    assert read(page).cells[0].occupied == occupied


def test_titles_with_entities_and_accents_are_decoded() -> None:
    cell = booked(MONDAY, title="Échange <13> & Co", content="<a>E&amp;13</a>")

    (read_cell,) = read(week_page(MONDAY, [cell])).cells
    assert (read_cell.title, read_cell.code) == ("Échange <13> & Co", "E&13")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("data-asid", None),
        ("data-activity_start", None),
        ("data-activity_start", "2026-03-02"),
        ("data-activity_start", "02.03.2026 09:00"),
        ("data-activity_start", "2026-03-09 09:00:00"),
        ("data-activity_end", ""),
        ("data-activity_end", "2026-03-02 08:59:00"),
        ("data-activity_end", "2026-03-02 09:00:00"),
    ],
)
def test_an_unreadable_cell_is_named_with_its_attribute(attribute: str, value: str | None) -> None:
    with pytest.raises(UnreadableCellError, match=attribute) as error:
        read(week_page(MONDAY, [booked(MONDAY, **{attribute.replace("-", "_"): value})]))

    assert error.value.attribute == attribute
    assert ("2026-03-02_48_4" if attribute == "data-asid" else "0879034") in str(error.value)


def test_a_cell_that_names_its_room_nowhere_is_unreadable() -> None:
    with pytest.raises(UnreadableCellError, match="booked cell 0879034: id cannot be 'x'"):
        read(week_page(MONDAY, [booked(MONDAY, id="x", data_crid=None)]))


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(32, 76), st.integers(1, 8), st.sampled_from(sorted(ROOMS))),
        max_size=8,
    )
)
def test_wall_times_come_back_as_written_also_in_the_week_the_clocks_change(
    sessions: list[tuple[int, int, int, str]],
) -> None:
    monday = date(2026, 3, 23)  # summer time starts on its Sunday
    midnight = datetime(2026, 3, 23, tzinfo=ZURICH)
    cells, expected = [], []
    for n, (day, quarter, length, crid) in enumerate(sessions):
        start = midnight + timedelta(days=day, minutes=15 * quarter)
        end = start + timedelta(minutes=15 * length)
        times = f"{start:%H:%M}", f"{end:%H:%M}"
        cells.append(booked(start.date(), *times, data_asid=f"{n:07}", data_crid=crid))
        expected.append((f"{n:07}", start, end, ROOMS[crid]))

    grid = read(week_page(monday, cells), monday)

    assert [(cell.asid, cell.start, cell.end, cell.room) for cell in grid.cells] == expected
