"""What the database holds about one person, and that none of it can be read once they are erased."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from provisioner.model.bindings import Binding
from provisioner.model.resources import Kind
from provisioner.model.steps import Done, Effects
from provisioner.model.text import Text
from provisioner.state import (
    Bindings,
    Database,
    Departures,
    GuestRoom,
    GuestRooms,
    Invitations,
    Persons,
    Runs,
    SavedPlans,
    StepState,
    TiesLog,
)
from provisioner.state.codec import dump
from tests.state.samples import NETWORK, NOW, SERVER, TARGET, account, begin, group, in_group, journal, later, step

LOGIN, SHOWN, MAIL = "ada.muster", "Dr. Ada Müster-Ömer", "ada.muster@bretten.example"
MARKERS = (LOGIN, SHOWN, "bretten.example")

PLAN = {
    "schema": "readi.plan/1",
    "digest": "d" * 64,
    "targets": [
        {
            "target": "cloud",
            "changes": [
                {
                    "verb": "update",
                    "change_class": "queued",
                    "kind": "account",
                    "id": "person:ada",
                    "name": LOGIN,
                    "reason": {
                        "code": "planning.changed",
                        "arguments": {"name": SHOWN, "by": "Nickname"},
                        "text": f"{SHOWN} heißt jetzt Nickname.",
                    },
                    "fields": {"email": {"before": MAIL, "after": "another.one@bretten.example"}},
                    "members": [],
                    "digest": "a" * 64,
                },
                {
                    "verb": "leave",
                    "id": "body:g",
                    "kind": "group",
                    "name": "PG_Sensorik",
                    "reason": {"code": "planning.left", "text": f"Auch {LOGIN.upper()} und Bob gehen."},
                    "members": ["person:ada", "person:bob"],
                    "digest": "b" * 64,
                },
                {"verb": "suspend", "id": "person:bob", "kind": "account", "name": "bob", "digest": "c" * 64},
            ],
        }
    ],
    "refusals": [{"guard": "suspensions", "objects": [LOGIN, "bob", "ada.muster2"]}],
}


@pytest.fixture
def lived(database: Database) -> Database:
    """Ada was made, put into a group with Bob, renamed, and stands in a plan that waits; Bob lives on."""
    book = journal(database)
    for key, name, shown, mail in (("ada", LOGIN, SHOWN, MAIL), ("bob", "bob", "Bob Beispiel", "bob@ulm.example")):
        fields = {"display_name": shown, "email": mail, "quota": 5}
        made = step(account(key), name=name, payload={"userid": name, **fields}, effects=Effects(fields))  # type: ignore[arg-type]
        book.done(book.intend(made, NOW), made, Done(name, "f1"), NOW, binds=True)
    edges = (in_group("body:g", "person:ada"), in_group("body:g", "person:bob"))
    joined = step(
        group("g"),
        remote_id="PG_Sensorik",
        name="PG_Sensorik",
        payload={"users": [LOGIN, "bob"], "key": "person:ada"},
        effects=Effects(joins=edges),
    )
    entry = book.intend(joined, NOW)
    book.close(entry, StepState.FAILED, Text.of("nextcloud.refused", who=f"user {MAIL}", day=date(2026, 1, 5)), NOW)
    other = step(group("h"), remote_id="h", payload={"userid": "bob"}, effects=Effects(joins=edges[1:]))
    book.done(book.intend(other, NOW), other, Done("h"), NOW, binds=False)
    suspended = step(account("ada"), remote_id=LOGIN, name=LOGIN, effects=Effects({"enabled": False}))
    book.done(book.intend(suspended, NOW), suspended, Done(LOGIN), later(days=1), binds=False)
    refused = book.intend(suspended, NOW)
    why = Text.of("ldap.refused", name="Ada M.", of=Text.of("ldap.entry", dn="uid=am"), day=date(2026, 1, 5))
    book.close(refused, StepState.FAILED, why, NOW)
    left = step(group("g"), remote_id="PG_Sensorik", payload={"userid": LOGIN}, effects=Effects(leaves=edges[:1]))
    book.done(book.intend(left, NOW), left, Done("PG_Sensorik"), later(days=1), binds=False)
    SavedPlans(database).save(NETWORK, "d" * 64, PLAN, NOW)
    SavedPlans(database).save(NETWORK, "e" * 64, {"targets": [{"changes": [{"id": "person:bob"}]}]}, NOW)
    Departures(database).note_suspended(NETWORK, "ada", date(2026, 1, 6))
    Departures(database).hand_over(NETWORK, "cleo", "ada", "p-ranger", date(2026, 1, 6))
    Runs(database).begin(NETWORK, "ada", "cli", "", NOW)
    return database


def erase(database: Database) -> None:
    book = journal(database)
    erased = step(account("ada"), remote_id=LOGIN, name=LOGIN, effects=Effects({"name": LOGIN}, erased=True))
    book.done(book.intend(erased, NOW), erased, Done(LOGIN), later(days=31), binds=False)
    TiesLog(database, None).keep()


def everything(database: Database) -> str:
    with database.reading() as connection:
        tables = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if database.path is not None
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        rows = [connection.exec_driver_sql(f"SELECT * FROM {name}").all() for (name,) in tables.all()]
        return "\n".join(sorted(repr(row) for table in rows for row in table))


def test_all_that_is_kept_about_a_person_is_shown(lived: Database) -> None:
    found = Persons(lived).export(NETWORK, "ada")
    assert [(tie["name"], tie["applied"]["email"]) for tie in found["ties"]] == [(LOGIN, MAIL)]
    assert [step["payload"].get("userid") for step in found["steps"]] == [LOGIN, None, None]
    assert [(one["key"], one["state"], one["joins"], one["leaves"]) for one in found["mentioned"]] == [
        ("body:g", "failed", ["body:g group/member/account"], []),
        ("body:g", "done", [], ["body:g group/member/account"]),
    ]
    (plan,) = found["plans"]
    assert [part.get("id") or part.get("guard") for part in plan["said"]] == ["suspensions", "person:ada", "body:g"]
    assert [(one["person"], one["handed_to"]) for one in found["departures"]] == [("ada", None), ("cleo", "ada")]
    assert [run["cause"] for run in found["runs"]] == ["cli"]
    assert dump(found), "plain data"


def test_what_others_do_is_not_shown(lived: Database) -> None:
    shown = dump(Persons(lived).export(NETWORK, "ada"))
    for of_bob in ("person:bob", "Bob Beispiel", "ulm.example", '"bob"'):
        assert of_bob not in shown


def test_of_whom_nothing_is_kept_nothing_is_shown(lived: Database) -> None:
    assert Persons(lived).export(NETWORK, "nobody") == {}
    assert Persons(lived).export(NETWORK, "ad") == {}
    assert Persons(lived).export("other", "ada") == {}


def test_an_account_of_another_network_and_its_memberships_are_shown(database: Database) -> None:
    journal(database).borrow(TARGET, [Binding(account("ada"), "r-ada", LOGIN, "f", {})], [])
    Bindings(database).see_edges(NETWORK, TARGET, [in_group("body:g", "person:ada"), in_group("body:g", "person:bob")])
    found = Persons(database).export(NETWORK, "ada")
    assert ([row["name"] for row in found["borrowed"]], len(found["memberships"])) == ([LOGIN], 1)


def test_who_was_erased_can_be_read_nowhere_any_more(lived: Database) -> None:
    assert all(marker in everything(lived) for marker in MARKERS)
    erase(lived)
    done = Persons(lived).scrub(NETWORK, "ada")
    assert (done.steps, done.plans, done.kept) == (6, 1, 0)
    after = everything(lived).replace("ada.muster2", "").lower()
    for marker in (*MARKERS, "Nickname", "another.one", "Ada M.", "uid=am"):
        assert marker.lower() not in after, marker
    for of_bob in ("Bob Beispiel", "bob@ulm.example", "ada.muster2"):
        assert of_bob in everything(lived)


def test_of_guests_links_what_names_the_person_is_shown_and_goes(lived: Database) -> None:
    invitations, rooms = Invitations(lived, NETWORK), GuestRooms(lived, NETWORK)
    guest, _ = invitations.make("body:g", f"{SHOWN} (Firma)", "bob", NOW, NOW + timedelta(days=1))
    made, _ = invitations.make("body:g", "Gustav Gast", "ada", NOW, NOW + timedelta(days=1))
    rooms.open(GuestRoom("r-1", "g", "re-secret", f"Mit {SHOWN}", "ada", NOW, NOW + timedelta(hours=1)))
    shown = Persons(lived).export(NETWORK, "ada")
    assert {one["id"] for one in shown["invitations"]} == {guest.id, made.id}
    assert [(one["id"], one["title"]) for one in shown["guest_rooms"]] == [("r-1", f"Mit {SHOWN}")]
    assert "re-secret" not in dump(shown)
    assert "digest" not in dump(shown["invitations"])
    erase(lived)
    Persons(lived).scrub(NETWORK, "ada")
    assert invitations.to("body:g") == [made], "whom Ada invited stays, under an id that tells nothing"
    room = rooms.get("r-1")
    assert room is not None
    assert SHOWN not in room.title


def test_what_history_guards_and_plans_need_stays(lived: Database) -> None:
    erase(lived)
    runs = Runs(lived)
    before, states = runs.recent(NETWORK, TARGET, NOW), [entry.state for entry in runs.steps(1)]
    Persons(lived).scrub(NETWORK, "ada")
    assert runs.recent(NETWORK, TARGET, NOW) == before
    assert [entry.state for entry in runs.steps(1)] == states
    assert ("account", LOGIN) in Bindings(lived).ties(NETWORK, TARGET, SERVER).retired_names
    own = [entry for entry in runs.steps(1) if entry.resource == account("ada")]
    assert [entry.error.code for entry in own if entry.error] == ["ldap.refused"]
    assert own[-1].error is not None
    assert own[-1].error.arguments == {
        "name": "…",
        "of": Text.of("ldap.entry", dn="…"),
        "day": date(2026, 1, 5),
    }
    (plan,) = SavedPlans(lived).find(NETWORK, "d")
    update, leave, suspend = plan.body["targets"][0]["changes"]
    assert (update["verb"], update["change_class"], update["kind"], update["id"]) == (
        "update",
        "queued",
        "account",
        "person:ada",
    )
    assert (update["digest"], update["reason"]["code"]) == ("a" * 64, "planning.changed")
    assert update["fields"] == {"email": {"before": "…", "after": "…"}}
    assert leave["members"] == ["person:ada", "person:bob"]
    assert leave["reason"]["text"] == "Auch … und Bob gehen."
    assert suspend == PLAN["targets"][0]["changes"][2]  # type: ignore[index]
    assert plan.body["refusals"] == [{"guard": "suspensions", "objects": ["…", "bob", "ada.muster2"]}]


def test_scrubbing_twice_finds_nothing_more(lived: Database) -> None:
    erase(lived)
    Persons(lived).scrub(NETWORK, "ada")
    shown = everything(lived)
    assert Persons(lived).scrub(NETWORK, "ada").plans == 0
    assert everything(lived) == shown


def test_a_tie_that_still_stands_and_an_open_creation_keep_their_names(lived: Database) -> None:
    book = journal(lived)
    book.intend(step(account("ada"), target="directory", name="amuster"), NOW)
    book.intend(step(account("ada"), remote_id=LOGIN, effects=Effects({"email": MAIL})), NOW)
    done = Persons(lived).scrub(NETWORK, "ada")
    assert done.kept == 2
    ties = Bindings(lived)
    assert ties.ties(NETWORK, TARGET, SERVER).bindings[account("ada")].name == LOGIN
    assert ties.ties(NETWORK, "directory", SERVER).pending == {account("ada"): "amuster"}
    assert [entry.target for entry in Runs(lived).open_entries(NETWORK, TARGET)] == [], (
        "nothing is left to settle there"
    )


def test_names_that_look_like_patterns_or_keys_do_no_harm(database: Database) -> None:
    book = journal(database)
    made = step(account("x"), name="a.c", effects=Effects({"display_name": 'He said "(.*" \\ ', "email": "person"}))
    book.done(book.intend(made, NOW), made, Done("a.c", "f"), NOW, binds=True)
    note = {"said": 'He said "(.*" \\ ', "abc": "abc a.c a.cd", "key": "person:y", "mail": "person"}
    other = step(group("g"), remote_id="g", payload=note)
    book.done(book.intend(other, NOW), other, Done("g"), NOW, binds=False)
    Persons(database).scrub(NETWORK, "x")
    with database.reading() as connection:
        (payload,) = connection.exec_driver_sql("SELECT payload FROM step WHERE kind = 'group'").one()
    assert payload == dump({"said": "…", "abc": "abc … a.cd", "key": "person:y", "mail": "…"})


def test_nothing_of_who_was_erased_is_left_in_the_files_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "readi.sqlite3"
    with Database.open(path) as database:
        book = journal(database)
        for number in range(60):
            name = f"marker{number}.person"
            made = step(account(str(number)), name=name, payload={"userid": name}, effects=Effects({"email": name}))
            book.done(book.intend(made, NOW), made, Done(name, "f"), NOW, binds=True)
        for number in range(0, 60, 2):
            name = f"marker{number}.person"
            gone = step(account(str(number)), remote_id=name, effects=Effects({"name": name}, erased=True))
            book.done(book.intend(gone, NOW), gone, Done(name), NOW, binds=False)
        TiesLog(database, None).keep()
        for number in range(0, 60, 2):
            Persons(database).scrub(NETWORK, str(number))
        raw = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert b"marker1.person" in raw
    assert [number for number in range(0, 60, 2) if f"marker{number}.person".encode() in raw] == []


def test_a_reader_does_not_keep_anybody_from_being_scrubbed(lived: Database) -> None:
    erase(lived)
    with lived.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM step").all()
        assert Persons(lived).scrub(NETWORK, "ada").steps == 6
    assert SHOWN not in everything(lived)


def test_a_group_with_the_key_of_a_person_is_no_person(database: Database) -> None:
    begin(database)
    book = journal(database)
    odd = step(group("ada"), name="x", remote_id="x", effects=Effects({"display_name": SHOWN}))
    book.done(book.intend(odd, NOW), odd, Done("x"), NOW, binds=False)
    assert Persons(database).export(NETWORK, "ada") == {}
    assert (Kind.GROUP, "x") not in Bindings(database).ties(NETWORK, TARGET, SERVER).retired_names


def test_the_number_of_an_account_is_no_name_and_stays_where_it_means_something_else(database: Database) -> None:
    """Forums number their accounts: "7" is also a quota, a day, somebody's group."""
    book = journal(database)
    made = step(account("ada"), name=LOGIN, effects=Effects({"display_name": SHOWN}))
    book.done(book.intend(made, NOW), made, Done("7"), NOW, binds=True)
    other = step(group("g"), payload={"quota": "7"})
    book.done(book.intend(other, NOW), other, Done("8"), NOW, binds=True)
    erased = step(account("ada"), remote_id="7", name=LOGIN, effects=Effects({"name": LOGIN}, erased=True))
    book.done(book.intend(erased, NOW), erased, Done("7"), NOW, binds=False)
    TiesLog(database, None).keep()
    Persons(database).scrub(NETWORK, "ada", names=(SHOWN,))
    assert '{"quota":"7"}' in everything(database)
    assert SHOWN not in everything(database)
    assert LOGIN not in everything(database)
