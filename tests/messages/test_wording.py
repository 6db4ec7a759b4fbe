"""Every letter in both languages, and what names and texts of others can't do in them."""

import unicodedata
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import getaddresses
from typing import cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.messages.envelope import Sender, message_of
from provisioner.messages.plain import flowed, plain, typed
from provisioner.messages.wording import POSTED, POSTS, VARIANTS, WORDINGS, Facts, Mail, Ours, mail_of, post_of
from provisioner.model.errors import Permanent
from provisioner.model.messages import LetterKind
from provisioner.model.text import Argument, Text
from provisioner.texts import Catalogue, Language
from tests.support.mailserver import Came

AT = datetime(2026, 11, 30, 8, 15, tzinfo=UTC)
SENDER = Sender("netz@readi.example", "re@di", "fragen@readi.example")
VALUES: dict[str, Argument] = {
    "asked": date(2026, 11, 3), "body": "Sensorik", "count": 2, "days": 7, "erasable_on": date(2027, 1, 4),
    "guest": "Gast Muster", "headline": "Hochwasser: Alb",
    "how": Text.of("messages.how_unknown"), "last_day": date(2026, 11, 30), "me": Ours("https://ich.example/redi/me"),
    "minutes": 30, "organisation": "Stadt Bretten", "person": "Erika Muster", "refused": 1, "since": date(2026, 11, 16),
    "target": "cloud", "unknown": 1, "until": date(2026, 11, 22), "vacant_on": date(2026, 12, 1),
}  # fmt: skip
ALL = [(kind, one) for kind in LetterKind if kind not in POSTED for one in VARIANTS.get(kind, ("",))]
TRAPS = [
    "Eve\r\nBcc: all@evil.example", "Eve\nSubject: anders", 'Eve" <eve@evil.example>, "', "Eve, <eve@evil.example>",
    "Eve <eve@evil.example>", "\u202eevE", "Müller-Lüdenscheidt, Dr. Änne; (Amt 10)", "E" * 200, "Ä" * 200,
    "Müller, " * 25, '"' * 20, "=?utf-8?q?Eve?= <eve@evil.example>", "Eve\x00\x1b[2J", "Eve\u2028Bcc: x@y.example", "",
    "@all", "a@b.example", "a@b.example " * 20, "🙂" * 60, "\ud800",
]  # fmt: skip


def said(kind: LetterKind, variant: str, language: Language, **more: object) -> Mail:
    facts = Facts(language, "re@di", "Änne Muster", variant, VALUES, link="https://netz.example/redi/x", **more)  # type: ignore[arg-type]
    return mail_of(kind, facts, Catalogue(language))


def read(message: EmailMessage) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(message.as_bytes(policy=SMTP), policy=default))


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize(("kind", "variant"), ALL)
def test_every_letter_is_whole_in_both_languages(kind: LetterKind, variant: str, language: Language) -> None:
    mail = said(kind, variant, language)
    assert mail.subject
    assert "{" not in mail.subject + mail.text
    assert "messages." not in mail.subject + mail.text
    assert mail.text.startswith("Guten Tag Änne Muster," if language == "de" else "Dear Änne Muster,")
    assert "weil Sie" in mail.text or "because" in mail.text or "weil " in mail.text
    assert "https://netz.example/redi/x" in mail.text.splitlines()


def test_letters_differ_by_language() -> None:
    for kind, variant in ALL:
        assert said(kind, variant, "de") != said(kind, variant, "en")


def test_nothing_is_worded_that_nobody_writes() -> None:
    assert len(set(WORDINGS)) == len(WORDINGS) == len(ALL)
    assert set(POSTS) == {"joined", "joined_alone", "meeting_reminder"}


def test_days_are_written_out() -> None:
    assert "30. November 2026" in said(LetterKind.LEAVING, "soon", "de").text
    assert "November 30, 2026" in said(LetterKind.LEAVING, "soon", "en").text


def test_a_newcomer_is_welcomed_without_the_names_of_products() -> None:
    text = said(LetterKind.WELCOME, "", "de").text + said(LetterKind.LOGIN_LINK, "", "de").text
    for word in ("Keycloak", "Nextcloud", "Token", "Account", "Provisioner", "LDAP"):
        assert word not in text


def test_what_a_moderator_wrote_is_told_apart_from_our_words() -> None:
    text = said(LetterKind.APPROVED, "", "de", writer="Anna\nMuster", quote="Schön!\r\n\r\nBis Montag").text
    assert "Anna Muster schreibt:\n\n    Schön!\n\n    Bis Montag\n" in text


def test_no_long_line_of_somebodys_goes_on_as_our_words() -> None:
    long = "Hallo zusammen! " * 5 + "Bitte melden Sie sich hier neu an: https://boese.example/ Danke."
    text = flowed(said(LetterKind.TO_BODY, "", "de", writer="Anna Muster", quote=f"{long}\n{long}").text)
    lines = text.split("\n")
    assert any("boese.example" in line for line in lines)
    for line in lines:
        assert line.startswith("     ") or not any(word in line for word in ("Hallo", "boese", "neu an", "Danke"))
        assert not (line.startswith("     ") and line.endswith(" ")), "and no reader joins them to other lines"


@pytest.mark.parametrize("name", TRAPS)
def test_no_name_becomes_a_header_or_a_second_recipient(name: str) -> None:
    sender = Sender("netz@readi.example", name)
    values = {**VALUES, "person": name, "body": name, "organisation": name}
    facts = Facts("de", name, name, "", values, writer=name, subject=name, quote=name)
    for kind in (LetterKind.REQUEST, LetterKind.TO_BODY):
        mail = mail_of(kind, facts, Catalogue("de"))
        message = message_of(mail, sender, "anna@bretten.example", name, "redi.1.2", AT)
        raw = message.as_bytes(policy=SMTP)
        head = raw.partition(b"\r\n\r\n")[0]
        names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
        assert sorted(names) == sorted({*names})
        assert b"bcc" not in names
        found = read(message)
        for header, address in (("To", "anna@bretten.example"), ("From", "netz@readi.example")):
            assert [one.addr_spec for one in found[header].addresses] == [address]
            unfolded = head.replace(b"\r\n ", b" ").split(header.encode() + b": ")[1].split(b"\r\n")[0].decode("ascii")
            assert [one for _, one in getaddresses([unfolded])] == [address]
        assert len(str(found["Subject"]).splitlines()) == 1
        assert max(map(len, raw.split(b"\r\n"))) < 999


@given(st.text(max_size=300))
def test_a_plain_name_is_one_line_that_can_be_seen(name: str) -> None:
    shown = plain(name)
    assert len(shown) <= 100
    assert shown == plain(shown)
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in shown)
    assert not set(shown) & set("<>[]{}*_~`|\\#")
    assert "://" not in shown


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\x1c\x1d\x1e\x85\x0b\x0c"), max_size=400))
def test_a_paragraph_that_flows_is_the_same_again(text: str) -> None:
    paragraph = " ".join(typed(text).split())
    lines = flowed(paragraph).split("\n")
    assert (
        " ".join(line.removeprefix(" ") if line.startswith(" ") else line for line in lines).split()
        == paragraph.split()
    )
    assert all(line.endswith(" ") for line in lines[:-1])
    assert not lines[-1].endswith(" ")


def test_a_long_link_stays_whole() -> None:
    link = "https://netz.example/redi/link/" + "x" * 120
    message = message_of(Mail("Probe", f"Öffnen Sie\n\n{link}\n"), SENDER, "a@b.example", "", "redi.1.2", AT)
    assert link in Came("", [], message.as_bytes(policy=SMTP)).message.get_content().splitlines()


def test_a_mail_says_that_a_machine_wrote_it_and_where_answers_go() -> None:
    message = read(message_of(said(LetterKind.REQUEST, "", "de"), SENDER, "a@b.example", "Ä B", "redi.7.99", AT))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<redi.7.99@readi.example>"
    assert str(message["Date"]) == "Mon, 30 Nov 2026 08:15:00 +0000"
    assert str(message["Reply-To"]) == "fragen@readi.example"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message["From"].addresses[0].display_name == "re@di"


def test_no_mail_is_made_for_what_is_no_address() -> None:
    for address in ("", "anna", "anna@", ".anna@b.example", "an..na@b.example", "a@b.example\r\nBcc: c@d.example"):
        with pytest.raises(Permanent):
            message_of(said(LetterKind.REQUEST, "", "de"), SENDER, address, "", "redi.1.2", AT)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Dr. Änne O'Neil-Müller", "Dr. Änne O'Neil-Müller"),
        ("re@di", "re@di"),
        ("@all", "all"),
        ('@"group/alle"', "group/alle"),
        ("**fett** [hier](https://evil.example)", "fett hier (https evil.example)"),
        ("<b>x</b>", "b x /b"),
        ("Ev\u200be\u202e", "Ev e"),
        ("E-Akte / Digitales", "E-Akte / Digitales"),
    ],
)
def test_names_lose_what_does_something(name: str, shown: str) -> None:
    assert plain(name) == shown


def test_whoever_joined_is_greeted_by_name() -> None:
    facts = Facts("de", "re@di", values={"person": "Erika Muster", "organisation": "Stadt Bretten"})
    assert post_of(LetterKind.JOINED, facts, Catalogue("de")) == "Willkommen, Erika Muster (Stadt Bretten)!"
    alone = Facts("de", "re@di", variant="alone", values={"person": "Gast Muster"})
    assert post_of(LetterKind.JOINED, alone, Catalogue("de")) == "Willkommen, Gast Muster!"
