"""Answers to Graph calls about sites, drives and items."""

from __future__ import annotations

from dataclasses import dataclass

from scheduling_pipeline.simulators.graph import queries
from scheduling_pipeline.simulators.graph.downloads import Addresses
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.drive_addresses import ItemAddress
from scheduling_pipeline.simulators.graph.drive_documents import Documents, Json, selection, site_document
from scheduling_pipeline.simulators.graph.drive_store import DriveStore, Item
from scheduling_pipeline.simulators.graph.errors import GraphError, not_found, not_simulated
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.sites import LIBRARIES, Library
from scheduling_pipeline.simulators.graph.wire import Call, Reply


@dataclass(frozen=True)
class DriveCalls:
    """One method for each kind of call."""

    drive: Drive
    store: DriveStore
    documents: Documents
    downloads: Addresses
    settings: Settings

    def site(self, call: Call) -> Reply:
        return _entity(call, "sites", site_document(call.base))

    def list_drives(self, call: Call) -> Reply:
        chosen = selection(queries.option(call, "$select"))
        values = [chosen(self._drive_document(library, call)) for library in LIBRARIES]
        return Reply(200, queries.collection(call, "drives", values, len(values), None))

    def get_drive(self, call: Call, library: Library) -> Reply:
        return _entity(call, "drives", self._drive_document(library, call))

    def get_item(self, call: Call, address: ItemAddress) -> Reply:
        item = self._item(address)
        if call.headers.get("if-none-match") in (item.etag, item.ctag):
            return Reply(304)
        document = self.documents.item(address.library, item, call.base)
        return _entity(call, f"drives('{address.library.id}')/items", document)

    def children(self, call: Call, address: ItemAddress) -> Reply:
        """A folder's children in the order of their names; a file has none."""
        item = self._item(address)
        for option in ("$filter", "$orderby", "$expand"):
            if queries.option(call, option):
                raise not_simulated(f"{option} for items")
        children = self.store.children(item.key)
        shown, link = queries.page(call, children, default=self.settings.drive_page)
        chosen = selection(queries.option(call, "$select"))
        values = [chosen(self.documents.item(address.library, child, call.base)) for child in shown]
        context = f"drives('{address.library.id}')/items('{address.library.item_id(item.key)}')/children"
        return Reply(200, queries.collection(call, context, values, len(children), link))

    def content(self, call: Call, address: ItemAddress) -> Reply:
        """Where the bytes are."""
        item = self._item(address)
        if item.folder:
            raise GraphError(400, "invalidRequest", "You cannot get content for a folder.")
        if call.headers.get("if-none-match") in (item.etag, item.ctag):
            return Reply(304)
        return Reply(302, None, {"Location": self.downloads.address(item, call.base)})

    def _item(self, address: ItemAddress) -> Item:
        """The item that an address leads to."""
        library = address.library
        key = library.root if address.item_id is None else library.item_key(address.item_id)
        start = key and self.store.item(key)
        if not start or start.deleted or start.drive != library.id:
            raise not_found()
        item = self.drive.find(start, address.names)
        if item is None:
            raise not_found()
        return item

    def _drive_document(self, library: Library, call: Call) -> Json:
        root = self.store.item(library.root)
        if root is None:
            raise not_found()
        return self.documents.drive(library, root, call.base)


def _entity(call: Call, context: str, document: Json) -> Reply:
    chosen = selection(queries.option(call, "$select"))
    return Reply(200, chosen({"@odata.context": f"{call.base}/$metadata#{context}/$entity", **document}))
