"""Somebody's own notifications, for programs: what to be told of, channels, test messages, a preview."""

from __future__ import annotations

from datetime import datetime, time
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import notifications
from scheduling_pipeline.desk.data.notifications_log import Message, messages_named, recent_messages
from scheduling_pipeline.desk.data.notifications_preview import Preview, limit_of, preview
from scheduling_pipeline.desk.etags import IfNoneMatch, unless_known
from scheduling_pipeline.desk.forms import Number, Text
from scheduling_pipeline.desk.own_time import own_time
from scheduling_pipeline.desk.problems import RefusedError, not_found
from scheduling_pipeline.desk.routes.notifications_shown import MessageShown
from scheduling_pipeline.notifications.channels import Channel, Keys, keys_of
from scheduling_pipeline.notifications.owners import OwnChannel
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.told import Kind

router = APIRouter(prefix="/api/notifications", tags=["notifications"])


@cache
def zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in zones():
        raise ValueError("is no IANA time zone, such as America/New_York")
    return value


def _without_offset(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("is a time in `zone`: write it without an offset")
    return value.replace(second=0, microsecond=0)


Name = Annotated[Text, StringConstraints(min_length=1)]
Names = Annotated[list[Name], Field(max_length=1000)]


class PreferencesBody(BaseModel):
    """What to be told of. `stores` (`#1234`) and `places` (`City, ST`): only there, or everywhere where none
    is named. `digest_at`: once a day at that time in `zone`; null: at once."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[Kind]
    stores: Names = []
    places: Names = []
    digest_at: Annotated[time, AfterValidator(_without_offset)] | None = None
    zone: Annotated[str, AfterValidator(_zone)]

    @property
    def preferences(self) -> Preferences:
        return Preferences(
            frozenset(self.kinds),
            frozenset(self.stores),
            frozenset(self.places),
            self.digest_at,
            ZoneInfo(self.zone),
        )

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        return cls(
            kinds=sorted(preferences.kinds),
            stores=sorted(preferences.stores),
            places=sorted(preferences.places),
            digest_at=preferences.digest_at,
            zone=preferences.zone.key,
        )


class KeysBody(BaseModel):
    """The keys of a channel: the `address` for e-mail; `user`, `token`, `priority` and `sound` for Pushover;
    the `url` of a workflow for Teams. They are encrypted, and never shown again."""

    model_config = ConfigDict(extra="forbid")

    address: SecretStr | None = None
    user: SecretStr | None = None
    token: SecretStr | None = None
    url: SecretStr | None = None
    priority: int | None = None
    sound: str | None = None

    def keys(self, channel: Channel) -> Keys:
        """Raises RefusedError, which does not repeat them."""
        given = self.model_dump(exclude_none=True)
        values = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in given.items()
        }
        try:
            return keys_of(channel, values)
        except ValueError as error:
            raise RefusedError([sentence(error)]) from None


class SwitchBody(BaseModel):
    """Whether messages go by the channel."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool


class TrialBody(BaseModel):
    """By which channel."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel


class ChannelShown(BaseModel):
    """A channel that is set up. Its keys are not shown."""

    channel: Channel
    enabled: bool
    updated_at: datetime

    @classmethod
    def of(cls, one: OwnChannel) -> Self:
        return cls(channel=one.channel, enabled=one.enabled, updated_at=one.updated_at)


class ChannelDeleted(BaseModel):
    success: Literal[True] = True


class PartShown(BaseModel):
    """One message, with the marks of its channel."""

    title: str
    body: str


class PreviewShown(BaseModel):
    """What you would be told: `changes` of them, by each channel, parted where one message cannot hold it.
    `limits`: the characters that one holds, null for any number."""

    invented: bool
    changes: int
    channels: dict[Channel, list[PartShown]]
    limits: dict[Channel, int | None]

    @classmethod
    def of(cls, shown: Preview) -> Self:
        return cls(
            invented=shown.invented,
            changes=shown.changes,
            channels={
                channel: [PartShown(title=part.title, body=part.body) for part in parts]
                for channel, parts in shown.messages.items()
            },
            limits={channel: limit_of(channel) for channel in shown.messages},
        )


@router.get("/preferences")
def get_preferences(desk: TheDesk, visitor: SignedIn) -> PreferencesBody:
    """What you want to be told of; the usual where you never said."""
    return PreferencesBody.of(notifications.load_owned(desk.engine, visitor.user_id).preferences)


@router.put("/preferences")
def put_preferences(desk: TheDesk, visitor: SignedIn, body: PreferencesBody) -> PreferencesBody:
    """Say what you want to be told of."""
    notifications.save_preferences(desk.engine, visitor, body.preferences, desk.now())
    return PreferencesBody.of(body.preferences)


@router.get("/channels")
def list_channels(desk: TheDesk, visitor: SignedIn) -> list[ChannelShown]:
    """The channels that you have set up."""
    owned = notifications.load_owned(desk.engine, visitor.user_id)
    return [ChannelShown.of(one) for one in owned.channels]


@router.put("/channels/{channel}")
def put_channel(desk: TheDesk, visitor: SignedIn, channel: Channel, body: KeysBody) -> ChannelShown:
    """Set a channel up, or replace its keys, and switch it on; 503 where keys cannot be encrypted."""
    keys = body.keys(channel)
    notifications.save_channel(desk.engine, desk.cipher, visitor, keys, desk.now())
    return _channel(desk, visitor.user_id, channel)


@router.put("/channels/{channel}/enabled")
def put_enabled(desk: TheDesk, visitor: SignedIn, channel: Channel, body: SwitchBody) -> ChannelShown:
    """Switch a channel on or off; its keys stay."""
    notifications.switch_channel(desk.engine, visitor, channel, desk.now(), enabled=body.enabled)
    return _channel(desk, visitor.user_id, channel)


@router.delete("/channels/{channel}")
def delete_channel(desk: TheDesk, visitor: SignedIn, channel: Channel) -> ChannelDeleted:
    """Forget the keys of a channel."""
    notifications.delete_channel(desk.engine, visitor, channel, desk.now())
    return ChannelDeleted()


@router.post("/test", status_code=202)
def post_test(desk: TheDesk, visitor: SignedIn, body: TrialBody) -> MessageShown:
    """Have a test message sent, within seconds; `GET messages/{id}` says what became of it."""
    number = notifications.send_trial(desk.engine, visitor, body.channel, desk.now())
    return MessageShown.of(find_message(desk, visitor.user_id, number))


@router.get("/messages")
def list_messages(desk: TheDesk, visitor: SignedIn) -> list[MessageShown]:
    """The newest messages to you, with what became of them."""
    return [MessageShown.of(one) for one in recent_messages(desk.engine, visitor.user_id)]


@router.get(
    "/messages/{message_id}",
    response_model=MessageShown,
    responses={304: {"model": None}, 404: {}},
)
def get_message(
    desk: TheDesk, visitor: SignedIn, message_id: Number, if_none_match: IfNoneMatch = None
) -> Response:
    """What became of a message; 304 where nothing has changed since the answer with that ETag."""
    return unless_known(MessageShown.of(find_message(desk, visitor.user_id, message_id)), if_none_match)


@router.get("/preview")
def get_preview(desk: TheDesk, visitor: SignedIn) -> PreviewShown:
    """A message about your latest changes (or invented ones, where you have none), as each channel has it."""
    return PreviewShown.of(preview_of(desk, visitor.user_id))


def preview_of(desk: Desk, owner_id: int) -> Preview:
    """What the owner would be told now."""
    wanted = notifications.load_owned(desk.engine, owner_id).preferences
    return preview(
        desk.engine, owner_id, wanted, own_time(desk, owner_id).today, f"{desk.options.desk.url}/changes"
    )


def find_message(desk: Desk, owner_id: int, number: int) -> Message:
    """An owner's message. Raises Problem (404)."""
    found = messages_named(desk.engine, owner_id, [number])
    if number not in found:
        raise not_found(f"message {number}")
    return found[number]


def sentence(error: Exception) -> str:
    """What an error says, as a whole sentence."""
    text = str(error)
    return f"{text[0].upper()}{text[1:]}."


def _channel(desk: Desk, owner_id: int, channel: Channel) -> ChannelShown:
    for one in notifications.load_owned(desk.engine, owner_id).channels:
        if one.channel == channel:
            return ChannelShown.of(one)
    raise not_found(f"{channel} channel of yours")
