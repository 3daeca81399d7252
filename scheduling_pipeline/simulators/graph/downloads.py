"""Downloads: pre-authenticated addresses of files, and the SharePoint host that answers them.

An address is a secret that opens one file for an hour, of the simulated clock or of real time, whichever ends
first. It needs no access token, and one for Graph is refused. What comes is the file as it is then, not as it
was when the address was made.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import mimetypes
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, quote, urlencode

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from scheduling_pipeline.simulators.connection import end_connection, withhold
from scheduling_pipeline.simulators.control import Control, Fault, SimulatedClock
from scheduling_pipeline.simulators.graph import sites
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.drive_store import DriveStore, Item
from scheduling_pipeline.simulators.graph.errors import GraphError, NoAnswer, error_body, injected, not_found
from scheduling_pipeline.simulators.graph.throttling import ResourceUnits

LIFE_SECONDS = 3600
UNITS = 1  # that a download costs
CHUNK = 256 * 1024
FOREVER = 3600.0
_KINDS = ("http", "timeout", "drop_reply", "slow", "kill", "cut", "wrong_content")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_TYPES = {  # those that Python does not know everywhere
    ".csv": "text/csv",
    ".docx": _OFFICE + "wordprocessingml.document",
    ".pptx": _OFFICE + "presentationml.presentation",
    ".xlsx": _OFFICE + "spreadsheetml.sheet",
}
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


class Addresses:
    """Makes and reads download addresses."""

    def __init__(self, store: DriveStore, clock: SimulatedClock) -> None:
        self._clock = clock
        self._secret = store.secret("downloads")

    def address(self, item: Item, base: str) -> str:
        """Where a file's bytes are; `base` is Graph's address as the caller wrote it."""
        ends = f"{self._clock.now().timestamp() + LIFE_SECONDS:.0f}.{time.time() + LIFE_SECONDS:.0f}"
        query = {
            "UniqueId": str(uuid.UUID(item.key)),
            "Translate": "false",
            "tempauth": f"v1.{ends}.{self._signature(item.key, ends)}",
            "ApiVersion": "2.0",
        }
        return f"{sites.origin(base)}{sites.DOWNLOAD}?{urlencode(query)}"

    def key(self, query: Mapping[str, str]) -> str:
        """The key of the item that an address opens, or a refusal."""
        version, _, rest = query.get("tempauth", "").partition(".")
        ends, _, signature = rest.rpartition(".")
        try:
            key = uuid.UUID(query.get("UniqueId", "")).hex
        except ValueError:
            raise _refused() from None
        if version != "v1" or not hmac.compare_digest(signature, self._signature(key, ends)):
            raise _refused()
        simulated, _, real = ends.partition(".")
        if self._clock.now().timestamp() > int(simulated) or time.time() > int(real):
            raise _refused()
        return key

    def _signature(self, key: str, ends: str) -> str:
        digest = hmac.digest(self._secret, f"{key}.{ends}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(slots=True)
class _Answer:
    """What a download is answered with.

    `share` is how much of the body leaves before the connection ends; `kill` strikes after that.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    share: float = 1.0
    kill: Fault | None = None


class Downloads:
    """The ASGI application behind download addresses."""

    def __init__(
        self, control: Control, drive: Drive, store: DriveStore, addresses: Addresses, units: ResourceUnits
    ) -> None:
        self._control = control
        self._drive = drive
        self._store = store
        self._addresses = addresses
        self._units = units

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and note it in the journal."""
        await self._drive.follow_clock()
        path = sites.download_path("")
        try:
            item = self._item(scope)
            path = sites.download_path(self._drive.path_of(item))
            answer = await self._struck(item, Headers(scope=scope), path)
        except GraphError as error:
            answer = self._refusal(error)
        except NoAnswer as silence:
            self._record(path, silence.status, 0, answered=False)
            await withhold(scope, receive, silence.seconds)
            return
        sent = int(len(answer.body) * answer.share)
        self._record(path, answer.status, sent, answered=answer.share == 1)
        await _send(answer, sent, send)
        if answer.kill is not None:
            self._control.kill(answer.kill)
        if answer.share < 1:
            await end_connection(scope, receive)

    def _item(self, scope: Scope) -> Item:
        """The file that the request may have."""
        if scope["method"] != "GET":
            raise GraphError(405, "invalidRequest", f"The method {scope['method']} is not allowed here.")
        if "authorization" in Headers(scope=scope):  # a token for Graph is none for SharePoint
            raise GraphError(401, "unauthenticated", "The access token is not meant for this host.")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        item = self._store.item(self._addresses.key(query))
        if item is None or item.deleted or item.folder:
            raise not_found()
        return item

    async def _struck(self, item: Item, headers: Headers, path: str) -> _Answer:
        """The answer after the fault that is armed for it took its course."""
        fault = self._control.fault("GET", path, *_KINDS) or Fault("none")
        params = fault.params
        extra = float(params["seconds"]) if fault.kind == "slow" else 0.0
        await asyncio.sleep(self._control.latency + extra)
        if fault.kind == "http":
            raise injected(params)
        if fault.kind == "timeout":
            raise NoAnswer(float(params.get("seconds", FOREVER)), None)
        if fault.kind == "kill" and params.get("when") == "before":
            self._control.kill(fault)
        limits = self._units.spend(UNITS)
        answer = _file(item, self._store.path(item.sha256), headers)
        answer.headers |= limits
        match fault.kind:
            case "drop_reply":
                raise NoAnswer(0.0, answer.status)
            case "cut":
                answer.share = float(params.get("share", 0.5))
            case "kill":
                answer.kill = fault
            case "wrong_content":
                answer.body = _altered(answer.body)
        return answer

    def _refusal(self, error: GraphError) -> _Answer:
        request_id, date = str(uuid.uuid4()), self._control.clock.now().isoformat()[:19]
        body = orjson.dumps(error_body(error, date, request_id, request_id))
        return _Answer(error.status, {"Content-Type": "application/json", **error.headers}, body)

    def _record(self, path: str, status: int | None, sent: int, *, answered: bool) -> None:
        entry = {"method": "GET", "path": path, "status": status, "mailbox": None, "batched": False}
        self._control.record({**entry, "write": False, "answered": answered, "bytes": sent})
        self._control.flush()


def mime_type(name: str) -> str:
    """The media type that a file's name stands for."""
    suffix = PurePosixPath(name).suffix.lower()
    return _TYPES.get(suffix) or mimetypes.guess_type("a" + suffix)[0] or "application/octet-stream"


def _file(item: Item, path: Path, asked: Headers) -> _Answer:
    """A file's bytes, or the part of them that a `Range` header asks for."""
    headers = {
        "Content-Type": mime_type(item.name),
        "Content-Disposition": f"attachment;filename*=UTF-8''{quote(item.name, safe='')}",
        "Accept-Ranges": "bytes",
        "ETag": item.etag,
        "Last-Modified": format_datetime(datetime.fromisoformat(item.modified), usegmt=True),
        "Cache-Control": "private, max-age=0",
    }
    status, start, stop = 200, 0, item.size
    wanted = _RANGE.match(asked.get("range", ""))
    if wanted and any(wanted.groups()) and asked.get("if-range", item.etag) == item.etag:
        status, (start, stop) = 206, _bounds(wanted[1], wanted[2], item.size)
        if start >= stop:
            return _Answer(416, headers | {"Content-Range": f"bytes */{item.size}"}, b"")
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{item.size}"
    with path.open("rb") as file:
        file.seek(start)
        return _Answer(status, headers, file.read(stop - start))


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Begin and end of a range of bytes; an empty one cannot be satisfied."""
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def _altered(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes(byte ^ 0xFF for byte in body[middle : middle + 1]) + body[middle + 1 :]


async def _send(answer: _Answer, sent: int, send: Send) -> None:
    """Send the head and the first `sent` bytes of the body, chunk by chunk as the client takes them."""
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    for start in range(0, sent, CHUNK):
        chunk = answer.body[start : min(start + CHUNK, sent)]
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    if sent == len(answer.body):
        await send({"type": "http.response.body", "body": b""})


def _refused() -> GraphError:
    return GraphError(401, "unauthenticated", "The download address is not valid, or no longer.")
