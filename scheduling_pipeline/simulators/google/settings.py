"""What a test or a person can set about the simulated Google while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduling_pipeline.simulators.adjustable import Adjustable

DOMAIN = "college.example"
SERVICE_ACCOUNT = "course-calendars@college-timetable.iam.gserviceaccount.com"
CLIENT_ID = "481516234200-coursecalendars.apps.googleusercontent.com"
CLIENT_SECRET = "simulated-google-secret"  # noqa: S105 - opens nothing but the simulator


@dataclass
class Settings(Adjustable):
    """The organisation, its one project, and the service's limits.

    `domain`: every e-mail address in it is a Google account. `user_quota` and `project_quota`: calls in any
    sixty seconds of real time. `expires_in`: life of new access tokens in seconds. `acl_delay_seconds`: real
    seconds until a new rule of an access list lets its subject put the calendar on their list; 0 is at once.
    `page_size`: entries on a page unless the caller asks otherwise. `sync_token_days`: simulated days after
    which a sync token is too old.
    """

    domain: str = DOMAIN
    service_account: str = SERVICE_ACCOUNT
    client_id: str = CLIENT_ID
    client_secret: str = field(default=CLIENT_SECRET, repr=False)
    user_quota: int = 600
    project_quota: int = 10_000
    expires_in: int = 3599
    acl_delay_seconds: float = 0.0
    page_size: int = 250
    sync_token_days: int = 28
