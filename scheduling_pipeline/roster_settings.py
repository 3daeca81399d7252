"""The settings of the field roster, of Crossmark, and of the review desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from scheduling_pipeline.roster.closures import check_holidays
from scheduling_pipeline.roster.rules import CoreSlot, Minutes, Rules
from scheduling_pipeline.setting_group import SettingsGroup
from scheduling_pipeline.setting_values import (
    Certificates,
    TextList,
    TimeList,
    TimeOfDay,
    WebAddress,
    Zone,
    core_slot,
    listed,
)

USUAL = Rules()
CoreSlots = Annotated[
    tuple[Annotated[CoreSlot, BeforeValidator(core_slot)], ...], NoDecode, BeforeValidator(listed)
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK: tuple[Weekday, ...] = get_args(Weekday)
Weekdays = Annotated[tuple[Weekday, ...], NoDecode, BeforeValidator(listed)]


def _in_order(slots: tuple[CoreSlot, ...]) -> tuple[CoreSlot, ...]:
    for slot in slots:
        if not slot.start < slot.lunch_begin < slot.lunch_end < slot.end:
            raise ValueError(f"the shift of {slot.start:%H:%M}: start, lunch and end must follow each other")
    return slots


class CrossmarkSettings(SettingsGroup):
    """The planner: its address and the account that reads and writes it."""

    model_config = SettingsConfigDict(env_prefix="CROSSMARK_")
    required: ClassVar[Mapping[str, str]] = {"user": "CROSSMARK_USER", "password": "CROSSMARK_PASSWORD"}

    url: WebAddress = "https://crossmark.mvretail.com"
    user: str = ""
    password: SecretStr = SecretStr("")
    ca_bundle: Certificates | None = None
    timeout_seconds: float = Field(default=30, gt=0)
    session_seconds: float = Field(default=3600, gt=0, description="After that we sign in again.")


class RosterSettings(SettingsGroup):
    """The roster of field events: when it is proposed, and by which rules. Times are store time."""

    model_config = SettingsConfigDict(env_prefix="ROSTER_")

    zone: Zone = "America/Indiana/Indianapolis"
    nightly_cron: str = "0 2 * * *"
    engine: Literal["optimal", "greedy"] = "optimal"
    horizon_days: int = Field(default=21, ge=1, le=60)
    quiet_days: int = Field(default=3, ge=0)
    bump_min_days: int = Field(default=2, ge=0)
    longest_chain: int = Field(default=3, ge=1)
    core_slots: CoreSlots = Field(
        default=tuple(USUAL.core_slots),
        min_length=1,
        description='Start, lunch and end of each shift, as "09:45 13:00-13:30 16:15".',
    )
    sunday_core_slots: CoreSlots = Field(default=(), description="Of Sundays, where they differ.")
    digital_setup_times: TimeList = Field(default=tuple(USUAL.setup_times), min_length=1)
    digital_teardown_times: TimeList = Field(default=tuple(USUAL.teardown_times), min_length=1)
    freeosk_time: TimeOfDay = USUAL.freeosk_time
    other_time: TimeOfDay = USUAL.other_time
    supervisor_time: TimeOfDay = USUAL.supervisor_time
    juicer_production_time: TimeOfDay = USUAL.production_time
    juicer_survey_time: TimeOfDay = USUAL.survey_time
    core_minutes: int = Field(default=390, gt=0)
    juicer_production_minutes: int = Field(default=540, gt=0)
    juicer_survey_minutes: int = Field(default=30, gt=0)
    supervisor_minutes: int = Field(default=5, gt=0)
    digital_minutes: int = Field(default=30, gt=0)
    freeosk_minutes: int = Field(default=30, gt=0)
    other_minutes: int = Field(default=60, gt=0)
    weekly_hours: bool = Field(default=False, description="Hold people to the weekly hours they have.")
    consecutive_days: int | None = Field(default=None, ge=1, le=7, description="The most in a row.")
    work_days: Weekdays = Field(default=WEEK, min_length=1, description="On the others, nobody works.")
    holiday_country: str = "US"
    holiday_subdivision: str | None = "IN"
    closed_on: TextList = Field(
        default=("Thanksgiving Day", "Christmas Day"),
        validate_default=True,
        description="Public holidays, by their English names, on which nobody works.",
    )
    look_back_days: int = Field(default=30, ge=0, description="Events of the planner are read from then on.")
    look_ahead_days: int = Field(default=90, ge=1, description="Events of the planner are read until then.")
    smallest_share: float = Field(
        default=0.5, ge=0, le=1, description="A listing with fewer of the known events is refused."
    )
    keep_weeks: int = Field(default=3, ge=1, description="How long proposals are kept.")
    crashed_after_minutes: float = Field(default=10, gt=0)

    @property
    def tz(self) -> ZoneInfo:
        """The stores' zone."""
        return ZoneInfo(self.zone)

    @property
    def crashed_after(self) -> timedelta:
        """After that a run that is still `running` without anybody at it is taken for dead."""
        return timedelta(minutes=self.crashed_after_minutes)

    @property
    def rules(self) -> Rules:
        """What engine and validator go by."""
        return Rules(
            horizon_days=self.horizon_days,
            quiet_days=self.quiet_days,
            bump_min_days=self.bump_min_days,
            longest_chain=self.longest_chain,
            core_slots=self.core_slots,
            sunday_core_slots=self.sunday_core_slots,
            setup_times=self.digital_setup_times,
            teardown_times=self.digital_teardown_times,
            freeosk_time=self.freeosk_time,
            other_time=self.other_time,
            supervisor_time=self.supervisor_time,
            production_time=self.juicer_production_time,
            survey_time=self.juicer_survey_time,
            minutes=Minutes(
                core=self.core_minutes,
                juicer_production=self.juicer_production_minutes,
                juicer_survey=self.juicer_survey_minutes,
                supervisor=self.supervisor_minutes,
                digital=self.digital_minutes,
                freeosk=self.freeosk_minutes,
                other=self.other_minutes,
            ),
            weekly_hours=self.weekly_hours,
            consecutive_days=self.consecutive_days,
        )

    @field_validator("zone")
    @classmethod
    def _is_named(cls, value: str) -> str:
        if value == "local":
            raise ValueError("needs the IANA zone of the stores, such as America/Indiana/Indianapolis")
        return value

    _slots_in_order = field_validator("core_slots", "sunday_core_slots")(_in_order)

    @field_validator("closed_on")
    @classmethod
    def _are_holidays(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if {"holiday_country", "holiday_subdivision"} <= info.data.keys():  # else they are wrong themselves
            country, subdivision = info.data["holiday_country"], info.data["holiday_subdivision"]
            check_holidays(value, country=country, subdivision=subdivision, year=datetime.now(UTC).year)
        return value

    @model_validator(mode="after")
    def _quiet_zone_ends(self) -> Self:
        if self.quiet_days > self.horizon_days:
            raise ValueError("quiet_days must not be more than horizon_days: nothing could be proposed")
        return self


class DeskSettings(SettingsGroup):
    """The review desk. Put it behind https: its cookie is `Secure` where `url` says so."""

    model_config = SettingsConfigDict(env_prefix="DESK_")

    host: str = "127.0.0.1"
    port: int = Field(default=3001, ge=1, le=65_535)
    url: WebAddress = Field(default="http://127.0.0.1:3001", description="Where people find it.")
    session_hours: float = Field(default=12, gt=0)
    sign_ins_per_minute: int = Field(default=5, ge=1, description="From one address or for one name.")
    runs_per_hour: int = Field(default=20, ge=1, description="Started by one person by hand.")
