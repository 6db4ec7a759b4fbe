"""Coming in: a link by mail for whoever has an address of ours, and a first entry for whoever is new.

Whether an address is known is told to nobody: for all addresses of one domain the answer, and all that is done for it,
is the same.
"""

import base64
import re
import secrets
import unicodedata
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Network, ip_address
from typing import Final

from pydantic import TypeAdapter, ValidationError

from provisioner.app.joining.acting import Act, acting, checked, cleaned_line
from provisioner.app.joining.offices import rangers
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.joining.viewing import ADMIN
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.model.enrolments import EnrolledPerson
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.sources import Brings
from provisioner.model.text import Text
from provisioner.registry.shapes import Email, Language, MaybeEmptyName, Name
from provisioner.registry.supplying import same_address, same_name
from provisioner.state import Attempts, Link, Links, Outbox, Purpose, Session, Sessions, Within

LINK: Final = "link"
"""``via`` of a session that began with a link by mail."""
STAYS: Final = timedelta(hours=12)
"""How long somebody stays logged in: a day at work."""
NEWCOMER_STAYS: Final = timedelta(hours=1)
"""The same for those who are nobody yet, and for the first start."""

_AN_HOUR: Final = timedelta(hours=1)
_ID_LETTERS: Final = 10
_LONGEST: Final = 254

_LINK_IN_NAME: Final = re.compile(r"[@/\\:]|(?<!\w)www\.|\w\.[a-z0-9-]{2,}", re.IGNORECASE)
"""Mail programs and conversations make links of these; names stand in what the service itself says."""
_ALIKE: Final = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_EMAIL: Final[TypeAdapter[str]] = TypeAdapter(Email)
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)
_GIVEN_NAME: Final[TypeAdapter[str]] = TypeAdapter(MaybeEmptyName)
_LANGUAGE: Final[TypeAdapter[str]] = TypeAdapter(Language)


class Reply(StrEnum):
    """What somebody who asks for a link is told. The first two say nothing about who is known."""

    SENT = "sent"  # the domain is one of ours: a link is on its way
    UNKNOWN_DOMAIN = "unknown-domain"  # for guests who are known a link is on its way; others are told whom to ask
    TOO_OFTEN = "too-often"
    MALFORMED = "malformed"


class Reception:
    """The way in of one network. Safe for many threads."""

    def __init__(self, site: Site, pictures: Pictures) -> None:
        self._site = site
        self._pictures = pictures

    def ask(self, address: str, sender: str) -> Reply:
        """Somebody wants a link. ``sender``: where the request came from. Raises `StateError`, `SettingsError`."""
        picture = self._pictures.now()
        wanted = normalised(address, picture)
        if wanted is None:
            return Reply.MALFORMED
        is_ours = picture.organisation_of_address(wanted) is not None
        goes = is_ours or _active_with(picture, wanted) is not None
        tries, now, network = picture.policy.joining.tries_an_hour, self._site.clock.now(), self._site.network
        with self._site.database.writing() as connection:
            within = Within(connection)
            attempts, outbox = Attempts(within, network), Outbox(within, network, now)
            if not attempts.count_one("link-sender", place_of(sender), now, tries.sender, _AN_HOUR):
                return Reply.TOO_OFTEN
            if not attempts.count_one("link-address", _mailbox(wanted), now, tries.address, _AN_HOUR):
                return Reply.TOO_OFTEN
            letter = Letter(LetterKind.LOGIN_LINK, Channel.MAIL, f"address:{wanted}")
            # Strangers are not written to, for their sake; but what is done for them can't be told apart from outside.
            outbox.post(letter) if goes else outbox.feign(letter)
        return Reply.SENT if is_ours else Reply.UNKNOWN_DOMAIN

    def look(self, word: str) -> Link | None:
        """What a link is for, without using it; None: unknown, used, or too old."""
        return Links(self._site.database, self._site.network).look(word, self._site.clock.now())

    def enter(self, word: str) -> str | None:
        """Use a link; the word of the session that begins. None: unknown, used, or too old."""
        picture, now, network = self._pictures.now(fresh=True), self._site.clock.now(), self._site.network
        with self._site.database.writing() as connection:
            within = Within(connection)
            link, sessions = Links(within, network).use(word, now), Sessions(within, network)
            if link is None:
                return None
            if link.purpose is Purpose.ADMIN:
                return sessions.begin(now, NEWCOMER_STAYS, ADMIN)
            person = _active_with(picture, link.subject)
            if person is not None:
                return sessions.begin(now, STAYS, LINK, person=person)
            return sessions.begin(now, NEWCOMER_STAYS, LINK, address=link.subject)

    def register(self, session: Session, given_name: str, family_name: str, language: str | None = None) -> str:
        """A newcomer says who they are; the id of the person that they are from now on, in this session, too.

        Done twice, it is the same person. Raises `Forbidden` (no newcomer's session), `Refused` (joining is switched
        off, the name can't be read, the address is nobody's to join with), `StateError`, `SettingsError`.
        """
        if session.network != self._site.network or session.person is not None or session.address is None:
            raise Forbidden
        address = session.address
        given = cleaned_line(given_name, _GIVEN_NAME, "app.name_unreadable")
        family = cleaned_line(family_name, _NAME, "app.name_unreadable")
        if any(_LINK_IN_NAME.search(name) for name in (given, family)):
            raise Refused(Text.of("app.name_like_link"))
        if any(map(_is_disguised, re.split(r"[\s-]+", f"{given} {family}"))):
            raise Refused(Text.of("app.name_disguised"))
        spoken = None if language is None else checked(_LANGUAGE, language, "app.name_unreadable")
        with acting(self._site, self._pictures) as act:
            known = _active_with(act.picture, address)
            if known is not None:
                act.sessions.become(session.digest, known)
                return known
            joins = self._organisation_to_join(act, address)
            person = EnrolledPerson(_new_id(act), given, family, address, joins, act.picture.today, spoken)
            if not act.enrolments.enrol(person):
                raise Refused(Text.of("app.address_waits"))
            act.sessions.become(session.digest, person.id)
            act.follow(person.id, person.id)
            namesakes = _namesakes(act.picture, person)
            _tell_of_namesakes(act, person.id, namesakes)
            act.note(person.id, "registered", f"person:{person.id}", organisation=joins, namesakes=namesakes)
        return person.id

    def _organisation_to_join(self, act: Act, address: str) -> str:
        """Raises `Refused` when nobody can join with this address now."""
        picture = act.picture
        if not picture.policy.joining.enabled:
            raise Refused(Text.of("app.joining_off"))
        organisation = picture.organisation_of_address(address)
        if organisation is None:
            raise Refused(Text.of("app.address_elsewhere"))
        if picture.person_with(address) is not None:
            raise Refused(Text.of("app.address_of_somebody_away"))
        shares = any(_mailbox(one.email) == _mailbox(address) for one in picture.registry.people.values())
        if shares or (not picture.is_free(address) and not self._only_linkable(picture, address)):
            # A second one of the same human would have to be told apart from the first, with all that they have.
            raise Refused(Text.of("app.address_waits"))
        return organisation.id

    def _only_linkable(self, picture: Picture, address: str) -> bool:
        """Whether all that knows the address is a source that makes nobody by itself.

        Then a ranger is asked whether its entry is this newcomer, and until then nobody is taken for anybody.
        """
        if picture.newcomers is None or not picture.newcomers.files_whole:
            return False
        wanted = same_address(address)
        having = {
            supply.brings
            for supply in self._site.reading.supplies()
            if any(
                same_address(str(kept.person.fields.get("email") or "")) == wanted for kept in supply.people.values()
            )
        }
        return having == {Brings.LINKED}


def normalised(address: str, picture: Picture) -> str | None:
    """The address as it is written to, or None for what is none.

    Spaces around it and a dot behind the domain are slips; the domain is small, and written as the registry writes it
    where it can be written in two ways (bühl.example, xn--bhl-hoa.example). What stands before the @ stays: people
    with a "+" in it are somebody else.
    """
    local, at, domain = unicodedata.normalize("NFC", address).strip().rpartition("@")
    if not at or len(address) > 2 * _LONGEST:
        return None
    spellings = [f"{local}@{spelling}" for spelling in _spellings(domain.removesuffix(".").lower())]
    known = (one for one in spellings if picture.organisation_of_address(one) or picture.person_with(one))
    found = next(known, spellings[-1])
    try:
        return _EMAIL.validate_python(found, strict=True)
    except ValidationError:
        return None


def _spellings(domain: str) -> list[str]:
    """As machines write it (RFC 3492), and at last as people read it."""
    labels = domain.split(".")
    try:
        plain = (one if one.isascii() else f"xn--{one.encode('punycode').decode()}" for one in labels)
        read = (one[4:].encode().decode("punycode") if one.startswith("xn--") else one for one in labels)
        return [".".join(plain), ".".join(read)]
    except UnicodeError:
        return [domain]


def _is_disguised(word: str) -> bool:
    """Whether one word has letters of several scripts that look alike, or such as only look like other ones."""
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return len(scripts & _ALIKE) > 1 or unicodedata.normalize("NFKC", word) != word


def _mailbox(address: str) -> str:
    """Into which mailbox an address leads: what stands behind a "+" (RFC 5233) its owner chooses as they like."""
    local, _, domain = same_address(address).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def place_of(sender: str) -> str:
    """Where somebody sits: of IPv6 whoever has one address has all 2^64 of its network (RFC 6177)."""
    try:
        address = ip_address(sender)
    except ValueError:
        return sender
    if address.version == 4:
        return sender
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address.packed, 64), strict=False))


def _active_with(picture: Picture, address: str) -> str | None:
    """Whoever has the address and may come in."""
    person = picture.person_with(address)
    return person if person is not None and picture.active(person) else None


def _namesakes(picture: Picture, newcomer: EnrolledPerson) -> int:
    """How many in the same organisation are called the same: it may be one human twice, and rangers should look."""
    name = same_name(newcomer.given_name, newcomer.family_name)
    return sum(
        same_name(one.given_name, one.family_name) == name
        and any(stay.organisation == newcomer.organisation for stay in one.affiliations)
        for one in picture.registry.people.values()
    )


def _tell_of_namesakes(act: Act, person: str, count: int) -> None:
    """Two of one name are allowed; whether they are two, a ranger finds out."""
    if count:
        about: dict[str, str | int] = {"what": "namesake", "person": person, "count": count}
        for ranger in rangers(act.picture):
            act.mail(LetterKind.NOTICE, ranger, about, f"notice:namesake:{person}:{ranger}")


def _new_id(act: Act) -> str:
    while True:
        drawn = base64.b32encode(secrets.token_bytes(_ID_LETTERS))[:_ID_LETTERS].decode().lower()
        identity = f"p-{drawn}"
        if identity not in act.picture.registry.people and identity not in act.picture.registry.blocked:
            return identity
