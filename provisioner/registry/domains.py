"""Whose address is whose: the domains of e-mail addresses that organisations have."""

from collections.abc import Iterable, Sequence

from provisioner.registry.documents import OrganisationDocument, PersonDocument
from provisioner.registry.sources import Entry, organisations_of
from provisioner.registry.supplying import same_address


class Domains:
    """The domains of all organisations; a utility may use its city's."""

    def __init__(self, organisations: Iterable[OrganisationDocument]) -> None:
        known = {one.id: one for one in organisations}
        own = {identity: {same_address(domain) for domain in one.domains} for identity, one in known.items()}
        self._of = {
            identity: own[identity] | own.get(one.part_of or "", set()) if own[identity] else set[str]()
            for identity, one in known.items()
        }

    def of(self, organisation: str) -> set[str]:
        """In lower case; none where none are written."""
        return self._of.get(organisation) or set()

    def holds(self, address: str, organisations: Sequence[str]) -> bool:
        """Whether the address is one of these organisations'."""
        domain = domain_of(address)
        return any(domain in self.of(organisation) for organisation in organisations)


def domain_of(address: str) -> str:
    """What stands behind the @, in lower case."""
    return same_address(address.rpartition("@")[2])


def is_rather(one: Entry[PersonDocument], claimant: Entry[PersonDocument], domains: Domains) -> bool:
    """Whether an address is ``one``'s rather than ``claimant``'s, of whom only a source of others says that it is."""
    theirs, claimants = organisations_of(one), organisations_of(claimant)
    if not _is_told(claimant) or not set(theirs).isdisjoint(claimants):
        return False
    address = claimant.document.email
    return not domains.holds(address, claimants) and (domains.holds(address, theirs) or not _is_told(one))


def _is_told(entry: Entry[PersonDocument]) -> bool:
    """Whether a source told the address."""
    return entry.node is None or "email" in entry.supplied.taken
