"""What the Dagster UI shows: every asset described, worth looking at, and free of what must not be there."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.course_calendars import FEEDS
from scheduling_pipeline import datasets
from tests.end_to_end.pipeline import ASSETS, ENGLISH, SFS, Pipeline

COURSE_ASSETS = ("course_catalogue", "course_events", "google_changes", "google_calendars")
DATASETS = {dataset.name for dataset in datasets.DATASETS}


def test_every_asset_says_what_it_is_who_owns_it_and_what_it_is_made_with(pipeline: Pipeline) -> None:
    graph = pipeline.definitions.resolve_asset_graph()

    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name in {"teacher_calendars", "sharepoint", "course_calendars"}, key
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key


def test_every_asset_that_can_be_wrong_has_checks_with_descriptions(pipeline: Pipeline) -> None:
    graph = pipeline.definitions.resolve_asset_graph()

    checked = {key.asset_key.to_user_string() for key in graph.asset_check_keys}
    assert checked == {*ASSETS, *COURSE_ASSETS, "ingestion_log", *DATASETS}
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
