"""Alembic's environment: runs on the connection that `migrate` hands over, or on DATABASE_URL."""

from __future__ import annotations

import os
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from scheduling_pipeline.database import courses, desk, notifications, roster, work_orders
from scheduling_pipeline.database.connection import VERSION_TABLE, connect
from scheduling_pipeline.database.frames import FRAMES
from scheduling_pipeline.database.models import Base, Instant

metadata = Base.metadata
assert all((FRAMES, courses, desk, notifications, roster, work_orders))  # noqa: S101 - importing them has added their tables


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """An instant is a plain timestamp with zone to the database: migrations must not import our models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


connection = context.config.attributes.get("connection") or connect(os.environ["DATABASE_URL"]).connect()
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
