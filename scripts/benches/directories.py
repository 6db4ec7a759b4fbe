"""What a real OpenLDAP is asked in a first sync, and when there is nothing to do. Exact counts, by the server's own."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from scripts.benches.children import CHILDREN
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size, installation
from tests.support.slapd import ADMIN, BASE, PASSWORD, TECHNICAL, Slapd, SlapdMissing, demand_slapd

SIZE: Final = Size(200, 11, 1_000)
_MONITOR: Final = f'database monitor\naccess to * by dn.exact="{ADMIN}" read by * none\n'
_WRITES: Final = ("Add", "Modify", "Modrdn", "Delete")


@bench("main.ldap_first_sync_writes", "main.ldap_unchanged_requests", "main.ldap_unchanged_writes")
def directory(say: Say) -> Iterator[Figure]:
    """`readi apply --yes`, twice."""
    try:
        demand_slapd()
    except SlapdMissing as missing:
        say(f"left out: {missing}")
        return
    say(f"first sync of {SIZE.people} people with a real slapd …")
    made = installation(SIZE)
    folder = CHILDREN.folder()
    with Slapd(folder, globals_=_MONITOR) as server:
        address = {"url": server.url, "user": TECHNICAL, "password": PASSWORD, "base": BASE}
        made.target(address, "ldap")
        first = _asked(server, lambda: made.readi("apply", "--yes"))
        say("the same again …")
        second = _asked(server, lambda: made.readi("apply", "--yes"))
    objects = SIZE.people + 2 * SIZE.bodies
    written, idle = sum(first[one] for one in _WRITES), sum(second[one] for one in _WRITES)
    note = f"{written} writes, {first['Search']} searches; baseline: an entry a person and a group"
    yield Figure("main.ldap_first_sync_writes", written / objects, "writes an object", 1, None, note)
    pages = "baseline: a page of people, a page of groups"
    yield Figure("main.ldap_unchanged_requests", second["Search"], "searches", 2, None, pages)
    yield Figure("main.ldap_unchanged_writes", idle, "writes", 0, 0, "")


def _asked(server: Slapd, work: Callable[[], object]) -> Mapping[str, int]:
    """The operations that the server completed meanwhile, by kind; ours to ask is not among them but for a search."""
    before = _operations(server)
    work()
    after = _operations(server)
    return {kind: after[kind] - before[kind] - (1 if kind == "Search" else 0) for kind in after}


def _operations(server: Slapd) -> Mapping[str, int]:
    with warnings.catch_warnings():  # imported here and not above: listing the figures' names needs none of it
        warnings.simplefilter("ignore", DeprecationWarning)
        import ldap3

    with ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE), ADMIN, PASSWORD, auto_bind=True) as connection:
        connection.search(
            "cn=Operations,cn=Monitor", "(objectClass=monitorOperation)", ldap3.LEVEL, attributes=["monitorOpCompleted"]
        )
        return {
            entry["dn"].partition(",")[0].partition("=")[2]: int(entry["raw_attributes"]["monitorOpCompleted"][0])
            for entry in connection.response or ()
        }
