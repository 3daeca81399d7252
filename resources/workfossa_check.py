"""Whether WorkFossa can be read as it is set up: what a doctor command shows, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine, select

from resources.browser import BrowserUnavailableError
from resources.graph_check import Finding
from resources.tab import RefusedPageError, SiteDown
from resources.workfossa import WorkFossa
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.work_orders import WorkFossaCredential
from scheduling_pipeline.work_orders.credentials import NoAccountError, account_of


def check_workfossa(site: WorkFossa) -> Iterator[Finding]:
    """Look at the login page with a browser. Nobody is logged in: people try their accounts on the desk."""
    try:
        site.check_site()
    except BrowserUnavailableError as error:
        yield Finding("browser", ok=False, detail=str(error))
        return
    except (SiteDown, RefusedPageError) as error:
        found = Finding("login form", ok=False, detail=f"{error}; check WORKFOSSA_URL")
    else:
        found = Finding("login form", ok=True, detail=f"{site.base_url} shows it")
    yield Finding("browser", ok=True, detail="Chromium starts")
    yield found


def check_accounts(engine: Engine, cipher: Cipher) -> Finding:
    """See whether the key opens the accounts that people entered. Nobody is logged in."""
    with engine.connect() as connection:
        owners = connection.scalars(select(WorkFossaCredential.owner_id)).all()
    closed = 0
    for owner_id in owners:
        try:
            account_of(engine, cipher, owner_id)
        except NoAccountError:
            closed += 1
    if closed:
        detail = f"WORK_ORDERS_KEY does not open {closed} of {len(owners)} accounts; add the key of before"
        return Finding("key", ok=False, detail=f"{detail} after a comma, or have them entered again")
    return Finding("key", ok=True, detail=f"WORK_ORDERS_KEY opens all {len(owners)} accounts")
