"""Simulated SharePoint for people: the site, and the folders of its libraries, as plain HTML pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.graph import zones
from scheduling_pipeline.simulators.graph.downloads import Addresses
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.drive_store import DriveStore, Item
from scheduling_pipeline.simulators.graph.pages import ZONE
from scheduling_pipeline.simulators.graph.sites import LIBRARIES, SITE, SITE_PATH


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a folder's page; `count` is that of what is in a folder, or the bytes of a file."""

    name: str
    link: str
    folder: bool
    count: int
    modified: datetime
    by: str


class DrivePages:
    """The pages, with their routes."""

    def __init__(self, drive: Drive, store: DriveStore, addresses: Addresses, clock: SimulatedClock) -> None:
        self._drive = drive
        self._store = store
        self._addresses = addresses
        self._clock = clock
        self._templates = Jinja2Templates(Path(__file__).parent / "templates")

    @property
    def routes(self) -> list[Route]:
        return [Route(SITE_PATH, self._site), Route(SITE_PATH + "/{path:path}", self._item)]

    async def _site(self, request: Request) -> Response:
        await self._drive.follow_clock()
        rows = []
        for library in LIBRARIES:
            root = self._store.item(library.root)
            if root is not None:
                rows.append(self._row(library.name, f"{SITE_PATH}/{library.segment}", root))
        return self._page(request, [], rows)

    async def _item(self, request: Request) -> Response:
        await self._drive.follow_clock()
        segment, *names = [name for name in request.path_params["path"].split("/") if name] or [""]
        item = self._found(segment, names)
        if item is None:
            return Response("No such folder or file.", 404, media_type="text/plain")
        if not item.folder:
            return RedirectResponse(self._addresses.address(item, str(request.base_url)), 302)
        here = "/".join([SITE_PATH, segment, *names])
        children = self._store.children(item.key)[:]
        rows = [self._row(child.name, f"{here}/{child.name}", child) for child in children]
        return self._page(request, [segment, *names], sorted(rows, key=lambda row: not row.folder))

    def _found(self, segment: str, names: list[str]) -> Item | None:
        for library in LIBRARIES:
            root = self._store.item(library.root)
            if root is not None and library.segment.lower() == segment.lower():
                return self._drive.find(root, names)
        return None

    def _row(self, name: str, path: str, item: Item) -> Row:
        count = self._store.child_count(item.key) if item.folder else item.size
        modified = datetime.fromisoformat(item.modified).astimezone(zones.zone(ZONE))
        return Row(name, quote(path), item.folder, count, modified, item.modified_by)

    def _page(self, request: Request, names: list[str], rows: list[Row]) -> Response:
        """The page of a folder; `names` lead to it from the site."""
        above = ["/".join([SITE_PATH, *names[:depth]]) for depth in range(len(names))]
        trail = [(name, quote(path)) for name, path in zip([SITE, *names], above, strict=False)]
        now = self._clock.now().astimezone(zones.zone(ZONE))
        context = {"trail": trail, "name": names[-1] if names else SITE, "rows": rows, "now": now}
        return self._templates.TemplateResponse(request, "folder.html", context)
