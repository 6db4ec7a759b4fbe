"""Steps and moments for the tests of the state. The people are invented."""

from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.model.resources import Edge, Kind, ResourceId, Seats
from provisioner.model.steps import Done, Effects, Step
from provisioner.state import Database, Journal, Runs

NETWORK, TARGET, SERVER = "readi", "cloud", "https://cloud.example"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


def account(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def group(key: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{key}")


def of_group(key: str) -> Seats:
    """The members' seats of a group, given by its whole key."""
    return Seats(ResourceId(Kind.GROUP, key))


def in_group(key: str, member: str) -> Edge:
    return Edge(of_group(key), member)


def step(resource: ResourceId, **options: Any) -> Step:
    name = resource.key.partition(":")[2]
    options = {"target": TARGET, "operation": "write", "name": name, "changes": ("c" * 64,), **options}
    return Step(id=resource, **options)


def begin(database: Database, network: str = NETWORK) -> int:
    return Runs(database).begin(network, "p-ranger", "cli", "d" * 64, NOW)


def journal(database: Database, network: str = NETWORK, server: str = SERVER) -> Journal:
    """A journal without a lock: what is tested here is what it writes."""
    return Journal(database, network, server, begin(database, network))


def bind(database: Database, resource: ResourceId, **where: str) -> None:
    """Tie an object as a creation does."""
    target = where.pop("target", TARGET)
    book = journal(database, **where)
    made = step(resource, target=target, effects=Effects({"display_name": resource.key}))
    book.done(book.intend(made, NOW), made, Done(f"r-{resource.key}", "f1"), NOW, binds=True)
