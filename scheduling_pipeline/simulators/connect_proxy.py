"""An HTTP proxy that leads Microsoft's own host names to the Graph simulator, and nothing anywhere else.

It is for clients whose addresses are fixed. It knows CONNECT only and passes on what is encrypted; the
simulators' certificate holds those names.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

HOSTS = ("graph.microsoft.com", "login.microsoftonline.com")
DOMAIN = ".sharepoint.com"
_CHUNK = 64 * 1024


class ConnectProxy:
    """Serves in a background thread while its `with` block lasts, at `url`."""

    def __init__(self, graph_url: str) -> None:
        """`graph_url`: where the Graph simulator is."""
        target = urlsplit(graph_url)
        self._target = target.hostname, target.port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="connect-proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._accept_all())

    async def _accept_all(self) -> None:
        tunnels: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tunnels.add(tunnel := asyncio.create_task(self._tunnel(reader, writer)))
            tunnel.add_done_callback(tunnels.discard)

        async with await asyncio.start_server(accept, sock=self._listener):
            await self._stopped.wait()
            for tunnel in tunnels:
                tunnel.cancel()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: refuse it, or pass on bytes in both directions until an end closes."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if not _allowed(head.decode("latin-1").partition("\r\n")[0]):
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            their_reader, their_writer = await asyncio.open_connection(*self._target)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pass_on(reader, their_writer), _pass_on(their_reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away before it said what it wants, or the simulator is not there
        finally:
            writer.close()


def _allowed(request_line: str) -> bool:
    method, _, rest = request_line.partition(" ")
    host, _, port = rest.partition(" ")[0].lower().rpartition(":")
    return method == "CONNECT" and port == "443" and (host in HOSTS or host.endswith(DOMAIN))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what is read until the end, and the end, too."""
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass  # a broken connection is an end like any other: the other side shall see it
    finally:
        writer.close()
