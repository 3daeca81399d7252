"""The kinds of values that settings have, each with its check and a message that says what is wrong with one.

An address or a key may hold a secret, so no message repeats them.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import fields
from datetime import datetime, time
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.roster.rules import CoreSlot

DATABASES = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg2")


def web_address(value: str) -> str:
    """Raises ValueError for what is none."""
    address = urlsplit(value)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ValueError("is no web address; it must start with http:// or https:// and name a host")
    return value


def _secure_address(value: str) -> str:
    if not web_address(value).startswith("https:"):
        raise ValueError("must start with https://")
    return value


def database_address(value: str) -> str:
    """Raises ValueError for what is none, or of a database that is not supported."""
    try:
        kind = make_url(value).drivername
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        kind = ""
    if kind not in DATABASES:
        raise ValueError("is no database that can be used; it must start with sqlite:/// or postgresql://")
    return value


def _certificates(value: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)
    except OSError as error:
        raise ValueError(f"no certificates can be read from {value}: {error.strerror or error}") from None
    return value


def _decoded(value: object) -> object:
    """A table, given as JSON where it comes from the environment."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError('must be a JSON object, such as {"name": "value"}') from None


def listed(value: object) -> object:
    """A list; a text, as the environment gives it, is parted at its commas."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _time_of_day(value: object) -> time:
    if isinstance(value, time):
        return value
    try:
        return datetime.strptime(str(value), "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        raise ValueError(f"{value!r} is no time of day; write it as in 09:05") from None


def core_slot(value: object) -> object:
    """A shift, written as `09:45 13:00-13:30 16:15`."""
    if not isinstance(value, str):
        return value
    parts = value.replace("-", " ").split()
    if len(parts) != len(fields(CoreSlot)):
        raise ValueError(f"{value!r} is no shift; write it as in 09:45 13:00-13:30 16:15")
    return CoreSlot(*(_time_of_day(part) for part in parts))


def _zone(value: str) -> str:
    if value != "local" and value not in available_timezones():
        raise ValueError(f'{value!r} is no IANA time zone, nor "local"')
    return value


def _keys(value: SecretStr) -> SecretStr:
    if value.get_secret_value():
        Cipher(value.get_secret_value())  # raises ValueError, which does not repeat the key
    return value


WebAddress = Annotated[str, AfterValidator(web_address)]
SecureAddress = Annotated[str, AfterValidator(_secure_address)]
Certificates = Annotated[str, AfterValidator(_certificates)]
# NoDecode: the library's own decoding fails for all settings at once, without the name of the variable
Zone = Annotated[str, AfterValidator(_zone)]
TextList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
TimeList = Annotated[tuple[TimeOfDay, ...], NoDecode, BeforeValidator(listed)]
TextTable = Annotated[dict[str, str], NoDecode, BeforeValidator(_decoded)]
TokenKeys = Annotated[SecretStr, AfterValidator(_keys)]
