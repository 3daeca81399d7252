"""The settings of the work orders, and of WorkFossa, where they are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from scheduling_pipeline.setting_group import SettingsGroup
from scheduling_pipeline.setting_values import TokenKeys, WebAddress, Zone


class WorkFossaSettings(SettingsGroup):
    """The site. Everybody signs in with an account of their own, which they enter on the desk."""

    model_config = SettingsConfigDict(env_prefix="WORKFOSSA_")

    url: WebAddress = "https://app.workfossa.com"
    page_timeout_seconds: float = Field(default=30, gt=0)
    login_timeout_seconds: float = Field(default=10, gt=0, description="For a sign that we are logged in.")
    chromium: str | None = None


class WorkOrdersSettings(SettingsGroup):
    """How work orders are read: how hard to try, how much at a time, and what is kept for how long."""

    model_config = SettingsConfigDict(env_prefix="WORK_ORDERS_")
    required: ClassVar[Mapping[str, str]] = {"key": "WORK_ORDERS_KEY"}

    key: TokenKeys = Field(
        default=SecretStr(""), description="Encrypts people's accounts; older keys after a comma."
    )
    zone: Zone = Field(default="America/New_York", description="Of a new schedule that names none.")
    attempts: int = Field(default=3, ge=1, le=10, description="Tries of a list in one run.")
    retry_seconds: float = Field(default=5, ge=0, description="Before the second try; doubled for each more.")
    location_attempts: int = Field(default=3, ge=1, le=10, description="Tries of a location's page.")
    location_retry_seconds: float = Field(default=2, ge=0)
    parallel: int = Field(default=3, ge=1, le=16, description="Runs at the same time, over all schedules.")
    pause_after: int = Field(default=5, ge=1, description="Failures in a row that stop automatic runs.")
    smallest_share: float = Field(
        default=0.5, ge=0, le=1, description="A list with fewer of the known orders removes none."
    )
    keep_days: int = Field(default=90, ge=1, description="How long history and closed orders are kept.")

    @property
    def keep(self) -> timedelta:
        """How long history and closed orders are kept."""
        return timedelta(days=self.keep_days)

    @field_validator("zone")
    @classmethod
    def _is_named(cls, value: str) -> str:
        if value == "local":
            raise ValueError("needs an IANA zone, such as America/New_York")
        return value
