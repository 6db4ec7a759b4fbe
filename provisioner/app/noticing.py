"""What rangers are told after a run: counts and links, never a name, never the same twice."""

from typing import TYPE_CHECKING

from provisioner.app.applying import Applied
from provisioner.app.site import Site

if TYPE_CHECKING:
    from provisioner.app.picture import Picture


def after_run(site: Site, picture: "Picture", applied: Applied, cause: str) -> None:
    """Post what rangers should know of a run. Raises `StateError`, `SettingsError`."""
