"""Ties: what is bound to what, apart by network, target and server."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, text

from provisioner.model.bindings import Binding
from provisioner.model.resources import Kind, Seats
from provisioner.model.steps import Done, Effects
from provisioner.state import AlreadyBound, Bindings, Database
from provisioner.state.schema import BINDING, EDGE
from tests.state.samples import NETWORK, NOW, SERVER, TARGET, account, bind, group, in_group, journal, of_group, step


def test_networks_and_targets_are_apart_and_see_each_other_as_foreign(database: Database) -> None:
    bind(database, account("ada"))
    bind(database, account("bob"), network="other")
    bind(database, account("cleo"), network="other", server="https://elsewhere.example")
    bind(database, group("g"), target="second")
    ties = Bindings(database).ties(NETWORK, TARGET, SERVER)
    assert list(ties.bindings) == [account("ada")]
    assert ties.bindings[account("ada")] == Binding(
        account("ada"), "r-person:ada", "ada", "f1", {"display_name": "person:ada"}
    )
    assert ties.foreign == {("account", "r-person:bob"), ("group", "r-body:g")}


def test_one_remote_object_is_tied_once_a_server(database: Database) -> None:
    bind(database, account("ada"))
    with pytest.raises(AlreadyBound):
        bind(database, account("ada"), network="other")
    bind(database, account("ada"), network="other", server="https://elsewhere.example")
    assert Bindings(database).ties("other", TARGET, SERVER).bindings.keys() == {account("ada")}


def lent(key: str, remote_id: str, fingerprint: str = "f1") -> Binding:
    return Binding(account(key), remote_id, f"{key}.name", fingerprint, {})


def borrowed(database: Database, network: str = NETWORK, target: str = TARGET) -> dict[str, Binding]:
    found = Bindings(database).ties(network, target, SERVER).borrowed
    return {identity.key: account for identity, account in found.items()}


def test_what_another_network_owns_is_borrowed_without_being_tied(database: Database) -> None:
    bind(database, account("ada"), network="other")
    ada, bob = lent("ada", "r-person:ada"), lent("bob", "r-bob")
    journal(database).borrow(TARGET, [ada, bob], [])
    assert borrowed(database) == {"person:ada": ada, "person:bob": bob}
    assert Bindings(database).ties(NETWORK, TARGET, SERVER).bindings == {}
    assert (borrowed(database, "other"), borrowed(database, target="second")) == ({}, {})
    journal(database, "third").borrow(TARGET, [ada], [])
    journal(database).borrow(TARGET, [], [bob.id])
    assert borrowed(database) == {"person:ada": ada} == borrowed(database, "third")


def test_a_borrowed_account_is_one_persons_and_a_person_has_one(database: Database) -> None:
    book = journal(database)
    book.borrow(TARGET, [lent("ada", "r-1")], [])
    book.borrow(TARGET, [lent("ada", "r-1", "f2")], [])
    assert borrowed(database) == {"person:ada": lent("ada", "r-1", "f2")}
    book.borrow(TARGET, [lent("ada", "r-2")], [])
    assert borrowed(database) == {"person:ada": lent("ada", "r-2")}
    book.borrow(TARGET, [lent("bob", "r-2")], [])
    assert borrowed(database) == {"person:bob": lent("bob", "r-2")}


def test_what_was_borrowed_is_released_with_its_edges(database: Database) -> None:
    journal(database).borrow(TARGET, [lent("ada", "r-1"), lent("bob", "r-2")], [])
    bindings = Bindings(database)
    bindings.see_edges(NETWORK, TARGET, [in_group("body:g", "person:ada"), in_group("body:g", "person:bob")])
    bindings.release(NETWORK, TARGET, account("ada"))
    assert borrowed(database).keys() == {"person:bob"}
    assert bindings.ties(NETWORK, TARGET, SERVER).edges == {of_group("body:g"): {"person:bob"}}


def test_a_rename_is_kept_in_the_tie(database: Database) -> None:
    bind(database, account("ada"))
    book = journal(database)
    renamed = step(account("ada"), remote_id="r-person:ada", effects=Effects({"name": "ada.l", "email": "a@x.example"}))
    book.done(book.intend(renamed, NOW), renamed, Done("moved-id", "f2"), NOW, binds=False)
    tie = Bindings(database).ties(NETWORK, TARGET, SERVER).bindings[account("ada")]
    assert (tie.remote_id, tie.name, tie.fingerprint) == ("moved-id", "ada.l", "f2")
    assert tie.applied == {"display_name": "person:ada", "name": "ada.l", "email": "a@x.example"}


def test_edges_join_and_leave_twice_without_harm(database: Database) -> None:
    bindings = Bindings(database)
    book = journal(database)
    pairs = (in_group("body:g", "person:a"), in_group("body:g", "person:b"), in_group("body:h", "person:a"))
    for _ in range(2):
        bindings.see_edges(NETWORK, TARGET, pairs)
    assert bindings.ties(NETWORK, TARGET, SERVER).edges == {
        of_group("body:g"): {"person:a", "person:b"},
        of_group("body:h"): {"person:a"},
    }
    assert bindings.ties("other", TARGET, SERVER).edges == {}
    for _ in range(2):
        left = step(group("g"), remote_id="r-g", effects=Effects(leaves=pairs[:1]))
        book.done(book.intend(left, NOW), left, Done("r-g"), NOW, binds=False)
    assert bindings.ties(NETWORK, TARGET, SERVER).edges == {
        of_group("body:g"): {"person:b"},
        of_group("body:h"): {"person:a"},
    }


def test_a_step_on_another_networks_object_ties_nothing(database: Database) -> None:
    book = journal(database)
    joined = step(account("theirs"), remote_id="r-theirs", effects=Effects({"email": "x"}, joins=(in_group("g", "p"),)))
    book.done(book.intend(joined, NOW), joined, Done("r-theirs"), NOW, binds=False)
    ties = Bindings(database).ties(NETWORK, TARGET, SERVER)
    assert (dict(ties.bindings), dict(ties.edges)) == ({}, {of_group("g"): {"p"}})


def test_retired_names_are_known_only_to_who_asks(database: Database, open_database: Callable[[], Database]) -> None:
    bindings = Bindings(database)
    assert (Kind.ACCOUNT, "ada.lovelace") not in bindings.ties(NETWORK, TARGET, SERVER).retired_names
    for _ in range(2):
        bindings.retire(SERVER, Kind.ACCOUNT, "ada.lovelace", NOW)
    retired = Bindings(open_database()).ties("other", "any", SERVER).retired_names
    assert (Kind.ACCOUNT, "ada.lovelace") in retired
    assert ("account", "ada.lovelace") in retired
    assert (Kind.GROUP, "ada.lovelace") not in retired
    assert (Kind.ACCOUNT, "ada") not in retired
    assert (Kind.ACCOUNT, "ada.lovelace") not in bindings.ties(NETWORK, TARGET, "https://x.example").retired_names
    with database.reading() as connection:
        assert "lovelace" not in repr(connection.execute(text("SELECT * FROM tombstone")).all())
    assert "lovelace" not in repr(retired)


def test_a_name_has_another_hash_in_every_installation(database: Database) -> None:
    Bindings(database).retire(SERVER, Kind.ACCOUNT, "ada", NOW)
    with database.writing() as connection:
        connection.execute(text("UPDATE secret SET value = '00ff'"))
    assert (Kind.ACCOUNT, "ada") not in Bindings(database).ties(NETWORK, TARGET, SERVER).retired_names


def test_names_in_any_script_come_back_as_they_were(database: Database) -> None:
    odd = 'ß/#?…"\\ \u202e\u200b 你 \U0001f9d1'
    bind(database, account(odd))
    assert Bindings(database).ties(NETWORK, TARGET, SERVER).bindings.keys() == {account(odd)}


def test_members_of_thousands_of_containers_are_read_right_across_chunks(database: Database) -> None:
    edges = [(f"body:{n % 700:04}", f"person:{n}") for n in range(45_000)]
    with database.writing() as connection:
        fixed = {"network": NETWORK, "target": TARGET, "sort": "group/member/account"}
        rows = [{**fixed, "container": c, "account": a} for c, a in edges]
        connection.execute(insert(EDGE), rows)
        bound = {"network": NETWORK, "target": TARGET, "server": SERVER, "kind": "account", "bound_at": NOW}
        more = [{**bound, "key": f"p{n}", "remote_id": f"r{n}", "name": "n"} for n in range(300)]
        connection.execute(insert(BINDING), [{**row, "fingerprint": "", "applied": '{"quota":5}'} for row in more])
    ties = Bindings(database).ties(NETWORK, TARGET, SERVER)
    wanted: dict[Seats, set[str]] = {}
    for container, member in edges:
        wanted.setdefault(of_group(container), set()).add(member)
    assert ties.edges == wanted
    assert len(ties.bindings) == 300
    one, other = (next(m for m in ties.edges[c] if m == "person:0") for c in map(of_group, ("body:0000", "body:0000")))
    assert one is other
