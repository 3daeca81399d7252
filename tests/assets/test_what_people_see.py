"""What the Dagster UI shows: every asset described, worth looking at, and free of what must not be there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine

from assets.course_calendars import FEEDS
from assets.course_jobs import RECONCILE_JOB
from assets.work_orders import DISPENSERS_JOB
from scheduling_pipeline import datasets
from tests.assets.college import ANN, BEN, CEM, College, observed
from tests.assets.field import open_field
from tests.end_to_end.pipeline import ASSETS, ENGLISH, SFS, Pipeline, Ran
from tests.work_orders.owners import order

GROUPS = {"teacher_calendars", "sharepoint", "course_calendars", "roster", "work_orders"}
COURSE_ASSETS = ("course_catalogue", "course_events", "google_changes", "google_calendars")
ROSTER_ASSETS = (
    "workforce",
    "crossmark_events",
    "roster_imports",
    "roster_proposal",
    "crossmark_schedule",
)
WORK_ORDER_ASSETS = ("work_orders", "dispensers")
DATASETS = {dataset.name for dataset in datasets.DATASETS}


def test_every_asset_says_what_it_is_who_owns_it_and_what_it_is_made_with(pipeline: Pipeline) -> None:
    graph = pipeline.definitions.resolve_asset_graph()

    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name in GROUPS, key
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key


def test_every_asset_that_can_be_wrong_has_checks_with_descriptions(pipeline: Pipeline) -> None:
    graph = pipeline.definitions.resolve_asset_graph()

    checked = {key.asset_key.to_user_string() for key in graph.asset_check_keys}
    assert checked == {
        *ASSETS,
        *COURSE_ASSETS,
        *ROSTER_ASSETS,
        *WORK_ORDER_ASSETS,
        "ingestion_log",
        *DATASETS,
    }
    for key in graph.asset_check_keys:
        assert graph.get_check_spec(key).description, key


def test_the_lineage_leads_from_files_the_site_and_the_directory_to_calendars(pipeline: Pipeline) -> None:
    graph = pipeline.definitions.resolve_asset_graph()

    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert parents == {
        "sharepoint_files": set(),
        "ingestion_log": {"sharepoint_files"},
        **{dataset: {"ingestion_log"} for dataset in DATASETS},
        "teacher_accounts": set(),
        "timetable": set(),
        "outlook_events": {"timetable", "teacher_accounts", "teachers"},
        "outlook_changes": {"outlook_events"},
        "outlook_calendars": {"outlook_changes"},
        "course_catalogue": set(FEEDS),
        "course_events": {"course_catalogue"},
        "google_changes": {"course_events"},
        "google_calendars": {"google_changes"},
        "workforce": set(),
        "crossmark_events": {"workforce"},
        "roster_imports": {"work_bank_visits", "calendar_schedule"},
        "roster_proposal": {"crossmark_events", "workforce"},
        "crossmark_schedule": {"roster_proposal"},
        "work_orders": set(),
        "work_order_changes": {"work_orders"},
        "dispensers": {"work_orders"},
    }


@pytest.mark.parametrize("agenda", [SFS, ENGLISH])
def test_each_materialization_has_counts_and_a_table(pipeline: Pipeline, agenda: str) -> None:
    ran = pipeline.run(agenda)

    for asset in ASSETS:
        metadata = ran.materialized(asset)[agenda].metadata
        assert any(isinstance(value, dg.IntMetadataValue) for value in metadata.values()), asset
        assert any(isinstance(value, dg.TableMetadataValue) for value in metadata.values()), asset
    lessons_by_day = str(ran.count("timetable", agenda, "lessons by day"))
    assert "Mon" in lessons_by_day


def test_times_in_tables_say_their_zone(pipeline: Pipeline) -> None:
    ran = pipeline.run(SFS)

    preview = ran.materialized("outlook_events")[SFS].metadata["preview"]
    assert isinstance(preview, dg.TableMetadataValue)
    assert "Mon 02 Mar 2026 09:00 CET" in str([record.data for record in preview.records])


def test_no_secret_and_no_token_reaches_the_event_log(pipeline: Pipeline) -> None:
    good = pipeline.run(SFS)
    pipeline.break_graph("http", "GET /users", None, status=403)
    bad = pipeline.run(SFS)

    secret = pipeline.simulators.graph.settings.client_secret
    password = f'"{pipeline.simulators.sparksource.settings.password}"'
    for text in (good.text, bad.text):
        assert len(text) > 10_000
        assert secret not in text
        assert password not in text
        assert "Bearer" not in text
        assert "eyJ" not in text  # how every JSON web token begins


def assert_has_counts_and_a_table(metadata: Mapping[str, dg.MetadataValue[Any]], what: str) -> None:
    assert any(isinstance(value, dg.IntMetadataValue) for value in metadata.values()), what
    assert any(isinstance(value, dg.TableMetadataValue) for value in metadata.values()), what


def test_each_materialization_of_the_course_calendars_has_counts_and_a_table(college: College) -> None:
    college.school.arrive()
    catalogue = college.run(assets=["course_catalogue"])
    ran = college.settle()

    for asset in COURSE_ASSETS:
        found = (catalogue if asset == "course_catalogue" else ran).materialized(asset)[""]
        assert_has_counts_and_a_table(found.metadata, asset)


def test_a_night_in_which_nobody_is_due_says_so_in_counts(college: College) -> None:
    college.settle()

    ran = college.run()

    for asset in COURSE_ASSETS:
        metadata = ran.materialized(asset)[""].metadata
        counts = {name: value for name, value in metadata.items() if isinstance(value, dg.IntMetadataValue)}
        assert counts
        assert not any(value.value for value in counts.values()), (asset, counts)


def test_everybody_is_told_by_person_the_failed_ones_first(college: College) -> None:
    college.settle()
    college.school.files["courses"][0]["title"] = "Thermodynamics"
    college.school.files["courses"][1]["title"] = "Botany"
    college.school.arrive()
    college.project.revoke(CEM)

    ran = college.run()

    by_person = ran.materialized("google_calendars")[""].metadata["by person"]
    assert isinstance(by_person, dg.TableMetadataValue)
    shown = [(record.data["person"], record.data["outcome"]) for record in by_person.records]
    assert shown == [(CEM, "needs to sign in"), (ANN, "synced"), (BEN, "synced")]
    kinds = ran.materialized("google_calendars")[""].metadata["errors by kind"]
    assert isinstance(kinds, dg.TableMetadataValue)
    (kind,) = (record.data for record in kinds.records)
    assert (kind["outcome"], kind["people"]) == ("needs to sign in", 1)
    assert CEM not in str(kind["problem"]), "or there would be as many kinds as people"
    assert ran.check("needs_sign_in").description == (
        f"{CEM}: {by_person.records[0].data['problem']}; scheduling-pipeline google connect {CEM}"
    )


def secrets_of(college: College) -> dict[str, str]:
    """All that must be seen nowhere."""
    environment = college.project.simulators.environment
    key_file = Path(environment["GOOGLE_SERVICE_ACCOUNT_FILE"])
    consents = {f"the consent of {person}": one.refresh_token for person, one in college.accounts.items()}
    return consents | {
        "the client's secret": environment["GOOGLE_CLIENT_SECRET"],
        "the key of people's tokens": environment["GOOGLE_TOKEN_KEY"],
        "the service account's key": json.loads(key_file.read_text())["private_key"].splitlines()[1],
        "an access token": "ya29.",
    }


def bad_night(college: College) -> Ran:
    """One person's consent is gone, one's calendar too, and the service answers another with an error."""
    college.school.files["courses"][0]["title"] = "Thermodynamics"
    college.school.files["courses"][1]["title"] = "Botany"
    college.school.arrive()
    college.project.revoke(CEM)
    calendars = [college.calendars[person] for person in (ANN, BEN)]
    college.project.call(college.accounts[ANN], "DELETE", f"/calendars/{calendars[0]}")
    college.project.arm("http", f"PATCH /calendars/{calendars[1]}", None, status=400, reason="invalid")
    return college.run()


def test_no_secret_of_google_reaches_the_event_log_or_the_database(college: College, tmp_path: Path) -> None:
    good, bad = college.settle(), bad_night(college)
    compared = college.run(RECONCILE_JOB)

    assert not bad.check("failed_users").passed
    assert observed(compared)["calendars not read"] == 1
    database = b"".join(path.read_bytes() for path in tmp_path.glob("pipeline.db*"))
    assert CEM.encode() in database
    for name, secret in secrets_of(college).items():
        assert secret
        for ran in (good, bad, compared):
            assert secret not in ran.text, name
        assert secret.encode() not in database, name
    for ran in (good, bad, compared):
        assert "Bearer" not in ran.text
        assert "PRIVATE KEY" not in ran.text


def test_what_goes_wrong_is_said_in_words_and_without_a_stack_of_code(college: College) -> None:
    college.settle()

    ran = bad_night(college)

    assert ran.success
    for name in ("needs_sign_in", "missing_calendars", "failed_users"):
        check = ran.check(name)
        assert not check.passed
        assert "Traceback" not in (check.description or "")
        assert "Error(" not in (check.description or "")
    failed = (ran.check("failed_users").description or "").split(";\n")
    assert [line.partition(":")[0] for line in failed] == [ANN, BEN, CEM]


def test_each_materialization_of_the_work_orders_has_counts_and_a_table(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_field(engine, monkeypatch) as field:
        owner = field.owner()
        partition = f"owner-{owner}"
        field.site.orders = [order(1), order(2)]
        field.run(owner)
        field.clock.advance()
        field.site.orders = [order(1), order(2, 3)]
        ran, equipment = field.run(owner), field.run(owner, DISPENSERS_JOB)

    for asset in ("work_orders", "work_order_changes"):
        assert_has_counts_and_a_table(ran.materialized(asset)[partition].metadata, asset)
    assert_has_counts_and_a_table(equipment.materialized("dispensers")[partition].metadata, "dispensers")
    table = ran.materialized("work_order_changes")[partition].metadata["what changed"]
    assert isinstance(table, dg.TableMetadataValue)
    (moved,) = (record.data for record in table.records)
    assert moved == {
        "what": "moved",
        "order": "W-2",
        "store": "#1234",
        "town": "Marlow Springs, NC",
        "from": "2026-03-02",
        "to": "2026-03-05",
        "other order": "",
    }
