"""What was in containers when they were read last, so that unchanged ones need not be read again."""

from collections.abc import Collection, Iterable, Mapping

import msgspec
from sqlalchemy import delete, select, tuple_

from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.ports import Known
from provisioner.model.resources import Kind
from provisioner.state.codec import dump, load_fields
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.meeting_schema import REMEMBERED


class _Stored(msgspec.Struct, array_like=True):
    """A `Remote` that was read whole: all of its fields are known, and all can be written."""

    remote_id: str
    name: str
    fields: msgspec.Raw
    fingerprint: str
    marker: str


_OBJECTS = msgspec.json.Decoder(list[_Stored])


class Remembered:
    """Of one target of one network. A mere memory: whatever is missing or wrong in it costs one more reading.

    All methods raise `StateError`.
    """

    def __init__(self, transactions: Transactions, network: str, target: str) -> None:
        self._transactions = transactions
        self._here = (REMEMBERED.c.network == network, REMEMBERED.c.target == target)
        self._keys = {"network": network, "target": target}

    def all(self) -> dict[tuple[Kind, str], Known]:
        """By (kind, remote id) of the containers."""
        columns = (REMEMBERED.c.kind, REMEMBERED.c.container, REMEMBERED.c.revision, REMEMBERED.c.objects)
        with self._transactions.reading() as connection:
            rows = connection.execute(select(*columns).where(*self._here)).all()
        return {
            (Kind(kind), container): Known(revision, tuple(_remote(one) for one in _OBJECTS.decode(objects)))
            for kind, container, revision, objects in rows
        }

    def keep(self, known: Mapping[tuple[Kind, str], Known]) -> None:
        """Put down these as they are now; others stay. What holds something unknown is not kept."""
        whole = {where: found for where, found in known.items() if all(map(_is_whole, found.objects))}
        if not whole:
            return
        rows = [
            {
                **self._keys,
                "kind": str(kind),
                "container": container,
                "revision": found.revision,
                "objects": dump([_stored(one) for one in found.objects]),
            }
            for (kind, container), found in whole.items()
        ]
        with self._transactions.writing() as connection:
            statement = insert_into(connection.dialect.name, REMEMBERED)
            renewed = {"revision": statement.excluded.revision, "objects": statement.excluded.objects}
            connection.execute(
                statement.on_conflict_do_update(index_elements=REMEMBERED.primary_key.columns, set_=renewed), rows
            )

    def forget(self, containers: Iterable[tuple[Kind, str]]) -> None:
        """What was in these."""
        gone = [(str(kind), container) for kind, container in containers]
        if not gone:
            return
        where = tuple_(REMEMBERED.c.kind, REMEMBERED.c.container).in_(gone)
        with self._transactions.writing() as connection:
            connection.execute(delete(REMEMBERED).where(*self._here, where))


def forget_other_targets(transactions: Transactions, network: str, targets: Collection[str]) -> int:
    """Drop what is remembered of targets that the network no longer has; how many containers. Raises `StateError`."""
    others = (REMEMBERED.c.network == network, REMEMBERED.c.target.not_in(sorted(targets)))
    with transactions.writing() as connection:
        return int(connection.execute(delete(REMEMBERED).where(*others)).rowcount)


def _is_whole(remote: Remote) -> bool:
    return remote.writable is None and UNKNOWN not in remote.fields.values()


def _stored(remote: Remote) -> list[object]:
    fields = {str(name): value for name, value in remote.fields.items()}
    return [remote.remote_id, remote.name, fields, remote.fingerprint, remote.marker]


def _remote(stored: _Stored) -> Remote:
    return Remote(
        stored.remote_id,
        stored.name,
        load_fields(bytes(stored.fields).decode()),
        stored.fingerprint,
        marker=stored.marker,
    )
