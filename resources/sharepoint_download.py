"""Fetching the bytes of a file from SharePoint itself, at the address that Graph gave for a short while.

The address is a secret, as good as the file: it goes to the site's own host only, and into no message or log.
Graph's token is not sent along. This is the one layer that sends a request of a download again: after a cut
connection from the byte it broke off at, after 429 and 5xx when SharePoint says so. It never asks for another
address; whoever called does, with the next try of the file.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import BinaryIO

import httpx
import stamina

from resources.graph_pace import Pace
from resources.patience import Patience, seconds_to_wait
from scheduling_pipeline.files.model import Download, DriveError

SLACK = 1 << 20  # bytes that a file may have beyond its metadata's size: SharePoint rewrites Office files
REDIRECTS = 3

# httpx logs every address, and httpcore every header that comes back, a redirect's address among them.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.INFO)

_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_EXPIRED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Downloader:
    """Downloads from one host, for any number of threads.

    `host` may have a port; `max_bytes` is for one file; `pace` is Graph's, whose limits downloads count for.
    """

    def __init__(
        self, http: httpx.Client, *, host: str, max_bytes: int, patience: Patience, pace: Pace
    ) -> None:
        self._http = http
        self._host = httpx.URL(f"https://{host}")
        self._max_bytes = max_bytes
        self._patience = patience
        self._pace = pace

    def fetch(self, file: Download, to: BinaryIO) -> int:
        """Write the file's bytes to an empty, seekable `to`; the number of bytes. Raises DriveError."""
        transfer = _Transfer(file, to, self._max_bytes)
        address = self._checked(file.url)
        try:
            for attempt in stamina.retry_context(
                on=self._wait,
                attempts=self._patience.attempts,
                timeout=None,  # a large file may take its time
                wait_initial=0.5,
                wait_max=self._patience.seconds / 4,
                wait_jitter=0.5,
            ):
                with attempt:
                    self._continue(transfer, address)
        except _AgainError as error:
            raise DriveError(f"the download was given up: {error}", transient=True) from None
        return transfer.received

    def _continue(self, transfer: _Transfer, address: httpx.URL) -> None:
        """Ask for what is missing, at the address or where redirects lead."""
        try:
            for _ in range(1 + REDIRECTS):
                self._pace.keep()
                with self._http.stream("GET", address, headers=transfer.request_headers) as response:
                    self._pace.learn(response.headers)
                    if not response.has_redirect_location:
                        transfer.take(response)
                        return
                    address = self._checked(response.headers["location"], seen_at=address)
        except httpx.RequestError as error:  # its request holds the address
            raise _AgainError(f"the connection broke off ({type(error).__name__})") from None
        raise DriveError("a download is redirected again and again", transient=True)

    def _checked(self, address: str, seen_at: httpx.URL | None = None) -> httpx.URL:
        """The address, if it is one of the site's own host. Raises DriveError."""
        try:
            url = seen_at.join(address) if seen_at else httpx.URL(address)
        except httpx.InvalidURL:
            raise DriveError("SharePoint gave an address that is none", transient=False) from None
        if (url.scheme, url.netloc) != (self._host.scheme, self._host.netloc):
            elsewhere, here = (f"{it.scheme}://{it.netloc.decode()}" for it in (url, self._host))
            raise DriveError(f"a download leads to {elsewhere}, and only {here} is trusted", transient=False)
        return url

    def _wait(self, error: Exception) -> bool | float:
        """Whether to ask again, or after how many seconds where SharePoint said so."""
        if not isinstance(error, _AgainError):
            return False
        return error.retry_after <= self._patience.seconds and (error.retry_after or True)


class _AgainError(Exception):
    """The download is worth going on with, after `retry_after` seconds if SharePoint asked for any."""

    def __init__(self, message: str, retry_after: float = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Transfer:
    """A file on its way: what has come of it, and what to ask for next."""

    def __init__(self, file: Download, to: BinaryIO, max_bytes: int) -> None:
        self.received = 0
        self._announced = file.item.size
        self._max_bytes = max_bytes
        self._to = to
        self._etag = ""
        self._check_size(self._announced)

    @property
    def request_headers(self) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity"}  # a part of compressed bytes would be of no use
        if self.received:
            headers["Range"] = f"bytes={self.received}-"
            if self._etag:
                headers["If-Range"] = self._etag
        return headers

    def take(self, response: httpx.Response) -> None:
        """Write the bytes of a response. Raises _AgainError while some are missing, DriveError."""
        self._check_status(response)
        partial = response.status_code == HTTPStatus.PARTIAL_CONTENT
        total = self._resumed(response) if partial else self._started(response)
        # As it arrives: what a buffer held back would be lost with the connection.
        for chunk in response.iter_raw():
            self.received += len(chunk)
            self._check_size(self.received)
            self._to.write(chunk)
        if total is not None and self.received != total:
            raise _AgainError(f"{self.received} of {total} bytes came")

    def _resumed(self, response: httpx.Response) -> int | None:
        """Go on where it broke off; the size of the whole file, if it is known."""
        part = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if part is None or int(part[1]) != self.received:
            self._start_over()
            raise _AgainError("what came was not the part that was asked for")
        return None if part[2] == "*" else int(part[2])

    def _started(self, response: httpx.Response) -> int | None:
        """Begin with the first byte: the file is new to us, has changed, or is not given in parts."""
        self._start_over()
        etag = response.headers.get("etag", "")
        self._etag = "" if etag.startswith("W/") else etag  # a weak one does not vouch for single bytes
        length = response.headers.get("content-length")
        return None if length is None else int(length)

    def _start_over(self) -> None:
        self._to.seek(0)
        self._to.truncate()
        self.received = 0

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            return
        answered = f"SharePoint answered {status}"
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # the file is shorter now
            self._start_over()
            raise _AgainError(answered)
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _AgainError(answered, seconds_to_wait(response.headers.get("retry-after", "")))
        if status in _EXPIRED:
            raise DriveError(f"{answered}: the address to download from has expired", transient=True)
        raise DriveError(answered, transient=False)

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise DriveError(f"the file is larger than {self._max_bytes:,} bytes", transient=False)
        if size > self._announced + SLACK:
            raise DriveError(f"more came than the file's {self._announced:,} bytes", transient=True)
