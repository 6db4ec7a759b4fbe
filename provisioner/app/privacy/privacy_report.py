"""The record of processing activities as Markdown for people and as JSON for programs."""

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from provisioner.app.privacy.record import DATA, MEASURES, NOT_KEPT, PEOPLE, PURPOSES, Record
from provisioner.app.reporting import Say, text_report
from provisioner.app.reports import JsonReport, TextReport
from provisioner.model.text import Text


class RecipientReport(JsonReport):
    target: str
    product: str
    server: str
    holds: list[TextReport]
    could_read: TextReport = Field(description="What our technical account there could read.")
    how_long: TextReport


class SupplierReport(JsonReport):
    source: str
    organisation: str
    fields: list[TextReport]


class KeptReport(JsonReport):
    what: TextReport
    how_long: TextReport
    tables: list[str] = Field(description="Of the database; empty for what stands elsewhere.")


class PrivacyReport(JsonReport):
    """`readi privacy record --json`."""

    schema_: Literal["readi.privacy/1"] = Field(default="readi.privacy/1", alias="schema")
    network: str
    name: str
    contact: str
    purposes: list[TextReport]
    people: list[TextReport]
    data: list[TextReport]
    not_kept: list[TextReport]
    recipients: list[RecipientReport]
    suppliers: list[SupplierReport]
    mail_server: str | None
    kept: list[KeptReport]
    measures: list[TextReport]


def privacy_report(record: Record, say: Say) -> PrivacyReport:
    """For programs."""

    def told(texts: Iterable[Text]) -> list[TextReport]:
        return [text_report(text, say) for text in texts]

    return PrivacyReport(
        network=record.network,
        name=record.name,
        contact=record.contact,
        purposes=told(PURPOSES),
        people=told(PEOPLE),
        data=told(DATA),
        not_kept=told(NOT_KEPT),
        recipients=[
            RecipientReport(
                target=one.name,
                product=one.product,
                server=one.server,
                holds=told(one.holds),
                could_read=text_report(one.could_read, say),
                how_long=text_report(one.how_long, say),
            )
            for one in record.recipients
        ],
        suppliers=[
            SupplierReport(source=one.name, organisation=one.organisation, fields=told(one.fields))
            for one in record.suppliers
        ],
        mail_server=record.mail_server,
        kept=[
            KeptReport(
                what=text_report(one.what, say), how_long=text_report(one.how_long, say), tables=list(one.tables)
            )
            for one in record.kept
        ],
        measures=told(MEASURES),
    )


def markdown_of(record: Record, say: Say) -> str:
    """To be printed, signed and filed."""
    return "\n".join(_lines(record, say)) + "\n"


def _lines(record: Record, say: Say) -> Iterator[str]:
    def head(code: str) -> str:
        return f"## {say(Text.of(code))}\n"

    def items(texts: Iterable[Text]) -> Iterator[str]:
        yield from (f"- {say(text)}" for text in texts)
        yield ""

    yield f"# {say(Text.of('app.privacy_title', name=_plain(record.name)))}\n"
    yield say(Text.of("app.privacy_made")) + "\n"
    yield head("app.privacy_head_responsible")
    yield say(Text.of("app.privacy_responsible", name=_plain(record.name))) + "\n"
    if record.contact:
        yield say(Text.of("app.privacy_contact", contact=_plain(record.contact))) + "\n"
    yield head("app.privacy_head_purposes")
    yield from items(PURPOSES)
    yield head("app.privacy_head_people")
    yield from items(PEOPLE)
    yield head("app.privacy_head_data")
    yield from items(DATA)
    yield say(Text.of("app.privacy_not_kept")) + "\n"
    yield from items(NOT_KEPT)
    yield head("app.privacy_head_recipients")
    for one in record.recipients:
        holds = ", ".join(map(say, one.holds))
        yield f"### {_plain(one.name)} ({one.product}, {_plain(one.server)})\n"
        yield say(Text.of("app.privacy_gets", kinds=holds)) + "\n"
        yield f"{say(one.could_read)}\n"
        yield f"{say(one.how_long)}\n"
    if record.mail_server is not None:
        yield say(Text.of("app.privacy_mail_server", server=_plain(record.mail_server))) + "\n"
    yield say(Text.of("app.privacy_third_countries")) + "\n"
    if record.suppliers:
        yield head("app.privacy_head_sources")
        for source in record.suppliers:
            fields = ", ".join(map(say, source.fields))
            yield f"- {_plain(source.name)} ({_plain(source.organisation)}): {fields}"
        yield ""
    yield head("app.privacy_head_retention")
    yield f"| {say(Text.of('app.privacy_column_what'))} | {say(Text.of('app.privacy_column_how_long'))} |"
    yield "|---|---|"
    yield from (f"| {say(one.what)} | {say(one.how_long)} |" for one in record.kept)
    yield ""
    yield head("app.privacy_head_measures")
    yield from items(MEASURES)


def _plain(words: str) -> str:
    """What somebody wrote, without what Markdown or a line break would make of it."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|!" else letter for letter in " ".join(words.split()))
