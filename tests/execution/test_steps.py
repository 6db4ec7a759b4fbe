"""One run on one target: order, dependence, what is kept, each kind of failure."""

from collections.abc import Callable

import pytest

from provisioner.execution import Retries
from provisioner.execution.order import in_order
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
    WriteRefused,
)
from provisioner.model.resources import Edge, ResourceId, Seats
from provisioner.model.steps import Effects, Step
from provisioner.model.text import Text
from provisioner.state import Bindings, Outcome, StepState
from tests.execution.bench import NETWORK, SERVER, Bench
from tests.execution.fake import FakeConnector, T, create, group, leave, person, post, update

WHY = Text.of("test.fault")


def states(report_or_entries: object) -> list[str]:
    return [str(entry.state) for entry in report_or_entries]  # type: ignore[attr-defined]


def test_a_fused_creation_is_tied_with_its_fields_and_edges(bench: Bench, connector: FakeConnector) -> None:
    report = bench.apply(connector, [create(group("sensors")), create(person("ada"), [group("sensors")])])
    assert report.outcome is Outcome.DONE
    assert report.counts == {"done": 2}
    ties = bench.ties()
    ada = ties.bindings[person("ada")]
    assert (ada.remote_id, ada.name, ada.fingerprint, ada.applied) == ("r-ada", "ada", "f1", {"display_name": "ada"})
    assert ties.edges == {Seats(group("sensors")): frozenset({"person:ada"})}
    assert ties.pending == {}
    run = bench.runs.get(NETWORK, report.run)
    assert run is not None
    assert (run.outcome, run.counts, run.ended) == (Outcome.DONE, {"done": 2}, bench.clock.now())


def test_the_intent_is_in_the_database_before_the_write(bench: Bench, connector: FakeConnector) -> None:
    seen: list[list[str]] = []
    connector.before["ada"] = [lambda: seen.append(states(bench.runs.steps(1)))]
    bench.apply(connector, [create(person("ada"))])
    assert seen == [["intent"]]


def test_an_update_is_read_again_and_merged_into_what_was_applied(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(person("ada"), effects=Effects({"display_name": "ada", "language": "de"}))])
    assert bench.apply(connector, [update(person("ada"), "ada", "Ada L.")]).outcome is Outcome.DONE
    assert bench.ties().bindings[person("ada")].applied == {"display_name": "Ada L.", "language": "de"}


def test_what_moved_stops_that_object_and_what_needs_it_but_not_the_run(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(group("b"))])
    connector.server.write("update", "group", "r-a", "somebody changed me")
    report = bench.apply(
        connector,
        [
            update(group("a"), "a", "A"),
            update(group("a"), "a", "A2"),
            create(person("x"), [group("a")]),
            create(person("y")),
        ],
    )
    assert states(report.results()) == ["moved", "skipped", "skipped", "done"]
    assert ("group", "r-a") in connector.server.objects
    assert connector.server.objects["group", "r-a"]["display_name"] == "somebody changed me"
    assert report.outcome is Outcome.PARTLY
    assert sorted(states(bench.entries(report))) == ["done", "moved", "skipped", "skipped"]


def test_an_edge_is_taken_away_once_and_forgotten(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"), [group("a")])])
    report = bench.apply(connector, [leave(group("a"), person("x"))])
    assert report.outcome is Outcome.DONE
    assert bench.ties().edges == {}
    assert states(bench.apply(connector, [leave(group("a"), person("x"))]).results()) == ["moved"]


def test_a_failed_creation_skips_what_needs_it_and_says_why(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "a", Permanent(WHY))
    report = bench.apply(connector, [create(group("a")), create(person("x"), [group("a")]), create(person("y"))])
    assert states(report.results()) == ["failed", "skipped", "done"]
    skipped = next(report.results(StepState.SKIPPED))
    assert skipped.why == Text.of("execution.depends", on="group/body:a")
    assert states(bench.entries(report)) == ["failed", "done", "skipped"]


def test_a_step_that_comes_after_another_is_tried_even_if_that_one_failed(
    bench: Bench, connector: FakeConnector
) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"), [group("a")])])
    connector.fail("before", "a", Permanent(WHY))
    suspend = update(person("x"), "x", "gone", after=(group("a"),))
    report = bench.apply(connector, [suspend, leave(group("a"), person("x"))])
    assert [(result.step.operation, str(result.state)) for result in report.results()] == [
        ("leave", "failed"),
        ("update", "done"),
    ]


def test_steps_keep_their_order_unless_one_needs_another() -> None:
    steps = [create(person("x"), [group("b")]), create(group("a")), create(group("b")), create(person("y"))]
    assert [step.name for step in in_order(steps)] == ["a", "b", "x", "y"]
    valid = [create(group("b")), create(group("a")), create(person("y"), [group("a")])]
    assert in_order(valid) == valid


def test_steps_that_wait_for_each_other_are_refused() -> None:
    one, two = create(group("a"), after=(group("b"),)), create(group("b"), after=(group("a"),))
    with pytest.raises(ValueError, match="group/body:a"):
        in_order([one, two])


def test_a_passing_failure_is_tried_again_with_growing_pauses(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", Transient(WHY), Transient(WHY), Transient(WHY))
    assert bench.apply(connector, [create(person("ada"))]).outcome is Outcome.DONE
    assert connector.performed == ["ada"] * 4
    assert bench.clock.monotonic() == 1 + 2 + 4


def test_a_failure_that_does_not_pass_is_given_up(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", *[Transient(WHY)] * 4)
    report = bench.apply(connector, [create(person("ada")), create(person("bob"))])
    assert states(report.results()) == ["failed", "done"]
    assert connector.performed == ["ada"] * 4 + ["bob"]


def test_retry_after_is_obeyed_up_to_a_limit(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", Transient(WHY, retry_after=7), Transient(WHY, retry_after=21_600))
    bench.apply(connector, [create(person("ada"))])
    assert bench.clock.monotonic() == 7 + 60


def test_a_rate_limited_step_is_never_lost(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", *[RateLimited(WHY)] * 30)
    assert bench.apply(connector, [create(person("ada"))]).outcome is Outcome.DONE
    assert bench.clock.monotonic() > 20 * 60


def test_patience_ends_the_target_and_leaves_the_steps_for_the_next_run(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", *[RateLimited(WHY)] * 30)
    report = bench.apply(connector, [create(person("ada")), create(person("bob"))], retries=Retries(max_wait=10))
    assert states(report.results()) == ["skipped", "skipped"]
    assert report.targets[0].stopped is not None
    assert bench.clock.monotonic() <= 10
    assert connector.looked_up == [], "a refused write did not happen"
    assert bench.ties().pending == {}


@pytest.mark.parametrize(
    "error", [LoginRefused(WHY), NotAllowed(WHY), WriteRefused(WHY)], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("when", ["before", "reads"])
def test_a_refused_log_in_stops_the_target_at_once(
    bench: Bench, connector: FakeConnector, error: TargetError, when: str
) -> None:
    bench.apply(connector, [create(person("ada"))])
    connector.performed.clear()
    connector.fail(when, "ada", error, error)
    report = bench.apply(connector, [update(person("ada"), "ada", "A"), create(person("bob"))])
    assert states(report.results()) == ["failed", "skipped"]
    assert report.targets[0].stopped == WHY
    assert connector.performed == (["ada"] if when == "before" else [])
    assert [result.why for result in report.results()] == [WHY, WHY]


def test_five_ailing_steps_in_a_row_leave_the_rest_alone(bench: Bench, connector: FakeConnector) -> None:
    people = [person(f"p{n}") for n in range(8)]
    for resource in people[1:]:
        connector.fail("before", resource.key.partition(":")[2], *[Transient(WHY)] * 4)
    report = bench.apply(connector, [create(resource) for resource in people])
    assert states(report.results()) == ["done"] + ["failed"] * 5 + ["skipped"] * 2
    assert report.targets[0].stopped == Text.of("execution.ailing", steps=5)


def test_a_success_between_failures_keeps_the_target_going(bench: Bench, connector: FakeConnector) -> None:
    people = [person(f"p{n}") for n in range(12)]
    for resource in people:
        if resource.key != "person:p4":
            connector.fail("before", resource.key.partition(":")[2], *[Transient(WHY)] * 4)
    report = bench.apply(connector, [create(resource) for resource in people[:9]])
    assert states(report.results()) == ["failed"] * 4 + ["done"] + ["failed"] * 4


@pytest.mark.parametrize("error", [OutcomeUnknown(WHY), Garbled(WHY)], ids=lambda e: type(e).__name__)
def test_a_creation_whose_answer_was_lost_is_looked_up_and_tied(
    bench: Bench, connector: FakeConnector, error: TargetError
) -> None:
    connector.fail("after", "ada", error)
    report = bench.apply(connector, [create(group("a")), create(person("ada"), [group("a")])])
    assert report.outcome is Outcome.DONE
    ties = bench.ties()
    assert ties.bindings[person("ada")].remote_id == "r-ada"
    assert ties.bindings[person("ada")].applied == {}, "what was set is not known, so the next plan compares afresh"
    assert ties.edges == {Seats(group("a")): frozenset({"person:ada"})}, "the look-up told"
    assert connector.looked_up == ["ada"]
    assert [entry for entry in connector.server.log if entry[0] == "create"] == [
        ("create", "group", "r-a", "a"),
        ("create", "account", "r-ada", "ada"),
    ]


def test_a_creation_that_is_proved_absent_is_tried_again(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", OutcomeUnknown(WHY))
    assert bench.apply(connector, [create(person("ada"))]).outcome is Outcome.DONE
    assert connector.performed == ["ada", "ada"]
    assert bench.ties().bindings[person("ada")].applied == {"display_name": "ada"}


def test_a_creation_that_must_not_be_repeated_is_not(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", OutcomeUnknown(WHY))
    report = bench.apply(connector, [create(person("ada"), repeatable=False)])
    assert states(report.results()) == ["failed"]
    assert connector.performed == ["ada"]


def test_a_creation_made_by_a_server_slower_than_our_look_is_found(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "ada", OutcomeUnknown(WHY))
    connector.before["ada"].append(lambda: connector.server.write("create", "account", "r-ada", "ada"))
    report = bench.apply(connector, [create(person("ada"))])
    assert report.outcome is Outcome.DONE
    assert bench.ties().bindings[person("ada")].remote_id == "r-ada"


@pytest.mark.parametrize("reading", [Permanent(WHY), Garbled(WHY), Transient(WHY)], ids=lambda e: type(e).__name__)
def test_a_creation_that_cannot_be_looked_up_stays_unknown_and_pending(
    bench: Bench, connector: FakeConnector, reading: TargetError
) -> None:
    connector.fail("after", "a", OutcomeUnknown(WHY)).fail("reads", "a", *[reading] * 4)
    report = bench.apply(connector, [create(group("a")), create(person("x"), [group("a")])])
    assert states(report.results()) == ["unknown", "skipped"]
    assert bench.ties().pending == {group("a"): "a"}


def test_an_update_whose_answer_was_lost_counts_as_done_when_it_is_there(
    bench: Bench, connector: FakeConnector
) -> None:
    bench.apply(connector, [create(person("ada"))])
    connector.fail("after", "ada", OutcomeUnknown(WHY))
    report = bench.apply(connector, [update(person("ada"), "ada", "Ada L.")])
    assert report.outcome is Outcome.DONE
    assert [entry for entry in connector.server.log if entry[0] == "update"] == [
        ("update", "account", "r-ada", "Ada L.")
    ]
    assert bench.ties().bindings[person("ada")].applied == {"display_name": "Ada L."}


def test_an_update_that_did_not_arrive_is_made_again(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(person("ada"))])
    connector.fail("before", "ada", OutcomeUnknown(WHY))
    assert bench.apply(connector, [update(person("ada"), "ada", "Ada L.")]).outcome is Outcome.DONE
    assert connector.server.objects["account", "r-ada"] == {"display_name": "Ada L."}


def test_an_update_that_somebody_overtook_is_not_made(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(person("ada"))])

    def overtake() -> None:
        connector.server.write("update", "account", "r-ada", "theirs")
        raise OutcomeUnknown(WHY)

    connector.before["ada"] = [overtake]
    report = bench.apply(connector, [update(person("ada"), "ada", "Ada L.")])
    assert states(report.results()) == ["moved"]
    assert connector.server.objects["account", "r-ada"] == {"display_name": "theirs"}


def test_a_leave_whose_answer_was_lost_counts_as_done_when_the_edge_is_gone(
    bench: Bench, connector: FakeConnector
) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"), [group("a")])])
    connector.fail("after", "a", OutcomeUnknown(WHY))
    assert bench.apply(connector, [leave(group("a"), person("x"))]).outcome is Outcome.DONE
    assert bench.ties().edges == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_message_that_may_have_been_posted_waits_and_is_looked_for_before_it_is_posted(
    bench: Bench, connector: FakeConnector, when: str
) -> None:
    bench.apply(connector, [create(group("a"))])
    connector.fail(when, "a", OutcomeUnknown(WHY))
    welcome = post(group("a"), "Welcome")
    first = bench.apply(connector, [welcome])
    assert states(first.results()) == ["unknown"]
    assert bench.ties().unsettled == frozenset()
    bench.settle(connector)
    assert states(bench.runs.open_entries(NETWORK, T)) == ["unknown"], "nothing but the like settles it"
    bench.apply(connector, [update(group("a"), "a", "A")])
    assert states(bench.runs.open_entries(NETWORK, T)) == ["unknown"]
    again = bench.apply(connector, [welcome])
    assert again.outcome is Outcome.DONE
    assert connector.server.log.count(("post", "r-a", "Welcome")) == 1
    assert bench.runs.open_entries(NETWORK, T) == []
    assert states(bench.entries(first)) == ["superseded"]
    assert bench.ties().bindings[group("a")].applied["first_message"] == "Welcome"


def test_a_defect_of_a_connector_stops_its_target_and_names_no_person(
    bench: Bench, connector: FakeConnector, caplog: pytest.LogCaptureFixture
) -> None:
    connector.fail("after", "ada", RuntimeError("ada@stadt.example"))
    report = bench.apply(connector, [create(person("ada")), create(person("bob"))])
    assert states(report.results()) == ["unknown", "skipped"]
    assert report.targets[0].stopped == Text.of("execution.defect", operation="create", error="RuntimeError")
    assert "fake.py" in caplog.text
    assert "ada@stadt" not in caplog.text
    assert bench.converge(connector, {person("ada"): (), person("bob"): ()}).outcome is Outcome.DONE
    assert set(bench.ties().bindings) == {person("ada"), person("bob")}


def test_an_object_that_belongs_to_another_network_is_not_tied_twice(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(person("ada"))])
    connector.server.objects.clear()
    again: Step = create(person("ada"))
    other = Step(T, "create", ResourceId(again.id.kind, "person:other"), "ada", again.changes, payload=again.payload)
    report = bench.apply(connector, [other])
    assert states(report.results()) == ["failed"]
    assert set(bench.ties().bindings) == {person("ada")}


def test_without_the_token_nothing_passes_the_gate_before_or_after_a_step(
    bench: Bench, connector: FakeConnector
) -> None:
    def refuses() -> bool:
        try:
            connector.gate.check("POST")
        except WriteRefused:
            return True
        return False

    assert refuses()
    inside: list[bool] = []
    check: Callable[[], None] = lambda: inside.append(refuses())  # noqa: E731
    connector.reads["ada"], connector.before["ada"] = [check], [check]
    bench.apply(connector, [create(person("bob"))])
    connector.server.write("create", "account", "r-ada", "ada")
    bench.apply(connector, [update(person("ada"), "ada", "A")])
    assert inside == [True, False], "closed while reading, open while writing"
    assert refuses()


def test_progress_is_told_of_every_step_and_every_wait(bench: Bench, connector: FakeConnector) -> None:
    told: list[object] = []

    class Listener:
        def started(self, target: str, steps: int) -> None:
            told.append((target, steps))

        def finished(self, target: str, result: object) -> None:
            told.append(str(result.state))  # type: ignore[attr-defined]

        def waiting(self, target: str, seconds: float, why: Text) -> None:
            told.append(seconds)

    connector.fail("before", "ada", Transient(WHY))
    bench.apply(connector, [create(person("ada")), create(person("bob"), [group("none")])], progress=Listener())
    assert told == [(T, 2), 1.0, "done", "skipped"]


def test_edges_seen_and_objects_released_change_the_ties(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"))])
    bindings = Bindings(bench.database)
    bindings.see_edges(NETWORK, T, [Edge(Seats(group("a")), "person:x")])
    assert bindings.ties(NETWORK, T, SERVER).edges == {Seats(group("a")): frozenset({"person:x"})}
    bindings.release(NETWORK, T, person("x"))
    ties = bindings.ties(NETWORK, T, SERVER)
    assert set(ties.bindings) == {group("a")}
    assert ties.edges == {}
