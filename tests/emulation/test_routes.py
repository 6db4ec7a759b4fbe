"""The table of routes: order decides, places match one segment unless told otherwise."""

import pytest

from provisioner.emulation import MethodNotAllowed, NoSuchPath, RouteTable


@pytest.fixture
def table() -> RouteTable[str]:
    made: RouteTable[str] = RouteTable()
    made.add("GET", "/users/details", "details")
    made.add("GET", "/users/{user}", "one")
    made.add("GET", "/groups/{group:.+}/users", "members")
    made.add("DELETE", "/groups/{group:.+}", "remove")
    made.route("PUT", "/users/{user}")("change")
    return made


@pytest.mark.parametrize(
    ("method", "path", "handler", "places"),
    [
        ("GET", "/users/details", "details", {}),
        ("HEAD", "/users/details", "details", {}),
        ("GET", "/users/anna", "one", {"user": "anna"}),
        ("PUT", "/users/details", "change", {"user": "details"}),
        ("GET", "/groups/a/b/users", "members", {"group": "a/b"}),
        ("DELETE", "/groups/a.b (c)/users", "remove", {"group": "a.b (c)/users"}),
    ],
)
def test_the_first_route_that_fits_wins(
    table: RouteTable[str], method: str, path: str, handler: str, places: dict[str, str]
) -> None:
    route, found = table.find(method, path)
    assert (route.handler, found) == (handler, places)


def test_a_known_path_with_another_method_is_told_apart_from_an_unknown_one(table: RouteTable[str]) -> None:
    with pytest.raises(MethodNotAllowed) as refusal:
        table.find("POST", "/users/anna")
    assert refusal.value.allowed == {"GET", "PUT"}
    with pytest.raises(NoSuchPath):
        table.find("GET", "/users/a/b")
