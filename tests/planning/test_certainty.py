"""Evidence: what takes away, or makes new, can't even be constructed without it."""

import dataclasses

import pytest

from provisioner.model.changes import Change, Create, Join, Leave, Suspend, Update
from provisioner.model.errors import Uncertain
from provisioner.model.inventory import UNKNOWN, Complete, Level, Partial, Scope
from provisioner.model.plan import Plan, TargetPlan
from provisioner.model.resources import Kind, Resource
from provisioner.model.text import Text
from tests.support.planning import ODD, account_id, group_id

WHY = Text.of("test.why")
GROUP = Scope("cloud", Kind.GROUP, "g1")


def creating(keys: object) -> Create:
    wanted = Resource(account_id("p1"), "erika", {"email": "e@x.example"}, WHY)
    return Create(target="cloud", id=wanted.id, name="erika", reason=WHY, wanted=wanted, keys=keys)  # type: ignore[arg-type]


def leaving(edges: object, source_complete: bool = True) -> Leave:
    return Leave(
        target="cloud",
        id=group_id("iot"),
        name="PG",
        reason=WHY,
        members=("person:p1",),
        remote_id="g1",
        edges=edges,  # type: ignore[arg-type]
        source_complete=source_complete,
    )


def updating(**more: object) -> Update:
    usual: dict[str, object] = {
        "target": "cloud",
        "id": account_id("p1"),
        "name": "erika",
        "reason": WHY,
        "remote_id": "a1",
        "before": {"email": "old@x.example"},
        "after": {"email": "new@x.example"},
    }
    return Update(**(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "evidence",
    [
        None,
        Partial(Scope("cloud", Kind.ACCOUNT), ODD),
        Complete(Scope("other", Kind.ACCOUNT)),
        Complete(Scope("cloud", Kind.GROUP)),
        Complete(Scope("cloud", Kind.ACCOUNT, "g1")),
    ],
    ids=["none", "partial", "another target", "another kind", "a container"],
)
def test_nothing_is_created_without_a_complete_list_of_that_kind(evidence: object) -> None:
    with pytest.raises(Uncertain):
        creating(evidence)


def test_of_a_few_members_that_were_looked_for_only_these_can_leave() -> None:
    seen = Complete(Scope("cloud", Kind.GROUP, "g1", frozenset({"person:p1"})))
    assert leaving(seen).members == ("person:p1",)
    with pytest.raises(Uncertain):
        leaving(Complete(Scope("cloud", Kind.GROUP, "g1", frozenset({"person:p2", "body:iot"}))))


def test_complete_keys_are_enough_to_create() -> None:
    assert creating(Complete(Scope("cloud", Kind.ACCOUNT), Level.KEYS)).wanted.name == "erika"


@pytest.mark.parametrize(
    "evidence",
    [
        None,
        Partial(GROUP, ODD),
        Complete(GROUP, Level.KEYS),
        Complete(Scope("cloud", Kind.GROUP)),
        Complete(Scope("cloud", Kind.GROUP, "g2")),
        Complete(Scope("other", Kind.GROUP, "g1")),
    ],
    ids=["none", "partial", "keys only", "the groups themselves", "another group", "another target"],
)
def test_nobody_leaves_without_the_complete_edges_of_that_very_group(evidence: object) -> None:
    with pytest.raises(Uncertain):
        leaving(evidence)


def test_nobody_leaves_because_of_a_registry_that_was_not_read_whole() -> None:
    with pytest.raises(Uncertain):
        leaving(Complete(GROUP), source_complete=False)
    assert leaving(Complete(GROUP)).members == ("person:p1",)


def test_evidence_can_not_be_taken_away_afterwards() -> None:
    change = leaving(Complete(GROUP))
    with pytest.raises(dataclasses.FrozenInstanceError):
        change.edges = Partial(GROUP, ODD)  # type: ignore[misc,assignment]
    with pytest.raises(Uncertain):
        dataclasses.replace(change, source_complete=False)


class TestDigests:
    def test_the_same_change_against_the_same_state_has_the_same_digest(self) -> None:
        assert updating().digest() == updating().digest()

    def test_reasons_names_of_ours_and_the_order_of_fields_do_not_count(self) -> None:
        one = updating(before={"email": "a", "quota": 1}, after={"email": "b", "quota": 2})
        other = updating(
            before={"quota": 1, "email": "a"}, after={"quota": 2, "email": "b"}, reason=ODD, name="somebody"
        )
        assert one.digest() == other.digest()

    @pytest.mark.parametrize(
        "difference",
        [
            {"before": {"email": "moved@x.example"}},
            {"after": {"email": "other@x.example"}},
            {"remote_id": "a2"},
            {"target": "directory"},
            {"id": account_id("p2")},
        ],
        ids=lambda difference: next(iter(difference)),
    )
    def test_what_is_changed_and_the_state_it_relies_on_do_count(self, difference: dict[str, object]) -> None:
        assert updating().digest() != updating(**difference).digest()

    def test_an_unknown_state_has_a_digest_too(self) -> None:
        assert updating(before={"email": UNKNOWN}).digest() == updating(before={"email": None}).digest()

    def test_a_suspension_is_not_an_update(self) -> None:
        suspend = Suspend(target="cloud", id=account_id("p1"), name="erika", reason=WHY, remote_id="a1")
        assert suspend.digest() != updating().digest()

    def test_a_plans_digest_does_not_depend_on_the_order_of_its_changes_and_covers_its_inputs(self) -> None:
        joining = Join(target="cloud", id=group_id("iot"), name="PG", reason=WHY, members=("person:p1",))
        changes: tuple[Change, ...] = (updating(), joining)

        def digest(registry: str = "r", policy: str = "p", changes: tuple[Change, ...] = changes) -> str:
            return Plan("net", registry, policy, (TargetPlan("cloud", changes),)).digest()

        assert digest() == digest(changes=changes[::-1])
        assert len({digest(), digest(registry="r2"), digest(policy="p2"), digest(changes=changes[:1])}) == 4
