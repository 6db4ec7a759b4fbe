"""Who reads a place: the groups with lines of their own, and who does besides. Pure."""

from collections.abc import Mapping

from connectors.dokuwiki.look import GroupNames
from connectors.dokuwiki.rights import ALL, READ, Rights, folded, role_of
from connectors.kit import graded
from provisioner.model.resources import EdgeRole, Kind, Value


def openness(rights: Rights, scope: str, everybody: str) -> Value:
    """The field "open"; ``everybody``: the group of whoever logs in."""
    logged_in = rights.level(scope, f"@{everybody}") >= READ
    return graded.openness(strangers=rights.level(scope) >= READ, logged_in=logged_in)


def seated(
    rights: Rights, scope: str, everybody: str, names: GroupNames
) -> Mapping[tuple[EdgeRole, Kind], frozenset[str]]:
    """Remote ids of the groups in their roles; of such as are not ours what stands in the line ("@Gäste").

    Of several spellings of one the highest level counts, as over there.
    """
    known, levels = names.by_line(), dict[str, tuple[int, str]]()
    for who, level in rights.of(scope).items():
        if who.startswith("@") and who != ALL and folded(who) != folded(f"@{everybody}"):
            levels[folded(who)] = max((level, who), levels.get(folded(who), (level, who)))
    return graded.seated((known.get(folded(who), who), role_of(level)) for level, who in levels.values())
