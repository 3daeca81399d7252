"""What the tables of settings have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class SettingsGroup(BaseSettings):
    """One table of the file. The environment goes before the file."""

    model_config = SettingsConfigDict(
        extra="forbid", str_strip_whitespace=True, env_ignore_empty=True, validate_default=False
    )
    required: ClassVar[Mapping[str, str]] = {}  # field to the environment variable that people set

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def missing(self) -> list[str]:
        """The environment variables that are still to be set before this system can be used."""
        return [variable for name, variable in self.required.items() if not getattr(self, name)]

    @property
    def configured(self) -> bool:
        return not self.missing
