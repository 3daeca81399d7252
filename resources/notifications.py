"""Sends messages: the operators' through any address that apprise knows, an owner's by their own channel.

E-mail and Teams go through apprise. Pushover is called by `pushover`: apprise's plugin has one fixed server,
checks no keys, and does not say why a message was refused. Nothing here raises for a message that cannot be
sent; the outcome says why.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import closing

import apprise
from apprise.plugins.email import NotifyEmail
from dagster import ConfigurableResource
from pydantic import Field
from sqlalchemy import Engine

from resources.pushover import send_pushover, validate_pushover
from resources.web import open_http
from scheduling_pipeline.cipher import Cipher, UnreadableSecretError
from scheduling_pipeline.notifications.channels import (
    TEAMS_HOSTS,
    Email,
    Keys,
    Pushover,
    Teams,
    named,
)
from scheduling_pipeline.notifications.outbox import Delivery, Sent
from scheduling_pipeline.notifications.owners import NoChannelError, load_keys
from scheduling_pipeline.notifications.parts import Part

TIMEOUT = 10.0  # seconds for an answer of Pushover's
ANSWER = 20.0  # seconds for another's, where apprise waits 4: what is given up is not sent again
PUSHOVER = "https://api.pushover.net"
_ASSET = apprise.AppriseAsset(
    app_id="Scheduling pipeline",
    app_desc="Scheduling pipeline",
    app_url="",
    image_url_mask="",
    http_redirects=False,  # a workflow's host is checked, and where it would lead is not
)
# apprise tells how a connection broke in these words alone.
_BROKEN = "Socket Exception: "
_NOT_SUBMITTED = "Connection error while submitting email"
_NOT_TAKEN = re.compile(
    r"\(\d{3}, b"  # the mail server answered with a code
    r"|NewConnectionError|ConnectTimeoutError|NameResolutionError|CERTIFICATE_VERIFY_FAILED"
)

# What it notes names addresses, keys that are malformed and messages; what we need of it is in the outcome.
logging.getLogger("apprise").propagate = False
logging.getLogger("apprise").setLevel(logging.DEBUG)  # for the outcome: how a connection broke


class Notifications(ConfigurableResource[None]):
    """Who is told, by which way. Without anything set, nobody is told anything."""

    urls: str = Field(default="", repr=False, description="The operators' addresses, one a line or word.")
    mail_server: str = Field(
        default="", repr=False, description="What owners' e-mail goes through, as a mailto(s) address."
    )
    key: str = Field(default="", repr=False, description="Opens the keys of owners' channels.")
    pushover_url: str = PUSHOVER
    teams_hosts: list[str] = Field(default=list(TEAMS_HOSTS), description="Where owners' workflows may be.")
    ca_bundle: str | None = Field(
        default=None, description="PEM file of the authorities to trust instead of the usual ones."
    )

    @property
    def addresses(self) -> Mapping[str, str]:
        """The operators' addresses: a name that gives nothing away, and what kind of channel each is."""
        return {
            _name(url): str(plugin.service_name)
            for url in self.urls.split()
            if (plugin := _plugin(url)) is not None and _recipients(plugin) == 1
        }

    @property
    def problems(self) -> list[str]:
        """The addresses that cannot be used, by number: they may hold secrets."""
        wrong = []
        for number, url in enumerate(self.urls.split(), 1):
            plugin = _plugin(url)
            if plugin is None:
                wrong.append(f"NOTIFICATIONS_URLS: address {number} is none that apprise knows")
            elif _recipients(plugin) != 1:  # if one of them refused a message, all would get it again
                wrong.append(
                    f"NOTIFICATIONS_URLS: address {number} has {_recipients(plugin)} recipients;"
                    " give each an address of its own"
                )
        server = _plugin(self.mail_server) if self.mail_server else None
        if self.mail_server and not (isinstance(server, NotifyEmail) and _recipients(server) == 1):
            wrong.append(
                "NOTIFICATIONS_MAIL_SERVER: must be an address such as"
                " mailtos://user:password@mail.example.com:587?from=pipeline@example.com"
            )
        return wrong

    def deliver(self, engine: Engine, delivery: Delivery) -> Sent:
        """Send one part, to the operators or to an owner."""
        part = Part(delivery.title, delivery.body)
        if delivery.owner is None:
            return self._to_operators(delivery.address, part)
        try:
            keys = load_keys(engine, self._cipher(), delivery.owner, named(delivery.channel))
        except (NoChannelError, UnreadableSecretError, ValueError) as error:
            return Sent("refused", str(error))
        return self._to_owner(keys, part, trial=delivery.kind == "test")

    def _to_operators(self, address: str, part: Part) -> Sent:
        url = next((url for url in self.urls.split() if _name(url) == address), None)
        plugin = url and _plugin(url)
        if not plugin:
            return Sent("refused", "this address is not among NOTIFICATIONS_URLS any more")
        return self._through(plugin, part, apprise.NotifyFormat.TEXT)

    def _to_owner(self, keys: Keys, part: Part, *, trial: bool) -> Sent:
        match keys:
            case Pushover():
                return self._by_pushover(keys, part, trial=trial)
            case Email():
                return self._by_email(keys, part)
            case Teams():
                return self._by_teams(keys, part)

    def _by_pushover(self, keys: Pushover, part: Part, *, trial: bool) -> Sent:
        http = open_http(
            ca_bundle=self.ca_bundle, connections=1, connect_timeout=TIMEOUT, read_timeout=TIMEOUT
        )
        with closing(http):
            if trial and (valid := validate_pushover(http, self.pushover_url, keys)).verdict != "sent":
                return valid
            return send_pushover(http, self.pushover_url, keys, part)

    def _by_email(self, keys: Email, part: Part) -> Sent:
        if not self.mail_server:
            return Sent("refused", "no mail server is set: NOTIFICATIONS_MAIL_SERVER")
        plugin = _plugin(self.mail_server)
        if not isinstance(plugin, NotifyEmail) or _recipients(plugin) != 1:
            return Sent("refused", "NOTIFICATIONS_MAIL_SERVER is no address of a mail server alone")
        plugin.targets = [(False, keys.address)]  # as part of its address, apprise would take it apart
        return self._through(plugin, part, apprise.NotifyFormat.TEXT)

    def _by_teams(self, keys: Teams, part: Part) -> Sent:
        plugin = _plugin(keys.url) if keys.allowed(self.teams_hosts) else None
        if plugin is None:
            return Sent("refused", "the workflow is not where Microsoft runs them")
        return self._through(plugin, part, apprise.NotifyFormat.MARKDOWN)

    def _through(self, plugin: apprise.NotifyBase, part: Part, written_in: apprise.NotifyFormat) -> Sent:
        if self.ca_bundle:  # handed on to requests, which takes a file in place of yes or no
            plugin.verify_certificate = self.ca_bundle  # type: ignore[assignment]
        plugin.socket_read_timeout = ANSWER
        way = apprise.Apprise(asset=_ASSET, log_level=logging.DEBUG)
        way.add(plugin)
        with way.notify(body=part.body, title=part.title, body_format=written_in) as result:
            if result:
                return Sent("sent")
            entries = list(result.logs())
        warned = " ".join(entry.message for entry in entries if entry.level == "WARNING") or "not sent"
        if _may_have_arrived([entry.message for entry in entries]):
            return Sent("unknown", f"{warned} It may have arrived.")
        return Sent("again", warned)

    def _cipher(self) -> Cipher:
        if not self.key:
            raise NoChannelError("WORK_ORDERS_KEY is not set: keys cannot be read")
        return Cipher(self.key)


def _plugin(url: str) -> apprise.NotifyBase | None:
    """What sends to an address; None where it is none."""
    return apprise.Apprise.instantiate(url, asset=_ASSET)


def _recipients(plugin: apprise.NotifyBase) -> int:
    """How many a message goes to."""
    copies = len(plugin.cc) + len(plugin.bcc) if isinstance(plugin, NotifyEmail) else 0
    return len(plugin) + copies


def _may_have_arrived(messages: Sequence[str]) -> bool:
    """Whether a connection broke when the message may have left, from what apprise noted."""
    broken = [message for message in messages if message.startswith(_BROKEN)]
    submitted = not any(message.startswith(_NOT_SUBMITTED) for message in messages)
    return submitted and any(not _NOT_TAKEN.search(message) for message in broken)


def _name(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:12]
