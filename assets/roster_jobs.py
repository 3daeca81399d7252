"""The jobs of the field roster: proposing, submitting what was approved, and the daily audit."""

from __future__ import annotations

import dagster as dg

from assets.jobs import AssetJob
from assets.roster import AUDIT_JOB, IMPORT_JOB, PROPOSE_JOB, SUBMIT_JOB
from assets.roster_reports import AUDIT_CHECKS


def build_import_job() -> AssetJob:
    """Takes over what the planner's exports say; by hand, as what they bring cannot be submitted."""
    return dg.define_asset_job(
        IMPORT_JOB,
        selection=dg.AssetSelection.assets("roster_imports"),
        description="Take over field events and visits from the planner's CSV exports that were ingested.",
    )


def build_roster_jobs() -> tuple[AssetJob, AssetJob, AssetJob]:
    """To propose, to submit, to audit."""
    audit = dg.AssetSelection.checks(*(spec.key for spec in AUDIT_CHECKS))
    return (
        dg.define_asset_job(
            PROPOSE_JOB,
            selection=dg.AssetSelection.assets("workforce", "crossmark_events", "roster_proposal") - audit,
            description="Read people and events from Crossmark and propose a roster for the coming weeks.",
        ),
        dg.define_asset_job(
            SUBMIT_JOB,
            selection=dg.AssetSelection.assets("crossmark_schedule") - audit,
            description="Submit to Crossmark what managers approved.",
        ),
        dg.define_asset_job(
            AUDIT_JOB,
            selection=audit,
            description="Look for what is wrong with the roster of today and the coming days.",
        ),
    )
