"""What the subjects of the contract ask with: the samples of a product, and what is found by them."""

from collections.abc import Iterator
from typing import ClassVar

from connectors.kit.contract.site import Sample, Site, found_by, identify
from provisioner.model.inventory import Absent
from provisioner.model.resources import Kind, ResourceId


class Asking:
    """The samples, and how tests pick among them."""

    samples: ClassVar[tuple[Sample, ...]]

    def sample(self, kind: Kind) -> Sample:
        """The sample of a kind."""
        return next(one for one in self.samples if one.kind is kind)

    def containers(self) -> Iterator[Sample]:
        """Samples of what has members."""
        return (one for one in self.samples if one.roles)

    def renamed(self, site: Site) -> Iterator[Sample]:
        """Samples of what can have another name."""
        return (one for one in self.samples if "name" in site.managed(one.kind))

    def is_not_there(self, site: Site, sample: Sample, word: str) -> None:
        """A look-up of what was never made tells so. For a product that can't tell, override it, and say why."""
        assert site.connector.look_up(identify(sample.kind, word), found_by(site, sample, word)) == Absent()

    def seat(self, site: Site, sample: Sample, container: ResourceId) -> frozenset[str]:
        """Put a new member into a container, and say who it is."""
        member = site.some(self.sample(sample.members))
        site.apply(site.join(container, site.remote(container).name, member, role=sample.roles[0]))
        return frozenset({member.key})
