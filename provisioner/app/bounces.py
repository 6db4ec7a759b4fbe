"""Whose mail comes back: shown for tidying, with the person that it is, as far as ties tell. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from provisioner.app.observing import ties_of
from provisioner.app.reporting import Say, text_report
from provisioner.app.reports import JsonReport, TextReport
from provisioner.app.site import Site
from provisioner.model.bindings import Ties
from provisioner.model.errors import TargetError
from provisioner.model.offers import AilingAddress, TellsBounces
from provisioner.model.resources import Kind
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class Bounced:
    """One address to which a target no longer writes."""

    target: str
    ailing: AilingAddress
    person: str | None
    """Key of the person ("person:p-1"); None: the account is none of ours."""


@dataclass(frozen=True, slots=True)
class Bounces:
    """All of them by target, list and address; why some targets could not be asked; and whom one can ask at all."""

    items: tuple[Bounced, ...]
    unread: dict[str, Text]
    asked: tuple[str, ...]


def find_bounces(site: Site, only_targets: Sequence[str] = ()) -> Bounces:
    """Ask every target that can tell. Raises `SettingsError`, `StateError`."""
    items: list[Bounced] = []
    unread: dict[str, Text] = {}
    asked: list[str] = []
    with site.targets(only_targets) as targets:
        known = ties_of(site, targets)
        for target in targets:
            if not isinstance(target.connector, TellsBounces):
                continue
            asked.append(target.name)
            people = _people(known[target.name])
            try:
                found = list(target.connector.ailing_addresses())
            except TargetError as error:
                unread[target.name] = error.text
                continue
            items += [Bounced(target.name, one, people.get(one.account or "")) for one in found]
    items.sort(key=lambda one: (one.target, one.ailing.container, one.ailing.address))
    return Bounces(tuple(items), unread, tuple(asked))


def _people(ties: Ties) -> dict[str, str]:
    """Remote id → key of the accounts that are ours, or borrowed."""
    both = (*ties.borrowed.items(), *ties.bindings.items())
    return {binding.remote_id: identity.key for identity, binding in both if identity.kind is Kind.ACCOUNT}


class BouncedReport(JsonReport):
    target: str
    container: str = Field(description="The mailing list.")
    person: str | None = Field(description='The registry\'s key, e.g. "person:p-1"; null: nobody of ours.')
    address: str
    since: datetime | None = Field(description="When something came back last; null where the target does not say.")
    score: int = Field(description="How often something came back, as the target counts it.")


class BouncesReport(JsonReport):
    """`readi bounces --json`."""

    schema_: Literal["readi.bounces/1"] = Field(default="readi.bounces/1", alias="schema")
    network: str
    asked: list[str] = Field(description="Targets that can tell.")
    errors: dict[str, TextReport] = Field(description="Those among them that could not be read.")
    bounces: list[BouncedReport]


def bounces_report(network: str, found: Bounces, say: Say) -> BouncesReport:
    """The shape that ``--json`` prints."""
    return BouncesReport(
        network=network,
        asked=list(found.asked),
        errors={target: text_report(why, say) for target, why in found.unread.items()},
        bounces=[
            BouncedReport(
                target=one.target,
                container=one.ailing.container,
                person=one.person,
                address=one.ailing.address,
                since=one.ailing.since,
                score=one.ailing.score,
            )
            for one in found.items
        ],
    )
