"""Lists at the borders of pages, lists that move, and what a directory's people change about it."""

from typing import Any

import pytest

from connectors.keycloak.client import Client
from connectors.keycloak.listing import whole_list
from connectors.keycloak.token import Bearer
from connectors.keycloak.user_reading import Users
from provisioner.model.errors import Garbled
from provisioner.model.inventory import Complete, Partial
from tests.keycloak.served import Served

DECLARED = {"attributes": [{"name": name} for name in ("username", "readi", "organisation")]}
ALL_RIGHTS = Bearer({}, 0.0, "own-id", frozenset({"manage-users"}), 300.0)


def people(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"id-{number:05}", "username": f"name{number:05}", "userProfileMetadata": DECLARED, **more}
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "pages"),
    [(0, 1), (1, 1), (99, 1), (100, 1), (101, 2), (199, 2), (200, 2), (201, 3), (10_000, 100), (10_001, 101)],
)
def test_pages_of_a_hundred_are_bounded_and_no_more_than_promised(served: Served, count: int, pages: int) -> None:
    served.list("/users", people(count))
    listed = whole_list(served.client, "/users")
    assert (len(listed.items), listed.gap) == (count, None)
    assert len(served.asked) == pages <= -(-(count + 1) // 100)
    assert served.asked[0] == "/users 0+101"


@pytest.mark.parametrize("change", ["insert", "delete", "both"])
def test_a_list_that_moves_between_two_pages_is_read_again(
    served: Served, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = people(150)
    served.list("/users", everybody)
    plain = Client.items

    def items(self: Client, path: str, params: Any = None) -> Any:
        found = plain(self, path, params)
        if len(served.asked) == 1:
            if change != "insert":
                del everybody[3:5]
            if change != "delete":
                everybody.insert(1, {"id": "new", "username": "name00000a"})
        return found

    monkeypatch.setattr(Client, "items", items)
    listed = whole_list(served.client, "/users")
    assert listed.gap is None
    assert set(listed.items) == {one["id"] for one in everybody}


def test_a_list_that_never_holds_still_is_not_whole(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = people(150)
    served.list("/users", everybody)
    plain = Client.items

    def items(self: Client, path: str, params: Any = None) -> Any:
        found = plain(self, path, params)
        del everybody[0]
        return found

    monkeypatch.setattr(Client, "items", items)
    seen = Users(served.client, "login").observe(ALL_RIGHTS, expected=False)
    assert isinstance(seen.completeness, Partial)
    assert seen.completeness.why.code == "kit.list_moved"


def test_a_page_of_more_than_was_asked_for_or_without_ids_is_none(served: Served) -> None:
    served.once("GET", "/users", 200, people(102))
    with pytest.raises(Garbled):
        whole_list(served.client, "/users")
    served.once("GET", "/groups", 200, [{"name": "without"}])
    with pytest.raises(Garbled):
        whole_list(served.client, "/groups")


def test_nobody_at_all_is_odd_where_some_are_tied(served: Served) -> None:
    served.list("/users", [])
    served.once("GET", "/users/profile", 200, {"attributes": []})
    users = Users(served.client, "login")
    assert isinstance(users.observe(ALL_RIGHTS, expected=False).completeness, Complete)
    seen = users.observe(ALL_RIGHTS, expected=True)
    assert isinstance(seen.completeness, Partial)
    assert seen.completeness.why.code == "keycloak.nobody_left"


def test_of_a_directory_short_pages_need_not_be_the_last(served: Served) -> None:
    """Who is gone from the directory is taken out of a page after it was cut: one in the middle is short."""
    hundred = people(205, federationLink="ldap")
    shown = {(0, 101): hundred[:90], (100, 101): hundred[100:200], (200, 101): hundred[200:], (300, 101): []}

    def page(self: Client, path: str, params: Any = None) -> Any:
        return shown[params["first"], params["max"]]

    served.once("GET", "/users/count", 200, 195)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "items", page)
        seen = Users(served.client, "login").observe(ALL_RIGHTS, expected=False)
    assert isinstance(seen.completeness, Complete)
    assert len(seen.objects) == 195


def test_whom_the_server_counts_and_does_not_show_may_be_there(served: Served) -> None:
    served.list("/users", people(5, federationLink="ldap"))
    served.once("GET", "/users/count", 200, 7)
    seen = Users(served.client, "login").observe(ALL_RIGHTS, expected=False)
    assert isinstance(seen.completeness, Partial)
    assert seen.completeness.why.arguments == {"count": 2}


def test_of_a_read_only_directory_only_what_the_realm_says_is_writable(served: Served) -> None:
    closed = {"attributes": [{"name": name, "readOnly": name != "organisation"} for name in ("email", "organisation")]}
    one = {"id": "a", "username": "anna", "enabled": True, "federationLink": "ldap", "userProfileMetadata": closed}
    served.list("/users", [one])
    served.once("GET", "/users/count", 200, 1)
    served.once("GET", "/users/profile", 200, {"attributes": []})
    remote = Users(served.client, "login").observe(ALL_RIGHTS, expected=False).objects["a"]
    assert remote.backend == "LDAP"
    assert "email" not in (remote.writable or ())
    assert "organisation" in (remote.writable or ())
