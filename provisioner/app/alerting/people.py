"""Who speaks in a conversation, as far as we know them: by the tie of their account, and by nothing else."""

from dataclasses import dataclass

from policies.keys import body_key
from provisioner.app.joining.offices import rangers
from provisioner.app.picture import Picture
from provisioner.model.resources import Kind
from provisioner.state import TiedTo
from provisioner.state.database import Transactions

_BODY, _PERSON = "body:", "person:"


@dataclass(frozen=True, slots=True)
class Listener:
    """One network's people and bodies, as a target knows them."""

    transactions: Transactions
    network: str
    targets: tuple[str, ...]
    """Those in which we speak."""

    def body_of(self, conversation: str) -> tuple[str, str] | None:
        """(target, body) of a conversation of ours. Raises `StateError`."""
        found = TiedTo(self.transactions, self.network, self.targets).owner(Kind.CONVERSATION, conversation)
        if found is None:
            return None
        target, key = found
        body = key.removeprefix(_BODY)
        return (target, body) if key == body_key(body) else None

    def person_of(self, target: str, account: str) -> str | None:
        """Whose account it is there. Raises `StateError`."""
        key = TiedTo(self.transactions, self.network, [target]).account_key(account)
        return key.removeprefix(_PERSON) if key is not None and key.startswith(_PERSON) else None


def has_a_say(picture: Picture, body: str, person: str | None) -> bool:
    """Whether somebody may answer in a body's conversation: who belongs to it, and rangers."""
    if person is None or not picture.active(person):
        return False
    return any(one.person.id == person for one in picture.members_of(body)) or person in rangers(picture)
