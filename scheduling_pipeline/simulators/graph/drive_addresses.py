"""Addresses of sites, drives and items: ids, and paths between colons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scheduling_pipeline.simulators.graph import sites
from scheduling_pipeline.simulators.graph.errors import no_such_segment, not_found
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS, LIBRARIES, Library

_FUNCTION = re.compile(r"^(\w+)\((?:token='([^']*)')?\)$")


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """The site itself, or its libraries."""

    part: str  # "", "drives" or what else follows


@dataclass(frozen=True, slots=True)
class DriveAddress:
    """A drive as such."""

    library: Library


@dataclass(frozen=True, slots=True)
class ItemAddress:
    """An item of a drive, by id (None: the root) and the names below that, and what of it is asked for.

    `token` is the argument of a function call such as `delta(token='latest')`.
    """

    library: Library
    item_id: str | None
    names: list[str] = field(default_factory=list)
    part: str = ""
    token: str | None = None


def read_address(segments: list[str], base: str) -> SiteAddress | DriveAddress | ItemAddress:
    """What an address that begins with `sites` or `drives` stands for."""
    match segments:
        case ["sites", *rest]:
            return _in_site(*_site(rest, base))
        case ["drives", drive_id, *rest]:
            return _in_drive(_library(drive_id), rest)
    raise no_such_segment(segments[-1])


def _site(segments: list[str], base: str) -> tuple[bool, list[str]]:
    """Whether the site exists, and what follows it."""
    if not segments:
        raise no_such_segment("sites")
    if not segments[0].endswith(":"):
        return sites.is_site(segments[0], base), segments[1:]
    path, rest = _until_colon(segments[1:])
    there = sites.is_host(segments[0].removesuffix(":"), base)
    return there and "/" + "/".join(path).lower() == sites.SITE_PATH.lower(), rest


def _in_site(there: bool, rest: list[str]) -> SiteAddress | DriveAddress | ItemAddress:  # noqa: FBT001 - from `_site`
    if not there:
        raise not_found("Requested site could not be found")
    match rest:
        case ["drive", *more]:
            return _in_drive(DOCUMENTS, more)
        case ["drives", drive_id, *more]:
            return _in_drive(_library(drive_id), more)
        case []:
            return SiteAddress("")
        case [part]:
            return SiteAddress(part)
    raise no_such_segment(rest[-1])


def _in_drive(library: Library, rest: list[str]) -> DriveAddress | ItemAddress:
    match rest:
        case []:
            return DriveAddress(library)
        case ["root", *more]:
            return _item(library, None, [], more)
        case ["root:", *more]:
            return _item(library, None, *_until_colon(more))
        case ["items", item_id, *more] if item_id.endswith(":"):
            return _item(library, item_id.removesuffix(":"), *_until_colon(more))
        case ["items", item_id, *more]:
            return _item(library, item_id, [], more)
    raise no_such_segment(rest[-1])


def _item(library: Library, item_id: str | None, names: list[str], rest: list[str]) -> ItemAddress:
    if len(rest) > 1:
        raise no_such_segment(rest[-1])
    part, token = rest[0] if rest else "", None
    if function := _FUNCTION.match(part):
        part, token = function.groups()
    if item_id in ("root", library.item_id(library.root)):
        item_id = None
    return ItemAddress(library, item_id, names, part, token)


def _until_colon(segments: list[str]) -> tuple[list[str], list[str]]:
    """The names of a path, which ends with a colon or at the end of the address, and what follows."""
    for place, segment in enumerate(segments):
        if segment.endswith(":"):
            names = [*segments[:place], segment.removesuffix(":")]
            return [name for name in names if name], segments[place + 1 :]
    return segments, []


def _library(drive_id: str) -> Library:
    for library in LIBRARIES:
        if library.id == drive_id:
            return library
    raise not_found()
