"""Who reads a place: the groups with lines of their own, and who does besides. Pure."""

from collections.abc import Mapping

from connectors.dokuwiki.look import GroupNames
from connectors.dokuwiki.rights import ALL, READ, Rights, folded, role_of
from provisioner.model.resources import PUBLIC, EdgeRole, Kind, Value


def openness(rights: Rights, scope: str, everybody: str) -> Value:
    """`PUBLIC`, else whether whoever logs in reads it; ``everybody``: the group of these."""
    if rights.level(scope) >= READ:
        return PUBLIC
    return rights.level(scope, f"@{everybody}") >= READ


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
    roles: dict[tuple[EdgeRole, Kind], set[str]] = {}
    for level, who in levels.values():
        roles.setdefault((role_of(level), Kind.GROUP), set()).add(known.get(folded(who), who))
    return {sort: frozenset(groups) for sort, groups in roles.items()}
