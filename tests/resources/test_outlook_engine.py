"""The calendar engine on Outlook, on a bad day: everything stands once, and the ledger knows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import stamina
from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import Applied, apply
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import DesiredEvent, Window
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import OwnedEvent
from scheduling_pipeline.calendars.stock import take_stock
from scheduling_pipeline.database.leases import Leases
from tests.resources.tenant import MONDAY, SCOPE, Tenant, lesson, open_tenant

NOW = MONDAY - timedelta(days=1)
TERM = [Window(NOW, MONDAY + timedelta(weeks=20))]
COUNT = 12

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    with open_tenant(tmp_path / "tenant") as opened, stamina.set_testing(True, attempts=4):
        yield opened


def term(tenant: Tenant, hours: int = 0) -> list[DesiredEvent]:
    """A dozen lessons for everybody, so many hours later than usual."""
    return [
        DesiredEvent(SCOPE, calendar, f"{n:07}", lesson(start=MONDAY + timedelta(days=n, hours=hours)))
        for calendar in tenant.ids
        for n in range(COUNT)
    ]


def run(tenant: Tenant, engine: Engine, desired: list[DesiredEvent]) -> Applied:
    """Take stock, plan and apply, as a run does."""
    ledger, leases = Ledger(engine, "outlook", run_id="run"), Leases(engine)
    take_stock(SCOPE, tenant.ids, provider=tenant.outlook, ledger=ledger, leases=leases, now=NOW)
    changes = plan(desired, ledger.live(SCOPE), windows=TERM, kins=frozenset(), now=NOW).changes
    return apply(changes, provider=tenant.outlook, ledger=ledger, leases=leases, now=NOW)


def stand(tenant: Tenant) -> list[OwnedEvent]:
    listings = tenant.outlook.list_owned(tenant.ids, SCOPE).values()
    return [event for listing in listings if isinstance(listing, list) for event in listing]


def as_desired(tenant: Tenant, engine: Engine, desired: list[DesiredEvent]) -> bool:
    wanted = sorted((event.calendar, event.uid, event.content.content_hash) for event in desired)
    standing = sorted((e.calendar, e.tag.uid, e.content.content_hash) for e in stand(tenant))
    known = Ledger(engine, "outlook", run_id="check").live(SCOPE)
    believed = sorted((row.calendar, row.uid, row.content.content_hash) for row in known)
    return wanted == standing == believed


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("drop_reply", r"POST /\$batch"),
        ("drop_reply", "(POST|PATCH|DELETE) /users/.*/events"),
        ("http", r"POST /\$batch"),
        ("http", "(POST|PATCH|DELETE|GET) /users/.*/events"),
        ("expire_tokens", "(POST|PATCH|DELETE) /users/.*/events"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_faults_neither_lose_nor_double_anything(
    tenant: Tenant, engine: Engine, kind: str, match: str, status: int
) -> None:
    for skip in (0, 2, 3, 7, 11):
        tenant.arm(kind, match, skip=skip, status=status)
    applied = run(tenant, engine, term(tenant))
    assert applied.counts == {"created": COUNT * len(tenant.ids)}
    assert as_desired(tenant, engine, term(tenant))

    for skip in (1, 2, 5):
        tenant.arm(kind, match, skip=skip, status=status)
    later = term(tenant, hours=1)[: -COUNT // 2]
    run(tenant, engine, later)
    tenant.simulators.graph.control.clear_faults()
    run(tenant, engine, later)
    assert as_desired(tenant, engine, later)


def test_a_run_with_nothing_to_do_writes_nothing(tenant: Tenant, engine: Engine) -> None:
    run(tenant, engine, term(tenant))
    before = len(tenant.simulators.graph.control.journal())
    assert run(tenant, engine, term(tenant)).writes == 0
    since = tenant.simulators.graph.control.journal(before)
    assert not any(call["write"] for call in since)
    assert len([call for call in since if call["path"] == "/$batch"]) == 1


def test_what_a_person_changed_or_deleted_is_put_right(tenant: Tenant, engine: Engine) -> None:
    run(tenant, engine, term(tenant))
    edited, deleted, *_ = stand(tenant)
    tenant.write("PATCH", edited.calendar, f"/events/{edited.provider_id}", {"subject": "Mine"})
    tenant.write("DELETE", deleted.calendar, f"/events/{deleted.provider_id}", {})
    applied = run(tenant, engine, term(tenant))
    assert applied.counts == {"updated": 1, "created": 1}
    assert as_desired(tenant, engine, term(tenant))
