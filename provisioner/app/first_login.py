"""The first login: who is welcomed once their accounts are there, and whom a body's conversation greets."""

from typing import TYPE_CHECKING

from provisioner.app.applying import Applied
from provisioner.app.site import Site

if TYPE_CHECKING:
    from provisioner.app.picture import Picture


def after_run(site: Site, picture: "Picture", applied: Applied, cause: str) -> None:
    """Welcome and greet whoever came through the service and has by now what they shall have. Raises `StateError`."""
