"""The settings of the bridge: who sends, where is spoken, who is told that all is well."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from provisioner.app.settings_mistakes import URL_PATTERN
from provisioner.registry.shapes import ID_PATTERN
from provisioner.senders.settings import Section, SenderSettings

SenderName = Annotated[str, Field(pattern=ID_PATTERN)]
"""It stands in addresses and in the database; it is never changed again."""


class BotSettings(Section):
    """`bot:`: Talk's bot, which hears reactions and commands. `occ talk:bot:install` names it."""

    name: str = Field(default="re@di", min_length=1, max_length=64, description="As it was installed.")
    secret: SecretStr | None = Field(default=None, description="40 to 128 letters and digits.")
    secret_file: Path | None = Field(default=None, description="Instead of `secret`: a file that holds it.")


class HeartbeatSettings(Section):
    """`heartbeat:`: called as long as all is well, so that somebody else notices when it is not."""

    url: Annotated[str, Field(pattern=URL_PATTERN, max_length=500)] | None = None
    url_file: Path | None = Field(default=None, description="Instead of `url`, where the address is a secret.")
    every_seconds: int = Field(default=60, ge=10, le=3600)


class BridgeSettings(Section):
    """`bridge:` of a network."""

    senders: dict[SenderName, SenderSettings] = Field(default={}, description="Who sends, by name.")
    bot: BotSettings | None = Field(default=None, description="Without it nobody can answer in Talk.")
    heartbeat: HeartbeatSettings | None = None
    test: bool = Field(
        default=False, description="`true`: what senders mark as simulated is taken for true. For trying out alone."
    )
    in_service: bool = Field(
        default=True, description="Whether `readi serve` runs it, too; `false`: `readi bridge` alone does."
    )
