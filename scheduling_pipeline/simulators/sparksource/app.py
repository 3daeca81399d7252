"""The pages of the simulated booking site, and what goes wrong with them."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zlib import crc32

from jinja2 import Environment, PackageLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from scheduling_pipeline.simulators.control import Control, Fault
from scheduling_pipeline.simulators.school import AGENDAS, Room, School, SiteLesson
from scheduling_pipeline.simulators.school.model import ZURICH
from scheduling_pipeline.simulators.school.people import students
from scheduling_pipeline.simulators.sparksource.grid import week_grid
from scheduling_pipeline.simulators.sparksource.recorder import LOGIN, SET_AGENDA, Recorder
from scheduling_pipeline.simulators.sparksource.sessions import Session, SessionStore
from scheduling_pipeline.timetable.model import monday_of

COOKIE = "sparksource_session"
LOGIN_FORM, LAUNCHPAD, GRID = "/login/show_login/true", "/launchpad", "/ffdates/week/booking"
_SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Who may log in, after how long without a request a session ends, and the agenda after a login."""

    username: str = "planner"
    password: str = "planner"  # noqa: S105 - opens invented lessons only
    idle_minutes: float = 360
    first_agenda: str = "16"


DEFAULTS = SiteSettings()


def create_app(control: Control, school: School, settings: SiteSettings = DEFAULTS) -> Starlette:
    """The site showing `school` at the time of `control.clock`. Its sessions are kept in `control.folder`."""
    site = _Site(control, school, settings)
    return Starlette(
        routes=[
            Route("/", site.home),
            Route(LOGIN_FORM, site.login_form),
            Route(LOGIN, site.login, methods=["POST"]),
            Route("/login/logout", site.logout),
            Route(LAUNCHPAD, site.launchpad),
            Route(GRID, site.last_week),
            Route(GRID + "/{year}/{month}/{day}/", site.week_of),
            Route(SET_AGENDA, site.set_agenda, methods=["POST"]),
            Route("/ffdates/list_attendees/{asid}/", site.attendees),
            Route("/demo", site.demo),
            Route("/demo/show/{agenda}/{year}/{month}/{day}/", site.show),
            *control.routes,
        ],
        middleware=[Middleware(Recorder, control=control)],
        exception_handlers={_LoggedOutError: site.to_login},
    )


class _LoggedOutError(Exception):
    """A page was asked for without a live session."""


class _Site:
    def __init__(self, control: Control, school: School, settings: SiteSettings) -> None:
        self._control = control
        self._school = school
        self._settings = settings
        self._sessions = SessionStore(
            control.folder / f"{control.name}-sessions.db", timedelta(minutes=settings.idle_minutes)
        )
        self._templates = Environment(
            loader=PackageLoader("scheduling_pipeline.simulators.sparksource"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    # Login

    async def home(self, request: Request) -> Response:  # noqa: ARG002 - a handler
        return RedirectResponse(LAUNCHPAD, _SEE_OTHER)

    async def to_login(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - a handler
        return RedirectResponse(LOGIN_FORM, _SEE_OTHER)

    async def login_form(self, request: Request) -> Response:
        if self._session(request):
            return RedirectResponse(LAUNCHPAD, _SEE_OTHER)
        return self._login_page()

    async def login(self, request: Request) -> Response:
        form = await request.form()
        given = f"{form.get('username')}\n{form.get('password')}"
        wanted = f"{self._settings.username}\n{self._settings.password}"
        if not secrets.compare_digest(given.encode(), wanted.encode()):
            return self._login_page(error="Wrong user name or password.")
        now = self._control.clock.now()
        week = monday_of(now.astimezone(ZURICH).date())
        session = request.state.session = self._sessions.open(self._settings.first_agenda, week, now)
        answer = RedirectResponse(LAUNCHPAD, _SEE_OTHER)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, session.key, httponly=True, secure=secure, samesite="lax")
        return answer

    async def logout(self, request: Request) -> Response:
        self._sessions.close(request.cookies.get(COOKIE, ""))
        return RedirectResponse(LOGIN_FORM, _SEE_OTHER)

    async def launchpad(self, request: Request) -> Response:
        self._enter(request)
        return self._page("launchpad.html", user=self._settings.username)

    # The grid

    async def last_week(self, request: Request) -> Response:
        """The grid of the week that this session looked at last."""
        return await self._grid(request, self._enter(request))

    async def week_of(self, request: Request) -> Response:
        """The grid of the week that has the day in the address."""
        session = self._enter(request)
        session.week = monday_of(_day(request))
        return await self._grid(request, session)

    async def set_agenda(self, request: Request) -> Response:
        session = self._enter(request)
        wanted = (await request.form()).get("set_agenda")
        if isinstance(wanted, str) and wanted in AGENDAS and not self._fault(request, "agenda_ignored"):
            session.agenda = wanted
            self._sessions.save(session)
        return RedirectResponse(GRID, _SEE_OTHER)

    async def _grid(self, request: Request, session: Session) -> Response:
        if wrong := self._fault(request, "wrong_week"):
            session.week += timedelta(weeks=int(wrong.params.get("offset_weeks", 2)))
        self._sessions.save(session)  # before the wait: a visitor who gave up may be elsewhere after it
        if slow := self._fault(request, "slow_grid"):
            await asyncio.sleep(float(slow.params.get("seconds", 20)))
        if self._fault(request, "login_page"):
            return self._login_page()
        rooms, lessons = self._shown(request, session)
        return self._page(
            "week.html",
            agenda=session.agenda,
            agendas=AGENDAS,
            rooms=rooms,
            days=week_grid(session.week, rooms, lessons),
            earlier=session.week - timedelta(weeks=1),
            later=session.week + timedelta(weeks=1),
        )

    def _shown(self, request: Request, session: Session) -> tuple[Sequence[Room], Sequence[SiteLesson]]:
        """Rooms and lessons of the session's week, or what a fault leaves of them."""
        rooms = self._school.rooms(session.agenda)
        lessons = self._school.lessons(session.agenda, session.week, self._control.clock.now())
        if self._fault(request, "empty_week"):
            lessons = ()
        if shrunken := self._fault(request, "shrunken_week"):
            kept = round(len(lessons) * float(shrunken.params.get("keep", 0.5)))
            lessons = sorted(lessons, key=lambda lesson: crc32(lesson.asid.encode()))[:kept]
        if missing := self._fault(request, "missing_room_column"):
            taken = [lesson.room for lesson in lessons]
            gone = missing.params.get("room") or max((room.name for room in rooms), key=taken.count)
            rooms = [room for room in rooms if room.name != gone]
            lessons = [lesson for lesson in lessons if lesson.room != gone]
        return rooms, lessons

    # Details

    async def attendees(self, request: Request) -> Response:
        self._enter(request)
        if self._fault(request, "attendee_500"):
            raise HTTPException(500)
        if self._fault(request, "attendee_login_html"):
            return self._login_page()
        lesson = self._school.lesson(request.path_params["asid"], self._control.clock.now())
        if lesson is None:
            raise HTTPException(404)
        return self._page(
            "attendees.html",
            lesson=lesson,
            teacher="" if self._fault(request, "attendee_empty_teacher") else lesson.teacher,
            link=self._fault(request, "attendee_teacher_link") is not None,
            students=students(lesson.asid, lesson.occupied),
        )

    # About the demo: these two pages are not the booking site's

    async def demo(self, request: Request) -> Response:  # noqa: ARG002 - a handler
        now = self._control.clock.now()
        return self._page(
            "demo.html",
            now=now.astimezone(ZURICH),
            exhibits=self._school.exhibits(now),
            agendas=AGENDAS,
            settings=self._settings,
        )

    async def show(self, request: Request) -> Response:
        """Lead a visitor to the grid of an agenda in the week of a day."""
        session = self._enter(request)
        if request.path_params["agenda"] not in AGENDAS:
            raise HTTPException(404)
        session.agenda = request.path_params["agenda"]
        session.week = monday_of(_day(request))
        self._sessions.save(session)
        return RedirectResponse(GRID, _SEE_OTHER)

    # Common to all pages

    def _enter(self, request: Request) -> Session:
        """The live session of this request. Without one the visitor is sent to the login form."""
        session = self._session(request)
        if session is None:
            raise _LoggedOutError
        return session

    def _session(self, request: Request) -> Session | None:
        """The live session of this request, if it has one; the journal gets to know it."""
        key = request.cookies.get(COOKIE, "")
        if self._fault(request, "expired_session"):
            self._sessions.close(key)
        session = self._sessions.enter(key, self._control.clock.now())
        request.state.session = session
        return session

    def _fault(self, request: Request, kind: str) -> Fault | None:
        return self._control.fault(request.method, request.url.path, kind)

    def _login_page(self, error: str = "") -> Response:
        return self._page("login.html", error=error, login=LOGIN)

    def _page(self, template: str, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(values))


def _day(request: Request) -> date:
    """The day in the address: YYYY/MM/DD with leading zeros, in this century; 404 for anything else."""
    written = "-".join(request.path_params[part] for part in ("year", "month", "day"))
    try:
        if re.fullmatch(r"20\d\d-\d\d-\d\d", written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise HTTPException(404)
