"""What somebody is told of, and how: what they chose, their channels, a preview, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import notifications
from scheduling_pipeline.desk.data.changes import known_places
from scheduling_pipeline.desk.data.notifications_log import Message, messages_named, recent_messages
from scheduling_pipeline.desk.data.notifications_preview import limit_of, readable
from scheduling_pipeline.desk.forms import Entered, Fields
from scheduling_pipeline.desk.own_time import own_time
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import Problem, RefusedError
from scheduling_pipeline.desk.routes.notifications_api import preview_of, sentence, zones
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.notifications.channels import CHANNELS, Channel, Keys, keys_of
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.told import KINDS

router = APIRouter(tags=["notifications"])
PAGE = "/notifications"
SHOWN = 30  # messages
LONGEST_KEY = 2000
USUAL_DIGEST = time(7)
KEYS: Mapping[Channel, Mapping[str, str]] = {  # what each channel needs, by the names of its keys
    "email": {"address": "The address"},
    "pushover": {"user": "The user key", "token": "The application token"},
    "teams": {"url": "The address of the workflow"},
}
_KIND, _STORE, _PLACE = "kind:", "store:", "place:"


@router.get(PAGE, response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    visitor: SignedIn,
    test: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """What you are told of and how; `test`: the number of a test message, of which to say how it fared."""
    return _page(request, desk, visitor, test=test)


@router.post(PAGE, response_class=HTMLResponse)
def save(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Say what you want to be told of."""
    try:
        notifications.save_preferences(desk.engine, visitor, _preferences(fields), desk.now())
    except RefusedError as refused:
        return _page(request, desk, visitor, problem=refused)
    return back_to(PAGE, "saved")


@router.post("/notifications/channels/{channel}", response_class=HTMLResponse)
def save_channel(
    request: Request, desk: TheDesk, visitor: SignedIn, channel: Channel, fields: Fields
) -> Response:
    """Set a channel up, or replace its keys, and switch it on."""
    try:
        keys = _keys(channel, fields)
        notifications.save_channel(desk.engine, desk.cipher, visitor, keys, desk.now())
    except Problem as problem:
        return _page(request, desk, visitor, problem=problem)
    return back_to(PAGE, "saved")


@router.post("/notifications/channels/{channel}/switch", response_class=HTMLResponse)
def switch(desk: TheDesk, visitor: SignedIn, channel: Channel, fields: Fields) -> Response:
    """Switch a channel on (`enabled`) or off; its keys stay."""
    enabled = Entered(fields).chosen("enabled")
    notifications.switch_channel(desk.engine, visitor, channel, desk.now(), enabled=enabled)
    return back_to(PAGE, "saved")


@router.post("/notifications/channels/{channel}/delete", response_class=HTMLResponse)
def delete(desk: TheDesk, visitor: SignedIn, channel: Channel) -> Response:
    """Forget the keys of a channel."""
    notifications.delete_channel(desk.engine, visitor, channel, desk.now())
    return back_to(PAGE, "removed")


@router.post("/notifications/channels/{channel}/test", response_class=HTMLResponse)
def send_test(desk: TheDesk, visitor: SignedIn, channel: Channel) -> Response:
    """Have a test message sent, and lead on to what becomes of it."""
    number = notifications.send_trial(desk.engine, visitor, channel, desk.now())
    return RedirectResponse(f"{PAGE}?test={number}", 303)


def _preferences(fields: Mapping[str, str]) -> Preferences:
    """What the form says. Raises RefusedError."""
    entered = Entered(fields)
    usual = Preferences()
    digest_at, zone = usual.digest_at, usual.zone
    if fields.get("when") == "daily":
        digest_at, zone = _time(entered), _zone(entered) or zone
    entered.check()
    return Preferences(
        kinds=frozenset(kind for kind in KINDS if entered.chosen(f"{_KIND}{kind}")),
        stores=_ticked(fields, _STORE),
        places=_ticked(fields, _PLACE),
        digest_at=digest_at,
        zone=zone,
    )


def _time(entered: Entered) -> time | None:
    text = entered.text("digest_at", "The time of the digest", longest=5)
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        entered.problems.append(f"The time of the digest: {text!r} is none such as 07:00.")
        return None


def _zone(entered: Entered) -> ZoneInfo | None:
    name = entered.text("zone", "The zone")
    if name and name not in zones():
        entered.problems.append(f"{name!r} is no time zone such as America/New_York.")
        return None
    return ZoneInfo(name) if name else None


def _ticked(fields: Mapping[str, str], kind: str) -> frozenset[str]:
    return frozenset(name.removeprefix(kind) for name in fields if name.startswith(kind) and name != kind)


def _keys(channel: Channel, fields: Mapping[str, str]) -> Keys:
    """The keys that a form has. Raises RefusedError, which does not repeat them."""
    entered = Entered(fields)
    values: dict[str, str | int] = {
        name: entered.text(name, label, longest=LONGEST_KEY) for name, label in KEYS[channel].items()
    }
    if channel == "pushover":
        values["sound"] = entered.text("sound", "The sound", needed=False)
        priority = entered.text("priority", "The priority", needed=False) or "0"
        if priority not in {"-2", "-1", "0", "1", "2"}:
            entered.problems.append("The priority must be from -2 to 2.")
        else:
            values["priority"] = int(priority)
    entered.check()
    try:
        return keys_of(channel, values)
    except ValueError as error:
        raise RefusedError([sentence(error)]) from None


def _test(desk: Desk, owner_id: int, number: int) -> Message | None:
    found = messages_named(desk.engine, owner_id, [number]).get(number)
    return found if found and found.kind == "test" else None


def _page(
    request: Request,
    desk: Desk,
    visitor: Visitor,
    *,
    test: int | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    owner = visitor.user_id
    owned = notifications.load_owned(desk.engine, owner)
    chosen = owned.preferences
    details = problem.details if problem else None
    own = own_time(desk, owner)
    return render(
        request,
        "notifications.html",
        status=problem.status if problem else 200,
        problems=details["problems"] if details else [problem.message] if problem else [],
        own=own,
        owned=owned,
        chosen=chosen,
        kinds=KINDS,
        known=known_places(desk.engine, owner).with_(chosen.stores, chosen.places),
        digest_at=chosen.digest_at or USUAL_DIGEST,
        digest_zone=chosen.zone.key if chosen.digest_at else own.zone.key,
        zones=sorted(zones()),
        set_up={one.channel: one for one in owned.channels},
        channels=CHANNELS,
        can_keep=bool(desk.options.work_orders.key.get_secret_value()),
        test=_test(desk, owner, test) if test else None,
        preview=preview_of(desk, owner),
        readable=readable,
        limit_of=limit_of,
        messages=recent_messages(desk.engine, owner)[:SHOWN],
    )
