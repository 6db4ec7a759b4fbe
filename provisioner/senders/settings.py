"""The settings of senders: `senders:` of a network's `bridge:`."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

URL_PATTERN: Final = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"


class Section(BaseModel):
    """A mistyped word is an error."""

    model_config = ConfigDict(extra="forbid")


class MqttSettings(Section):
    """`mqtt:` of a sender: the broker that it publishes to."""

    host: str = Field(max_length=253)
    port: int = Field(default=8883, ge=1, le=65535)
    tls: bool = Field(default=True, description="`false` only for a broker on the same machine or in the same net.")
    ca_file: Path | None = Field(default=None, description="Certificates to trust instead of the system's.")
    certificate_file: Path | None = Field(
        default=None, description="Our own certificate, where the broker knows its clients by one (ChirpStack does)."
    )
    certificate_key_file: Path | None = Field(default=None, description="Its key, without a password.")
    user: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = Field(default=None, description="Instead of `password`: a file that holds it.")
    topics: tuple[str, ...] = Field(default=(), description="Topic filters; without them the sender's usual ones.")
    client_id: str | None = Field(
        default=None, max_length=64, description="By which the broker keeps what comes while we are away."
    )
    shared: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Name of a shared subscription: several instances then share what comes.",
    )

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if self.password is not None and self.password_file is not None:
            raise ValueError("one of password and password_file, not both")
        if self.user is None and (self.password is not None or self.password_file is not None):
            raise ValueError("a password needs a user")
        if (self.certificate_file is None) != (self.certificate_key_file is None):
            raise ValueError("certificate_file and certificate_key_file go together")
        return self


class _WithKey(Section):
    url: str = Field(pattern=URL_PATTERN, description="E.g. https://eu1.cloud.thethings.network.")
    key: SecretStr | None = None
    key_file: Path | None = Field(default=None, description="Instead of `key`: a file that holds the API key.")
    ca_file: Path | None = Field(default=None, description="Certificates to trust instead of the system's.")

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.key is None) == (self.key_file is None):
            raise ValueError("exactly one of key and key_file")
        return self


class StorageSettings(_WithKey):
    """`storage:` of The Things Stack: its Storage Integration, which fills gaps."""

    application: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    hours: int = Field(default=24, ge=1, le=24 * 30, description="How long it keeps uplinks: TTN 24, TTI up to 720.")
    overlap_minutes: int = Field(default=15, ge=1, le=1440, description="How far each look reaches back again.")
    every_minutes: int = Field(default=30, ge=1, le=1440)


class GatewaySettings(_WithKey):
    """`gateways:` of The Things Stack: which of them are connected is asked, since nothing tells it."""

    ids: tuple[str, ...] = Field(min_length=1, max_length=500)
    every_minutes: int = Field(default=5, ge=1, le=1440)


class HookSettings(Section):
    """`webhook:` of a sender: it calls ``/{network}/senders/{sender}`` with this secret as Bearer or Basic password."""

    secret: SecretStr | None = Field(default=None, description="At least 32 letters and digits.")
    secret_file: Path | None = Field(default=None, description="Instead of `secret`: a file that holds it.")


class _Sender(Section):
    webhook: HookSettings | None = None


class ThingsStackSettings(_Sender):
    """The Things Stack v3: The Things Network, The Things Industries, one's own."""

    kind: Literal["things-stack"]
    mqtt: MqttSettings | None = None
    storage: StorageSettings | None = None
    gateways: GatewaySettings | None = None

    @model_validator(mode="after")
    def _has_topics(self) -> Self:
        if self.mqtt is not None and self.mqtt.user is None and not self.mqtt.topics:
            raise ValueError("mqtt needs a user (application@tenant), or topics")
        return self


class ChirpStackSettings(_Sender):
    """ChirpStack v4."""

    kind: Literal["chirpstack"]
    mqtt: MqttSettings | None = None


class AlertmanagerSettings(_Sender):
    """Prometheus' Alertmanager."""

    kind: Literal["alertmanager"]


class GrafanaSettings(_Sender):
    """Grafana's own alerting."""

    kind: Literal["grafana"]


class PlainSettings(_Sender):
    """Whoever can send JSON: measurements or alerts in our own small shape."""

    kind: Literal["json"]
    mqtt: MqttSettings | None = None

    @model_validator(mode="after")
    def _has_topics(self) -> Self:
        if self.mqtt is not None and not self.mqtt.topics:
            raise ValueError("mqtt needs topics")
        return self


SenderSettings = Annotated[
    ThingsStackSettings | ChirpStackSettings | AlertmanagerSettings | GrafanaSettings | PlainSettings,
    Field(discriminator="kind"),
]
