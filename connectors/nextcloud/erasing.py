"""Deleting an account or a group for good: only what was named, and only after it was read once more."""

from connectors.kit.batch import text_of
from connectors.kit.rooms import erased_already
from connectors.nextcloud.client import PRODUCT, Client
from provisioner.model.changes import Erase
from provisioner.model.inventory import Remote
from provisioner.model.steps import Cost, Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text


def erase_step(change: Erase, digest: str, operation: str, name: str) -> Step:
    """``name``: the canonical form of the name that is then never used again."""
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=change.name,
        changes=(digest,),
        remote_id=change.remote_id,
        payload={"fingerprint": change.fingerprint},
        effects=Effects(fields={"name": name}, erased=True),
        expects={},
        cost=Cost(requests=3),
    )


def still_meant(step: Step, remote: Remote | None) -> Verified | Moved:
    """Whether what stands there now is what was named. What is gone already is done, by whomever."""
    if remote is not None and remote.fingerprint != text_of(step, "fingerprint"):
        return Moved(Text.of("nextcloud.replaced", name=step.name))
    return Verified(remote)


def erase(client: Client, path: str, step: Step, verified: Verified | None) -> Done:
    """DELETE, unless a fresh read just said that there is nothing left to delete."""
    identifier = step.remote_id or ""
    if verified is None or verified.remote is None:
        return erased_already(step, PRODUCT)
    client.write("DELETE", path)
    return Done(identifier)
