"""The section of a settings file that describes one directory."""

from pathlib import Path

from pydantic import ConfigDict, Field

from provisioner.transport.directory_address import Address
from provisioner.transport.password import WithPassword


class LdapSettings(WithPassword):
    """Where the directory is, who we are there, and which branches are ours to keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """ldaps://host, or ldap://host together with start_tls; plain ldap:// only to this very machine."""
    user: str = Field(min_length=1)
    """The distinguished name of the technical account."""
    base: str = Field(min_length=1)
    people_branch: str = "ou=people"
    groups_branch: str = "ou=groups"
    """Both relative to ``base``."""
    ca_file: Path | None = None
    start_tls: bool = False
    allow_plaintext: bool = False
    """Send passwords in the open to another machine. For networks that are encrypted by other means."""
    placeholder_member: str | None = None
    """The member that keeps empty groups valid (a groupOfNames needs one); None: cn=nobody below ``base``."""
    page_size: int = Field(default=500, ge=1, le=10_000)
    ppolicy: bool = False
    """Also lock suspended accounts for log-ins by the directory itself (needs slapd's ppolicy overlay)."""
    connect_timeout: int = Field(default=10, ge=1)
    receive_timeout: int = Field(default=30, ge=1)
    """Seconds."""

    @property
    def people(self) -> str:
        """The distinguished name of the people's branch."""
        return f"{self.people_branch},{self.base}"

    @property
    def groups(self) -> str:
        """The distinguished name of the groups' branch."""
        return f"{self.groups_branch},{self.base}"

    @property
    def placeholder(self) -> str:
        """The distinguished name of the member that nobody is."""
        return self.placeholder_member or f"cn=nobody,{self.base}"

    def address(self) -> Address:
        return Address(
            url=self.url,
            start_tls=self.start_tls,
            ca_file=self.ca_file,
            plaintext=self.allow_plaintext,
            connect_timeout=self.connect_timeout,
            receive_timeout=self.receive_timeout,
        )
