"""What doctor says of mail, and a mail to try it: asks the server for as much as a real mail would."""

from collections.abc import Iterator

from provisioner.app.letters.mail_settings import mail_server, sender
from provisioner.app.looking import readable_secrets
from provisioner.app.site import Site
from provisioner.messages.envelope import message_of
from provisioner.messages.smtp import open_line
from provisioner.messages.wording import Mail, Say
from provisioner.model.errors import SettingsError, TargetError
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text


def examine_mail(site: Site) -> Iterator[Finding]:
    """Reachable, encrypted, logged in. Sends nothing, never raises `TargetError`."""
    settings = site.settings.service.mail
    if settings is None:
        yield Finding(Severity.NOTE, Text.of("messages.no_mail"), Text.of("app.mend_no_mail"))
        return
    if settings.password_file is not None:
        yield from readable_secrets(site, {"password_file": str(settings.password_file)})
    try:
        server = mail_server(site)
        if server is not None:
            with open_line(server):
                what = Text.of("app.mail_works", server=f"{server.host}:{server.port}", sender=server.sender)
                yield Finding(Severity.OK, what)
    except (SettingsError, TargetError) as error:
        yield Finding(Severity.ERROR, error.text, Text.of("app.mend_mail", detail=error.detail))


def try_mail(site: Site, address: str, say: Say) -> None:
    """Send one mail at once. Raises `SettingsError`, and what `MailLine.send` raises: what the server answered."""
    server, settings = mail_server(site), site.settings.service.mail
    if server is None or settings is None:
        raise SettingsError(Text.of("messages.no_mail"))
    network = site.read_registry().registry.name
    mail = Mail(
        say(Text.of("messages.trial_subject", network=network)), say(Text.of("messages.trial", network=network))
    )
    now = site.clock.now()
    word = f"{site.network}.trial.{int(now.timestamp())}"
    with open_line(server) as line:
        line.send(message_of(mail, sender(settings, network), address, "", word, now), address)
