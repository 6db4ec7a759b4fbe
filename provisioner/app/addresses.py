"""Where people open things: what targets say of theirs, and our own page for meeting rooms.

A meeting room's own address is worth nothing without a pass, and its name is nobody's business: what people get is a
link that lets them in by who they are. It is known before there is any room, so calendars hold it from the beginning.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from functools import partial

from provisioner.app.connectors import connector_type
from provisioner.app.letters.page_links import join_page
from provisioner.app.site import Site
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, LateText, Resource, ResourceId

Link = Callable[[ResourceId], str]


def address(site: Site, capabilities: Capabilities, identity: ResourceId, remote_id: str, name: str) -> str | None:
    """Where people open what is tied in a target; None: nowhere."""
    if identity.kind is Kind.MEETING_ROOM:
        return join_link(site, identity)
    if identity.kind is Kind.ACCOUNT:  # what it is known by elsewhere
        return None
    return capabilities.address(identity.kind, remote_id, name)


def join_link(site: Site, room: ResourceId) -> str:
    """The lasting link to a meeting room, of a body or of one of its series."""
    _, body, *of_series = room.key.split(":")
    return join_page(site, body, of_series[1] if of_series else None)


def with_join_links(site: Site, desired: Desired) -> Desired:
    """What is wanted, with the links to meeting rooms in all texts.

    So a meeting says at once where it takes place, and is written once, not twice. Lines that link to what no target
    has are left out; those with rooms, too, where nobody but this machine could open the link.
    Raises `SettingsError` for a target with an unknown connector.
    """
    targets = site.section.targets.items()
    kinds = frozenset[Kind]().union(
        *(connector_type(str(section.get("connector", "")), name).kinds for name, section in targets)
    )
    if site.settings.service.url is None:
        kinds -= {Kind.MEETING_ROOM}
    link = partial(join_link, site)
    texts = {identity: _linked(wanted, kinds, link) for identity, wanted in desired.resources.items() if wanted.late}
    return replace(desired, resources={**desired.resources, **texts}) if texts else desired


def _linked(wanted: Resource, kinds: Set[Kind], link: Link) -> Resource:
    late = {name: LateText(tuple(_lines(text, kinds, link))) for name, text in wanted.late.items()}
    if wanted.id.kind is not Kind.MEETING:
        return replace(wanted, late=late)
    texts = {name: text.written(lambda other: None) for name, text in late.items()}
    return replace(wanted, fields={**wanted.fields, **texts}, late={})


def _lines(text: LateText, kinds: Set[Kind], link: Link) -> Iterator[tuple[str | ResourceId, ...]]:
    for line in text.lines:
        linked = {part.kind for part in line if isinstance(part, ResourceId)}
        if not linked <= kinds:
            continue
        if Kind.MEETING_ROOM not in linked:
            yield line
            continue
        yield tuple(
            link(part) if isinstance(part, ResourceId) and part.kind is Kind.MEETING_ROOM else part for part in line
        )
