"""Is what stands there still what we tied? And what do we know of it?"""

from collections.abc import Callable
from itertools import chain

from provisioner.model.bindings import Binding, Ties
from provisioner.model.inventory import UNKNOWN, Complete, Inventory, Level, Observation, Remote, Unknown
from provisioner.model.resources import FieldName, Kind, Value


def is_replaced(binding: Binding, remote: Remote) -> bool:
    """It was deleted and made again, or something else answers for its id.

    Where a fingerprint is missing, on either side, nothing tells.
    """
    return bool(binding.fingerprint and remote.fingerprint) and remote.fingerprint != binding.fingerprint


def reader_of(observation: Observation) -> Callable[[Remote, FieldName], Value | Unknown]:
    """How to read a field of this observation's objects.

    A field that is not mentioned is empty where all fields were read, and Unknown where only something was.
    """
    completeness = observation.completeness
    whole = isinstance(completeness, Complete) and completeness.level >= Level.FIELDS
    missing: Unknown | None = None if whole else UNKNOWN

    def read(remote: Remote, name: FieldName) -> Value | Unknown:
        return remote.fields.get(name, missing)

    return read


def our_keys(inventory: Inventory, ties: Ties, kind: Kind) -> dict[str, str]:
    """Remote id → key of what is tied or borrowed, there, and still the same; or was not looked at and is assumed."""
    objects = inventory.of(kind).objects
    keys: dict[str, str] = {}
    for identity, binding in chain(ties.borrowed.items(), ties.bindings.items()):
        if identity.kind is kind and not _is_own_account(binding, inventory):
            remote = objects.get(binding.remote_id)
            if remote is not None and not is_replaced(binding, remote):
                keys[binding.remote_id] = identity.key
    for identity, binding in ties.assumed.items():
        if identity.kind is kind and not _is_own_account(binding, inventory):
            keys.setdefault(binding.remote_id, identity.key)
    return keys


def _is_own_account(binding: Binding, inventory: Inventory) -> bool:
    return binding.id.kind is Kind.ACCOUNT and binding.remote_id == inventory.own_account
