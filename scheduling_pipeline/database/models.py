"""The pipeline's tables. Constraints live here; every change goes through a migration."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC on every database. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a zone cannot be stored: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, dict[str, Any]: JSON, list[Any]: JSON, str: String}  # noqa: RUF012


class Reading(Base):
    """One reading of one week of one agenda; the newest complete one is the last good data."""

    __tablename__ = "readings"
    __table_args__ = (
        CheckConstraint("outcome IN ('complete', 'failed')", name="outcome"),
        CheckConstraint("outcome = 'complete' OR problem <> ''", name="failure_says_why"),
        Index("ix_readings_agenda_monday", "agenda", "monday", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agenda: Mapped[str]
    monday: Mapped[date] = mapped_column(Date)
    outcome: Mapped[str]
    read_at: Mapped[datetime]
    run_id: Mapped[str]
    problem: Mapped[str] = mapped_column(default="")
    lessons: Mapped[list[Any]]
    content_hash: Mapped[str]


class SyncedEvent(Base):
    """The ledger: what we believe stands in somebody's calendar. `removed_at` is null while it stands."""

    __tablename__ = "synced_events"
    __table_args__ = (
        UniqueConstraint("provider", "scope", "calendar", "uid", "generation", name="uq_synced_events_tag"),
        UniqueConstraint("provider", "calendar", "provider_id", name="uq_synced_events_provider_id"),
        CheckConstraint("generation >= 1", name="generation"),
        CheckConstraint("provider_id <> ''", name="has_provider_id"),
        Index("ix_synced_events_live", "provider", "scope", "removed_at"),
        Index("ix_synced_events_calendar", "provider", "calendar"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str]
    scope: Mapped[str]
    calendar: Mapped[str]
    uid: Mapped[str]
    generation: Mapped[int]
    kin: Mapped[str | None]
    origin: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str]
    etag: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    edits: Mapped[dict[str, Any] | None]  # what its owner changed by hand, and keeps
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    declined: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # by its owner


class CalendarOperation(Base):
    """One write we intended: written before it is sent, its outcome after. Never deleted."""

    __tablename__ = "calendar_operations"
    __table_args__ = (
        CheckConstraint("kind IN ('create', 'update', 'delete')", name="kind"),
        CheckConstraint("state IN ('sent', 'done', 'rejected', 'unknown', 'lapsed')", name="state"),
        CheckConstraint("(state IN ('sent', 'unknown')) = (settled_at IS NULL)", name="settled"),
        Index("ix_calendar_operations_open", "provider", "scope", "state"),
        Index("ix_calendar_operations_event", "provider", "calendar", "uid"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider: Mapped[str]
    scope: Mapped[str]
    calendar: Mapped[str]
    uid: Mapped[str]
    generation: Mapped[int]
    kin: Mapped[str | None]
    origin: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    state: Mapped[str]
    provider_id: Mapped[str] = mapped_column(default="")
    etag: Mapped[str] = mapped_column(default="")
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")
    run_id: Mapped[str]
    sent_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Release(Base):
    """A person's word that exactly these removals may go through."""

    __tablename__ = "releases"
    __table_args__ = (
        CheckConstraint("released_by <> ''", name="who"),
        CheckConstraint("reason <> ''", name="why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(index=True)
    scope: Mapped[str]
    keys: Mapped[list[Any]]
    released_by: Mapped[str]
    reason: Mapped[str]
    released_at: Mapped[datetime]


class HeldPlan(Base):
    """Removals that wait for a person: one row for each digest, the newest sighting of it."""

    __tablename__ = "held_plans"

    digest: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(index=True)
    keys: Mapped[list[Any]]
    reasons: Mapped[list[Any]]
    removals: Mapped[list[Any]]
    first_held_at: Mapped[datetime]
    last_held_at: Mapped[datetime]


class Lease(Base):
    """A named lock that expires by itself: one writer a calendar, one login a site."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    expires_at: Mapped[datetime]


class TeacherAccount(Base):
    """The directory as last seen: who can be given a calendar."""

    __tablename__ = "teacher_accounts"

    id: Mapped[str] = mapped_column(primary_key=True)
    upn: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    enabled: Mapped[bool]
    seen_at: Mapped[datetime]


class UnmatchedTeacher(Base):
    """A name on the booking site that belongs to no account, since when and with how many lessons."""

    __tablename__ = "unmatched_teachers"

    agenda: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    reason: Mapped[str]
    lessons: Mapped[int] = mapped_column(Integer)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class SourceScope(Base):
    """Whether a scope may write yet: what was decided about events that older scripts left behind."""

    __tablename__ = "source_scopes"

    provider: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    adopted_at: Mapped[datetime]
    adopted_events: Mapped[int]
    decision: Mapped[str]


class AssetPartition(Base):
    """What an asset's stored frame was made from: `context` is the frame's `attrs`."""

    __tablename__ = "asset_partitions"

    asset: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    stored_at: Mapped[datetime]
    rows: Mapped[int]
    context: Mapped[dict[str, Any]]


class DriveEntry(Base):
    """A file or folder of a drive as last listed, and where its bytes are kept."""

    __tablename__ = "drive_entries"
    __table_args__ = (
        CheckConstraint("kept_path <> ''", name="kept_path"),
        UniqueConstraint("drive", "kept_path", name="uq_drive_entries_kept_path"),
    )

    drive: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None]
    name: Mapped[str]
    folder: Mapped[bool]
    etag: Mapped[str]
    ctag: Mapped[str | None]
    size: Mapped[int] = mapped_column(BigInteger)
    quick_xor: Mapped[str | None]
    modified_at: Mapped[datetime | None]
    modified_by: Mapped[str]
    listed_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    kept_path: Mapped[str | None]  # below ingestion_dir
    kept_sha256: Mapped[str | None]
    problem: Mapped[str | None]  # why it could not be moved or taken away the last time


class IngestedVersion(Base):
    """The ingestion log: what became of one version of a file. Exactly one row each, never deleted.

    `superseded_at` is set when a newer version took its place; the rows of a table are those of its loaded
    versions that are not superseded.
    """

    __tablename__ = "ingestion_log"
    __table_args__ = (
        UniqueConstraint("drive", "item", "etag", name="uq_ingestion_log_version"),
        CheckConstraint("outcome IN ('loaded', 'skipped', 'quarantined', 'failed')", name="outcome"),
        CheckConstraint("outcome = 'loaded' OR reason <> ''", name="says_why"),
        CheckConstraint("outcome <> 'loaded' OR (dataset IS NOT NULL AND sha256 IS NOT NULL)", name="loaded"),
        CheckConstraint("tries >= 1", name="tries"),
        Index("ix_ingestion_log_item", "drive", "item", "superseded_at"),
        # The same content counts once for a dataset, whatever it is called.
        Index(
            "uq_ingestion_log_content",
            "drive",
            "dataset",
            "sha256",
            unique=True,
            sqlite_where=text("outcome = 'loaded' AND superseded_at IS NULL"),
            postgresql_where=text("outcome = 'loaded' AND superseded_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    drive: Mapped[str]
    item: Mapped[str]
    etag: Mapped[str]
    ctag: Mapped[str | None]
    path: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    quick_xor: Mapped[str | None]
    sha256: Mapped[str | None]
    verified: Mapped[str] = mapped_column(default="")
    modified_at: Mapped[datetime | None]
    modified_by: Mapped[str]
    dataset: Mapped[str | None]
    fingerprint: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    sheet: Mapped[str | None]
    row: Mapped[int | None]
    column: Mapped[str | None]
    rows: Mapped[int] = mapped_column(default=0)
    padding: Mapped[int] = mapped_column(default=0)
    missing_columns: Mapped[list[Any]]
    extra_columns: Mapped[list[Any]]
    tries: Mapped[int] = mapped_column(default=1)
    run_id: Mapped[str]
    ingested_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
