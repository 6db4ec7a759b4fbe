"""The settings file: where the state is kept, and each network's registry, policy and targets."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentFault

from provisioner.app.bridge_settings import BridgeSettings
from provisioner.app.service_settings import (
    MeetingSettings,
    OpenIdSettings,
    ScheduleSettings,
    ServiceSettings,
    WebhookSettings,
)
from provisioner.app.settings_mistakes import NETWORK_PATTERN, mistakes
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.registry.files import read_mapping
from provisioner.registry.shapes import ID_PATTERN

FILE_NAME = "settings.yaml"

_M = TypeVar("_M", bound=BaseModel)

SourceName = Annotated[str, Field(pattern=ID_PATTERN)]
"""As the registry's ids: people's identities name it for ever."""

NetworkName = Annotated[str, Field(pattern=NETWORK_PATTERN)]
"""It stands in addresses of pages, and in the names of cookies."""


class NetworkSettings(BaseModel):
    """One network: its own registry, policy and targets, apart from all others."""

    model_config = ConfigDict(extra="forbid")

    registry: Path = Field(description="Folder of the registry, relative to the settings file.")
    policy: Path | None = Field(default=None, description="Policy file; without one the defaults hold.")
    targets: dict[str, dict[str, Any]] = Field(
        default={},
        repr=False,  # passwords may stand in it
        description="By name: `connector`, and what that connector needs (url, user, password_file, …).",
    )
    sources: dict[SourceName, dict[str, Any]] = Field(
        default={},
        repr=False,
        description="Sources of identities, by a name that is never changed again: `source` says which kind (`ldap`, "
        "`csv`), `organisation` whose people it has; then what that kind needs.",
    )
    openid: OpenIdSettings | None = Field(default=None, description="The login of its people, for the console.")
    webhook: WebhookSettings | None = Field(default=None, description="The git server that holds the registry.")
    bridge: BridgeSettings | None = Field(
        default=None, description="Sensors and alerts: who sends, and how people answer. Without it there are none."
    )
    meetings: MeetingSettings = Field(default=MeetingSettings(), description="What its meeting server may call.")
    schedule: ScheduleSettings = Field(default=ScheduleSettings(), description="When the service does what.")


class Settings(BaseSettings):
    """What `settings.yaml` holds; environment variables named ``READI_STATE``, ``READI_NETWORKS__…`` come first."""

    model_config = SettingsConfigDict(
        env_prefix="READI_", env_nested_delimiter="__", extra="forbid", nested_model_default_partial_update=True
    )

    state: str = Field(default="state/readi.db", repr=False, description="SQLite file, or a postgresql:// URL.")
    ties_log: Path | None = Field(
        default=None,
        description="File in which all ties are kept a second time. Not named: beside the SQLite file, as "
        "`readi.ties.jsonl`. With PostgreSQL it has to be named. `null`: there is none.",
    )
    language: Literal["de", "en"] = Field(default="de", description="Language of texts, unless --lang says another.")
    service: ServiceSettings = Field(default=ServiceSettings(), description="The service: `readi serve`.")
    networks: dict[NetworkName, NetworkSettings] = Field(
        min_length=1,
        description="The networks that this installation serves, by name; it stands in addresses of pages.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment beats the file, whose content is given on construction; no .env file is ever looked for."""
        return env_settings, init_settings


def find_settings(named: Path | None) -> Path:
    """The settings file: the one named, else READI_SETTINGS, else ./settings.yaml. Raises `SettingsError`."""
    path = named or Path(os.environ.get("READI_SETTINGS", FILE_NAME))
    if not path.is_file():
        raise SettingsError(Text.of("app.no_settings", file=str(path)))
    return path.resolve()


def load_settings(path: Path) -> Settings:
    """Read and check the file. Raises `SettingsError` that names each wrong place, never a value (it may be secret)."""
    content = read_mapping(path)
    try:
        return Settings(**content)
    except ValidationError as fault:
        wrong = mistakes(fault, Settings)
        raise SettingsError(Text.of("app.bad_settings", file=str(path), wrong=wrong)) from None
    except EnvironmentFault as fault:  # a READI_… variable that should hold JSON; it says which, not what
        wrong = (Text.of("app.setting_from_environment", detail=str(fault)),)
        raise SettingsError(Text.of("app.bad_settings", file=str(path), wrong=wrong)) from None


def target_settings(model: type[_M], section: Mapping[str, Any], base: Path, where: str) -> _M:
    """A target's section as its connector's type. Raises `SettingsError`."""
    return _section(model, section, base, "connector", "app.bad_target", target=where)


def source_settings(model: type[_M], section: Mapping[str, Any], base: Path, where: str) -> _M:
    """A source's section as its kind's type. Raises `SettingsError`."""
    return _section(model, section, base, "source", "app.bad_source", source=where)


def _section(model: type[_M], section: Mapping[str, Any], base: Path, kind: str, code: str, **which: str) -> _M:
    """Paths named ``file``, ``*_file`` or ``keys`` (a folder) are relative to ``base``."""
    fields = _located({name: value for name, value in section.items() if name != kind}, base)
    try:
        return model.model_validate(fields)
    except ValidationError as fault:
        raise SettingsError(Text.of(code, **which, wrong=mistakes(fault, model))) from None


def _located(section: Mapping[str, Any], base: Path) -> dict[str, Any]:
    fields = dict(section)
    for name, value in fields.items():
        if isinstance(value, Mapping):
            fields[name] = _located(value, base)
        elif (name in ("file", "keys") or name.endswith("_file")) and isinstance(value, str):
            fields[name] = base / value
    return fields
