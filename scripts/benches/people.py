"""What it costs to read people from a city's directory: a real OpenLDAP, beside a bare ldap3 loop and ldapsearch."""

import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final

from scripts.benches.children import CHILDREN
from scripts.benches.figures import Figure, Say, bench
from tests.support.slapd import ADMIN, BASE, PASSWORD, TECHNICAL, Slapd, SlapdMissing, demand_slapd

PEOPLE: Final = 20_000
CHANGES: Final = 10
TIMES: Final = 5
GOAL: Final = 1.3
"""Times the bare loop."""
_BRANCH: Final = f"ou=people,{BASE}"
_FILTER: Final = "(objectClass=inetOrgPerson)"
_PAGE: Final = 500
_MONITOR: Final = f'database monitor\naccess to * by dn.exact="{ADMIN}" read by * none\n'
_LIMITS: Final = f'maxsize 1073741824\nlimits dn.exact="{TECHNICAL}" size=500 size.prtotal=unlimited\n'


@bench("main.ldap_source_seconds", "main.ldap_source_changes_read")
def people(say: Say) -> Iterator[Figure]:
    """Read everybody, in turns with the bare loop; then what changed."""
    try:
        demand_slapd()
    except SlapdMissing as missing:
        say(f"left out: {missing}")
        return
    say(f"{PEOPLE:,} people in a real slapd …")
    server = Slapd(CHILDREN.folder(), overlays=("syncprov",), globals_=_MONITOR, limits=_LIMITS)
    with server:
        pass  # lays the database
    _fill(server)
    with server:
        yield _everybody(server, say)
        yield _changes(server, say)


def _everybody(server: Slapd, say: Say) -> Figure:
    ours, bare, tool = [], [], []
    for turn in range(TIMES):
        say(f"reading everybody, {turn + 1} of {TIMES} …")
        bare.append(_timed(lambda: _bare(server)))
        ours.append(_timed(lambda: _read(server)))
        tool.append(_timed(lambda: _ldapsearch(server)))
    took, loop = median(ours), median(bare)
    note = f"{took / loop:.2f} times the bare ldap3 loop with the same attributes (goal {GOAL}); "
    note += f"ldapsearch {median(tool):.2f} s; medians of {TIMES}, {PEOPLE:,} people"
    return Figure("main.ldap_source_seconds", took, "s", loop, GOAL * loop, note)


def _changes(server: Slapd, say: Say) -> Figure:
    say(f"{CHANGES} of them change …")
    source = _source(server)
    mark = source.read().mark
    with _administrator(server) as connection:
        for number in range(CHANGES):
            connection.modify(f"uid=p{number},{_BRANCH}", {"sn": [("MODIFY_REPLACE", ["Neu"])]})
    before = _sent(server)
    read = source.read(mark)
    # What the base says of itself is one entry more, and what asking for the count before took another.
    entries = _sent(server) - before - 2
    source.close()
    if read.whole or len(read.people) != CHANGES:
        raise RuntimeError(f"{len(read.people)} people read, whole: {read.whole}")
    note = f"entries of people that the server sent for {CHANGES} changes among {PEOPLE:,} (RFC 4533)"
    return Figure("main.ldap_source_changes_read", entries, "entries", CHANGES, CHANGES, note)


def _fill(server: Slapd) -> None:
    ldif = server.folder / "people.ldif"
    entries = (
        f"dn: uid=p{number},{_BRANCH}\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: Vorname Nachname{number}\n"
        f"givenName: Vorname\nsn: Nachname{number}\nmail: nachname{number}@stadt.example\npreferredLanguage: de\n\n"
        for number in range(PEOPLE)
    )
    ldif.write_text("".join(entries), encoding="utf-8")
    # -w: the database's own count of changes goes along, as syncprov needs it.
    command = [demand_slapd(), "-Tadd", "-q", "-w", "-f", str(server.folder / "slapd.conf"), "-l", str(ldif)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def _source(server: Slapd) -> Any:
    from provisioner.sources.directory import LDAP_SOURCE
    from provisioner.transport.clock import SystemClock
    from provisioner.transport.gate import WriteGate

    given = {"url": server.url, "user": TECHNICAL, "password": PASSWORD, "base": _BRANCH, "page_size": _PAGE}
    return LDAP_SOURCE.open("stadt", LDAP_SOURCE.settings(organisation="stadt", **given), WriteGate(), SystemClock())


def _read(server: Slapd) -> int:
    source = _source(server)
    read = source.read()
    source.close()
    return 0 if read.gap else len(read.people)


def _bare(server: Slapd) -> int:
    """The least that ldap3 needs to ask for the same."""
    ldap3, found, cookie = _ldap3(), 0, None
    connection = ldap3.Connection(
        ldap3.Server(server.url, get_info=ldap3.NONE), TECHNICAL, PASSWORD, auto_bind=True, check_names=False
    )
    while True:
        connection.search(
            _BRANCH, _FILTER, ldap3.SUBTREE, attributes=_attributes(), paged_size=_PAGE, paged_cookie=cookie
        )
        found += len(connection.response)
        cookie = connection.result["controls"]["1.2.840.113556.1.4.319"]["value"]["cookie"]
        if not cookie:
            break
    connection.unbind()
    return found


def _ldapsearch(server: Slapd) -> int:
    command = ["ldapsearch", "-LLL", "-x", "-H", server.url, "-D", TECHNICAL, "-w", PASSWORD, "-b", _BRANCH]
    paged = ["-E", f"pr={_PAGE}/noprompt"]
    ran = subprocess.run([*command, *paged, _FILTER, *_attributes()], check=True, capture_output=True, timeout=300)
    return ran.stdout.count(b"\ndn: ") + ran.stdout.startswith(b"dn: ")


def _attributes() -> list[str]:
    return ["entryUUID", "givenName", "sn", "mail", "preferredLanguage", "pwdAccountLockedTime"]


def _timed(work: Callable[[], int]) -> float:
    started = time.perf_counter()
    found = work()
    took = time.perf_counter() - started
    if found != PEOPLE:
        raise RuntimeError(f"{found} people instead of {PEOPLE}")
    return took


def _sent(server: Slapd) -> int:
    """The entries that the server has sent so far, by its own count."""
    with _administrator(server) as connection:
        connection.search(
            "cn=Entries,cn=Statistics,cn=Monitor", "(objectClass=*)", "BASE", attributes=["monitorCounter"]
        )
        return int(connection.response[0]["raw_attributes"]["monitorCounter"][0])


def _administrator(server: Slapd) -> Any:
    ldap3 = _ldap3()
    return ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE), ADMIN, PASSWORD)  # bound by `with`


def _ldap3() -> Any:
    with warnings.catch_warnings():  # imported here and not above: listing the figures' names needs none of it
        warnings.simplefilter("ignore", DeprecationWarning)
        import ldap3
    return ldap3
