"""The simulated channels, served for tests: https for Pushover and Teams, a mail server beside it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from resources.notifications import Notifications
from scheduling_pipeline.simulators.connection import BreakableHttp
from scheduling_pipeline.simulators.control import Control, Fault, SimulatedClock
from scheduling_pipeline.simulators.mailbox import MailboxSimulator
from scheduling_pipeline.simulators.mailbox.store import Message
from scheduling_pipeline.simulators.tls import certificate

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SENDER = "pipeline@school.example"


@dataclass(frozen=True)
class Mailbox:
    """What serves, where it is, and what arrived."""

    simulator: MailboxSimulator
    url: str
    mail_port: int
    ca_file: Path

    @property
    def teams_url(self) -> str:
        """The workflow's address, as a person copies it from Teams."""
        settings = self.simulator.settings
        path = f"/workflows/{settings.workflow}/triggers/manual/paths/invoke"
        query = f"api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={settings.signature}"
        return f"{self.url}{path}?{query}"

    @property
    def mail_server(self) -> str:
        return f"mailto://localhost:{self.mail_port}?from={SENDER}"

    @property
    def messages(self) -> list[Message]:
        return self.simulator.messages

    def titles(self, channel: str) -> list[str]:
        """The titles of what arrived by a channel, oldest first."""
        return [message.title for message in self.messages if message.channel == channel]

    def break_(self, kind: str, match: str = ".*", times: int | None = 1, **params: object) -> None:
        """Arm a fault; `match` is a regular expression for `POST path` or `SMTP /mail`."""
        self.simulator.control.arm(Fault(kind, match, times, params=params))

    def resource(self, *urls: str) -> Notifications:
        """The pipeline's way to these channels, with addresses of operators."""
        return Notifications(
            urls=" ".join(urls),
            mail_server=self.mail_server,
            key=KEY,
            pushover_url=self.url,
            teams_hosts=["localhost"],
            ca_bundle=str(self.ca_file),
        )


@contextmanager
def running_mailbox(folder: Path) -> Iterator[Mailbox]:
    """The simulated channels, until the block ends."""
    simulator = MailboxSimulator(Control("mailbox", folder, SimulatedClock(folder / "clock")), folder)
    tls = certificate(folder / "tls")
    web, mail = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    server = uvicorn.Server(
        uvicorn.Config(
            simulator.app,
            http=BreakableHttp,
            lifespan="off",
            log_level="warning",
            ssl_keyfile=tls.key_file,
            ssl_certfile=tls.chain_file,
        )
    )

    async def serve() -> None:
        mail_server = await asyncio.get_running_loop().create_server(simulator.mail, sock=mail)
        await server.serve([web])
        mail_server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    url = f"https://localhost:{web.getsockname()[1]}"
    yield Mailbox(simulator, url, mail.getsockname()[1], tls.ca_file)
    server.should_exit = server.force_exit = True
    thread.join()
    simulator.close()
