"""Google as a resource: from the consents in the database to calendars that can be used."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from resources.google import Google
from scheduling_pipeline.courses.credentials import save_credential
from scheduling_pipeline.courses.provision import CalendarSetUp
from scheduling_pipeline.simulators.server import Simulators
from tests.courses.people import NOW, add_users
from tests.resources.google_project import Project

ANA, JO = "ana@college.example", "jo@college.example"


@pytest.fixture
def google(simulators: Simulators, engine: Engine) -> Google:
    """Ana and Jo have consented."""
    project = Project(simulators)
    google = project.google()
    add_users(engine, ANA, JO)
    for email in (ANA, JO):
        account = project.consent(email)
        save_credential(
            engine,
            google.cipher,
            user_email=email,
            account_email=email,
            refresh_token=account.refresh_token,
            scopes=account.scopes,
            now=NOW,
        )
    return google


def test_people_who_consented_get_calendars_that_can_be_read(google: Google, engine: Engine) -> None:
    with google.service_calendars() as owner:
        setup = CalendarSetUp(engine, google.cipher, owner, "Courses", "America/New_York", NOW)
        provided = list(setup.provide_missing())
        assert [(done.person, done.problem) for done in provided] == [(ANA, ""), (JO, "")]
        assert all(owner.exists(str(done.calendar)) for done in provided)
    with google.connect(engine) as calendars:
        ids = [str(done.calendar) for done in provided]
        assert calendars.list_owned(ids, "courses") == {ids[0]: [], ids[1]: []}


def test_secrets_do_not_show(google: Google) -> None:
    assert google.client_secret not in repr(google)
    assert google.token_key not in repr(google)
