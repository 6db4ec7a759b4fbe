"""From accounts to people: who can stand in a registry, and why others can't."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from provisioner.app.importing.drawn import DrawnPerson, LeftOut, unfit_field
from provisioner.app.importing.names import split_name
from provisioner.model.bindings import Ties
from provisioner.model.inventory import Inventory, Remote, Unknown
from provisioner.model.resources import FieldName, Kind
from provisioner.model.text import Text
from provisioner.registry.documents import PersonDocument
from provisioner.registry.fresh import visible

_NEEDED: tuple[FieldName, ...] = ("display_name", "email", "enabled")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides beside the accounts themselves."""

    ties: Ties
    canonical_name: Callable[[Kind, str], str]
    protected_accounts: frozenset[str]
    protected_groups: frozenset[str]
    private_domains: frozenset[str]
    """Addresses there belong to no organisation."""

    def is_protected(self, kind: Kind, name: str) -> bool:
        names = self.protected_accounts if kind is Kind.ACCOUNT else self.protected_groups
        canonical = self.canonical_name
        return canonical(kind, name) in {canonical(kind, one) for one in names}

    def is_others(self, kind: Kind, remote: Remote) -> bool:
        """Whether another network of this installation has it."""
        return (str(kind), remote.remote_id) in self.ties.foreign


class PeopleDrawer:
    """Looks at all accounts at once, since two of them may share what must be one's own."""

    def __init__(self, inventory: Inventory, circumstances: Circumstances, new_id: Callable[[], str]) -> None:
        self._own = inventory.own_account
        self._circumstances = circumstances
        self._new_id = new_id
        self._taken: set[str] = set()
        accounts = inventory.of(Kind.ACCOUNT).objects.values()
        self._accounts = sorted(accounts, key=lambda remote: (remote.name.casefold(), remote.name))
        self._by_email: defaultdict[str, list[Remote]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Remote]] = defaultdict(list)
        for remote in self._accounts:
            self._by_name[remote.name.casefold()].append(remote)
            email = _text(remote, "email")
            if email and not self._is_technical(remote):
                self._by_email[email.casefold()].append(remote)

    def draw(self) -> tuple[list[DrawnPerson], list[LeftOut]]:
        """People in the order of their user ids, without organisations and bodies yet; and everybody else."""
        people: list[DrawnPerson] = []
        left_out: list[LeftOut] = []
        for remote in self._accounts:
            why = self._objection(remote)
            drawn = self._person(remote) if why is None else None
            if drawn is not None:
                # Any id will do for the organisation here: it is found once everybody is known.
                unfit = unfit_field(PersonDocument, {**drawn.fields(""), "organisation": "x"})
                if unfit is not None:
                    why = Text.of("app.import_unfit", field=unfit)
                elif drawn.domain in self._circumstances.private_domains:
                    why = Text.of("app.import_private_address")
                    left_out.append(LeftOut(Kind.ACCOUNT, remote.name, shown_of(remote), why, drawn))
                    continue
                else:
                    people.append(drawn)
                    continue
            left_out.append(LeftOut(Kind.ACCOUNT, remote.name, shown_of(remote), why or Text.of("app.import_unread")))
        return people, left_out

    def _is_technical(self, remote: Remote) -> bool:
        return remote.remote_id == self._own or self._circumstances.is_protected(Kind.ACCOUNT, remote.name)

    def _objection(self, remote: Remote) -> Text | None:
        """Why this account is nobody for the registry."""
        if remote.remote_id == self._own:
            return Text.of("app.import_own")
        if self._circumstances.is_protected(Kind.ACCOUNT, remote.name):
            return Text.of("app.import_protected")
        if self._circumstances.is_others(Kind.ACCOUNT, remote):
            return Text.of("app.import_other_network")
        if any(isinstance(remote.fields.get(name), Unknown) for name in _NEEDED):
            return Text.of("app.import_unread")
        if remote.fields.get("enabled") is False:
            return Text.of("app.import_disabled")
        email = _text(remote, "email")
        if not email:
            return Text.of("app.import_no_email")
        if others := _others(remote, self._by_email[email.casefold()]):
            return Text.of("app.import_same_email", others=others)
        if others := _others(remote, self._by_name[remote.name.casefold()]):
            return Text.of("app.import_same_id", others=others)
        return None

    def _person(self, remote: Remote) -> DrawnPerson:
        given, family = _text(remote, "given_name"), _text(remote, "family_name")
        if not family:
            given, family = split_name(shown_of(remote))
        language = _text(remote, "language")[:2].lower()
        return DrawnPerson(
            id=self._fresh_id(),
            account=remote.remote_id,
            user_id=remote.name,
            given_name=given,
            family_name=family,
            email=_text(remote, "email"),
            language=language if len(language) == 2 and language.isascii() and language.isalpha() else None,
            organisation_name=_text(remote, "organisation"),
        )

    def _fresh_id(self) -> str:
        while (made := self._new_id()) in self._taken:
            pass
        self._taken.add(made)
        return made


def shown_of(remote: Remote) -> str:
    """What people read, else the name."""
    return _text(remote, "display_name") or visible(remote.name)


def of_memberships(people: Mapping[str, DrawnPerson], members: frozenset[str]) -> frozenset[str]:
    """Ids of the people whose accounts (remote ids) are among ``members``."""
    return frozenset(people[member].id for member in members if member in people)


def _text(remote: Remote, name: FieldName) -> str:
    value = remote.fields.get(name)
    return visible(value) if isinstance(value, str) else ""


def _others(remote: Remote, all_of_them: list[Remote]) -> str:
    return ", ".join(visible(other.name) for other in all_of_them if other is not remote)
