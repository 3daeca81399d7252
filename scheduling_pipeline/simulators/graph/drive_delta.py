"""What changed in a drive: `delta`, with tokens that are kept and pages that hold still while things change.

A round goes up to the change that was the last when it began; what changes meanwhile belongs to the next one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.graph import queries
from scheduling_pipeline.simulators.graph.drive_addresses import ItemAddress
from scheduling_pipeline.simulators.graph.drive_documents import Documents, selection
from scheduling_pipeline.simulators.graph.drive_store import Cursor, DriveStore, Item
from scheduling_pipeline.simulators.graph.errors import GraphError, bad_request, not_simulated
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.sites import Library
from scheduling_pipeline.simulators.graph.wire import Call, Reply

LATEST = "latest"


@dataclass(frozen=True)
class Delta:
    """Answers delta calls on the root of a drive."""

    store: DriveStore
    documents: Documents
    control: Control
    settings: Settings

    def page(self, call: Call, address: ItemAddress) -> Reply:
        """One page of a round, with the link to the next page or to the next round."""
        if address.names or address.item_id is not None:
            raise not_simulated("delta on other items than a drive's root")
        library = address.library
        cursor = self._cursor(call, library, given_token(call, address))
        until = self.store.last_change() if cursor.until is None else cursor.until
        size = queries.page_size(call, self.settings.drive_page)
        items = self._read(cursor, until, size + 1)
        more, items = len(items) > size, items[:size]
        following = Cursor(library.id, listing=False, position=until)
        if more:
            position = items[-1].born if cursor.listing else items[-1].change
            following = Cursor(library.id, cursor.listing, position, until)
        if not cursor.listing and "deltaexcludeparent" not in call.headers:
            items = self._with_parents(items)
        chosen = selection(queries.option(call, "$select"))
        return Reply(
            200,
            {
                "@odata.context": f"{call.base}/$metadata#Collection(driveItem)",
                "@odata.nextLink" if more else "@odata.deltaLink": _link(call, self._token(following)),
                "value": [chosen(self.documents.changed(library, item, call.base)) for item in items],
            },
        )

    def _cursor(self, call: Call, library: Library, token: str | None) -> Cursor:
        """Where a token says that the reader is."""
        if token is None:
            return Cursor(library.id, listing=True, position=0)
        if token == LATEST:
            return Cursor(library.id, listing=False, position=self.store.last_change())
        if since := _instant(token):
            return Cursor(library.id, listing=False, position=self.store.last_change_at(since))
        cursor = self.store.token(token)
        forgotten = self.control.fault("GET", call.address, "resync")
        if cursor is None or cursor.drive != library.id or forgotten:
            raise GraphError(
                410,
                "resyncRequired",
                "Resync required. Replace any local items with the server's version (including deletes).",
                {"Location": _link(call, None)},
                inner="resyncChangesApplyDifferences",
            )
        return cursor

    def _read(self, cursor: Cursor, until: int, count: int) -> list[Item]:
        if cursor.listing:
            return self.store.listed(cursor.drive, cursor.position, until, count)
        repeated = self.settings.repeat_items
        return self.store.changed(cursor.drive, cursor.position, until, count, all_states=repeated)

    def _with_parents(self, items: list[Item]) -> list[Item]:
        """The items, each after the folders above it that were not shown yet, changed or not."""
        shown: set[str] = set()
        result: list[Item] = []
        for item in items:
            above = self.store.lineage(item.parent) if item.parent is not None else []
            line = [folder for folder in reversed(above) if not folder.deleted and folder.key not in shown]
            result += [*line, item]
            shown |= {one.key for one in (*line, item)}
        return result

    def _token(self, cursor: Cursor) -> str:
        """The token of a place: the same each time, so that readers who wait do not fill the store."""
        digest = hmac.digest(self.store.secret("delta"), repr(cursor).encode(), hashlib.sha256)
        token = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        self.store.put_token(token, cursor)
        return token


def given_token(call: Call, address: ItemAddress) -> str | None:
    """The token of a delta call, as an argument or as an option; None without one."""
    return address.token if address.token is not None else call.query.get("token")


def _instant(token: str) -> datetime | None:
    """The instant that stands in the place of a token."""
    try:
        instant = datetime.fromisoformat(token)
    except ValueError:
        return None
    if instant.tzinfo is None:
        raise bad_request("A timestamp in the place of a token needs a time zone.", "invalidRequest")
    return instant


def _link(call: Call, token: str | None) -> str:
    """The address of the call with another token."""
    options = {name: value for name, value in call.query.items() if name != "token"}
    if token is not None:
        options["token"] = token
    address = call.base + call.path.rpartition("/")[0] + "/delta"
    return f"{address}?{urlencode(options, safe='$')}" if options else address
