"""The journal, the history, and the sums for the guards."""

from datetime import date

import pytest

from provisioner.model.bindings import adopted
from provisioner.model.changes import Adopt
from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, Mode, ResourceId, Seats
from provisioner.model.steps import Done, Effects
from provisioner.model.text import Text
from provisioner.state import AlreadyBound, Bindings, Database, Outcome, Runs, Settlement, StepState
from provisioner.state.journal import identity
from tests.state.samples import (
    NETWORK,
    NOW,
    SERVER,
    TARGET,
    account,
    begin,
    bind,
    group,
    in_group,
    journal,
    later,
    of_group,
    step,
)


def test_runs_are_listed_newest_first_and_by_network(database: Database) -> None:
    runs = Runs(database)
    first, second, foreign = begin(database), begin(database), begin(database, "other")
    runs.finish(first, Outcome.PARTLY, {"done": 3, "failed": 1}, later(minutes=1))
    newest, oldest = runs.latest(NETWORK)
    assert (newest.id, newest.ended, newest.outcome, newest.counts) == (second, None, None, {})
    assert (oldest.id, oldest.started, oldest.ended) == (first, NOW, later(minutes=1))
    assert (oldest.outcome, oldest.counts) == (Outcome.PARTLY, {"done": 3, "failed": 1})
    assert (oldest.actor, oldest.cause, oldest.plan_digest) == ("p-ranger", "cli", "d" * 64)
    assert [run.id for run in runs.latest(NETWORK, limit=1)] == [second]
    assert runs.get(NETWORK, foreign) is None


def test_a_step_comes_back_as_it_was_written(database: Database) -> None:
    book = journal(database)
    effects = Effects(
        {"email": "a@x.example", "quota": None}, joins=(in_group("g", "p"),), leaves=(in_group("h", "p"),)
    )
    why = Text.of(
        "test.why",
        day=date(2026, 2, 3),
        at=NOW,
        count=3,
        share=0.5,
        name="ä",
        role=Text.of("test.role"),
        fields=(Text.of("test.a", x=1),),
    )
    number = book.intend(step(account("ada"), remote_id="r", payload={"a": [1, None]}, effects=effects), NOW)
    book.close(number, StepState.FAILED, why, later(seconds=2))
    (entry,) = Runs(database).steps(1)
    assert (entry.id, entry.resource, entry.remote_id, entry.changes) == (number, account("ada"), "r", ("c" * 64,))
    assert (entry.effects, entry.error) == (effects, why)
    assert (entry.state, entry.creates, entry.repeatable) == (StepState.FAILED, False, True)
    assert (entry.intent_at, entry.outcome_at) == (NOW, later(seconds=2))


def test_an_open_creation_is_pending_until_it_is_settled(database: Database) -> None:
    book = journal(database)
    book.intend(step(account("ada")), NOW)
    book.close(book.intend(step(account("bob")), NOW), StepState.UNKNOWN, None, NOW)
    book.close(book.intend(step(account("cleo")), NOW), StepState.FAILED, None, NOW)
    book.intend(step(account("dora"), remote_id="r-dora"), NOW)
    bindings, runs = Bindings(database), Runs(database)
    assert bindings.ties(NETWORK, TARGET, SERVER).pending == {account("ada"): "ada", account("bob"): "bob"}
    assert bindings.ties("other", TARGET, SERVER).pending == {}
    ada, bob, dora = runs.open_entries(NETWORK, TARGET)
    settled = [
        Settlement(ada, StepState.FOUND, Remote("r-ada", "ada", {"email": "x"}, "f9")),
        Settlement(bob, StepState.ABSENT),
        Settlement(dora, StepState.SUPERSEDED),
    ]
    journal(database).settle(settled, later(days=1))
    ties = bindings.ties(NETWORK, TARGET, SERVER)
    assert ties.pending == {}
    assert list(ties.bindings) == [account("ada")]
    assert (ties.bindings[account("ada")].fingerprint, ties.bindings[account("ada")].applied) == ("f9", {})
    assert runs.open_entries(NETWORK, TARGET) == []
    assert [str(entry.state) for entry in runs.steps(1)] == ["found", "absent", "failed", "superseded"]


def test_an_outcome_that_clashes_keeps_nothing_of_it(database: Database) -> None:
    bind(database, account("ada"))
    book = journal(database)
    twin = step(account("twin"), effects=Effects(joins=(in_group("g", "person:twin"),)))
    number = book.intend(twin, NOW)
    with pytest.raises(AlreadyBound):
        book.done(number, twin, Done("r-person:ada"), NOW, binds=True)
    ties = Bindings(database).ties(NETWORK, TARGET, SERVER)
    assert (list(ties.bindings), dict(ties.edges), ties.pending) == ([account("ada")], {}, {account("twin"): "twin"})


def adoption(key: str) -> Adopt:
    remote = Remote(f"r-{key}", key, {"email": "a@x.example", "quota": UNKNOWN, "language": "de"}, "f1")
    return Adopt(target=TARGET, id=account(key), name=key, reason=Text.of("test.why"), remote=remote)


def test_adopting_ties_what_was_observed_and_is_in_the_history(database: Database) -> None:
    change = adoption("ada")
    modes: dict[FieldName, Mode] = {
        "email": Mode.MANAGED,
        "quota": Mode.MANAGED,
        "language": Mode.CREATE_ONLY,
        "first_message": Mode.ONCE,
        "note": Mode.WRITE_ONLY,
    }
    journal(database).adopt([change], {Kind.ACCOUNT: modes}, NOW)
    tie = Bindings(database).ties(NETWORK, TARGET, SERVER).bindings[account("ada")]
    assert tie.applied == {"email": "a@x.example", "first_message": None}, "what is written once counts as written"
    assert tie == adopted(change, modes)
    (entry,) = Runs(database).steps(1)
    assert (entry.operation, entry.state, entry.changes) == ("adopt", StepState.DONE, (change.digest(),))


def test_adopting_is_all_or_nothing(database: Database) -> None:
    bind(database, account("r"), network="other")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE binding SET remote_id = 'r-bob'")
    with pytest.raises(AlreadyBound):
        journal(database).adopt([adoption("ada"), adoption("bob")], {}, NOW)
    assert Bindings(database).ties(NETWORK, TARGET, SERVER).bindings == {}


def test_the_guards_count_what_was_done_since_a_moment(database: Database) -> None:
    book = journal(database)

    def do(at_days: float, state: StepState, **options: object) -> None:
        made = step(**{"resource": account("p"), "remote_id": "r", **options})  # type: ignore[arg-type]
        book.close(book.intend(made, later(days=at_days)), state, None, later(days=at_days))

    suspended, updated = Effects({"enabled": False}), Effects({"email": "x"})
    do(0, StepState.DONE, effects=suspended)
    for _ in range(2):
        do(2, StepState.DONE, effects=suspended)
    do(2, StepState.FAILED, effects=suspended)
    do(2, StepState.DONE, effects=Effects({"enabled": True}))
    do(3, StepState.DONE, effects=updated)
    do(3, StepState.DONE, resource=group("g"), effects=updated)
    do(3, StepState.DONE, effects=updated, remote_id=None)
    do(4, StepState.DONE, effects=Effects({"email": "x", "enabled": False}))
    do(
        5,
        StepState.DONE,
        resource=group("g"),
        effects=Effects(leaves=(in_group("body:g", "a"), in_group("body:g", "b"), in_group("body:h", "a"))),
    )
    do(5, StepState.UNKNOWN, resource=group("g"), effects=Effects(leaves=(in_group("body:g", "c"),)))
    recent = Runs(database).recent(NETWORK, TARGET, later(days=1))
    assert recent.suspensions == {Kind.ACCOUNT: 3}
    assert recent.updates == {Kind.ACCOUNT: 2, Kind.GROUP: 1}
    assert recent.removed_edges == 3
    assert recent.members_lost == {of_group("body:g"): 2, of_group("body:h"): 1}
    assert Runs(database).recent("other", TARGET, NOW).updates == {}
    assert Runs(database).recent(NETWORK, TARGET, NOW).suspensions == {Kind.ACCOUNT: 4}


def test_the_same_write_planned_again_has_the_same_identity() -> None:
    one = step(account("ada"), payload={"a": 1, "b": 2})
    assert identity(one) == identity(step(account("ada"), payload={"b": 2, "a": 1}))
    assert identity(one) != identity(step(account("ada"), payload={"a": 1, "b": 3}))
    assert identity(one) != identity(step(account("bob"), name="ada", payload={"a": 1, "b": 2}))


def test_what_is_erased_is_untied_and_its_name_retired_in_one_transaction(database: Database) -> None:
    bind(database, account("ada"))
    bind(database, group("ada"))
    in_same_key = Edge(Seats(ResourceId(Kind.CONVERSATION, "body:g"), EdgeRole.MEMBER, Kind.GROUP), "person:ada")
    Bindings(database).see_edges(
        NETWORK,
        TARGET,
        [
            in_group("body:g", "person:ada"),
            in_group("body:g", "person:b"),
            in_group("body:ada", "person:b"),
            in_same_key,
        ],
    )
    book = journal(database)
    erased = step(account("ada"), remote_id="r-person:ada", effects=Effects({"name": "ada.lovelace"}, erased=True))
    book.done(book.intend(erased, NOW), erased, Done("r-person:ada"), NOW, binds=False)
    ties = Bindings(database).ties(NETWORK, TARGET, SERVER)
    assert set(ties.bindings) == {group("ada")}
    assert ties.edges == {
        of_group("body:g"): {"person:b"},
        of_group("body:ada"): {"person:b"},
        in_same_key.seats: {"person:ada"},
    }
    assert ("account", "ada.lovelace") in ties.retired_names
    assert ("group", "ada.lovelace") not in ties.retired_names


def test_an_erased_container_takes_its_edges_along(database: Database) -> None:
    bind(database, group("g"))
    inside = Edge(Seats(ResourceId(Kind.TEAM_FOLDER, "body:f"), EdgeRole.WRITER, Kind.GROUP), "body:g")
    Bindings(database).see_edges(NETWORK, TARGET, [in_group("body:g", "person:a"), in_group("body:h", "a"), inside])
    book = journal(database)
    erased = step(group("g"), remote_id="r-body:g", effects=Effects({"name": "g"}, erased=True))
    book.done(book.intend(erased, NOW), erased, Done("r-body:g"), NOW, binds=False)
    assert Bindings(database).ties(NETWORK, TARGET, SERVER).edges == {of_group("body:h"): {"a"}}


def test_a_membership_that_did_not_come_about_is_not_remembered(database: Database) -> None:
    book = journal(database)
    here, missed = in_group("body:g", "person:ada"), in_group("body:h", "person:ada")
    made = step(account("ada"), effects=Effects(joins=(here, missed)))
    book.done(book.intend(made, NOW), made, Done("r-ada", missed=(missed,)), NOW, binds=True)
    assert Bindings(database).ties(NETWORK, TARGET, SERVER).edges == {here.seats: {"person:ada"}}


def test_erasing_counts_as_a_removal_and_is_no_update(database: Database) -> None:
    book = journal(database)
    erased = step(account("ada"), remote_id="r", effects=Effects({"name": "ada"}, erased=True))
    book.done(book.intend(erased, NOW), erased, Done("r"), NOW, binds=False)
    recent = Runs(database).recent(NETWORK, TARGET, NOW)
    assert (recent.removed_edges, recent.updates, recent.suspensions) == (1, {}, {})


def test_a_raise_takes_nothing_away_and_less_rights_do(database: Database) -> None:
    book, folder = journal(database), ResourceId(Kind.TEAM_FOLDER, "body:f")
    reader, sharer, manager = (
        Edge(Seats(folder, role, Kind.GROUP), "body:g") for role in (EdgeRole.READER, EdgeRole.SHARER, EdgeRole.MANAGER)
    )
    for before, after in ((sharer, manager), (manager, reader)):
        graded = step(folder, remote_id="7", effects=Effects(joins=(after,), leaves=(before,)))
        book.done(book.intend(graded, NOW), graded, Done("7"), NOW, binds=False)
    recent = Runs(database).recent(NETWORK, TARGET, NOW)
    assert (recent.removed_edges, recent.members_lost) == (1, {manager.seats: 1})
