"""What a meeting server tells of its rooms, taken down in numbers: how many are inside, and nothing of who they are."""

from provisioner.app.site import Site
from provisioner.state import Gatherings


def gatherings_at(site: Site) -> Gatherings:
    """Those of the network."""
    return Gatherings(site.database, site.network)
