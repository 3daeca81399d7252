"""The settings of the roster, of Crossmark and of the desk: all rules are data, and a wrong one is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest

from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import CoreSlot, Minutes, Rules
from scheduling_pipeline.roster.validator import Validator
from scheduling_pipeline.roster_settings import CrossmarkSettings, DeskSettings, RosterSettings
from scheduling_pipeline.settings import Settings, SettingsError, load_settings
from tests.roster.store import Store, place

Load = Callable[[str], Settings]
ROSTER = """
[roster]
zone = "America/Chicago"
nightly_cron = "30 1 * * *"
engine = "greedy"
horizon_days = 14
quiet_days = 2
bump_min_days = 4
longest_chain = 2
core_slots = ["08:00 12:00-12:30 14:30", "10:45 13:30-14:00 17:15"]
sunday_core_slots = ["10:30 13:30-14:00 17:00"]
digital_setup_times = ["09:15"]
digital_teardown_times = ["17:00", "17:15"]
freeosk_time = "09:00"
other_time = "12:00"
supervisor_time = "13:00"
juicer_production_time = "08:00"
juicer_survey_time = "16:00"
core_minutes = 360
juicer_production_minutes = 480
juicer_survey_minutes = 15
supervisor_minutes = 10
digital_minutes = 15
freeosk_minutes = 20
other_minutes = 45
weekly_hours = true
consecutive_days = 6
work_days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
holiday_country = "US"
holiday_subdivision = "TX"
closed_on = ["Christmas Day", "Texas Independence Day"]
look_back_days = 10
look_ahead_days = 45
smallest_share = 0.8
keep_weeks = 8
crashed_after_minutes = 5
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Settings from a text, whatever the environment of the tests is."""
    for group in (RosterSettings, CrossmarkSettings, DeskSettings):
        for name in group.model_fields:
            monkeypatch.delenv(f"{group.model_config['env_prefix']}{name}".upper(), raising=False)

    def from_text(toml: str) -> Settings:
        file = tmp_path / "settings.toml"
        file.write_text(toml)
        return load_settings(file)

    return from_text


def test_without_settings_the_roster_has_the_usual_rules(load: Load) -> None:
    settings = load("").roster
    assert settings.rules == Rules()
    assert (settings.zone, settings.nightly_cron) == ("America/Indiana/Indianapolis", "0 2 * * *")
    assert (settings.engine, settings.keep_weeks) == ("optimal", 3)
    assert settings.closed_on == ("Thanksgiving Day", "Christmas Day")
    assert len(settings.work_days) == 7


def test_every_rule_is_a_setting(load: Load) -> None:
    settings = load(ROSTER).roster
    assert settings.model_fields_set == set(RosterSettings.model_fields)
    assert settings.rules == Rules(
        horizon_days=14,
        quiet_days=2,
        bump_min_days=4,
        longest_chain=2,
        core_slots=(
            CoreSlot(time(8), time(12), time(12, 30), time(14, 30)),
            CoreSlot(time(10, 45), time(13, 30), time(14), time(17, 15)),
        ),
        sunday_core_slots=(CoreSlot(time(10, 30), time(13, 30), time(14), time(17)),),
        setup_times=(time(9, 15),),
        teardown_times=(time(17), time(17, 15)),
        freeosk_time=time(9),
        other_time=time(12),
        supervisor_time=time(13),
        production_time=time(8),
        survey_time=time(16),
        minutes=Minutes(
            core=360,
            juicer_production=480,
            juicer_survey=15,
            supervisor=10,
            digital=15,
            freeosk=20,
            other=45,
        ),
        weekly_hours=True,
        consecutive_days=6,
    )
    assert settings.tz.key == "America/Chicago"
    assert settings.crashed_after == timedelta(minutes=5)


def test_what_is_set_is_what_the_validator_goes_by(load: Load) -> None:
    store = Store()
    core, lead = store.core(2, 10), store.lead()
    validator = Validator(store.snapshot(), load(ROSTER).roster.rules, {})
    found = {
        start: [violation.reason.code for violation in validator.violations(core.ref, place(2, start, lead))]
        for start in ("08:00", "09:45")
    }
    assert found == {"08:00": [], "09:45": [Code.WRONG_TIME]}


def test_slots_times_and_lists_come_from_the_environment_parted_at_commas(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROSTER_CORE_SLOTS", "09:45 13:00-13:30 16:15, 11:00 14:15-14:45 17:30")
    monkeypatch.setenv("ROSTER_DIGITAL_SETUP_TIMES", "10:15,10:30")
    monkeypatch.setenv("ROSTER_CLOSED_ON", "Christmas Day, Easter Sunday")
    monkeypatch.setenv("ROSTER_HOLIDAY_COUNTRY", "CA")
    monkeypatch.setenv("ROSTER_HOLIDAY_SUBDIVISION", "AB")
    monkeypatch.setenv("ROSTER_WORK_DAYS", "saturday,sunday")
    with pytest.raises(SettingsError, match="Easter Sunday"):
        load("")
    monkeypatch.setenv("ROSTER_CLOSED_ON", "Christmas Day, Good Friday")
    settings = load(ROSTER).roster
    assert [slot.start for slot in settings.core_slots] == [time(9, 45), time(11)]
    assert settings.digital_setup_times == (time(10, 15), time(10, 30))
    assert settings.closed_on == ("Christmas Day", "Good Friday")
    assert settings.work_days == ("saturday", "sunday")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('zone = "Indianapolis"', "zone: 'Indianapolis' is no IANA time zone"),
        ('zone = "local"', "zone: needs the IANA zone of the stores"),
        ('engine = "best"', "engine: Input should be 'optimal' or 'greedy'"),
        ("horizon_days = 0", "horizon_days: Input should be greater than or equal to 1"),
        ("quiet_days = -1", "quiet_days: Input should be greater than or equal to 0"),
        ("longest_chain = 0", "longest_chain: Input should be greater than or equal to 1"),
        ('core_slots = ["09:45"]', "core_slots.0: '09:45' is no shift; write it as in 09:45 13:00-13:30"),
        ('core_slots = ["09:45 13:00-12:00 16:15"]', "core_slots: the shift of 09:45: start, lunch and end"),
        ("core_slots = []", "core_slots: Tuple should have at least 1 item"),
        ('sunday_core_slots = ["10:30 13:00-14:00 13:30"]', "sunday_core_slots: the shift of 10:30: start"),
        ('freeosk_time = "10h"', "freeosk_time: '10h' is no time of day; write it as in 09:05"),
        ('digital_teardown_times = ["x"]', "digital_teardown_times.0: 'x' is no time of day"),
        ("core_minutes = 0", "core_minutes: Input should be greater than 0"),
        ("consecutive_days = 8", "consecutive_days: Input should be less than or equal to 7"),
        ('work_days = ["Funday"]', "work_days.0: Input should be 'monday', 'tuesday'"),
        ("work_days = []", "work_days: Tuple should have at least 1 item"),
        ("smallest_share = 2", "smallest_share: Input should be less than or equal to 1"),
        ("keep_weeks = 0", "keep_weeks: Input should be greater than or equal to 1"),
        ('closed_on = ["Turkey Day"]', "closed_on: no public holiday of US-IN is called Turkey Day; there"),
        ('holiday_country = "Atlantis"', "closed_on: the public holidays of Atlantis-IN are not known"),
        ('holiday_subdivision = "XX"', "closed_on: the public holidays of US-XX are not known"),
        ("weekends = true", "weekends: Extra inputs are not permitted"),
    ],
)
def test_a_setting_of_the_roster_that_cannot_be_used_is_named(load: Load, line: str, told: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(f"[roster]\n{line}\n")
    assert f"settings.toml [roster] {told}" in str(refusal.value)


def test_a_holiday_that_there_is_not_is_refused_with_those_that_there_are(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"called Turkey Day; there are .*, Thanksgiving Day, "):
        load('[roster]\nclosed_on = ["Christmas Day", "Turkey Day"]')


def test_where_nothing_is_closed_no_country_is_needed(load: Load) -> None:
    assert load('[roster]\nholiday_country = "Atlantis"\nclosed_on = []').roster.closed_on == ()


def test_a_country_that_is_no_text_is_named_once(load: Load) -> None:
    with pytest.raises(SettingsError) as refusal:
        load("[roster]\nholiday_country = 5")
    assert len(str(refusal.value).splitlines()) == 2


def test_a_quiet_zone_that_never_ends_is_refused(load: Load) -> None:
    with pytest.raises(SettingsError, match="quiet_days must not be more than horizon_days"):
        load("[roster]\nquiet_days = 22")


def test_a_wrong_variable_is_named_as_such(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROSTER_CLOSED_ON", "Turkey Day")
    monkeypatch.setenv("DESK_PORT", "high")
    with pytest.raises(SettingsError) as refusal:
        load("")
    assert "- ROSTER_CLOSED_ON: no public holiday" in str(refusal.value)
    assert "- DESK_PORT: " in str(refusal.value)


def test_crossmark_is_itself_and_is_configured_by_a_user_and_a_secret(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not load("").crossmark.configured
    assert load("").crossmark.url == "https://crossmark.mvretail.com"
    monkeypatch.setenv("CROSSMARK_PASSWORD", "hush-hush")
    settings = load('[crossmark]\nuser = "mona"\ntimeout_seconds = 15').crossmark
    assert settings.configured
    assert settings.timeout_seconds == 15
    assert "hush-hush" not in repr(settings)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('user = "mona"', "- crossmark: also set CROSSMARK_PASSWORD"),
        ('password = "hush-hush"', "password: a secret does not belong in a file; set CROSSMARK_PASSWORD"),
        ('url = "crossmark"', "[crossmark] url: is no web address"),
        ('ca_bundle = "/nope.pem"', "[crossmark] ca_bundle: no certificates can be read from /nope.pem"),
        ("timeout_seconds = 0", "[crossmark] timeout_seconds: Input should be greater than 0"),
        ("session_seconds = -1", "[crossmark] session_seconds: Input should be greater than 0"),
    ],
)
def test_a_setting_of_crossmark_that_cannot_be_used_is_named(load: Load, toml: str, told: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(f"[crossmark]\n{toml}")
    assert told in str(refusal.value)
    assert "hush-hush" not in str(refusal.value)


def test_without_settings_the_desk_is_for_this_machine_alone(load: Load) -> None:
    settings = load("").desk
    assert (settings.host, settings.port, settings.url) == ("127.0.0.1", 3001, "http://127.0.0.1:3001")
    assert (settings.sign_ins_per_minute, settings.runs_per_hour) == (5, 20)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("port = 0", "port: Input should be greater than or equal to 1"),
        ("port = 70000", "port: Input should be less than or equal to 65535"),
        ('url = "desk.example"', "url: is no web address"),
        ("session_hours = 0", "session_hours: Input should be greater than 0"),
        ("sign_ins_per_minute = 0", "sign_ins_per_minute: Input should be greater than or equal to 1"),
        ("runs_per_hour = 0", "runs_per_hour: Input should be greater than or equal to 1"),
    ],
)
def test_a_setting_of_the_desk_that_cannot_be_used_is_named(load: Load, line: str, told: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(f"[desk]\n{line}")
    assert f"settings.toml [desk] {told}" in str(refusal.value)
