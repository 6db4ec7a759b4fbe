"""What stands in a mail about an alert: the same words as in the conversation, without its markup."""

from provisioner.alerts.book import Book
from provisioner.alerts.wording import words
from provisioner.app.connectors import text_packages
from provisioner.app.letters.page_links import page
from provisioner.app.letters.verdicts import NotNeeded
from provisioner.app.site import Site
from provisioner.messages.wording import Facts, Ours
from provisioner.model.messages import Letter
from provisioner.model.text import Text
from provisioner.state import AlertOutbox
from provisioner.texts import Catalogue, Language


def alert_facts(site: Site, book: Book, letter: Letter, language: Language) -> Facts:
    """Raises `NotNeeded`: it is forgotten. `StateError`; `KeyError`, `ValueError` for a letter that lacks something."""
    said = AlertOutbox(site.database, site.network).get(int(letter.about["saying"]))
    if said is None:
        raise NotNeeded("messages.alert_forgotten")
    say, body = Catalogue(language, text_packages()), book.registry.bodies.get(said.body)
    told = words(
        said.kind, said.about, book.rules.get(str(said.about.get("rule", ""))), book, say, answers=False, markup=False
    )
    lines = told.split("\n")
    return Facts(
        variant=str(letter.about["why"]),
        values={"body": said.body if body is None else body.name, "headline": lines[0]},
        lines=tuple(Text.of("messages.alert_line", line=Ours(line)) if line else None for line in lines),
        link=page(site, "alerts"),
    )
