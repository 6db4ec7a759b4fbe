"""All that is asked of every connector, emulated or not."""

from connectors.kit.contract.certainty import Certainty
from connectors.kit.contract.members import Members
from connectors.kit.contract.objects import Objects


class Contract(Objects, Members, Certainty):
    """What the core relies on in every connector. A subclass gives ``samples`` and the fixture ``site``."""
