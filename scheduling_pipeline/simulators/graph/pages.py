"""Simulated Outlook for people: the mailboxes, and a week of one of them, as plain HTML pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.graph import zones
from scheduling_pipeline.simulators.graph.directory import Directory, User
from scheduling_pipeline.simulators.graph.errors import GraphError
from scheduling_pipeline.simulators.graph.occurrences import Item, occurrences
from scheduling_pipeline.simulators.graph.store import Mailbox, Store

ZONE = "Europe/Zurich"
FIRST_HOUR, LAST_HOUR = 7, 22  # of the day view; what lies outside stretches it
UNCATEGORISED = "#64748b"
# Outlook's 25 category colours, preset0 to preset24.
# fmt: off
COLOURS = (
    "#e7515a", "#f08c3a", "#a9743f", "#f2c200", "#3f9b48",
    "#2ba8a0", "#8a8f2a", "#2f6fd0", "#7a4fc0", "#b83a78",
    "#7d8ea3", "#4f5d6d", "#8a8a8a", "#5c5c5c", "#2e2e2e",
    "#a3262e", "#b65a14", "#6e4a25", "#a88400", "#1f6e2c",
    "#14706a", "#5f6320", "#1c468a", "#51318a", "#822455",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Block:
    """An item in a day's column; places in per cent of the column."""

    title: str
    where: str
    times: str
    categories: str
    colour: str
    top: float
    height: float
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    today: bool
    all_day: list[str]
    blocks: list[Block]


class Pages:
    """The pages, with their routes."""

    def __init__(self, store: Store, directory: Directory, clock: SimulatedClock) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._templates = Jinja2Templates(Path(__file__).parent / "templates")

    @property
    def routes(self) -> list[Route]:
        return [Route("/", self._mailboxes), Route("/mailboxes/{upn}", self._week)]

    async def _mailboxes(self, request: Request) -> Response:
        rows = []
        for user in sorted(self._directory.users, key=lambda user: (user.surname, user.given_name)):
            events = self._store.mailbox(user.id).events.values() if self._directory.licensed(user) else None
            series = sum(event.recurrence is not None for event in events or ())
            rows.append(
                {"user": user, "series": series, "events": None if events is None else len(events) - series}
            )
        self._store.commit()  # looking at a mailbox opens it
        return self._templates.TemplateResponse(
            request, "mailboxes.html", {"rows": rows, "now": self._clock.now().astimezone(zones.zone(ZONE))}
        )

    async def _week(self, request: Request) -> Response:
        user = self._directory.find(request.path_params["upn"])
        if user is None or not self._directory.licensed(user):
            return Response("No such mailbox.", 404, media_type="text/plain")
        try:
            zone_name = request.query_params.get("zone", ZONE)
            zone = zones.zone(zone_name)
            asked = request.query_params.get("week")
            day = date.fromisoformat(asked) if asked else self._clock.now().astimezone(zone).date()
        except (ValueError, GraphError):
            return Response(
                "week is a date (YYYY-MM-DD), zone the name of a time zone.", 400, media_type="text/plain"
            )
        monday = day - timedelta(days=day.weekday())
        return self._templates.TemplateResponse(
            request, "week.html", self._week_context(user, monday, zone_name)
        )

    def _week_context(self, user: User, monday: date, zone_name: str) -> dict[str, object]:
        zone = zones.zone(zone_name)
        mailbox = self._store.mailbox(user.id)
        begin = datetime.combine(monday, time(), zone)
        items = [
            item
            for event in mailbox.events.values()
            for item in occurrences(event, begin, begin + timedelta(days=7))
        ]
        timed = [item for item in items if not item.fields["isAllDay"]]
        starts = [item.start_instant.astimezone(zone).hour for item in timed]
        hours = range(min([FIRST_HOUR, *starts]), max([LAST_HOUR, *(hour + 1 for hour in starts)]))
        today = self._clock.now().astimezone(zone).date()
        days = [
            _day(monday + timedelta(days=n), today, items, hours, zone_name, _colours(mailbox))
            for n in range(7)
        ]
        return {
            "user": user,
            "monday": monday,
            "sunday": monday + timedelta(days=6),
            "earlier": monday - timedelta(days=7),
            "later": monday + timedelta(days=7),
            "zone": zone_name,
            "offset": f"{begin:%z}",
            "hours": hours,
            "days": days,
            "count": len(items),
            "categories": sorted(_colours(mailbox).items()),
        }


def _colours(mailbox: Mailbox) -> dict[str, str]:
    return {
        category["displayName"]: COLOURS[int(category["color"].removeprefix("preset"))]
        for category in mailbox.categories.values()
        if category["color"].startswith("preset")
    }


def _day(
    day: date, today: date, items: list[Item], hours: range, zone_name: str, colours: Mapping[str, str]
) -> Day:
    zone = zones.zone(zone_name)
    own = sorted(
        (
            item
            for item in items
            if not item.fields["isAllDay"] and item.start_instant.astimezone(zone).date() == day
        ),
        key=lambda item: (item.start_instant, item.end_instant),
    )
    lanes = _lanes(own)
    width = 100 / (max(lanes, default=0) + 1)
    blocks = []
    for item, lane in zip(own, lanes, strict=True):
        start, end = item.start_instant.astimezone(zone), item.end_instant.astimezone(zone)
        first = start.hour + start.minute / 60 - hours.start
        length = (end - start) / timedelta(hours=1)
        named = item.fields["categories"]
        blocks.append(
            Block(
                title=item.fields["subject"] or "(no subject)",
                where=item.fields["location"]["displayName"],
                times=f"{start:%H:%M}-{end:%H:%M}",
                categories=", ".join(named),
                colour=next((colours[name] for name in named if name in colours), UNCATEGORISED),
                top=100 * first / len(hours),
                height=100 * min(length, len(hours) - first) / len(hours),
                left=lane * width,
                width=width,
            )
        )
    all_day = [
        item.fields["subject"]
        for item in items
        if item.fields["isAllDay"] and item.start.date() <= day < item.end.date()
    ]
    return Day(day, day == today, all_day, blocks)


def _lanes(items: list[Item]) -> list[int]:
    """For each item (ordered by start) the first lane that is free when it starts."""
    ends: list[datetime] = []
    lanes = []
    for item in items:
        lane = next((n for n, end in enumerate(ends) if end <= item.start_instant), len(ends))
        ends[lane : lane + 1] = [item.end_instant]
        lanes.append(lane)
    return lanes
