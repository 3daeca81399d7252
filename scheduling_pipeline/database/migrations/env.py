"""Alembic's environment: runs on the connection that `migrate` hands over, or on DATABASE_URL."""

from __future__ import annotations

import os
from typing import Any

from alembic import context

from scheduling_pipeline.database import frames
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.models import Instant

metadata = frames.Base.metadata  # the models, and the asset tables that `frames` adds to them


def render_item(kind: str, item: object, _context: Any) -> str | bool:  # noqa: ANN401 - alembic's own type
    """An instant is a plain timestamp with zone to the database: migrations must not import our models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


connection = context.config.attributes.get("connection") or connect(os.environ["DATABASE_URL"]).connect()
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, render_item=render_item
)
with context.begin_transaction():
    context.run_migrations()
