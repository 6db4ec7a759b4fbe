"""Is something that exists over there what the registry means? Never by guess: adopt, borrow, disputed, or nothing."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from provisioner.model.inventory import Remote, Unknown
from provisioner.model.resources import Kind, Resource
from provisioner.model.text import Text
from provisioner.planning.draft import Draft


@dataclass(frozen=True, slots=True)
class Candidate:
    """One object that is very likely meant."""

    remote: Remote
    evidence: Text
    by_name: bool


@dataclass(frozen=True, slots=True)
class Theirs:
    """The account of this very person, owned by another network on this server."""

    remote: Remote


@dataclass(frozen=True, slots=True)
class Disputed:
    """Something stands in the way, and only a person can say what it is."""

    why: Text


class Matcher:
    """Looks among the objects of one kind that nobody owns yet."""

    def __init__(self, kind: Kind, draft: Draft) -> None:
        self._kind = kind
        self._draft = draft
        self._canonical_name = draft.capabilities.canonical_name
        ties = draft.ties
        self._ours = {binding.remote_id for identity, binding in ties.bindings.items() if identity.kind is kind}
        self._of_others = {remote_id for foreign, remote_id in ties.foreign if foreign == kind}
        self._promised = Counter(
            self._canonical_name(kind, name)
            for name in (
                *(binding.name for identity, binding in ties.bindings.items() if identity.kind is kind),
                *(name for identity, name in (ties.pending or {}).items() if identity.kind is kind),
            )
        )
        """Names of what is ours, be it lost or not known to exist yet."""
        self._by_name: dict[str, Remote] = {}
        self._by_email: defaultdict[str, list[Remote]] = defaultdict(list)
        for remote in draft.inventory.of(kind).objects.values():
            self._by_name[self._canonical_name(kind, remote.name)] = remote
            email = remote.fields.get("email")
            # An administrator's account may well have somebody's address, and is never meant all the same.
            untouchable = draft.is_own_account(kind, remote) or draft.has_protected_name(kind, remote.name)
            if isinstance(email, str) and email and remote.remote_id not in self._ours and not untouchable:
                self._by_email[email.casefold()].append(remote)

    def find(self, wanted: Resource) -> Candidate | Theirs | Disputed | None:
        """The object meant by ``wanted``; None when nothing over there resembles it and its name is free."""
        name = self._canonical_name(self._kind, wanted.name)
        same_name = self._by_name.get(name)
        if self._draft.has_protected_name(self._kind, wanted.name) or (
            same_name is not None and self._draft.is_own_account(self._kind, same_name)
        ):
            return Disputed(Text.of("planning.name_protected", name=wanted.name))
        if name in self._promised or (same_name is not None and same_name.remote_id in self._ours):
            return Disputed(Text.of("planning.name_owned", name=wanted.name))
        email = wanted.fields.get("email")
        same_email = self._by_email.get(email.casefold(), []) if isinstance(email, str) else []
        others = sorted((remote for remote in same_email if remote is not same_name), key=lambda remote: remote.name)
        if same_name is None:
            return self._by_address(others)
        of_others = same_name.remote_id in self._of_others
        if of_others and same_name not in same_email:  # a name alone does not tell that it is the same person
            return Disputed(Text.of("planning.name_owned", name=wanted.name))
        if others:
            return Disputed(Text.of("planning.two_candidates", first=same_name.name, second=others[0].name))
        if of_others:
            return Theirs(same_name)
        if self._kind is Kind.GROUP or same_email:
            return Candidate(same_name, Text.of("planning.same_name", name=same_name.name), by_name=True)
        return self._by_look(wanted, same_name)

    def objection_to_rename(self, wanted: Resource, tied_as: str) -> Text | None:
        """Why what is tied under the name ``tied_as`` can't be called as ``wanted``, or None."""
        name = self._canonical_name(self._kind, wanted.name)
        if self._draft.has_protected_name(self._kind, wanted.name):
            return Text.of("planning.name_protected", name=wanted.name)
        if self._promised[name] > (1 if self._canonical_name(self._kind, tied_as) == name else 0):
            return Text.of("planning.name_owned", name=wanted.name)
        return Text.of("planning.name_taken", name=wanted.name) if name in self._by_name else None

    def _by_address(self, others: list[Remote]) -> Candidate | Theirs | Disputed | None:
        if not others:
            return None
        if len(others) > 1:
            return Disputed(Text.of("planning.two_candidates", first=others[0].name, second=others[1].name))
        found = others[0]
        if found.remote_id in self._of_others:
            return Theirs(found)
        return Candidate(found, Text.of("planning.same_email", name=found.name), by_name=False)

    def _by_look(self, wanted: Resource, remote: Remote) -> Candidate | Disputed:
        """Same user id, no common e-mail: ours only if what is known of it does not speak against it."""
        email, shown = remote.fields.get("email"), remote.fields.get("display_name")
        nothing_known = shown in (None, "", remote.name) or isinstance(shown, Unknown)
        if (not email or isinstance(email, Unknown)) and (nothing_known or shown == wanted.fields.get("display_name")):
            return Candidate(remote, Text.of("planning.same_name", name=remote.name), by_name=True)
        return Disputed(Text.of("planning.name_taken", name=remote.name))
