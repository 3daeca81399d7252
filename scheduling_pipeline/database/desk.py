"""The tables of the review desk: who may sign in, who is signed in, and who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from scheduling_pipeline.database.models import Base


class DeskUser(Base):
    """Somebody who may sign in. A viewer looks, a manager decides, an admin also keeps the users."""

    __tablename__ = "desk_users"
    __table_args__ = (CheckConstraint("role IN ('viewer', 'manager', 'admin')", name="role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    created_at: Mapped[datetime]


class DeskSession(Base):
    """One sign-in. The key in the cookie is kept as its hash alone."""

    __tablename__ = "desk_sessions"
    __table_args__ = (Index("ix_desk_sessions_user", "user_id"),)

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class DeskAudit(Base):
    """Who did what, when, and what it was before and after. Never deleted."""

    __tablename__ = "desk_audit"
    __table_args__ = (Index("ix_desk_audit_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str]
    action: Mapped[str]  # such as "rotations.save"
    subject: Mapped[str]  # such as "run 42", "row 7"
    before: Mapped[Any | None] = mapped_column(JSON)
    after: Mapped[Any | None] = mapped_column(JSON)
