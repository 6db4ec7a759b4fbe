"""One observation of a wiki, what its rooms share, and which group is called what."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.dokuwiki.register import Register
from connectors.dokuwiki.rights import Rights, folded
from connectors.kit.rooms import Look
from provisioner.model.errors import Transient
from provisioner.model.resources import Kind
from provisioner.model.steps import Verified
from provisioner.model.text import Text


@dataclass(slots=True, kw_only=True)
class WikiLook(Look):
    """With what every room reads from: two requests, whatever is there."""

    rights: Rights
    register: Register


@dataclass(frozen=True, slots=True)
class Fresh(Verified):
    """What was read for a step."""

    rights: Rights


@dataclass(slots=True)
class GroupNames:
    """What our groups are called in the directory, by remote id. The wiki keeps no groups, and we no names."""

    names: dict[str, str] = field(default_factory=dict)

    def learn(self, called: Mapping[tuple[Kind, str], str]) -> None:
        """What they were called at the last apply."""
        self.names = {remote_id: name for (kind, remote_id), name in called.items() if kind is Kind.GROUP}

    def of(self, remote_id: str) -> str:
        """Raises `Transient` for one that nothing was read of."""
        if remote_id not in self.names:
            raise Transient(Text.of("dokuwiki.group_unknown"))
        return self.names[remote_id]

    def by_line(self) -> dict[str, str]:
        """Remote id by what stands in a line of rights, folded."""
        return {line_of(name): remote_id for remote_id, name in self.names.items()}


def line_of(name: str) -> str:
    """A group as it is compared in a line of rights."""
    return folded(f"@{name}")
