"""What doctor asks a DokuWiki: is it one, is its interface on, may we manage rights, who else reads. It reads only."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from connectors.dokuwiki.client import API, OFF, Client
from connectors.dokuwiki.rights import READ, Rights, everything_in
from connectors.dokuwiki.settings import DokuwikiSettings
from connectors.kit.doctor import as_stranger, examination, not_the_product
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text

OLDEST: Final = 12
"""The first API with the methods that we use (2024-02-06 "Kaos")."""
_SLACK: Final = 60
"""Seconds that the wiki's clock may be off: locks and histories go by it."""
_NAMED: Final = 5


def examine(settings: DokuwikiSettings, client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them."""
    mends = {
        "dokuwiki.does_not_know_us": Text.of("dokuwiki.mend_token"),
        "dokuwiki.switched_off": Text.of("dokuwiki.mend_switched_off"),
        "kit.not_allowed": Text.of("dokuwiki.mend_superuser"),
    }
    return examination(settings, lambda: _first_look(settings, wiring), lambda: _logged_in(client, wiring), mends)


def _first_look(settings: DokuwikiSettings, wiring: Wiring) -> Iterator[Finding]:
    """A GET, which the interface refuses in its own words."""
    answer = as_stranger(settings, wiring, f"{API}/core.getAPIVersion")
    error = answer.value.get("error") if isinstance(answer.value, dict) else None
    if not isinstance(error, dict) or "code" not in error:
        yield not_the_product(settings, Client.product, answer.status)
    elif error["code"] == OFF:
        what = Text.of("dokuwiki.switched_off")
        yield Finding(Severity.ERROR, what, Text.of("dokuwiki.mend_switched_off"))


def _logged_in(client: Client, wiring: Wiring) -> Iterator[Finding]:
    settings, api = client.settings, client.told("core.getAPIVersion")
    rights = client.rights()  # what only a superuser gets: first, since without it nothing else helps
    version = client.told("core.getWikiVersion")
    yield Finding(Severity.OK, Text.of("dokuwiki.version", url=settings.url, version=str(version), api=str(api)))
    if not isinstance(api, int) or api < OLDEST:
        yield Finding(Severity.ERROR, Text.of("dokuwiki.too_old", api=str(api)), Text.of("dokuwiki.mend_too_old"))
    me = client.told("core.whoAmI")
    login = me.get("login") if isinstance(me, dict) else None
    groups = me.get("groups") if isinstance(me, dict) else None
    yield Finding(Severity.NOTE, Text.of("dokuwiki.all_rights", login=str(login)), Text.of("dokuwiki.mend_all_rights"))
    if isinstance(groups, list) and settings.everybody not in groups:
        what = Text.of("dokuwiki.another_default_group", group=settings.everybody)
        yield Finding(Severity.ERROR, what, Text.of("dokuwiki.mend_default_group"))
    yield from _clock(client, wiring)
    yield from _openness(client, rights)


def _clock(client: Client, wiring: Wiring) -> Iterator[Finding]:
    said, now = client.told("core.getWikiTime"), wiring.clock.now()
    if isinstance(said, int) and abs((datetime.fromtimestamp(said, UTC) - now).total_seconds()) > _SLACK:
        seconds = int((datetime.fromtimestamp(said, UTC) - now).total_seconds())
        yield Finding(Severity.WARNING, Text.of("dokuwiki.clock_off", seconds=seconds), Text.of("dokuwiki.mend_clock"))


def _openness(client: Client, rights: Rights) -> Iterator[Finding]:
    """Whether strangers read what nobody closed, and any place inside a space of ours. Raises `TargetError`."""
    if rights.level("*") >= READ:
        yield Finding(Severity.NOTE, Text.of("dokuwiki.root_open"), Text.of("dokuwiki.mend_root_open"))
    spaces = client.register().spaces
    inside = tuple(f"{namespace}:" for namespace in spaces)
    whole = {everything_in(namespace) for namespace in spaces}
    open_ = sorted(
        scope for scope in rights.lines if (scope in whole or scope.startswith(inside)) and rights.level(scope) >= READ
    )
    if open_:
        named = ", ".join(open_[:_NAMED])
        what = Text.of("dokuwiki.space_open", count=len(open_), named=named)
        yield Finding(Severity.WARNING, what, Text.of("dokuwiki.mend_space_open"))
    yield Finding(Severity.OK, Text.of("dokuwiki.spaces", count=len(spaces)))
