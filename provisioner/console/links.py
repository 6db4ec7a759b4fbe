"""Sources of identities: how each is, what they propose, and news that were held back until somebody has looked."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.responses import Response

from policies.desire import person_key
from provisioner.app.joining.refusing import Refused
from provisioner.app.links import confirm, reject
from provisioner.app.site import Site
from provisioner.app.source_reports import Status, status_of
from provisioner.app.work.jobs import ACCEPT
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import go, render
from provisioner.console.people import own_organisations
from provisioner.console.refusals import NotThere
from provisioner.lifecycle.rights import Right
from provisioner.model.errands import Job
from provisioner.model.errors import SettingsError
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.model.words import field_word
from provisioner.registry.editing import EditRefused
from provisioner.registry.linking import Proposal
from provisioner.state import Audit, Errands, TiedTo, Within

router = APIRouter()

SHOWN: Final = 100
"""As many proposals, or people of held news, are shown at once."""


@router.get("/links")
def links(visit: Annotated[Visit, allow(Right.SOURCES, Right.LINKS)]) -> Response:
    """A city's administrators see the city's sources alone."""
    site = visit.network.site
    found = [one for one in visit.picture.proposals if visit.may(Right.LINKS, organisations={one.organisation})]
    return render(
        visit,
        "links.html",
        statuses=[status for status in status_of(site) if _may_see(visit, status)],
        proposals=found[:SHOWN],
        count=len(found),
        accounts=_accounts(site, found[:SHOWN]),
        organisations=visit.picture.registry.organisations,
        is_ranger=visit.who.ranger,
        decides=visit.who.person is not None,
        field_word=field_word,
        shown=SHOWN,
    )


@router.post("/links/{link}/confirm")
def confirm_link(visit: Annotated[Visit, allow(Right.LINKS)], link: str) -> Response:
    """Both are one human: written into the registry's files."""
    return _decided(visit, link, "confirmed_link", lambda by: confirm(visit.network.site, link, by))


@router.post("/links/{link}/reject")
def reject_link(visit: Annotated[Visit, allow(Right.LINKS)], link: str) -> Response:
    """They are two humans, for good."""
    return _decided(visit, link, "rejected_link", lambda by: reject(visit.network.site, link, by))


@router.post("/sources/{source}/accept")
def accept_news(
    visit: Annotated[Visit, allow(Right.APPLY)], source: str, word: Annotated[str, Form(max_length=100)]
) -> Response:
    """Take exactly those news for true that were held: the worker reads the source once more and compares."""
    site, actor = visit.network.site, visit.who.actor
    found = next((status for status in status_of(site) if status.source == source), None)
    if found is None:
        raise NotThere
    held = found.mirror.held
    if held is None or not held.word or held.word != word:
        raise Refused(Text.of("console.news_not_held"))
    with site.database.writing() as connection:
        within = Within(connection)
        about = {ACCEPT: source, "word": word}
        Errands(within, site.network).add(Job.SOURCES, "console", actor, visit.now, about=about)
        Audit(within, site.network).note(visit.now, actor, "accepted_news", f"source:{source}")
    return go(visit, "links", said="accepted_news")


def _may_see(visit: Visit, status: Status) -> bool:
    if status.organisation is None:
        return own_organisations(visit) is None
    return visit.may(Right.SOURCES, organisations={status.organisation})


def _accounts(site: Site, proposals: Sequence[Proposal]) -> dict[str, list[str]]:
    """By person: the targets in which they have an account already."""
    keys = {person_key(proposal.person): proposal.person for proposal in proposals}
    found: dict[str, list[str]] = {}
    for one in TiedTo(site.database, site.network, site.target_names()).find(keys.keys(), (Kind.ACCOUNT,)):
        found.setdefault(keys[one.binding.id.key], []).append(one.target)
    return found


def _decided(visit: Visit, link: str, action: str, decide: Callable[[str], object]) -> Response:
    """Who may say so is checked by `provisioner.app.links`, too."""
    network, by = visit.network, visit.who.person
    proposal = next((one for one in visit.picture.proposals if one.id == link), None)
    if proposal is None or not visit.may(Right.LINKS, organisations={proposal.organisation}):
        raise NotThere
    if by is None:
        raise Refused(Text.of("console.link_needs_person"))
    try:
        decide(by)
    except (SettingsError, EditRefused) as error:
        raise Refused(error.text, error.detail) from error
    with network.site.database.writing() as connection:
        within = Within(connection)
        Errands(within, network.name).add(Job.SYNC, "console", by, visit.now)
        Audit(within, network.name).note(visit.now, by, action, f"person:{proposal.person}")
    network.pictures.now(fresh=True)
    return go(visit, "links", said=action)
