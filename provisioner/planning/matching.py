"""Is something that exists over there what the registry means? Never by guess: adopt, borrow, disputed, or nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from provisioner.model.inventory import Remote, Unknown
from provisioner.model.resources import Kind, Resource
from provisioner.model.text import Text
from provisioner.planning.draft import Draft


class Likeness(IntEnum):
    """By what an object seems to be the one that is meant; the strongest comes last."""

    EMAIL = 1
    NAME = 2
    MARKER = 3  # our own mark with this very key is in it
    LOGIN = 4  # whoever is meant logs in with it
    CHOSEN = 5  # a ranger said so


@dataclass(frozen=True, slots=True)
class Candidate:
    """One object that is very likely meant."""

    remote: Remote
    evidence: Text
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Theirs:
    """The account of this very person, owned by another network on this server."""

    remote: Remote


@dataclass(frozen=True, slots=True)
class Disputed:
    """Something stands in the way, and only a person can say what it is."""

    why: Text


Match = Candidate | Theirs | Disputed | None


class Claims:
    """Who in the registry means which object, over all that was found at once."""

    def __init__(self, matches: Iterable[Match]) -> None:
        self._of: defaultdict[str, list[Likeness]] = defaultdict(list)
        for found in matches:
            if isinstance(found, Candidate | Theirs):
                self._of[found.remote.remote_id].append(_likeness(found))

    def has_the_best(self, found: Candidate | Theirs) -> bool:
        """Whether it means the object for a better reason than everybody else who does."""
        claims = self._of[found.remote.remote_id]
        return _likeness(found) is max(claims) and claims.count(max(claims)) == 1


def _likeness(found: Candidate | Theirs) -> Likeness:
    """A name and an address weigh the same: which of them is right, only a person can say."""
    return max(found.likeness, Likeness.NAME) if isinstance(found, Candidate) else Likeness.NAME


def dispute(kind: Kind, what: str, name: str) -> Text:
    """Why ``name`` is disputed, with what a ranger can do about it: an account's name is fixed by its user id."""
    if kind is Kind.ACCOUNT:
        return Text.of(f"planning.account_{what}", name=name)
    return Text.of(f"planning.room_{what}", name=name)


class Matcher:
    """Looks among the objects of one kind that nobody owns yet."""

    def __init__(self, kind: Kind, draft: Draft) -> None:
        self._kind = kind
        self._draft = draft
        self._canonical_name = draft.capabilities.canonical_name
        ties = draft.ties
        tied = (*ties.bindings.items(), *ties.assumed.items())  # also what was not looked at is somebody's
        self._ours = {binding.remote_id for identity, binding in tied if identity.kind is kind}
        self._of_others = {remote_id for foreign, remote_id in ties.foreign if foreign == kind}
        self._promised = Counter(
            self._canonical_name(kind, name)
            for name in (
                *(binding.name for identity, binding in tied if identity.kind is kind),
                *(name for identity, name in (ties.pending or {}).items() if identity.kind is kind),
            )
        )
        """Names of what is ours, be it lost or not known to exist yet."""
        self._by_name: defaultdict[str, list[Remote]] = defaultdict(list)
        self._by_marker: defaultdict[str, list[Remote]] = defaultdict(list)
        self._by_email: defaultdict[str, list[Remote]] = defaultdict(list)
        self._asks_login = "login_id" in draft.capabilities.fields.get(kind, {})
        self._by_login: defaultdict[str, list[Remote]] = defaultdict(list)
        for remote in draft.inventory.of(kind).objects.values():
            login = remote.fields.get("login_id")
            if isinstance(login, str) and login:
                self._by_login[login].append(remote)
            self._by_name[self._canonical_name(kind, remote.name)].append(remote)
            if remote.marker and self._is_free(remote):
                self._by_marker[remote.marker].append(remote)
            email = remote.fields.get("email")
            # An administrator's account may well have somebody's address, and is never meant all the same.
            nobodys = remote.remote_id not in self._ours and not self._is_untouchable(remote)
            if isinstance(email, str) and email and nobodys:
                self._by_email[email.casefold()].append(remote)

    def find(self, wanted: Resource) -> Match:
        """The object meant by ``wanted``; None when nothing over there resembles it and its name is free."""
        name = self._canonical_name(self._kind, wanted.name)
        chosen = self._draft.decisions.get(wanted.id)
        if chosen is not None:
            return self._decided(chosen)
        marked = self._by_marker.get(wanted.marker, [])
        if marked:
            return self._one_of(marked, "planning.same_marker", Likeness.MARKER)
        if self._kind in self._draft.capabilities.alike:
            return None
        login = wanted.fields.get("login_id")
        if isinstance(login, str) and login in self._by_login:
            return self._by_its_login(self._by_login[login])
        namesakes = [remote for remote in self._by_name.get(name, []) if remote.may_be_called(wanted.name)]
        if self._draft.has_protected_name(self._kind, wanted.name) or any(
            self._draft.is_own_account(self._kind, remote) for remote in namesakes
        ):
            return Disputed(dispute(self._kind, "name_protected", wanted.name))
        if name in self._promised or any(remote.remote_id in self._ours for remote in namesakes):
            return Disputed(Text.of("planning.name_owned", name=wanted.name))
        email = wanted.fields.get("email")
        same_email = self._by_email.get(email.casefold(), []) if isinstance(email, str) else []
        if self._asks_login and (namesakes or same_email):
            return self._by_name_with_address(namesakes, same_email)
        if len(namesakes) > 1:
            return self._one_of(namesakes, "planning.same_name", Likeness.NAME)
        if not namesakes:
            return self._by_address(sorted(same_email, key=lambda remote: remote.name))
        return self._by_name_and_address(wanted, namesakes[0], same_email)

    def _by_name_and_address(self, wanted: Resource, same_name: Remote, same_email: list[Remote]) -> Match:
        others = sorted((remote for remote in same_email if remote is not same_name), key=lambda remote: remote.name)
        of_others = same_name.remote_id in self._of_others
        if of_others and same_name not in same_email:  # a name alone does not tell that it is the same person
            return Disputed(Text.of("planning.name_owned", name=wanted.name))
        if others:
            return Disputed(Text.of("planning.two_candidates", first=same_name.name, second=others[0].name))
        if of_others:
            return Theirs(same_name)
        if same_name.marker and self._kind is not Kind.ACCOUNT:  # and it is not ours: that would have been found
            return Disputed(Text.of("planning.marked_otherwise", name=same_name.name))
        if self._kind is not Kind.ACCOUNT or same_email:
            return Candidate(same_name, Text.of("planning.same_name", name=same_name.name), Likeness.NAME)
        return self._by_look(wanted, same_name)

    def _by_its_login(self, found: list[Remote]) -> Match:
        """Whoever is meant logs in with this one already."""
        if len(found) > 1:
            return self._one_of(found, "planning.same_login", Likeness.LOGIN)
        [remote] = found
        if remote.remote_id in self._of_others:
            return Theirs(remote)
        if not self._is_free(remote):
            return Disputed(Text.of("planning.name_owned", name=remote.name))
        return Candidate(remote, Text.of("planning.same_login", name=remote.name), Likeness.LOGIN)

    def _by_name_with_address(self, namesakes: list[Remote], same_email: list[Remote]) -> Match:
        """Where an account belongs to a login, one that belongs to none is hers only by both name and address."""
        both = [remote for remote in namesakes if remote in same_email]
        others = sorted({remote.name for remote in (*namesakes, *same_email) if remote not in both})
        if not namesakes and len(same_email) == 1 and same_email[0].remote_id in self._of_others:
            return Theirs(same_email[0])
        if len(both) != 1 or others:
            return Disputed(Text.of("planning.account_perhaps_hers", name=(others or [both[0].name])[0]))
        [found] = both
        if found.remote_id in self._of_others:
            return Theirs(found)
        if isinstance(found.fields.get("login_id"), str):
            return Disputed(Text.of("planning.account_of_other_login", name=found.name))
        return Candidate(found, Text.of("planning.same_name", name=found.name), Likeness.NAME)

    def _is_free(self, remote: Remote) -> bool:
        """Whether nobody owns it, and it may be anybody's."""
        owned = remote.remote_id in self._ours or remote.remote_id in self._of_others
        return not owned and not self._is_untouchable(remote)

    def _is_untouchable(self, remote: Remote) -> bool:
        draft, kind = self._draft, self._kind
        return draft.is_own_account(kind, remote) or draft.has_protected_name(kind, remote.name)

    def _decided(self, remote_id: str) -> Candidate | Disputed:
        remote = self._draft.inventory.of(self._kind).objects.get(remote_id)
        if remote is None:
            return Disputed(Text.of("planning.chosen_missing", remote_id=remote_id))
        if not self._is_free(remote):
            return Disputed(Text.of("planning.chosen_owned", name=remote.name))
        return Candidate(remote, Text.of("planning.chosen", name=remote.name), Likeness.CHOSEN)

    def _one_of(self, alike: list[Remote], evidence: str, likeness: Likeness) -> Candidate | Disputed:
        if len(alike) > 1:
            ids = ", ".join(sorted(remote.remote_id for remote in alike))
            return Disputed(Text.of("planning.several_alike", name=alike[0].name, ids=ids))
        return Candidate(alike[0], Text.of(evidence, name=alike[0].name), likeness)

    def objection_to_rename(self, wanted: Resource, tied_as: str) -> Text | None:
        """Why what is tied under the name ``tied_as`` can't be called as ``wanted``, or None."""
        if self._kind in self._draft.capabilities.alike:
            return None
        name = self._canonical_name(self._kind, wanted.name)
        if self._draft.has_protected_name(self._kind, wanted.name):
            return dispute(self._kind, "name_protected", wanted.name)
        if self._promised[name] > (1 if self._canonical_name(self._kind, tied_as) == name else 0):
            return Text.of("planning.name_owned", name=wanted.name)
        return dispute(self._kind, "name_taken", wanted.name) if name in self._by_name else None

    def _by_address(self, others: list[Remote]) -> Match:
        if not others:
            return None
        if len(others) > 1:
            return Disputed(Text.of("planning.two_candidates", first=others[0].name, second=others[1].name))
        found = others[0]
        if self._draft.capabilities.named_by_login and self._kind is Kind.ACCOUNT:
            return Disputed(Text.of("planning.other_name_at_login", name=found.name))
        if found.remote_id in self._of_others:
            return Theirs(found)
        return Candidate(found, Text.of("planning.same_email", name=found.name), Likeness.EMAIL)

    def _by_look(self, wanted: Resource, remote: Remote) -> Candidate | Disputed:
        """Same user id, no common e-mail: ours only if what is known of it does not speak against it."""
        email, shown = remote.fields.get("email"), remote.fields.get("display_name")
        nothing_known = shown in (None, "", remote.name) or isinstance(shown, Unknown)
        if (not email or isinstance(email, Unknown)) and (nothing_known or shown == wanted.fields.get("display_name")):
            return Candidate(remote, Text.of("planning.same_name", name=remote.name), Likeness.NAME)
        return Disputed(dispute(self._kind, "name_taken", remote.name))
