"""The simulated booking site without faults: logins, what a session remembers, what pages look like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.school import AGENDAS, DemoSchool, FixedSchool
from scheduling_pipeline.simulators.sparksource.grid import day_header
from tests.simulators.booking_site import (
    ENGLISH,
    FRENCH,
    MONDAY,
    PASSWORD,
    SETTINGS,
    BookingSite,
    Visitor,
    elements,
    is_login_form,
    lesson,
    parse,
    served,
    texts,
)

NEXT_WEEK = MONDAY + timedelta(weeks=1)
LESSONS = (
    lesson("0000001"),
    lesson("0000002", days=1, room="SFS7*", online=True, code="TPC", title="Test Preparation Class"),
    lesson("0000003", days=5, hours=2, room="SFS7*", code="", title="Service Time", occupied=0),
    lesson("0000004", days=7, teacher="Zoë MüLLER"),
    lesson("0000005", agenda=FRENCH, days=7),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BookingSite]:
    with served(tmp_path, FixedSchool(LESSONS)) as running:
        yield running


@pytest.fixture
def visitor(site: BookingSite) -> Visitor:
    """A visitor who has just logged in and chosen the English agenda."""
    visitor = site.visitor()
    visitor.login()
    visitor.choose(ENGLISH)
    return visitor


class TestLogin:
    def test_a_stranger_is_shown_the_login_form_whatever_the_page(self, site: BookingSite) -> None:
        stranger = site.visitor()
        for path in (
            "/",
            "/launchpad",
            "/login/show_login/true",
            "/ffdates/week/booking",
            "/ffdates/list_attendees/0000001/",
        ):
            assert is_login_form(stranger.http.get(path)), path
        assert is_login_form(stranger.http.post("/ffdates/set_agenda", data={"set_agenda": ENGLISH}))

    def test_success_leads_to_the_launchpad(self, site: BookingSite) -> None:
        visitor = site.visitor()
        assert visitor.login().url.path == "/launchpad"
        assert visitor.http.get("/login/show_login/true").url.path == "/launchpad"

    def test_a_wrong_password_shows_the_form_again_with_an_error(self, site: BookingSite) -> None:
        visitor = site.visitor()
        answer = visitor.login("guess")
        assert is_login_form(answer)
        assert "Wrong user name or password" in answer.text
        assert is_login_form(visitor.http.get("/launchpad"))

    def test_logging_out_ends_the_session(self, visitor: Visitor) -> None:
        visitor.http.get("/login/logout")
        assert is_login_form(visitor.open_week())

    def test_an_idle_session_ends_by_the_simulated_clock(self, site: BookingSite, visitor: Visitor) -> None:
        for _ in range(4):
            site.control.clock.advance(timedelta(hours=2))
            assert not is_login_form(visitor.open_week())
        site.control.clock.advance(timedelta(hours=6, minutes=1))
        assert is_login_form(visitor.open_week())
        assert is_login_form(visitor.open_week())

    def test_the_idle_time_is_a_setting(self, tmp_path: Path) -> None:
        with served(tmp_path, FixedSchool(), replace(SETTINGS, idle_minutes=5)) as site:
            visitor = site.visitor()
            visitor.login()
            site.control.clock.advance(timedelta(minutes=6))
            assert is_login_form(visitor.open_week())

    def test_a_session_survives_a_restart_with_its_agenda_and_week(self, tmp_path: Path) -> None:
        school = FixedSchool(LESSONS)
        with served(tmp_path, school) as site:
            before = site.visitor()
            before.login()
            before.choose(ENGLISH)
            before.week(NEXT_WEEK)
        with served(tmp_path, school) as site:
            after = site.visitor(before.http.cookies)
            assert after.week().asids == {"0000004"}


class TestWhatASessionRemembers:
    def test_the_dateless_address_shows_the_last_week_looked_at(self, visitor: Visitor) -> None:
        assert visitor.week().asids == {"0000001", "0000002", "0000003"}
        visitor.week(NEXT_WEEK)
        assert visitor.week().headers[0] == "Mon 9th Mar."

    def test_another_agenda_is_shown_in_the_last_week_of_the_first_one(self, visitor: Visitor) -> None:
        visitor.week(NEXT_WEEK)
        shown = visitor.choose(FRENCH)
        assert shown.agenda == FRENCH
        assert shown.asids == {"0000005"}

    def test_the_agenda_stays_when_the_week_changes(self, visitor: Visitor) -> None:
        visitor.choose(FRENCH)
        assert visitor.week(NEXT_WEEK).agenda == FRENCH

    def test_a_fresh_login_starts_with_the_current_week_and_the_first_agenda(
        self, site: BookingSite, visitor: Visitor
    ) -> None:
        visitor.week(MONDAY + timedelta(weeks=2))
        site.control.clock.advance(timedelta(weeks=1))
        visitor.login()
        shown = visitor.week()
        assert shown.headers[0] == "Mon 9th Mar."
        assert shown.agenda == SETTINGS.first_agenda

    def test_sessions_do_not_disturb_each_other(self, site: BookingSite, visitor: Visitor) -> None:
        other = site.visitor()
        other.login()
        other.choose(FRENCH)
        other.week(NEXT_WEEK)
        assert visitor.week().agenda == ENGLISH
        assert visitor.week().headers[0] == "Mon 2nd Mar."

    def test_an_agenda_that_is_not_in_the_menu_changes_nothing(self, visitor: Visitor) -> None:
        assert visitor.choose("999").agenda == ENGLISH


class TestAddresses:
    @pytest.mark.parametrize("day", [MONDAY + timedelta(days=n) for n in range(7)])
    def test_any_day_of_a_week_shows_it(self, visitor: Visitor, day: date) -> None:
        assert visitor.week(day).headers[0] == "Mon 2nd Mar."

    @pytest.mark.parametrize("path", ["2026/3/2/", "2026/02/30/", "02/03/2026/", "2026-03-09/", "2026-03-09"])
    def test_no_other_way_to_write_a_day_is_understood(self, visitor: Visitor, path: str) -> None:
        assert visitor.http.get(f"/ffdates/week/booking/{path}").status_code == 404

    def test_a_query_does_not_choose_the_week(self, visitor: Visitor) -> None:
        answer = visitor.http.get("/ffdates/week/booking", params={"date": "2026-03-09"})
        assert "Mon 2nd Mar." in answer.text

    def test_there_are_no_details_of_an_unknown_lesson(self, visitor: Visitor) -> None:
        assert visitor.details("0000009").status_code == 404


class TestMarkup:
    def test_the_menu_has_all_agendas_and_one_button(self, visitor: Visitor) -> None:
        page = parse(visitor.open_week())
        options = {
            option.get("value"): option.text
            for option in elements(page, "//select[@name='set_agenda']/option")
        }
        assert options == dict(AGENDAS)
        assert len(elements(page, "//form[.//select[@name='set_agenda']]//input[@type='submit']")) == 1
        assert texts(page, "//option[@selected]/@value") == [ENGLISH]

    def test_a_week_has_six_days_without_a_year(self, visitor: Visitor) -> None:
        headers = visitor.week(date(2026, 2, 23)).headers
        assert headers == [
            *("Mon 23rd Feb.", "Tue 24th Feb.", "Wed 25th Feb."),
            *("Thu 26th Feb.", "Fri 27th Feb.", "Sat 28th Feb."),
        ]

    @pytest.mark.parametrize(
        ("day", "text"),
        [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (13, "13th"),
            (31, "31st"),
        ],
    )
    def test_days_are_ordinal(self, day: int, text: str) -> None:
        assert f" {text} " in day_header(date(2026, 5, day))

    def test_a_booked_cell_tells_everything_but_the_teacher(self, visitor: Visitor) -> None:
        page = visitor.open_week()
        cell = next(cell for cell in visitor.week().booked if cell["data-asid"] == "0000001")
        assert {name: cell[name] for name in cell if name != "data-crid"} == {
            "class": "booking-cell-reserved",
            "id": f"2026-03-02_{cell['data-crid']}_36",
            "rowspan": "6",
            "title": "VIP Adults",
            "data-asid": "0000001",
            "data-activity_start": "2026-03-02 09:00:00",
            "data-activity_end": "2026-03-02 10:30:00",
            "data-occupied": "2",
            "text": "VAD [2]",
        }
        assert "MARTEL" not in page.text

    def test_online_lessons_and_service_time(self, visitor: Visitor) -> None:
        cells = {cell["data-asid"]: cell for cell in visitor.week().booked}
        assert cells["0000002"]["class"] == "booking-cell-reserved online-activity"
        assert cells["0000003"]["text"] == "[0]"
        page = parse(visitor.open_week())
        assert texts(page, "//td[contains(@class, 'booking-cell-')]/a/text()") == ["VAD", "TPC"]

    def test_the_first_row_of_each_day_numbers_the_rooms_in_the_order_of_the_headers(
        self, visitor: Visitor
    ) -> None:
        page = parse(visitor.open_week())
        days = elements(page, "//table[@id='week']//table[@class='booking']")
        assert len(days) == 6
        for day in days:
            assert texts(day, ".//th[@class='booking-header']/span/text()") == ["SFS1*", "SFS7*"]
            first = texts(day, "(.//tr[td[@class='timecol']])[1]/td/@data-crid")
            assert len(first) == len(set(first)) == 2

    def test_every_row_is_complete_when_tall_cells_are_counted(self, tmp_path: Path) -> None:
        with served(tmp_path, DemoSchool(seed=1)) as site:
            visitor = site.visitor()
            visitor.login()
            for agenda in ("16", "17", "18", "57", "100", "101"):
                visitor.choose(agenda)
                page = parse(visitor.open_week(MONDAY))
                for day in elements(page, "//table[@class='booking']"):
                    rooms = len(elements(day, ".//th[@class='booking-header']"))
                    rows = elements(day, ".//tr[td]")
                    open_until: list[int] = []
                    for number, row in enumerate(rows):
                        open_until = [end for end in open_until if end > number]
                        cells = elements(row, "td[not(@class='timecol')]")
                        assert len(cells) + len(open_until) == rooms
                        open_until += [number + int(cell.get("rowspan", "1")) for cell in cells]
                    assert max(open_until) == len(rows)

    def test_details_name_the_teacher_and_the_students(self, visitor: Visitor) -> None:
        assert visitor.teacher("0000004") == "Zoë MüLLER"
        page = parse(visitor.details("0000004"))
        students = texts(page, "//table[.//th[text()='Name']]//td/text()")
        assert len(students) == 2

    def test_names_are_plain_utf8_and_never_markup(self, tmp_path: Path) -> None:
        with served(tmp_path, FixedSchool([lesson(title="<b>A & B</b>", teacher="Élodie GENOUD")])) as site:
            visitor = site.visitor()
            visitor.login()
            visitor.choose(ENGLISH)
            assert visitor.week().booked[0]["title"] == "<b>A & B</b>"
            assert "Élodie GENOUD".encode() in visitor.details("0879034").content


class TestTheDemoPage:
    def test_it_leads_a_visitor_to_every_planted_case(self, tmp_path: Path) -> None:
        school = DemoSchool(seed=1)
        planted = school.planted
        with served(tmp_path, school) as site:
            visitor = site.visitor()
            visitor.login()
            page = parse(visitor.http.get("/demo"))
            shown = {str(link): visitor.http.get(str(link)) for link in texts(page, "//dd/a/@href")}
        assert all(answer.status_code == 200 for answer in shown.values())
        named = "".join(texts(page, "//dt/text()"))
        for teacher in (
            planted.homonym,
            planted.unmatched,
            planted.overlap.teacher,
            planted.cancelled.teacher,
        ):
            assert teacher in named
            assert any(teacher in answer.text for answer in shown.values())
        holiday = next(answer for link, answer in shown.items() if f"{planted.holiday:%Y/%m/%d}" in link)
        assert day_header(planted.holiday) in holiday.text

    def test_it_needs_no_login_and_shows_no_password(self, site: BookingSite) -> None:
        answer = site.visitor().http.get("/demo")
        assert "About this demo" in answer.text
        assert PASSWORD not in answer.text

    @pytest.mark.parametrize("path", ["999/2026/03/02/", "57/2026/3/2/"])
    def test_it_shows_existing_weeks_only(self, visitor: Visitor, path: str) -> None:
        assert visitor.http.get(f"/demo/show/{path}").status_code == 404


class TestTheJournal:
    def test_it_notes_each_page_with_agenda_and_week(self, site: BookingSite, visitor: Visitor) -> None:
        seen = site.control.journal()[-1]["n"]
        visitor.week(NEXT_WEEK)
        (call,) = site.control.journal(since=seen)
        assert {name: call[name] for name in call if name not in {"n", "at"}} == {
            "method": "GET",
            "path": "/ffdates/week/booking/2026/03/09/",
            "status": 200,
            "agenda": ENGLISH,
            "week": "2026-03-09",
            "forbidden": False,
        }

    def test_it_never_holds_credentials(self, site: BookingSite, visitor: Visitor) -> None:
        noted = str(site.control.journal())
        assert PASSWORD not in noted
        assert all(value not in noted for value in visitor.http.cookies.values())

    def test_a_reader_who_only_logs_in_and_chooses_agendas_is_innocent(
        self, site: BookingSite, visitor: Visitor
    ) -> None:
        visitor.week()
        visitor.details("0000001")
        assert not [call for call in site.control.journal() if call["forbidden"]]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/ffdates/week/booking"),
            ("POST", "/student/student_search_ajax"),
            ("POST", "/ffdates/book?next=/ffdates/set_agenda"),
            ("PUT", "/ffdates/set_agenda"),
            ("PATCH", "/ffdates/list_attendees/0000001/"),
            ("DELETE", "/ffdates/list_attendees/0000001/"),
        ],
    )
    def test_anything_that_could_write_is_noted_as_forbidden(
        self, site: BookingSite, visitor: Visitor, method: str, path: str
    ) -> None:
        answer = visitor.http.request(method, path)
        assert answer.status_code in {404, 405}
        assert site.control.journal()[-1]["forbidden"] is True
