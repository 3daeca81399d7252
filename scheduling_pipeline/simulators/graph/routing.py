"""Which part of the simulator answers which address, and what permission that needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scheduling_pipeline.simulators.graph.categories import Categories
from scheduling_pipeline.simulators.graph.directory import Directory
from scheduling_pipeline.simulators.graph.documents import Calendar
from scheduling_pipeline.simulators.graph.drive_routing import DriveRoute, DriveRouter
from scheduling_pipeline.simulators.graph.errors import GraphError, bad_request, no_such_segment
from scheduling_pipeline.simulators.graph.outlook import Outlook
from scheduling_pipeline.simulators.graph.store import Mailbox
from scheduling_pipeline.simulators.graph.wire import Call, Reply


@dataclass(frozen=True, slots=True)
class DirectoryRoute:
    """A call to the directory. `roles`: any of these application permissions will do."""

    answer: Callable[[Call], Reply]
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class MailboxRoute:
    """A call to one user's mailbox."""

    user: str
    answer: Callable[[Call, Mailbox], Reply]
    roles: frozenset[str]


_USERS = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})
_ORGANIZATION = frozenset({"Organization.Read.All", "Directory.Read.All"})
_CALENDARS = {
    True: frozenset({"Calendars.ReadWrite"}),
    False: frozenset({"Calendars.Read", "Calendars.ReadWrite"}),
}
_CATEGORIES = {
    True: frozenset({"MailboxSettings.ReadWrite"}),
    False: frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"}),
}

Answer = Callable[[Call, Mailbox], Reply]
Choice = Callable[[Mailbox], Calendar | None]


@dataclass(frozen=True)
class Router:
    """Finds the route of a call."""

    directory: Directory
    outlook: Outlook
    categories: Categories
    drives: DriveRouter

    def route(self, call: Call) -> DirectoryRoute | MailboxRoute | DriveRoute:
        """The route, or Graph's refusal of an address that leads nowhere."""
        segments = call.segments
        match [segment.lower() for segment in segments]:
            case ["organization"]:
                return DirectoryRoute(_only(call, GET=self.directory.organization), _ORGANIZATION)
            case ["users"]:
                return DirectoryRoute(_only(call, GET=self.directory.list_users), _USERS)
            case ["users", _]:
                return DirectoryRoute(
                    _only(call, GET=lambda asked: self.directory.get_user(asked, segments[1])), _USERS
                )
            case ["users", _, "outlook", "mastercategories", *_]:
                answer = self._category(call, segments[4:])
                return MailboxRoute(segments[1], answer, _CATEGORIES[call.write])
            case ["users", _, "calendar" | "calendars" | "events" | "calendarview" as area, *_]:
                answer = self._calendar(call, area, segments[3:])
                return MailboxRoute(segments[1], answer, _CALENDARS[call.write])
            case ["sites" | "drives" as area, *_]:
                return self.drives.route(call, [area, *segments[1:]])
            case ["me", *_]:
                raise bad_request("/me request is only valid with delegated authentication flow.")
            case _:
                raise no_such_segment(segments[-1] if segments else "")

    def _category(self, call: Call, rest: list[str]) -> Answer:
        """`rest` is what follows `/users/{id}/outlook/masterCategories`."""
        categories = self.categories
        match rest:
            case []:
                return _only(call, GET=categories.list_all, POST=categories.create)
            case [key]:
                answer = _only(call, GET=categories.get, PATCH=categories.update, DELETE=categories.delete)
                return lambda asked, mailbox: answer(asked, mailbox, key)
            case _:
                raise no_such_segment(rest[-1])

    def _calendar(self, call: Call, area: str, rest: list[str]) -> Answer:
        """`rest` is what follows `/users/{id}/{area}`."""
        outlook = self.outlook
        if area == "calendar":
            return self._in_calendar(call, lambda mailbox: mailbox.default_calendar, rest)
        if area != "calendars":
            return self._in_calendar(call, lambda _: None, [area, *rest])
        if not rest:
            return _only(call, GET=outlook.list_calendars, POST=outlook.create_calendar)
        return self._in_calendar(call, lambda mailbox: outlook.calendar(mailbox, rest[0]), rest[1:])

    def _in_calendar(self, call: Call, chosen: Choice, rest: list[str]) -> Answer:
        """`rest` is what follows the calendar that `chosen` picks, None for all of them."""
        outlook = self.outlook
        match [segment.lower() for segment in rest]:
            case []:
                answer = _only(call, GET=outlook.get_calendar)
            case ["calendarview"]:
                answer = _only(call, GET=outlook.view)
            case ["events"]:
                answer = _only(call, GET=outlook.list_events, POST=outlook.create_event)
            case ["events", _]:
                event = _only(
                    call, GET=outlook.get_event, PATCH=outlook.update_event, DELETE=outlook.delete_event
                )
                return lambda asked, mailbox: event(asked, mailbox, rest[1])
            case ["events", _, "instances"]:
                instances = _only(call, GET=outlook.instances)
                return lambda asked, mailbox: instances(asked, mailbox, rest[1])
            case _:
                raise no_such_segment(rest[-1])
        return lambda asked, mailbox: answer(asked, mailbox, chosen(mailbox))


def _only(call: Call, **answers: Callable[..., Reply]) -> Callable[..., Reply]:
    """The answer for the call's method; other methods are refused."""
    answer = answers.get(call.method)
    if answer is None:
        raise GraphError(
            405, "UnsupportedMethod", f"The method {call.method} is not allowed on this resource."
        )
    return answer
