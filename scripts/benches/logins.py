"""What Keycloak and Mailman are asked when there is nothing to do. Exact counts, from the emulators' request logs.

Each request is one of a list's page, of who is in a group or on a list, or one of the few at the door.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from math import ceil
from typing import Final

import requests

from connectors.keycloak.emulator import KeycloakEmulator
from connectors.mailman import MAILMAN
from provisioner.model.ports import Sandbox
from provisioner.transport.clock import SystemClock
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size, new_installation

SIZE: Final = Size(1_000, 50, 6_000)
KEYCLOAK_PAGE: Final = 100
DOOR: Final = 4
"""Requests beside the pages: the token, the parent group, what the realm keeps, who we are."""


@bench("identity.keycloak_unchanged_requests", "identity.keycloak_unchanged_writes")
def keycloak(say: Say) -> Iterator[Figure]:
    """A realm with a group and an administrators' group for each body."""
    with KeycloakEmulator() as server:
        asked, written = _unchanged(say, "keycloak", server)
        users = len(server.realm.users)
        groups = server.realm.children(server.parent.id)
        seats = [len(server.realm.members(group.id)) for group in groups]
        pages = [ceil((count + 1) / KEYCLOAK_PAGE) for count in (users, len(groups), *seats)]
        before = server.traffic()[0]
        _read_bare(server)
        bare = server.traffic()[0] - before
    note = f"{users:,} users, {len(groups)} groups, {sum(seats):,} places; baseline: a bare loop over the same pages"
    yield Figure("identity.keycloak_unchanged_requests", asked, "requests", bare, sum(pages) + DOOR, note)
    yield Figure("identity.keycloak_unchanged_writes", written, "writes", 0, 0, "")


@bench("identity.mailman_unchanged_requests", "identity.mailman_unchanged_writes")
def mailman(say: Say) -> Iterator[Figure]:
    """A list for each body."""
    assert MAILMAN.emulator is not None  # noqa: S101 - for the type checker
    server = MAILMAN.emulator(SystemClock(), 0)
    server.start()
    try:
        asked, written = _unchanged(say, "mailman", server)
    finally:
        server.stop()
    note = f"{SIZE.bodies} lists; baseline: settings, members and owners of each"
    yield Figure("identity.mailman_unchanged_requests", asked, "requests", 3 * SIZE.bodies, None, note)
    yield Figure("identity.mailman_unchanged_writes", written, "writes", 0, 0, "")


def _unchanged(say: Say, product: str, server: Sandbox) -> tuple[int, int]:
    """Requests and writes of a `readi plan` after a first sync."""
    say(f"first sync of {SIZE.people:,} people with {product} …")
    made = new_installation(SIZE)
    made.target({"url": server.url, **server.credentials, **server.settings}, product)
    made.readi("apply", "--yes")
    say("nothing to do …")
    before = server.traffic()
    made.readi("plan")
    after = server.traffic()
    return after[0] - before[0], after[1] - before[1]


def _read_bare(server: KeycloakEmulator) -> None:
    """Users, groups and members, page by page, as a script would do it that knows the ids already."""
    realm = f"{server.url}/realms/{server.settings['realm']}"
    admin = f"{server.url}/admin/realms/{server.settings['realm']}"
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        form = {
            "grant_type": "client_credentials",
            "client_id": server.credentials["user"],
            "client_secret": server.credentials["password"],
        }
        token = session.post(f"{realm}/protocol/openid-connect/token", data=form, timeout=60).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"

        def pages(address: str) -> Iterator[list[dict[str, str]]]:
            first = 0
            while True:
                asked = {"first": first, "max": KEYCLOAK_PAGE}
                page = session.get(f"{admin}/{address}", params=asked, timeout=60).json()
                yield page
                if len(page) < KEYCLOAK_PAGE:
                    return
                first += KEYCLOAK_PAGE

        list(pages("users"))
        for group in [one["id"] for page in pages(f"groups/{server.parent.id}/children") for one in page]:
            list(pages(f"groups/{group}/members"))
