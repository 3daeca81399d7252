"""Who may do what on the desk."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """From least to most: a viewer looks, a manager decides, an admin also keeps the users."""

    VIEWER = "viewer"
    MANAGER = "manager"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether somebody of this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)
