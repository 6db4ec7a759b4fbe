"""What doctor asks a forum: is it one, may we, and do our settings fit its own."""

from collections.abc import Iterator
from typing import Final

from connectors.discourse.categories.reading import Categories, flat
from connectors.discourse.client import PRODUCT, Client, identifier_of
from connectors.discourse.groups.reading import Groups
from connectors.discourse.settings import DiscourseSettings
from connectors.kit.client import Entry
from connectors.kit.doctor import as_stranger, examination, not_the_product, read_by_strangers
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.resources import PUBLIC
from provisioner.model.text import Text

_SETTINGS: Final = "/site/settings.json"
"""What a site tells every browser of its settings (app/controllers/site_controller.rb, read)."""

_MOST_PUBLIC: Final = 20
"""Categories that strangers are told of and that are asked whether they are ours: each costs a request."""


def examine(settings: DiscourseSettings, client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings; see `connectors.kit.doctor.examination`."""
    mends = {"kit.login_refused": Text.of("discourse.mend_key"), "kit.not_allowed": Text.of("discourse.mend_rights")}

    def first_look() -> Iterator[Finding]:
        answer = as_stranger(settings, wiring, "/site/basic-info.json")
        if answer.status != 200 or not isinstance(answer.value, dict) or "login_required" not in answer.value:
            yield not_the_product(settings, PRODUCT, answer.status)
            return
        yield Finding(Severity.OK, Text.of("discourse.answers", url=settings.url))

    return examination(settings, first_look, lambda: _logged_in(settings, client, wiring), mends)


def _logged_in(settings: DiscourseSettings, client: Client, wiring: Wiring) -> Iterator[Finding]:
    who = client.who()
    if not who.is_admin:
        what = Text.of("discourse.no_admin", user=settings.user)
        yield Finding(Severity.ERROR, what, Text.of("discourse.mend_rights"))
        return
    yield Finding(Severity.OK, Text.of("discourse.may_all", user=who.name), None)
    yield Finding(Severity.NOTE, Text.of("discourse.all_rights", user=who.name), Text.of("discourse.mend_all_rights"))
    yield from _site(settings, client.find(_SETTINGS) or {})
    yield from read_by_strangers(list(_public(settings, client, wiring)))
    limit = settings.requests_per_minute
    yield Finding(Severity.NOTE, Text.of("discourse.pace", limit=limit), Text.of("discourse.mend_pace"))


def _public(settings: DiscourseSettings, client: Client, wiring: Wiring) -> Iterator[str]:
    """Categories with our mark among the first that a stranger is told of, by their names: a request for each."""
    told = as_stranger(settings, wiring, "/categories.json?include_subcategories=true").value
    listed = told.get("category_list") if isinstance(told, dict) else None
    entries = listed.get("categories") if isinstance(listed, dict) else None
    categories = Categories(client, Groups(client))
    for entry in list(flat(entries if isinstance(entries, list) else []))[:_MOST_PUBLIC]:
        category = categories.found(identifier_of(entry)) if identifier_of(entry) else None
        if category is not None and category.marker and category.open == PUBLIC:
            yield category.name


def _site(settings: DiscourseSettings, told: Entry) -> Iterator[Finding]:
    """Where the site's own settings and ours do not fit; what it does not tell is not judged."""
    longest = told.get("max_username_length")
    if isinstance(longest, int) and longest != settings.longest_name:
        what = Text.of("discourse.other_length", theirs=longest, ours=settings.longest_name)
        yield Finding(Severity.WARNING, what, Text.of("discourse.mend_length", length=longest))
    if told.get("enable_category_group_moderation") is False:
        what, mend = Text.of("discourse.no_moderation"), Text.of("discourse.mend_moderation")
        yield Finding(Severity.WARNING, what, mend)
    if told.get("enable_discourse_connect") is True:
        yield Finding(Severity.WARNING, Text.of("discourse.connect"), Text.of("discourse.mend_connect"))
    if settings.login_provider is not None and told.get("enable_local_logins") is True:
        yield Finding(Severity.NOTE, Text.of("discourse.local_logins"), Text.of("discourse.mend_local_logins"))
    if settings.welcomes:
        yield Finding(Severity.NOTE, Text.of("discourse.welcomes"), Text.of("discourse.mend_welcomes"))
