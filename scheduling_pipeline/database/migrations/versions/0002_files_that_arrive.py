"""Files that arrive.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CURRENT = sa.text("outcome = 'loaded' AND superseded_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "drive_entries",
        sa.Column("drive", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folder", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("ctag", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("quick_xor", sa.String(), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modified_by", sa.String(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_path", sa.String(), nullable=True),
        sa.Column("kept_sha256", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.CheckConstraint("kept_path <> ''", name=op.f("ck_drive_entries_kept_path")),
        sa.PrimaryKeyConstraint("drive", "item", name=op.f("pk_drive_entries")),
        sa.UniqueConstraint("drive", "kept_path", name="uq_drive_entries_kept_path"),
    )
    op.create_table(
        "ingestion_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("drive", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("ctag", sa.String(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("quick_xor", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("verified", sa.String(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modified_by", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("sheet", sa.String(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("column", sa.String(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("padding", sa.Integer(), nullable=False),
        sa.Column("missing_columns", sa.JSON(), nullable=False),
        sa.Column("extra_columns", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("ingested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome <> 'loaded' OR (dataset IS NOT NULL AND sha256 IS NOT NULL)",
            name=op.f("ck_ingestion_log_loaded"),
        ),
        sa.CheckConstraint("outcome = 'loaded' OR reason <> ''", name=op.f("ck_ingestion_log_says_why")),
        sa.CheckConstraint(
            "outcome IN ('loaded', 'skipped', 'quarantined', 'failed')", name=op.f("ck_ingestion_log_outcome")
        ),
        sa.CheckConstraint("tries >= 1", name=op.f("ck_ingestion_log_tries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingestion_log")),
        sa.UniqueConstraint("drive", "item", "etag", name="uq_ingestion_log_version"),
    )
    with op.batch_alter_table("ingestion_log", schema=None) as batch_op:
        batch_op.create_index("ix_ingestion_log_item", ["drive", "item", "superseded_at"], unique=False)
        batch_op.create_index(
            "uq_ingestion_log_content",
            ["drive", "dataset", "sha256"],
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        )


def downgrade() -> None:
    with op.batch_alter_table("ingestion_log", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ingestion_log_content",
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        )
        batch_op.drop_index("ix_ingestion_log_item")

    op.drop_table("ingestion_log")
    op.drop_table("drive_entries")
