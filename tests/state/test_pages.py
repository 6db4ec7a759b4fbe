"""What pages read of the state: parts of long lists, and what a few keys are tied to."""

from datetime import date

from provisioner.model.enrolments import EnrolledMembership
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.model.registry import Period, Role
from provisioner.model.resources import Kind
from provisioner.state import Database, EnrolmentStore, Outbox, PlanState, Runs, SavedPlans, StepState, TiedTo
from tests.state.samples import NETWORK, NOW, account, begin, bind, group, journal, later, step


def test_steps_come_in_parts_with_what_went_wrong_first(database: Database) -> None:
    book = journal(database)
    run = Runs(database).latest(NETWORK)[0].id
    states = [StepState.DONE, StepState.FAILED, StepState.FOUND, StepState.SKIPPED, StepState.DONE]
    for number, state in enumerate(states):
        book.close(book.intend(step(account(f"p-{number}")), NOW), state, None, NOW)
    runs = Runs(database)
    assert runs.count_steps(run) == 5
    first, second = runs.some_steps(run, 0, 3), runs.some_steps(run, 3, 3)
    assert [entry.name for entry in (*first, *second)] == ["p-1", "p-3", "p-0", "p-2", "p-4"]


def test_older_runs_follow_those_that_were_shown(database: Database) -> None:
    numbers = [begin(database) for _ in range(5)]
    begin(database, "other")
    runs = Runs(database)
    assert [run.id for run in runs.latest(NETWORK, 2, before=numbers[3])] == [numbers[2], numbers[1]]
    assert runs.latest(NETWORK, 2, before=numbers[0]) == []


def test_only_what_some_keys_are_tied_to_is_read(database: Database) -> None:
    for target in ("cloud", "login"):
        bind(database, account("p-ada"), target=target, server=f"https://{target}.example")
        bind(database, group("pg-x"), target=target, server=f"https://{target}.example")
    bind(database, account("p-ben"))
    bind(database, account("p-elsewhere"), network="other", server="https://other.example")
    tied = TiedTo(database, NETWORK, ["login", "cloud"])
    found = tied.find(["person:p-ada", "body:pg-x", "person:p-elsewhere"])
    assert [(one.target, one.binding.id.kind, one.binding.remote_id) for one in found] == [
        ("login", Kind.ACCOUNT, "r-person:p-ada"),
        ("login", Kind.GROUP, "r-body:pg-x"),
        ("cloud", Kind.ACCOUNT, "r-person:p-ada"),
        ("cloud", Kind.GROUP, "r-body:pg-x"),
    ]
    assert found[0].binding.applied == {"display_name": "person:p-ada"}
    assert [one.target for one in tied.find(["body:pg-x"], (Kind.GROUP,))] == ["login", "cloud"]
    assert tied.find(["body:pg-x"], (Kind.ACCOUNT,)) == []
    assert tied.account_keys() == {"person:p-ada", "person:p-ben"}


def test_thousands_of_keys_are_asked_for_at_once(database: Database) -> None:
    bind(database, account("p-1999"))
    found = TiedTo(database, NETWORK, ["cloud"]).find([f"person:p-{number}" for number in range(2000)])
    assert [one.binding.id.key for one in found] == ["person:p-1999"]


def test_heads_of_plans_tell_what_became_of_them(database: Database) -> None:
    plans = SavedPlans(database)
    plans.save(NETWORK, "a" * 64, {"x": 1}, NOW)
    plans.save(NETWORK, "b" * 64, {"x": 2}, later(minutes=1))
    plans.save("other", "c" * 64, {"x": 3}, NOW)
    plans.decide(NETWORK, "a" * 64, PlanState.APPLIED, "p-ranger", later(minutes=2))
    assert [head.digest[0] for head in plans.heads(NETWORK)] == ["b"]
    head = plans.head(NETWORK, "a" * 64)
    assert head is not None
    assert (head.state, head.decided_by, head.decided) == (PlanState.APPLIED, "p-ranger", later(minutes=2))
    assert plans.head(NETWORK, "c" * 64) is None
    assert plans.text(NETWORK, "b" * 64) == '{"x":2}'
    assert plans.text(NETWORK, "c" * 64) is None


def test_a_letter_that_may_have_gone_is_sent_again_or_given_up_once(database: Database) -> None:
    outbox = Outbox(database, NETWORK, NOW)
    for number in range(3):
        outbox.post(Letter(LetterKind.NOTICE, Channel.MAIL, f"person:p-{number}"))
    first, second, waiting = (letter.id for letter in reversed(outbox.find(LetterState.WAITING)))
    for letter in (first, second):
        taken = outbox.take()
        assert taken is not None
        assert taken.id == letter
        outbox.unknown(letter, "messages.interrupted")
    other = Outbox(database, "other", NOW)
    assert not other.decide(first, again=True)
    assert outbox.decide(first, again=True)
    assert not outbox.decide(first, again=True), "it waits already"
    assert outbox.decide(second, again=False, error="console.letter_given_up")
    assert not outbox.decide(waiting, again=False), "nobody gives up what was not tried"
    states = {letter.id: (letter.state, letter.tries) for letter in outbox.find(*LetterState)}
    assert states == {
        first: (LetterState.WAITING, 0),
        second: (LetterState.REFUSED, 0),
        waiting: (LetterState.WAITING, 0),
    }


def test_places_of_one_person_are_read_alone(database: Database) -> None:
    store = EnrolmentStore(database, NETWORK)
    store.place(EnrolledMembership("p-ada", "pg-x", Period(date(2026, 1, 5)), by="p-ada"), NOW)
    store.place(EnrolledMembership("p-ben", "pg-x", Period(date(2026, 1, 5)), by="p-ben"), NOW)
    assert store.places_of("p-ada") == [
        EnrolledMembership("p-ada", "pg-x", Period(date(2026, 1, 5)), Role.MEMBER, "p-ada")
    ]
