"""A Jitsi-Admin target's section of the settings file."""

from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from connectors.kit.settings import ServerSettings, WithPassword


class JitsiAdminSettings(ServerSettings, WithPassword):
    """Where Jitsi-Admin is, and for which of the Jitsi servers entered there we plan. The password is its API key.

    It writes its mails before it answers: a change of a conference writes to everybody in it, hence the time-out.
    """

    product = "jitsi-admin"
    example = "https://planung.example"
    own_paths = ("/api/v1",)

    meeting_server: str = Field(min_length=1, max_length=255)
    """The Jitsi server's address exactly as it is entered in Jitsi-Admin: it is compared letter by letter there."""
    time_zone: str = "Europe/Berlin"
    """The zone that PHP has over there (``date.timezone``): Jitsi-Admin reads and keeps times without one."""

    @field_validator("meeting_server")
    @classmethod
    def _as_entered(cls, meeting_server: str) -> str:
        if meeting_server != meeting_server.strip():
            raise ValueError("without blanks around it")
        return meeting_server

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError("a zone like Europe/Berlin") from error
        return time_zone

    @property
    def zone(self) -> ZoneInfo:
        """The zone of all times over there."""
        return ZoneInfo(self.time_zone)
