"""What a test or a person can set about the simulated tenant while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduling_pipeline.simulators.adjustable import Adjustable

TENANT = "7d0a1c5e-52c4-4f0b-9d0e-3b1f5a6c2e10"
CLIENT_ID = "2f6e9b1a-8c3d-4e57-a1b2-c3d4e5f60718"
CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - opens nothing but the simulator

ALL_ROLES = frozenset(
    {
        "Calendars.ReadWrite",
        "Files.Read.All",
        "MailboxSettings.ReadWrite",
        "Organization.Read.All",
        "Sites.Read.All",
        "User.Read.All",
    }
)


@dataclass
class Settings(Adjustable):
    """The tenant, its one application, and the service's limits.

    `roles`: the application permissions that were granted. `unlicensed` and `disabled`: lower-case UPNs of
    users without a mailbox, and of users that may not sign in. `expires_in`: life of new tokens in seconds.
    `mailbox_budget`: requests for each mailbox in ten minutes. `retry_after`: what a caller of a busy mailbox
    is told to wait, in seconds. `resource_units`: what the application may use of SharePoint in
    `resource_seconds`. `drive_page`: items on a page of a folder or of a delta, unless the caller asks
    otherwise. `repeat_items`: delta shows every state of an item that changed several times, not only the
    last.
    """

    tenant: str = TENANT
    organization: str = "Simulated School"
    domain: str = "school.example"
    client_id: str = CLIENT_ID
    client_secret: str = field(default=CLIENT_SECRET, repr=False)
    roles: set[str] = field(default_factory=lambda: set(ALL_ROLES))
    unlicensed: set[str] = field(default_factory=set)
    disabled: set[str] = field(default_factory=set)
    expires_in: int = 3599
    mailbox_budget: int = 10_000
    retry_after: int = 1
    resource_units: int = 1250
    resource_seconds: int = 60
    drive_page: int = 200
    repeat_items: bool = False
