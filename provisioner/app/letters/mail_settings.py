"""The mail server as the settings name it, and how a network signs."""

from provisioner.app.service_settings import MailSettings
from provisioner.app.site import Site
from provisioner.messages.envelope import Sender
from provisioner.messages.smtp import MailServer
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded

_MOST = 4096
"""Bytes of a password file."""


def mail_server(site: Site) -> MailServer | None:
    """None: no mail is set up. Raises `SettingsError`: its password's file can't be read."""
    settings = site.settings.service.mail
    if settings is None:
        return None
    return MailServer(
        settings.server,
        settings.port,
        settings.security,
        settings.sender,
        settings.user,
        None if settings.user is None else _password(site, settings),
        None if settings.ca_file is None else site.home / settings.ca_file,
        settings.timeout,
    )


def sender(settings: MailSettings, network: str) -> Sender:
    """``network``: its name."""
    return Sender(settings.sender, settings.sender_name or network, settings.reply_to)


def _password(site: Site, settings: MailSettings) -> str:
    if settings.password is not None:
        return settings.password.get_secret_value()
    if settings.password_file is None:
        raise SettingsError(Text.of("messages.no_password"))
    path = site.home / settings.password_file
    try:
        first = read_bounded(path, _MOST).decode().partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(Text.of("transport.password_file", path=str(path)), type(error).__name__) from error
    if not first:
        raise SettingsError(Text.of("transport.password_file_empty", path=str(path)))
    return first
