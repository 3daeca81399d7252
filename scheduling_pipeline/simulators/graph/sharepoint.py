"""The simulated SharePoint put together: libraries, the calls about them, downloads, pages, steering."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.graph import sites
from scheduling_pipeline.simulators.graph.downloads import Addresses, Downloads
from scheduling_pipeline.simulators.graph.drive import SOMEBODY, Drive
from scheduling_pipeline.simulators.graph.drive_calls import DriveCalls
from scheduling_pipeline.simulators.graph.drive_delta import Delta
from scheduling_pipeline.simulators.graph.drive_documents import Documents
from scheduling_pipeline.simulators.graph.drive_pages import DrivePages
from scheduling_pipeline.simulators.graph.drive_routing import DriveRouter
from scheduling_pipeline.simulators.graph.drive_store import DriveStore
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.throttling import ResourceUnits
from scheduling_pipeline.simulators.reports.model import Drops

P = ParamSpec("P")


class SharePoint:
    """What is kept, in `drive`, and what answers for it."""

    def __init__(self, control: Control, folder: Path, settings: Settings, drops: Drops | None) -> None:
        self._store = DriveStore(folder)
        self.drive = Drive(self._store, control.clock, drops)
        self.units = ResourceUnits(settings)
        addresses = Addresses(self._store, control.clock)
        documents = Documents(self.drive, self._store, addresses, control, settings)
        calls = DriveCalls(self.drive, self._store, documents, addresses, settings)
        self.router = DriveRouter(calls, Delta(self._store, documents, control, settings))
        self._downloads = Downloads(control, self.drive, self._store, addresses, self.units)
        self._pages = DrivePages(self.drive, self._store, addresses, control.clock)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/control/drive/files/{path:path}", self._file, methods=["PUT", "DELETE"]),
            Route("/control/drive/move", self._move, methods=["POST"]),
            Route(sites.DOWNLOAD, self._downloads),
            *self._pages.routes,
        ]

    def close(self) -> None:
        """Release the files."""
        self._store.close()

    async def _file(self, request: Request) -> Response:
        path, by = request.path_params["path"], request.query_params.get("by", SOMEBODY)
        if request.method == "DELETE":
            return _changed(self.drive.delete, path, by=by)
        return _changed(self.drive.put, path, await request.body(), by=by)

    async def _move(self, request: Request) -> Response:
        asked = await request.json()
        return _changed(self.drive.move, asked["from"], asked["to"], by=asked.get("by", SOMEBODY))


def _changed(change: Callable[P, object], *args: P.args, **options: P.kwargs) -> Response:
    """The answer to a command: what is wrong with it is said in a sentence."""
    try:
        change(*args, **options)
    except LookupError as error:
        return JSONResponse({"error": str(error)}, 404)
    except ValueError as error:
        return JSONResponse({"error": str(error)}, 409)
    return JSONResponse({})
