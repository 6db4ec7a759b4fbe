"""Is something that exists over there what the registry means? Never by guess: adopt, disputed, or nothing."""

from collections import defaultdict
from dataclasses import dataclass

from provisioner.model.inventory import Observation, Remote, Unknown
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Kind, Resource
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class Candidate:
    """One object that is very likely meant."""

    remote: Remote
    evidence: Text


@dataclass(frozen=True, slots=True)
class Disputed:
    """Something stands in the way, and only a person can say what it is."""

    why: Text


class Matcher:
    """Looks among the objects of one kind that nobody owns yet."""

    def __init__(
        self,
        kind: Kind,
        observation: Observation,
        capabilities: Capabilities,
        owned: frozenset[str],
        protected: frozenset[str],
    ) -> None:
        self._kind = kind
        self._canonical_name = capabilities.canonical_name
        self._owned = owned
        self._protected = protected
        self._by_name: dict[str, Remote] = {}
        self._by_email: defaultdict[str, list[Remote]] = defaultdict(list)
        for remote in observation.objects.values():
            self._by_name[self._canonical_name(kind, remote.name)] = remote
            email = remote.fields.get("email")
            if isinstance(email, str) and email and remote.remote_id not in owned:
                self._by_email[email.casefold()].append(remote)

    def find(self, wanted: Resource) -> Candidate | Disputed | None:
        """The object meant by ``wanted``; None when nothing over there resembles it and its name is free."""
        name = self._canonical_name(self._kind, wanted.name)
        if name in self._protected:
            return Disputed(Text.of("planning.name_protected", name=wanted.name))
        same_name = self._by_name.get(name)
        if same_name is not None and same_name.remote_id in self._owned:
            return Disputed(Text.of("planning.name_owned", name=wanted.name))
        email = wanted.fields.get("email")
        same_email = self._by_email.get(email.casefold(), []) if isinstance(email, str) else []
        others = [remote for remote in same_email if remote is not same_name]
        if same_name is None:
            return self._by_address(others)
        if others:
            return Disputed(Text.of("planning.two_candidates", first=same_name.name, second=others[0].name))
        if self._kind is Kind.GROUP or same_email:
            return Candidate(same_name, Text.of("planning.same_name", name=same_name.name))
        return self._by_look(wanted, same_name)

    def _by_address(self, others: list[Remote]) -> Candidate | Disputed | None:
        if not others:
            return None
        if len(others) > 1:
            return Disputed(Text.of("planning.two_candidates", first=others[0].name, second=others[1].name))
        if self._canonical_name(self._kind, others[0].name) in self._protected:
            return Disputed(Text.of("planning.name_protected", name=others[0].name))
        return Candidate(others[0], Text.of("planning.same_email", name=others[0].name))

    def _by_look(self, wanted: Resource, remote: Remote) -> Candidate | Disputed:
        """Same user id, no common e-mail: ours only if what is known of it does not speak against it."""
        email, shown = remote.fields.get("email"), remote.fields.get("display_name")
        nothing_known = shown in (None, "", remote.name) or isinstance(shown, Unknown)
        if (not email or isinstance(email, Unknown)) and (nothing_known or shown == wanted.fields.get("display_name")):
            return Candidate(remote, Text.of("planning.same_name", name=remote.name))
        return Disputed(Text.of("planning.name_taken", name=remote.name))
