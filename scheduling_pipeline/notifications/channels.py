"""The ways by which a person can be reached, and the keys that each of them needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import parse_qs, urlsplit

Channel = Literal["email", "pushover", "teams"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
TEAMS_HOSTS = (".logic.azure.com", ".powerplatform.com")  # where Microsoft runs workflows
# What every mail program reads as one address: without quotes, comments, groups (a:b@c.d), other alphabets.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%'*+=^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_KEY = re.compile(r"[A-Za-z0-9]{30}")
_SOUND = re.compile(r"[a-z0-9_-]{0,20}")
_WORKFLOW = re.compile(
    r"/(powerautomate/automations/direct/(cu/\d+/)?)?workflows/[\w-]+/triggers/manual/paths/invoke/?"
)
_WORKFLOW_QUERY = {"api-version", "sp", "sv", "sig"}
_LOWEST, _HIGHEST = -2, 2


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address."""

    address: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.address):
            raise ValueError("this is no e-mail address")


@dataclass(frozen=True, slots=True)
class Pushover:
    """A user (or group) and an application of their own. Priority 2 calls again until somebody answers."""

    user: str = field(repr=False)
    token: str = field(repr=False)
    priority: int = 0
    sound: str = ""

    def __post_init__(self) -> None:
        for name, key in (("user key", self.user), ("application token", self.token)):
            if not _KEY.fullmatch(key):
                raise ValueError(f"the {name} must be 30 letters and digits")
        if not _LOWEST <= self.priority <= _HIGHEST:
            raise ValueError(f"the priority must be from {_LOWEST} to {_HIGHEST}")
        if not _SOUND.fullmatch(self.sound):
            raise ValueError("this is no name of a sound")


@dataclass(frozen=True, slots=True)
class Teams:
    """The address of a workflow that posts to a Teams channel or chat; whoever knows it can post there."""

    url: str = field(repr=False)

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme != "https" or not _WORKFLOW.fullmatch(address.path):
            raise ValueError("this is no address of a Teams workflow; copy it from the workflow's trigger")
        query = parse_qs(address.query)
        if "sig" not in query:
            raise ValueError("the address lacks its signature (sig=...); copy all of it")
        if query.keys() - _WORKFLOW_QUERY:  # others could steer the library that posts to it
            raise ValueError(
                "the address has more to it than a workflow's; copy it from the workflow's trigger"
            )

    def allowed(self, hosts: Collection[str]) -> bool:
        """Whether the address is at one of the hosts, or below one that begins with a dot."""
        host = urlsplit(self.url).hostname or ""
        return any(host.endswith(one) if one.startswith(".") else host == one for one in hosts)


Keys = Email | Pushover | Teams
_TYPES: Mapping[Channel, type[Keys]] = {"email": Email, "pushover": Pushover, "teams": Teams}


def named(name: str) -> Channel:
    """The channel of that name. Raises ValueError."""
    for channel in CHANNELS:
        if channel == name:
            return channel
    raise ValueError(f"{name!r} is no channel; there are {', '.join(CHANNELS)}")


def channel_of(keys: Keys) -> Channel:
    """The channel that the keys are for."""
    return next(channel for channel, kind in _TYPES.items() if isinstance(keys, kind))


def keys_of(channel: Channel, values: Mapping[str, Any]) -> Keys:
    """The keys of a channel from plain values. Raises ValueError, which never repeats a key."""
    try:
        return _TYPES[channel](**values)
    except TypeError:
        raise ValueError(f"these are no keys for {channel}") from None


def as_values(keys: Keys) -> dict[str, Any]:
    """The inverse of `keys_of`."""
    return asdict(keys)
