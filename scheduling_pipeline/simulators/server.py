"""Runs the simulators in one process: those with pages for people over http, the others over https, and one
that takes mail."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette

from scheduling_pipeline.simulators.connection import BreakableHttp
from scheduling_pipeline.simulators.control import Control, SimulatedClock
from scheduling_pipeline.simulators.crossmark import CrossmarkSimulator, Store
from scheduling_pipeline.simulators.google.app import GoogleSimulator
from scheduling_pipeline.simulators.google.keys import token_key
from scheduling_pipeline.simulators.graph import GraphSimulator
from scheduling_pipeline.simulators.graph.drive import FIRST_FOLDER
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS, SITE_PATH
from scheduling_pipeline.simulators.mailbox import MailboxSimulator
from scheduling_pipeline.simulators.reports.model import Drops
from scheduling_pipeline.simulators.school import FixedSchool, School
from scheduling_pipeline.simulators.sparksource import SiteSettings, create_app
from scheduling_pipeline.simulators.tls import certificate
from scheduling_pipeline.simulators.workfossa import Orders, WorkFossaSimulator

SENDER, OPERATORS = "pipeline@fieldwork.example", "operators@fieldwork.example"


@dataclass(frozen=True, slots=True)
class SparkSourceSimulator:
    """The simulated booking site: `app` to serve, `control` to steer it."""

    app: Starlette
    control: Control
    settings: SiteSettings


class Simulators:
    """The simulated outside world. State, clock and journals are kept in `home` and found again there.

    `school` (without one, an empty school) is what the booking site shows, and its accounts are the users of
    the tenant. `drops` are the files that come into the document library as the clock goes on. `store`
    (without one, an empty store) is what the planner plans. `orders` (without them, one account with none)
    are the work orders. A port of 0 is any free one. Serves in a background thread between `start` and `stop`
    (or in a `with` block), or in the foreground with `serve_forever`.
    """

    def __init__(
        self,
        home: Path,
        school: School | None = None,
        *,
        sparksource_port: int = 0,
        graph_port: int = 0,
        google_port: int = 0,
        crossmark_port: int = 0,
        workfossa_port: int = 0,
        mailbox_port: int = 0,
        mail_port: int = 0,
        settings: Settings | None = None,
        drops: Drops | None = None,
        store: Store | None = None,
        orders: Orders | None = None,
    ) -> None:
        school = school or FixedSchool()
        self.clock = SimulatedClock(home / "clock")
        site = SiteSettings()
        site_control = Control("sparksource", home, self.clock)
        self.sparksource = SparkSourceSimulator(create_app(site_control, school, site), site_control, site)
        self.graph = GraphSimulator(
            Control("graph", home, self.clock), home, school.accounts, settings, drops
        )
        self.google = GoogleSimulator(Control("google", home, self.clock), home)
        self.crossmark = CrossmarkSimulator(Control("crossmark", home, self.clock), home, store)
        self.workfossa = WorkFossaSimulator(Control("workfossa", home, self.clock), home, orders)
        self.mailbox = MailboxSimulator(Control("mailbox", home, self.clock), home)
        tls = certificate(home / "tls")
        self.ca_file = tls.ca_file
        self._listeners = {
            "sparksource": _listener(sparksource_port),
            "graph": _listener(graph_port),
            "google": _listener(google_port),
            "crossmark": _listener(crossmark_port),
            "workfossa": _listener(workfossa_port),
            "mailbox": _listener(mailbox_port),
            "mail": _listener(mail_port),
        }
        self._servers = {
            "sparksource": uvicorn.Server(_config(self.sparksource.app)),
            "graph": uvicorn.Server(_config(self.graph.app, key=tls.key_file, chain=tls.chain_file)),
            "google": uvicorn.Server(_config(self.google.app, key=tls.key_file, chain=tls.chain_file)),
            "crossmark": uvicorn.Server(_config(self.crossmark.app)),
            "workfossa": uvicorn.Server(_config(self.workfossa.app)),
            "mailbox": uvicorn.Server(_config(self.mailbox.app, key=tls.key_file, chain=tls.chain_file)),
        }
        self._google_key_file = self.google.write_key_file(self.google_url)
        self._google_token_key = token_key(home / "google-token-key")
        self._work_orders_key = token_key(home / "work-orders-key")
        self._thread = threading.Thread(target=self._serve, name="simulators", daemon=True)

    @property
    def sparksource_url(self) -> str:
        return f"http://localhost:{self._port('sparksource')}"

    @property
    def graph_url(self) -> str:
        """Where Graph's resources are, version included."""
        return f"https://localhost:{self._port('graph')}/v1.0"

    @property
    def authority(self) -> str:
        """What a client of the identity platform signs in at."""
        return f"https://localhost:{self._port('graph')}/{self.graph.settings.tenant}"

    @property
    def site_url(self) -> str:
        """The SharePoint site, as a person copies it from a browser."""
        return f"https://127.0.0.1:{self._port('graph')}{SITE_PATH}"

    @property
    def google_url(self) -> str:
        """Where Google is: the API's root, which is also where tokens and consent are to be had."""
        return f"https://localhost:{self._port('google')}"

    @property
    def crossmark_url(self) -> str:
        return f"http://localhost:{self._port('crossmark')}"

    @property
    def workfossa_url(self) -> str:
        return f"http://localhost:{self._port('workfossa')}"

    @property
    def mailbox_url(self) -> str:
        """Where messages go that are no e-mail, and where all of them can be read."""
        return f"https://localhost:{self._port('mailbox')}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the pipeline at the simulators."""
        site, graph = self.sparksource.settings, self.graph.settings
        google, planner = self.google.settings, self.crossmark.settings
        return {
            "SPARKSOURCE_URL": self.sparksource_url,
            "SPARKSOURCE_USER": site.username,
            "SPARKSOURCE_PASS": site.password,
            "AZURE_TENANT_ID": graph.tenant,
            "AZURE_CLIENT_ID": graph.client_id,
            "AZURE_CLIENT_SECRET": graph.client_secret,
            "AZURE_AUTHORITY": self.authority,
            "AZURE_GRAPH_URL": self.graph_url,
            "AZURE_CA_BUNDLE": str(self.ca_file),
            "SCHEDULER_SHAREPOINT_SITE_URL": self.site_url,
            "SCHEDULER_SHAREPOINT_FOLDER": f"/{DOCUMENTS.segment}/{FIRST_FOLDER}",
            "GOOGLE_API_URL": self.google_url,
            "GOOGLE_AUTH_URL": f"{self.google_url}/o/oauth2/v2/auth",
            "GOOGLE_TOKEN_URL": f"{self.google_url}/token",
            "GOOGLE_CLIENT_ID": google.client_id,
            "GOOGLE_CLIENT_SECRET": google.client_secret,
            "GOOGLE_SERVICE_ACCOUNT_FILE": str(self._google_key_file),
            "GOOGLE_CA_BUNDLE": str(self.ca_file),
            "GOOGLE_TOKEN_KEY": self._google_token_key,
            "CROSSMARK_URL": self.crossmark_url,
            "CROSSMARK_USER": planner.user,
            "CROSSMARK_PASSWORD": planner.password,
            "WORKFOSSA_URL": self.workfossa_url,
            "WORK_ORDERS_KEY": self._work_orders_key,
            "NOTIFICATIONS_URLS": self._mail_server(to=OPERATORS),
            "NOTIFICATIONS_MAIL_SERVER": self._mail_server(),
            "NOTIFICATIONS_PUSHOVER_URL": self.mailbox_url,
            "NOTIFICATIONS_TEAMS_HOSTS": "localhost",
            "NOTIFICATIONS_CA_BUNDLE": str(self.ca_file),
            "SCHEDULING_CLOCK_URL": f"{self.sparksource_url}/control/clock",
        }

    def start(self) -> None:
        """Serve in the background. Connections are accepted from now on; a first answer may take a moment."""
        self._thread.start()

    def stop(self) -> None:
        """Stop at once and release ports and files; whatever was answered is on disk."""
        for server in self._servers.values():
            server.should_exit = server.force_exit = True
        self._thread.join()
        self.graph.close()
        self.google.close()
        self.crossmark.close()
        self.workfossa.close()
        self.mailbox.close()

    def serve_forever(self) -> None:
        """Serve until SIGINT or SIGTERM. To be called from the main thread."""
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        self.start()
        ended.wait()
        self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _mail_server(self, **options: str) -> str:
        """The mail server, as the library apprise writes its address."""
        return f"mailto://localhost:{self._port('mail')}?{urlencode({'from': SENDER, **options})}"

    def _port(self, name: str) -> int:
        port: int = self._listeners[name].getsockname()[1]
        return port

    def _serve(self) -> None:
        loop_factory = self._servers["graph"].config.get_loop_factory()
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(self._serve_all())

    async def _serve_all(self) -> None:
        loop = asyncio.get_running_loop()
        async with await loop.create_server(self.mailbox.mail, sock=self._listeners["mail"]):
            await asyncio.gather(
                *(server.serve([self._listeners[name]]) for name, server in self._servers.items())
            )


def _listener(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), backlog=128)


def _config(app: Starlette, *, key: Path | None = None, chain: Path | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BreakableHttp,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_keyfile=key,
        ssl_certfile=chain,
    )
