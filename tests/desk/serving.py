"""The desk on a port of this machine, for real browsers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve it; its address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    # Named as TCP, or asyncio does not know that answers must not wait for each other.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.listen()  # from now on: who comes early, waits
        thread = threading.Thread(target=server.run, kwargs={"sockets": [ours]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{ours.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
