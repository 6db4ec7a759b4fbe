"""What pages say of kept reports and of who acted."""

from collections.abc import Callable

from provisioner.app.pages.plan_pages import Said
from provisioner.console.deps import Visit
from provisioner.console.pages import catalogue
from provisioner.model.text import Argument, Text


def again_for(visit: Visit) -> Callable[[Said], str]:
    """Says a report's sentence in the visitor's language.

    One that another version wrote, with other arguments, is said as it was written then.
    """
    say = catalogue(visit.language)

    def again(said: Said) -> str:
        try:
            return say(said.again())
        except (KeyError, ValueError):
            return said.text

    return again


def named_for(visit: Visit) -> Callable[[str], str]:
    """From an opaque id to a name: of a person, a body, an organisation; else the id as it is.

    For pages whose visitors may know everybody.
    """
    registry = visit.picture.registry

    def named(identity: str) -> str:
        plain = identity.rpartition(":")[2]
        if plain in registry.people:
            return registry.people[plain].display_name
        if plain in registry.bodies:
            return registry.bodies[plain].name
        return registry.organisations[plain].name if plain in registry.organisations else identity

    return named


def word_of_code(visit: Visit) -> Callable[[str], str]:
    """The sentence of a code that was kept without what the sentence names; the code itself where it names anything."""
    say = catalogue(visit.language)

    def word(code: str) -> str:
        try:
            return say(Text(code))
        except KeyError:
            return code

    return word


def why_for(visit: Visit) -> Callable[[str], str]:
    """Why a letter did not go, of which the code alone is kept: what the sentence names besides is in the settings."""
    say, mail = catalogue(visit.language), visit.network.site.settings.service.mail
    known: dict[str, Argument] = {}
    if mail is not None:
        files = {"path": str(mail.password_file), "file": str(mail.ca_file)}
        known = {"server": f"{mail.server}:{mail.port}", "user": mail.user or "", **files}

    def why(code: str) -> str:
        try:
            return say(Text(code, known))
        except KeyError:  # of something else than mail
            return code

    return why
