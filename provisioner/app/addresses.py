"""Where people open things: what targets say of theirs, and our own page for meeting rooms.

A meeting room's own address is worth nothing without a pass, and its name is nobody's business: what people get is a
link that lets them in by who they are. It is known before there is any room, so calendars hold it from the beginning.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from provisioner.app.connectors import connector_type
from provisioner.app.letters.page_links import join_page
from provisioner.app.site import Site
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, Resource, ResourceId


def address(site: Site, capabilities: Capabilities, identity: ResourceId, remote_id: str, name: str) -> str | None:
    """Where people open what is tied in a target; None: nowhere."""
    if identity.kind is Kind.MEETING_ROOM:
        return join_link(site, identity)
    return capabilities.address(identity.kind, remote_id, name)


def join_link(site: Site, room: ResourceId) -> str:
    """The lasting link to a meeting room, of a body or of one of its series."""
    _, body, *of_series = room.key.split(":")
    return join_page(site, body, of_series[1] if of_series else None)


def with_join_links(site: Site, desired: Desired) -> Desired:
    """What is wanted, with meetings that say at once where they take place: each is written once, not twice.

    Raises `SettingsError` for a target with an unknown connector.
    """
    kinds = (
        connector_type(str(target.get("connector", "")), name).kinds for name, target in site.section.targets.items()
    )
    has_rooms = any(Kind.MEETING_ROOM in each for each in kinds)
    link: Callable[[ResourceId], str | None] = partial(join_link, site) if has_rooms else _nowhere
    meetings = {
        identity: _written(wanted, link)
        for identity, wanted in desired.resources.items()
        if identity.kind is Kind.MEETING
    }
    return replace(desired, resources={**desired.resources, **meetings}) if meetings else desired


def _written(wanted: Resource, link: Callable[[ResourceId], str | None]) -> Resource:
    texts = {name: text.written(link) for name, text in wanted.late.items()}
    return replace(wanted, fields={**wanted.fields, **texts}, late={})


def _nowhere(room: ResourceId) -> str | None:
    return None
