"""Which writes a change of conversations becomes; nothing here asks a server."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from connectors.kit.batch import Batch
from connectors.nextcloud.conversations.reading import reference_of
from connectors.nextcloud.conversations.room import ConversationRoom
from connectors.nextcloud.conversations.shape import canonical, marker_in, objection, people_of, rooms_of
from provisioner.execution.order import in_order
from provisioner.model.changes import Adopt, Change, ChangeClass
from provisioner.model.errors import Garbled, Uncertain
from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.resources import Edge, EdgeRole, Kind, ResourceId, Seats, marker_of
from provisioner.model.steps import Step
from tests.support.conversations import (
    alter,
    create_room,
    describe,
    enter,
    erase,
    exit_,
    moderate,
    moderate_no_more,
    room,
)
from tests.support.nextcloud import TARGET, WHY, Bench, create_account, create_group, group, join, leave, person

IDS = {room("s"): "tok", group("s"): "Sensorik", group("t"): "Technik", person("anna"): "anna", person("bert"): "bert"}
THERE = Remote("tok", "Sensorik", {"name": "Sensorik", "description": "", "read_only": False}, "7")


def compiled(bench: Bench, *changes: Change) -> Sequence[Step]:
    bench.ids |= IDS
    return bench.compile(*changes)


def operations(steps: Sequence[Step]) -> list[str]:
    return [step.operation for step in steps]


def test_a_new_room_takes_its_groups_its_mark_and_its_switches_along(bench: Bench) -> None:
    bench.ids |= IDS
    del bench.ids[room("s")]
    changes = (create_room("s", "Sensorik", listed=True, lobby=False), enter("s", "s", "t"))
    (step,) = bench.compile(*changes)
    assert step.operation == "create-conversation"
    assert set(step.changes) == {change.digest() for change in changes}
    assert step.refers == (group("s"), group("t"))
    seats = Seats(room("s"), EdgeRole.MEMBER, Kind.GROUP)
    assert step.effects.joins == (Edge(seats, "body:s"), Edge(seats, "body:t"))
    assert step.effects.fields == {
        "name": "Sensorik",
        "description": "readi:body:s",
        "listed": True,
        "lobby": False,
        "read_only": False,
    }
    assert step.repeatable is False
    assert step.creates


@pytest.mark.parametrize("moderators", [0, 1, 4])
def test_a_first_sync_is_at_most_three_writes_and_one_a_moderator(bench: Bench, moderators: int) -> None:
    names = [f"p{number}" for number in range(moderators)]
    bench.ids |= {**IDS, **{person(name): name for name in names}}
    changes: list[Change] = [
        moderate("s", *names),
        create_room("s", "Sensorik", first_message="Willkommen", read_only=True),
        enter("s", "s", "t"),
    ]
    steps = compiled(bench, *changes)
    assert len(steps) <= 3 + moderators
    assert operations(steps) == [
        "create-conversation",
        "greet-conversation",
        *["promote-in-conversation"] * moderators,
        "set-conversation",
    ]
    assert [step.remote_id for step in steps] == [None] * len(steps)  # all of them wait for the first
    assert in_order(steps) == list(steps)


def test_with_everything_new_the_groups_and_accounts_come_first(bench: Bench) -> None:
    steps = bench.compile(
        moderate("s", "neu"),
        enter("s", "s"),
        create_room("s", "Sensorik"),
        join("s", "neu"),
        create_account("neu", "neu"),
        create_group("s", "Sensorik"),
    )
    assert operations(steps) == [
        "create-group",
        "create-account",
        "create-conversation",
        "promote-in-conversation",
    ]
    assert in_order(steps) == list(steps)


def test_a_closed_room_is_greeted_before_it_closes_and_an_open_one_after_it_opened(bench: Bench) -> None:
    assert operations(compiled(bench, create_room("s", "S", first_message="Hallo", read_only=True))) == [
        "create-conversation",
        "greet-conversation",
        "set-conversation",
    ]
    for closed, order in ((True, ["greet", "set"]), (False, ["set", "greet"])):
        steps = compiled(bench, alter("s", THERE, first_message="Hallo", read_only=closed))
        assert [one.operation.partition("-")[0] for one in steps] == order


def test_each_field_is_a_write_of_its_own_that_expects_what_was_seen(bench: Bench) -> None:
    steps = compiled(bench, alter("s", THERE, name="Neu", read_only=True))
    assert [dict(step.payload) for step in steps] == [
        {"field": "name", "value": "Neu"},
        {"field": "read_only", "value": True},
    ]
    assert [step.expects for step in steps] == [{"name": "Sensorik"}, {"read_only": False}]
    assert [dict(step.effects.fields) for step in steps] == [{"name": "Neu"}, {"read_only": True}]


def test_a_first_message_alone_is_read_before_and_never_repeated(bench: Bench) -> None:
    (step,) = compiled(bench, alter("s", THERE, first_message=" Hallo \n"))
    assert (step.operation, step.repeatable, step.expects) == ("greet-conversation", False, {})
    assert step.effects.fields == {"first_message": "Hallo"}


def test_an_empty_first_message_is_none(bench: Bench) -> None:
    assert operations(compiled(bench, create_room("s", "S", first_message=" \n"))) == ["create-conversation"]


def test_a_moderator_who_leaves_is_demoted_before_anybody_leaves_a_group(bench: Bench) -> None:
    steps = compiled(bench, leave("s", "Sensorik", "anna"), moderate_no_more("s", "tok", "anna"))
    assert operations(steps) == ["demote-in-conversation", "leave"]


def test_whoever_leaves_role_and_room_is_taken_out_once(bench: Bench) -> None:
    changes = (moderate_no_more("s", "tok", "anna", "bert"), exit_("s", "tok", "anna"))
    steps = compiled(bench, *changes)
    assert sorted(operations(steps)) == ["demote-in-conversation", "remove-from-conversation"]
    out = next(step for step in steps if step.operation == "remove-from-conversation")
    assert {edge.seats.role for edge in out.effects.leaves} == {EdgeRole.MEMBER, EdgeRole.MODERATOR}
    assert set(out.changes) == {change.digest() for change in changes}
    for change in changes:  # each is made true by some step
        assert any(change.digest() in step.changes for step in steps)


def test_a_group_and_an_account_with_one_key_are_not_confused(bench: Bench) -> None:
    bench.ids |= IDS
    steps = bench.compile(exit_("s", "tok", "s", member=Kind.GROUP), exit_("s", "tok", "anna"))
    assert [step.refers for step in steps] == [(group("s"),), (person("anna"),)]


def test_every_step_of_one_change_is_told_from_the_others(bench: Bench) -> None:
    steps = compiled(bench, moderate("s", "anna", "bert"))
    assert len({(step.operation, tuple(step.payload.items())) for step in steps}) == 2


def test_an_adopted_room_is_known_by_its_token(bench: Bench) -> None:
    bench.ids |= IDS
    del bench.ids[room("s")]
    adopt = Adopt(target=TARGET, id=room("s"), name="S", reason=WHY, remote=THERE)
    steps = bench.compile(adopt, enter("s", "s"), moderate("s", "anna"))
    assert [(step.operation, step.remote_id) for step in steps] == [
        ("invite-to-conversation", "tok"),
        ("promote-in-conversation", "tok"),
    ]


def test_a_late_text_expects_what_was_there_or_in_a_new_room_the_mark_alone(bench: Bench) -> None:
    (old,) = compiled(bench, describe("s", "Neu", THERE))
    assert (old.remote_id, old.expects) == ("tok", {"description": ""})
    (new,) = compiled(bench, describe("s", "Neu"))
    assert (new.remote_id, new.expects) == ("tok", {"description": "readi:body:s"})
    assert new.effects.fields == {"description": "Neu\nreadi:body:s"}


def test_only_a_change_that_erases_deletes(bench: Bench) -> None:
    (step,) = compiled(bench, erase("s", THERE))
    assert (step.operation, step.effects.erased, step.expects) == ("erase-conversation", True, {})
    assert step.payload == {"fingerprint": "7"}
    with pytest.raises(Uncertain):
        replace(erase("s", THERE), change_class=ChangeClass.QUEUED)


def test_compiling_asks_nobody() -> None:
    class Silent:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    lonely = ConversationRoom(Silent(), TARGET, "https://cloud.example", Silent())  # type: ignore[arg-type]
    batch = Batch([create_room("s", "S"), enter("s", "s")], IDS.__getitem__)
    assert len(list(lonely.compile(batch))) == 1


def test_no_step_carries_a_user_id(bench: Bench) -> None:
    bench.ids |= {**IDS, person("anna"): "user-id-of-anna"}
    for step in bench.compile(
        enter("s", "anna", member=Kind.ACCOUNT), moderate("s", "anna"), exit_("s", "tok", "anna")
    ):
        assert "user-id-of-anna" not in repr(step)


@pytest.mark.parametrize("name", ["", "  ", "\t\n", "x" * 256, " Rand", "Zeile\nzwei", "unsicht\u200bbar"])
def test_such_names_are_refused(name: str) -> None:
    assert objection(name) is not None


@pytest.mark.parametrize("name", ["0", "null", "Sensorik & Co / Test: „ja“?", "ä" * 255])
def test_such_names_are_taken(name: str) -> None:
    assert objection(name) is None


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("readi:body:pg-x", "readi:body:pg-x"),
        ("Text\n\nreadi:body:pg-x", "readi:body:pg-x"),
        ("readi:body:pg-x \r\nText", "readi:body:pg-x"),
        ("readi:body:a\nreadi:body:a", "readi:body:a"),
        ("readi:body:a\nreadi:body:b", ""),
        ("siehe readi:body:a", ""),
        ("readi: allein", ""),
        ("readi:", ""),
        ("", ""),
    ],
)
def test_the_mark_is_a_line_of_its_own(text: str, marker: str) -> None:
    assert marker_in(text) == marker


def test_texts_lose_the_white_space_that_php_takes_and_switches_are_on_or_off() -> None:
    assert canonical("description", " \t\u00a0Text\n") == "\u00a0Text"
    assert canonical("name", " Name ") == "Name"
    assert [canonical("lobby", value) for value in (None, False, True)] == [False, False, True]


def test_the_reference_has_as_many_characters_as_talk_keeps_and_is_another_for_each_room() -> None:
    assert len(reference_of(room("a"))) == 64
    assert len({reference_of(room("a")), reference_of(room("b")), reference_of(room("a"))}) == 2


USUAL: dict[str, object] = {
    "id": 7,
    "token": "tok",
    "type": 2,
    "name": "S",
    "displayName": "S",
    "objectType": "",
    "description": marker_of(ResourceId(Kind.CONVERSATION, "body:s")),
    "readOnly": 0,
    "lobbyState": 1,
    "listable": 2,
    "participantType": 1,
}


@pytest.mark.parametrize("odd", [{"type": 1}, {"type": 4}, {"type": 5}, {"type": 6}, {"objectType": "sample"}])
def test_rooms_of_other_kinds_are_passed_over(odd: dict[str, object]) -> None:
    assert rooms_of([{**USUAL, **odd}], "/").by_token == {}


def test_a_room_is_read_with_all_its_fields() -> None:
    found = rooms_of([USUAL], "/")
    assert found.owned == {"tok"}
    remote = found.by_token["tok"]
    assert (remote.fingerprint, remote.marker, remote.writable) == ("7", "readi:body:s", None)
    assert remote.fields == {
        "name": "S",
        "description": "readi:body:s",
        "read_only": False,
        "lobby": True,
        "listed": True,
    }


@pytest.mark.parametrize(
    ("odd", "unknown"),
    [
        ({"description": None}, {"description"}),
        ({"readOnly": "0"}, {"read_only"}),
        ({"lobbyState": True}, {"lobby"}),
        ({"name": None, "displayName": 5}, {"name"}),
        ({"type": "2"}, {"name", "description", "read_only", "lobby", "listed"}),
        ({"objectType": []}, {"name", "description", "read_only", "lobby", "listed"}),
    ],
)
def test_what_can_not_be_understood_is_unknown_and_blocks_that_room_alone(
    odd: dict[str, object], unknown: set[str]
) -> None:
    found = rooms_of([{**USUAL, **odd}, {**USUAL, "token": "other"}], "/")
    assert {name for name, value in found.by_token["tok"].fields.items() if value is UNKNOWN} == unknown
    assert UNKNOWN not in found.by_token["other"].fields.values()
    assert found.unreadable == 0


@pytest.mark.parametrize("odd", [5, None, {"token": ""}, {"name": "ohne Adresse"}])
def test_an_entry_without_an_address_is_counted(odd: object) -> None:
    assert rooms_of([USUAL, odd], "/").unreadable == 1


@pytest.mark.parametrize("data", [None, {}, "Text"])
def test_what_is_no_list_is_no_answer(data: object) -> None:
    with pytest.raises(Garbled):
        rooms_of(data, "/")
    with pytest.raises(Garbled):
        people_of(data, "/")


SOMEBODY = {"attendeeId": 1, "actorType": "users", "actorId": "anna", "participantType": 3}


def test_strangers_in_a_room_are_nobodys_members() -> None:
    kinds = ["users", "groups", "guests", "emails", "federated_users", "circles", "phones", "bots"]
    people = people_of(
        [{**SOMEBODY, "attendeeId": n, "actorType": kind, "participantType": 6} for n, kind in enumerate(kinds)], "/"
    )
    assert people.members() == {
        (EdgeRole.MEMBER, Kind.GROUP): {"anna"},
        (EdgeRole.MEMBER, Kind.ACCOUNT): {"anna"},
        (EdgeRole.MODERATOR, Kind.ACCOUNT): frozenset(),
    }


@pytest.mark.parametrize(
    "odd", [{"attendeeId": "1"}, {"actorType": None}, {"actorId": ""}, {"participantType": True}, {"actorId": None}]
)
def test_one_participant_who_can_not_be_understood_spoils_the_list(odd: dict[str, object]) -> None:
    with pytest.raises(Garbled):
        people_of([SOMEBODY, {**SOMEBODY, **odd}], "/")
