"""Who is asked for, and whether the base and the group that say so can be read at all."""

from collections.abc import Sequence

from provisioner.model.text import Text
from provisioner.sources.directory import active_directory
from provisioner.sources.directory.doubt import Doubt
from provisioner.sources.directory.settings import DirectorySettings, Product
from provisioner.transport.directory import Directory, Scope, Search
from provisioner.transport.directory_answers import Entry
from provisioner.transport.dn import quote_filter


class Asking:
    """The search for one source's people."""

    def __init__(self, settings: DirectorySettings, directory: Directory) -> None:
        self._settings = settings
        self._directory = directory
        self._is_ad = settings.kind is Product.ACTIVE_DIRECTORY
        self._base: Entry | None = None

    def check_base(self) -> None:
        """Raises `Doubt` unless the base itself can be read.

        slapd says the same of what is not there and of what is hidden.
        """
        wanted = "objectGUID" if self._is_ad else "entryUUID"
        self._base = self._directory.read(self._settings.base, ("objectClass", wanted, "hasSubordinates"))
        if self._base is None or not (self._base.raw("objectClass") or self._base.raw(wanted)):
            raise Doubt(Text.of("directory.base_hidden", base=self._settings.base))

    def emptied(self) -> Text | None:
        """Why an answer without anybody is not to be believed; None: the base itself says that nothing is below it.

        OpenLDAP says so in hasSubordinates. Active Directory only estimates ([MS-ADTS] 3.1.1.4.5.15), so nobody is
        never believed there.
        """
        if self._base is not None and self._base.raw("hasSubordinates") == (b"FALSE",):
            return None
        return Text.of("directory.emptied", base=self._settings.base)

    def search(self, attributes: Sequence[str]) -> Search:
        """The search. Raises `Doubt` where the group is not to be read."""
        return Search(
            self._settings.base,
            self._condition(),
            attributes,
            Scope(self._settings.scope),
            self._settings.page_size,
            # Other parts of the forest, which nobody asked for; elsewhere a reference is a part of this very tree.
            skips_references=self._is_ad,
        )

    def _condition(self) -> str:
        group = self._settings.members_of
        if group is None:
            return self._settings.who
        found = self._directory.read(group, ("objectClass", "objectSid"))
        if found is None or not found.raw("objectClass"):
            raise Doubt(Text.of("directory.group_hidden", group=group))
        if self._is_ad:
            return (
                f"(&{self._settings.who}{active_directory.members(self._directory, found, self._settings.page_size)})"
            )
        return f"(&{self._settings.who}(memberOf={quote_filter(found.name)}))"
