"""Settings of a simulator that can be read and changed while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Adjustable:
    """The base of such settings: a dataclass whose fields have the type of their default."""

    def to_json(self) -> dict[str, Any]:
        """Everything but the secret."""
        values = {name: value for name, value in vars(self).items() if name != "client_secret"}
        return {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}

    def change(self, values: Mapping[str, Any]) -> None:
        """Set the given ones; an unknown name is a `KeyError`."""
        for name, value in values.items():
            current = vars(self)[name]
            setattr(self, name, type(current)(value))
