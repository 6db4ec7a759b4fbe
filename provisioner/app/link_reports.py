"""What ``readi links --json`` prints."""

from typing import Literal

from pydantic import Field

from provisioner.app.links import Link
from provisioner.app.reporting import Say, text_report
from provisioner.app.reports import JsonReport, TextReport


class LinkReport(JsonReport):
    id: str = Field(description="What `readi links confirm` and `readi links reject` take.")
    source: str
    key: str = Field(description="The entry's key in its source, which never changes there.")
    name: str = Field(description="What the entry is called there.")
    organisation: str = Field(description="Id of the organisation whose source it is.")
    person: str = Field(description="Id of the person in the registry.")
    person_name: str
    accounts: list[str] = Field(description="Targets in which the person has an account already.")
    evidence: list[TextReport] = Field(description="What speaks for it.")
    against: list[TextReport] = Field(description="What speaks against it.")


class LinksReport(JsonReport):
    """`readi links --json`."""

    schema_: Literal["readi.links/1"] = Field(default="readi.links/1", alias="schema")
    network: str
    links: list[LinkReport]


def links_report(network: str, links: tuple[Link, ...], say: Say) -> LinksReport:
    """Everything that waits for a decision."""
    found = [
        LinkReport(
            id=link.proposal.id,
            source=link.proposal.source,
            key=link.proposal.key,
            name=link.proposal.name,
            organisation=link.proposal.organisation,
            person=link.proposal.person,
            person_name=link.proposal.person_name,
            accounts=list(link.accounts),
            evidence=[text_report(text, say) for text in link.proposal.evidence],
            against=[text_report(text, say) for text in link.proposal.against],
        )
        for link in links
    ]
    return LinksReport(network=network, links=found)
