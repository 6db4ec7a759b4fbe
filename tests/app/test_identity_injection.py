"""Names, addresses, keys and ids that mean something in an address, a filter or a sheet: exactly the requests meant."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.identity import AD, Identity, identity
from tests.support.site import body, person
from tests.support.sources import somebody

NAMES = (
    "../../admin",
    'Quo"te',
    "*)(uid=*",
    "Ha#sh?x=1&y",
    "per%2fcent",
    "Ümläut Größe",
    "Emo 😀 ji",
    " leading",
    '=HYPERLINK("http://x")',
    "a/b\\c",
    "..",
    "'; DROP TABLE--",
)
TOO_LONG = "L" * 255
ADDRESSES = ("a%2fb", "a#b", "a?b=c", "*", "a+b", "a&b", "'x'", "a/b")
KEYS = ("../../admin", "k:1", "k/2", "k?x=1&y", "k#3", "k%2f4", 'k"5', "*)(uid=*", "ß😀")

_ID = "[0-9a-f-]{36}"
_LIST = r"[a-z0-9-]+\.lists\.readi\.example"
_ADDRESS = r"[^/?#]+@(bretten|ettlingen)\.example"
MEANT = {
    "login": re.compile(
        "/realms/readi/protocol/openid-connect/token|/admin/realms/readi"
        f"(/users(/profile|/count|/{_ID}(/groups(/{_ID})?|/federated-identity/bretten)?)?"
        f"|/groups(/{_ID}(/children|/members)?)?)?"
    ),
    "lists": re.compile(
        f"/3.1(/domains/lists.readi.example(/lists)?|/lists(/styles|/{_LIST}(/config|/roster/(member|owner))?)?"
        f"|/users(/[0-9a-f]{{32}}(/addresses|/preferred_address)?)?|/addresses(/{_ADDRESS}(/verify)?)?"
        "|/members(/find|/[0-9a-f]{32})?|/system/(configuration|versions))"
    ),
}
QUERIES = {
    "login": {"search", "exact", "briefRepresentation", "first", "max", "idpAlias", "idpUserId", "userProfileMetadata"},
    "lists": {"count", "page", "subscriber", "list_id", "role", "delivery_status"},
}


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Identity]:
    with identity(tmp_path) as setup:
        setup.without_cloud()
        setup.wish.policy["guards"] = {"mails": 10_000}
        yield setup


def assert_only_what_is_meant(setup: Identity) -> None:
    for name in MEANT:
        for entry in setup.servers[name].log.requests:
            parts = urlsplit(entry.path)
            assert MEANT[name].fullmatch(parts.path), entry
            assert {key for key, _ in parse_qsl(parts.query, keep_blank_values=True)} <= QUERIES[name], entry
            assert entry.status < 500, entry


def test_names_of_bodies_and_people_reach_no_other_path(setup: Identity) -> None:
    for number, name in enumerate((*NAMES, TOO_LONG)):
        setup.wish.add(body(f"pg-x{number}", name), person(f"G{number}", f"pg-x{number}", family_name=name))
    ran = setup.run("apply", "--yes")
    assert_only_what_is_meant(setup)
    parents = {group.parent for group in setup.keycloak.realm.groups.values()}
    assert parents == {None, setup.keycloak.parent.id}
    assert len(setup.keycloak.realm.children(setup.keycloak.parent.id)) == 2 * (2 + len(NAMES))
    assert len(setup.lists.world.lists) == 2 + len(NAMES)
    assert ran.code == 1, "Keycloak takes no such family names"
    for refused in ("g0.admin", "g1.quote", "g2.uid"):
        assert f"login {refused}: failed" in ran.out
    assert '"name" has 255 characters; 200 are allowed' in setup.run("validate").out
    assert setup.keycloak.user("g5.uemlaeutgroesse").last_name == "Ümläut Größe"


def test_addresses_reach_no_other_path_and_the_one_that_mailman_would_lose_is_named(setup: Identity) -> None:
    for number, local in enumerate(ADDRESSES):
        setup.wish.add(person(f"M{number}", "pg-sensorik", email=f"{local}@bretten.example"))
    for _ in range(2):
        ran = setup.run("apply", "--yes")
        assert_only_what_is_meant(setup)
        assert (ran.code, "lists a/b@bretten.example: failed" in ran.out) == (1, True)
    assert sorted(setup.on("pg-sensorik")) == sorted(("anna", "ben", *ADDRESSES[:-1]))
    setup.wish.people["p-m0"]["email"] = "a%2e%2e%2fadmin#?@bretten.example"
    setup.run("apply", "--yes")
    assert_only_what_is_meant(setup)
    assert "a%2e%2e%2fadmin#?" in setup.on("pg-sensorik")
    assert "a%2fb" not in setup.on("pg-sensorik")


def test_keys_of_a_source_are_linked_as_they_are(setup: Identity) -> None:
    setup.keycloak.add_provider("bretten")
    setup.wish.policy["login"] = {"links": {"bretten": {"alias": "bretten", "source": AD}}}
    setup.use_directory(*((key, f"Karla K{number}") for number, key in enumerate(KEYS)))
    setup.apply()
    assert_only_what_is_meant(setup)
    users = [user for user in setup.keycloak.realm.users.values() if user.links]
    assert {user.links["bretten"].user_id for user in users} == set(KEYS)
    searched = [dict(parse_qsl(urlsplit(each.path).query)) for each in setup.keycloak.log.matching("GET", "idpUserId=")]
    assert {query["idpUserId"] for query in searched} == set(KEYS)
    assert {query["idpAlias"] for query in searched} == {"bretten"}
    setup.directory.put(somebody(KEYS[0], "Karla Neu"))
    setup.apply()
    assert setup.nothing_to_do()


def test_ids_and_names_written_by_hand_are_refused_where_they_stand(setup: Identity) -> None:
    for number, name in enumerate(NAMES):
        setup.wish.add(body(f"pg-l{number}", f"L{number}", overrides={"mailing_list_name": name}))
        setup.wish.add(person(f"U{number}", "pg-sensorik", user_id=name))
    told = setup.run("validate").out
    assert told.count("needs.") == 2 * len(NAMES) - 3, "points may stand in a user id, and blanks at an edge fall off"
    assert setup.run("apply", "--yes").code in (0, 1, 2)
    assert_only_what_is_meant(setup)
    assert all(re.fullmatch("[a-z0-9.-]+", user.username) for user in setup.keycloak.realm.users.values())


def test_formulas_of_a_list_stay_text_and_break_no_other_row(setup: Identity) -> None:
    setup.use_staff(
        '4711;"=HYPERLINK(""http://x"")";"@SUM(1)";formel@ettlingen.example',
        "=1+1;Rolf;Rüstig;rolf@ettlingen.example",
        '4713;Rita;"\'; DROP TABLE--";rita@ettlingen.example',
    )
    setup.wish.bodies["pg-sensorik"]["members"] = [{"everybody": True}]
    ran = setup.run("apply", "--yes")
    assert "Traceback" not in ran.all
    assert_only_what_is_meant(setup)
    assert {"rolf", "rita", "formel"} <= set(setup.on("pg-sensorik"))
    assert setup.keycloak.user("rolf.ruestig").last_name == "Rüstig"
