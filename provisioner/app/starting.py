"""What keeps people out of a service that has just been started; asks no target and no other server."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from provisioner.app.joining.offices import rangers
from provisioner.app.letters.mail_settings import mail_server
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.errors import ReadiError, SettingsError
from provisioner.model.text import Text

_HERE: Final = "localhost"


def lacking(site: Site, pictures: Pictures) -> Iterator[Text]:
    """Each with what to do about it. Reads the registry; whatever is wrong with it is one of them."""
    settings, openid = site.settings.service, site.section.openid
    try:
        if mail_server(site) is None:
            yield Text.of("app.lacking_mail" if openid is None else "app.lacking_mail_but_login")
    except SettingsError as error:
        yield Text.of("app.lacking_mail_password", why=error.text)
    if openid is not None and openid.client_secret_file is not None:
        file = site.home / openid.client_secret_file
        if not file.is_file():
            yield Text.of("app.lacking_login_secret", file=str(file))
    address = urlsplit(settings.address)
    if address.scheme == "http" and not _is_here(address.hostname or ""):
        yield Text.of("app.lacking_tls", url=settings.address)
    try:
        picture = pictures.now()
        if wrong := sum(problem.is_error for problem in picture.problems):
            yield Text.of("app.lacking_mistakes", count=wrong)
        if not rangers(picture):
            yield Text.of("app.lacking_ranger")
    except ReadiError as error:
        yield Text.of("app.lacking_registry", why=error.text)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == _HERE
