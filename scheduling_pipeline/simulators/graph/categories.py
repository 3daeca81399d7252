"""A mailbox's colour categories: `/users/{id}/outlook/masterCategories`."""

from __future__ import annotations

import uuid
from typing import Any

from scheduling_pipeline.simulators.graph import queries, schema
from scheduling_pipeline.simulators.graph.errors import GraphError, invalid_property, item_not_found
from scheduling_pipeline.simulators.graph.store import Mailbox, Store
from scheduling_pipeline.simulators.graph.wire import Call, Reply

KNOWN = ("id", "displayName", "color")


class Categories:
    """Answers the calls about master categories."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list_all(self, call: Call, mailbox: Mailbox) -> Reply:
        found = list(mailbox.categories.values())
        shown, link = queries.page(call, found, default=queries.LARGEST_PAGE)
        selected = queries.selection(queries.option(call, "$select"), KNOWN)
        values = [selected(category) for category in shown]
        return Reply(200, queries.collection(call, _context(mailbox), values, len(found), link))

    def create(self, call: Call, mailbox: Mailbox) -> Reply:
        body = schema.checked("outlookCategory", call.body)
        name = body.get("displayName")
        if not name:
            raise invalid_property("displayName is required")
        if any(category["displayName"].lower() == name.lower() for category in mailbox.categories.values()):
            raise GraphError(  # the status is documented, the code is our guess
                409,
                "ErrorDuplicateCategory",
                f"The category '{name}' is already in the master category list.",
            )
        category = {"id": str(uuid.uuid4()), "displayName": name, "color": body.get("color") or "none"}
        self._store.put_category(mailbox, category)
        return Reply(201, _entity(call, mailbox, category))

    def get(self, call: Call, mailbox: Mailbox, key: str) -> Reply:
        return Reply(200, _entity(call, mailbox, _found(mailbox, key)))

    def update(self, call: Call, mailbox: Mailbox, key: str) -> Reply:
        category = _found(mailbox, key)
        body = schema.checked("outlookCategory", call.body)
        if body.get("displayName", category["displayName"]) != category["displayName"]:
            raise invalid_property("displayName cannot be changed")
        changed = category | {"color": body.get("color") or category["color"]}
        self._store.put_category(mailbox, changed)
        return Reply(200, _entity(call, mailbox, changed))

    def delete(self, call: Call, mailbox: Mailbox, key: str) -> Reply:  # noqa: ARG002 - handlers look alike
        self._store.remove_category(mailbox, _found(mailbox, key)["id"])
        return Reply(204)


def _found(mailbox: Mailbox, key: str) -> dict[str, Any]:
    category = mailbox.categories.get(key)
    if category is None:
        raise item_not_found()
    return category


def _context(mailbox: Mailbox) -> str:
    return f"users('{mailbox.user}')/outlook/masterCategories"


def _entity(call: Call, mailbox: Mailbox, category: dict[str, Any]) -> dict[str, Any]:
    return {"@odata.context": f"{call.base}/$metadata#{_context(mailbox)}/$entity", **category}
