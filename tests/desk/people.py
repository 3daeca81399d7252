"""Somebody at the desk: a browser with a session, who reads pages and sends their forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from fastapi import FastAPI
from httpx import Response
from pydantic import SecretStr
from sqlalchemy import Engine, insert, select
from starlette.testclient import TestClient

from scheduling_pipeline.database.desk import DeskAudit, DeskUser
from scheduling_pipeline.database.roster import RosterEmployee
from scheduling_pipeline.desk import sessions
from scheduling_pipeline.desk.app import create_app
from scheduling_pipeline.desk.context import DeskOptions
from scheduling_pipeline.desk.outside import Outside
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.roster_settings import DeskSettings, RosterSettings
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings

KEY = SecretStr(Fernet.generate_key().decode())
NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)  # a Monday, 09:00 in the store
JUICER, LEAD, SPECIALIST = "Juicer Barista", "Lead Event Specialist", "Event Specialist"


@dataclass
class Clock:
    """Stands still until somebody moves it."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **time: float) -> None:
        self.time += timedelta(**time)


@dataclass
class Person:
    """A browser in which somebody is signed in; `token` is what their pages carry."""

    client: TestClient
    name: str
    token: str

    def look(self, path: str, **headers: str) -> Response:
        answer: Response = self.client.get(path, headers=headers)
        return answer

    def send(self, path: str, fields: Mapping[str, str] = {}) -> Response:
        answer: Response = self.client.post(path, data={"csrf_token": self.token, **fields})
        return answer

    def ask(self, method: str, path: str, body: object = None) -> Response:
        headers = {"X-CSRF-Token": self.token}
        answer: Response = self.client.request(method, path, json=body, headers=headers)
        return answer


@dataclass
class Office:
    """A desk on a database, and the people at it."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    desk: DeskSettings = field(default_factory=DeskSettings)
    roster: RosterSettings = field(default_factory=RosterSettings)
    wait_seconds: float = 0
    work_orders: WorkOrdersSettings = field(default_factory=lambda: WorkOrdersSettings(key=KEY))
    outside: Outside = field(default_factory=Outside)

    @property
    def app(self) -> FastAPI:
        options = DeskOptions(
            self.roster, self.desk, wait_seconds=self.wait_seconds, work_orders=self.work_orders
        )
        return create_app(self.engine, options, self.clock.now, self.outside)

    def anybody(self, app: FastAPI | None = None) -> TestClient:
        """A browser in which nobody is signed in."""
        return TestClient(
            app or self.app, base_url=self.desk.url, follow_redirects=False, raise_server_exceptions=False
        )

    def person(self, role: Role = Role.MANAGER, *, name: str = "", app: FastAPI | None = None) -> Person:
        """Somebody who is signed in; their password does not matter."""
        name = name or f"{role} {role}son"
        client = self.anybody(app)
        now = self.clock.now()
        with self.engine.begin() as connection:
            values = {"name": name, "role": role, "password_hash": "", "is_active": True, "created_at": now}
            user = connection.execute(insert(DeskUser).values(values).returning(DeskUser.id)).scalar_one()
            key = sessions.start(connection, user, now, timedelta(hours=self.desk.session_hours))
        client.cookies.set(sessions.COOKIE, key)
        visitor = sessions.find(self.engine, key, now)
        assert visitor
        return Person(client, name, visitor.csrf_token)

    def employ(self, number: str, title: str, *, name: str = "", **values: object) -> str:
        """An employee; their number."""
        row = {"id": number, "name": name or f"Person {number}", "job_title": title, "created_at": NOW}
        with self.engine.begin() as connection:
            connection.execute(insert(RosterEmployee).values(row | values))
        return number

    def audit(self, action: str) -> list[Any]:
        """The audit rows of an action, the oldest first: who, subject, before, after."""
        query = select(DeskAudit.__table__).where(DeskAudit.action == action).order_by(DeskAudit.id)
        with self.engine.connect() as connection:
            return list(connection.execute(query))
