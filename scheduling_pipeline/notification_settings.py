"""The settings of notifications: who is told what, and by which way."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from scheduling_pipeline.notifications.channels import TEAMS_HOSTS
from scheduling_pipeline.notifications.outcomes import NEWS, News, Policy
from scheduling_pipeline.setting_group import SettingsGroup
from scheduling_pipeline.setting_values import Certificates, TextList, WebAddress, listed

NewsList = Annotated[tuple[News, ...], NoDecode, BeforeValidator(listed)]


class NotificationSettings(SettingsGroup):
    """Nobody is told how runs ended until `urls` is set, nor gets e-mail until `mail_server` is. Both are
    addresses as the library apprise has them, and secrets: they hold passwords and keys."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_")

    urls: SecretStr = Field(default=SecretStr(""), description="Whom to tell of runs, parted by spaces.")
    mail_server: SecretStr = Field(
        default=SecretStr(""),
        description="What owners' e-mail goes through, as mailtos://user:password@host.",
    )
    tell: NewsList = NEWS
    repeat_hours: float = Field(
        default=6, ge=0, description="After that, the same trouble of the same job is told again."
    )
    dagster_url: WebAddress | None = Field(default=None, description="Where people find Dagster's pages.")
    keep_days: int = Field(default=90, ge=1, description="How long what was told is kept.")
    pushover_url: WebAddress = "https://api.pushover.net"
    teams_hosts: TextList = Field(default=TEAMS_HOSTS, description="Hosts of Teams workflows.")
    ca_bundle: Certificates | None = None

    @property
    def configured(self) -> bool:
        """Whether somebody is told how runs end."""
        return bool(self.urls.get_secret_value())

    @property
    def policy(self) -> Policy:
        """What is told of runs, and how often."""
        return Policy(frozenset(self.tell), timedelta(hours=self.repeat_hours))

    def run_page(self, run_id: str) -> str | None:
        """Where a run can be looked at."""
        return f"{self.dagster_url.rstrip('/')}/runs/{run_id}" if self.dagster_url else None
