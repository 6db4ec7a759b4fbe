"""What the pages about alerts and sensors share: whether there are any, whose they are, how values are written."""

from collections.abc import Callable

from provisioner.alerts.amounts import amount
from provisioner.app.site import Site
from provisioner.console.deps import Visit
from provisioner.console.pages import catalogue
from provisioner.console.refusals import NotThere
from provisioner.model.sensors import Measured, Quantity
from provisioner.model.text import Text


def bridged(visit: Visit) -> Site:
    """The network's site. Raises `NotThere` where the settings name no bridge: then there is nothing of it at all."""
    site = visit.network.site
    if site.section.bridge is None:
        raise NotThere
    return site


def own_bodies(visit: Visit) -> frozenset[str] | None:
    """Those whose alerts and sensors whoever visits may see; None: all."""
    who = visit.who
    return None if who.ranger else who.member_of | who.moderates


def shown_value(visit: Visit) -> Callable[[Measured, Quantity | None], str]:
    """From a value to what people read: ``1.250 ppm``, ``yes``."""
    yes_no = {True: Text.of("console.value_yes"), False: Text.of("console.value_no")}
    say = catalogue(visit.language)

    def shown(value: Measured, quantity: Quantity | None) -> str:
        if isinstance(value, bool):
            return say(yes_no[value])
        return value if isinstance(value, str) else amount(value, quantity, visit.language)

    return shown
