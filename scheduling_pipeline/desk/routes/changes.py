"""What changed in somebody's own work orders, and whether they were told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.changes import Known, Noticed, Wanted, known_places, load_changes
from scheduling_pipeline.desk.data.notifications_log import State
from scheduling_pipeline.desk.forms import Text
from scheduling_pipeline.desk.own_time import own_time
from scheduling_pipeline.desk.pages import render
from scheduling_pipeline.desk.routes.notifications_shown import WayShown
from scheduling_pipeline.work_orders.model import Card, Kind

router = APIRouter(tags=["work orders"])
PAGE = 50
AskedKind = Kind | Literal[""]
Before = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class CardShown(BaseModel):
    """An order as it was when the change was noticed."""

    id: str
    store: str
    site_name: str
    town: str
    address: str
    dispensers: int

    @classmethod
    def of(cls, card: Card) -> Self:
        return cls(
            id=card.id,
            store=card.store,
            site_name=card.site_name,
            town=card.town,
            address=card.address,
            dispensers=card.dispensers,
        )


class ChangeShown(BaseModel):
    """`other`: of a swap the order that traded days with it, of a replacement the one whose place it took.
    `told`: what became of the message about it, null where there was none."""

    id: int
    kind: Kind
    noticed_at: datetime
    order: CardShown
    other: CardShown | None
    before: date | None
    after: date | None
    told: State | None
    channels: list[WayShown]

    @classmethod
    def of(cls, noticed: Noticed) -> Self:
        change, message = noticed.change, noticed.message
        return cls(
            id=noticed.id,
            kind=change.kind,
            noticed_at=noticed.noticed_at,
            order=CardShown.of(change.card),
            other=CardShown.of(change.other) if change.other else None,
            before=change.before,
            after=change.after,
            told=message.state if message else None,
            channels=[WayShown.of(way) for way in message.ways] if message else [],
        )


class ChangesShown(BaseModel):
    """`older`: give it as `before` to go on; null where there is nothing older."""

    changes: list[ChangeShown]
    older: int | None


@router.get("/changes", response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    visitor: SignedIn,
    kind: AskedKind = "",
    store: Text = "",
    place: Text = "",
    before: Before = None,
) -> HTMLResponse:
    """The newest changes first, reading by reading; `before` goes on to older ones."""
    wanted = _wanted(kind, store, place)
    found, older = load_changes(desk.engine, visitor.user_id, wanted, before_id=before, limit=PAGE)
    return render(
        request,
        "changes.html",
        readings=_by_reading(found),
        older=older,
        newest=before is None,
        wanted=wanted,
        kinds=list(Kind),
        own=own_time(desk, visitor.user_id),
        known=_offered(desk, visitor.user_id, wanted),
    )


@router.get("/api/changes")
def list_changes(
    desk: TheDesk,
    visitor: SignedIn,
    kind: AskedKind = "",
    store: Text = "",
    place: Text = "",
    before: Before = None,
) -> ChangesShown:
    """Your newest changes, 50 at a time; of one kind, at one store (`#1234`), in one place (`City, ST`)."""
    wanted = _wanted(kind, store, place)
    found, older = load_changes(desk.engine, visitor.user_id, wanted, before_id=before, limit=PAGE)
    return ChangesShown(changes=[ChangeShown.of(one) for one in found], older=older)


def _wanted(kind: AskedKind, store: str, place: str) -> Wanted:
    return Wanted(kind or None, store, place)


def _by_reading(found: Iterable[Noticed]) -> list[tuple[datetime, Sequence[Noticed]]]:
    groups = (list(group) for _, group in groupby(found, lambda one: one.reading))
    return [(group[0].noticed_at, group) for group in groups]


def _offered(desk: Desk, owner_id: int, wanted: Wanted) -> Known:
    """The stores and places to choose from: also the ones that were asked for, whatever they are."""
    known = known_places(desk.engine, owner_id)
    return known.with_(stores={wanted.store} - {""}, places={wanted.place} - {""})
