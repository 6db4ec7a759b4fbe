"""The team folder and the conversation of each body: where they are, who may do what there, who is in them."""

from dataclasses import replace

import pytest

from policies.desire import Assigned, desire
from policies.document import Policy
from policies.sections import UNLIMITED
from provisioner.model.registry import Body, BodyKind, BodyOverrides, Guest, Membership, Period, Person, Registry, Role
from provisioner.model.resources import Desired, EdgeRole, Kind, Resource, ResourceId, Seats
from tests.support.planning import (
    TODAY,
    TOMORROW,
    YESTERDAY,
    administrators_id,
    body,
    folder_id,
    group_id,
    guests_id,
    in_group,
    person,
    registry,
    room_id,
)

GB = 1024**3
NEVER = Assigned()
TIED = Assigned(folders={"body:iot": "Projektgruppen/Sensorik"}, conversations={"body:iot": "PG Sensorik"})
IOT = body("iot", "Sensorik")
HEAD, MEMBER = person("p1", "", "iot!"), person("p2", "", "iot")
VISITOR = person("p3", memberships=(Membership("iot", Role.GUEST),))
OUTSIDER = person("p4", "", "iot", guest=Guest("p1", TOMORROW), affiliations=())


def wanted(book: Registry, assigned: Assigned = NEVER, **policy: object) -> Desired:
    return desire(book, Policy.model_validate(policy), TODAY, assigned)


def folder(one: Body, assigned: Assigned = NEVER, **policy: object) -> Resource | None:
    return wanted(registry(HEAD, one), assigned, **policy).resources.get(folder_id(one.id))


def chat(one: Body, assigned: Assigned = NEVER, **policy: object) -> Resource | None:
    return wanted(registry(HEAD, one), assigned, **policy).resources.get(room_id(one.id))


def overriding(**own: object) -> Body:
    return body("iot", "Sensorik", overrides=BodyOverrides(**own))  # type: ignore[arg-type]


def names(found: Desired, kind: Kind) -> dict[str, str]:
    return {identity.key: one.name for identity, one in found.resources.items() if identity.kind is kind}


def groups_in(found: Desired, container: ResourceId) -> dict[EdgeRole, frozenset[str]]:
    """Keys of groups by their role, empty seats left out."""
    return {
        seats.role: members
        for seats, members in found.edges.items()
        if seats.container == container and seats.member is Kind.GROUP and members
    }


class TestFolders:
    def test_a_project_group_has_one_with_its_groups_in_their_roles(self) -> None:
        found = wanted(registry(HEAD, MEMBER, VISITOR, IOT))
        resource = found.resources[folder_id("iot")]
        assert (resource.name, resource.reason.code) == ("Projektgruppen/Sensorik", "policies.team_folder")
        assert resource.fields == {"quota": 10 * GB, "advanced_permissions": True, "layout": "Protokolle\nUnterlagen"}
        assert resource.needs == (group_id("iot"), administrators_id("iot"), guests_id("iot"))
        assert groups_in(found, folder_id("iot")) == {
            EdgeRole.WRITER: {"body:iot"},
            EdgeRole.MANAGER: {"body:iot:administrators"},
            EdgeRole.READER: {"body:iot:guests"},
        }

    def test_roles_are_policys_and_guests_may_have_no_access(self) -> None:
        rights = {"members": "reader", "moderators": "reader", "guests": None}
        found = wanted(registry(HEAD, VISITOR, IOT), folders=rights)
        assert groups_in(found, folder_id("iot")) == {EdgeRole.READER: {"body:iot", "body:iot:administrators"}}
        assert guests_id("iot") not in found.resources[folder_id("iot")].needs

    def test_a_body_can_choose_its_groups_rights_and_an_archive_is_read_all_the_same(self) -> None:
        own = overriding(folder_members="reader", folder_moderators="sharer", folder_guests="writer")
        found = wanted(registry(HEAD, VISITOR, own), folders={"guests": None})
        assert groups_in(found, folder_id("iot")) == {
            EdgeRole.READER: {"body:iot"},
            EdgeRole.SHARER: {"body:iot:administrators"},
            EdgeRole.WRITER: {"body:iot:guests"},
        }
        archive = wanted(registry(HEAD, replace(own, archived_on=TODAY)), TIED)
        assert set(groups_in(archive, folder_id("iot"))) == {EdgeRole.READER}

    def test_advanced_permissions_are_never_switched_off(self) -> None:
        found = folder(IOT, folders={"advanced_permissions": False})
        assert found is not None
        assert "advanced_permissions" not in found.fields

    def test_every_role_is_spoken_of_so_that_nobody_keeps_one_that_is_not_meant(self) -> None:
        found = wanted(registry(HEAD, IOT))
        roles = {seats.role for seats in found.edges if seats.container == folder_id("iot")}
        assert roles == {EdgeRole.READER, EdgeRole.WRITER, EdgeRole.SHARER, EdgeRole.MANAGER}

    @pytest.mark.parametrize(
        ("quota", "own", "size"),
        [("20 GB", None, 20 * GB), ("unlimited", None, UNLIMITED), ("20 GB", "500 MB", 500 * 1024**2)],
    )
    def test_a_quota_is_bytes_policys_or_its_own(self, quota: str, own: str | None, size: int) -> None:
        found = folder(overriding(folder_quota=own), folders={"quota": quota})
        assert found is not None
        assert found.fields["quota"] == size

    @pytest.mark.parametrize(("quota", "own"), [("keep", None), ("20 GB", "keep")])
    def test_a_kept_quota_is_nowhere_compared(self, quota: str, own: str | None) -> None:
        found = folder(overriding(folder_quota=own), folders={"quota": quota})
        assert found is not None
        assert "quota" not in found.fields

    def test_null_or_the_bodys_own_word_means_none_and_an_own_name_means_one_after_all(self) -> None:
        none = {"names": {"project": None}}
        assert folder(IOT, folders=none) is None
        assert folder(overriding(folder=False)) is None
        found = folder(overriding(folder_name="Sensoren"), folders=none)
        assert found is not None
        assert found.name == "Sensoren"

    def test_a_body_without_groups_has_no_rooms_but_its_list_and_where_it_meets(self) -> None:
        found = wanted(registry(HEAD, IOT), groups={"names": {"project": dict.fromkeys(("members", "administrators"))}})
        assert {identity.kind for identity in found.resources} == {Kind.ACCOUNT, Kind.MAILING_LIST, Kind.MEETING_ROOM}

    def test_without_layout_or_note_nothing_is_written_into_it(self) -> None:
        found = folder(IOT, folders={"layout": [], "note": ""})
        assert found is not None
        assert "layout" not in found.fields
        assert not found.late

    def test_a_name_that_no_file_system_takes_falls_back_to_the_id(self) -> None:
        found = folder(body("iot", "///"))
        assert found is not None
        assert found.name == "Projektgruppen/iot"

    @pytest.mark.parametrize("unsafe", ["", "/", "/x", "x/", "a//b", "../x", "a/../b", ".", " ", "a\\b", "x ./y /z"])
    def test_nobody_gets_a_folder_at_the_root_or_outside_of_it(self, unsafe: str) -> None:
        found = folder(overriding(folder_name=unsafe))
        assert found is None or found.name == "Projektgruppen/Sensorik"


class TestNames:
    def test_they_follow_the_bodys_name(self) -> None:
        found = wanted(registry(HEAD, body("iot", "Sensorik und Öffentlichkeit")), TIED)
        assert found.resources[folder_id("iot")].name == "Projektgruppen/Sensorik und Öffentlichkeit"
        assert found.resources[room_id("iot")].name == "PG Sensorik und Öffentlichkeit"

    def test_two_bodies_of_one_name_are_told_apart_whatever_the_order(self) -> None:
        entries = (body("b", "Sensorik"), body("a", "sensorik"), body("c", "SENSORIK"))
        for order in (entries, entries[::-1]):
            found = wanted(registry(*order))
            assert names(found, Kind.TEAM_FOLDER) == {
                "body:a": "Projektgruppen/sensorik",
                "body:b": "Projektgruppen/Sensorik (2)",
                "body:c": "Projektgruppen/SENSORIK (3)",
            }
            assert names(found, Kind.CONVERSATION)["body:b"] == "PG Sensorik (2)"

    def test_who_has_a_number_keeps_it_when_its_namesake_is_gone_and_loses_it_with_another_name(self) -> None:
        numbered = Assigned(folders={"body:b": "Projektgruppen/Sensorik (2)"})
        kept = wanted(registry(body("b", "Sensorik")), numbered)
        assert names(kept, Kind.TEAM_FOLDER) == {"body:b": "Projektgruppen/Sensorik (2)"}
        renamed = wanted(registry(body("b", "Luft")), numbered)
        assert names(renamed, Kind.TEAM_FOLDER) == {"body:b": "Projektgruppen/Luft"}

    def test_a_new_body_leaves_the_name_to_the_one_that_has_it(self) -> None:
        found = wanted(registry(body("a", "Sensorik"), IOT), TIED)
        assert names(found, Kind.TEAM_FOLDER)["body:iot"] == "Projektgruppen/Sensorik"
        assert names(found, Kind.TEAM_FOLDER)["body:a"] == "Projektgruppen/Sensorik (2)"

    def test_the_name_of_a_body_that_is_gone_or_was_erased_is_passed_over(self) -> None:
        gone = Assigned(folders={"body:gone": "Projektgruppen/Sensorik"})
        assert names(wanted(registry(IOT), gone), Kind.TEAM_FOLDER) == {"body:iot": "Projektgruppen/Sensorik (2)"}
        erased = Assigned(is_retired=lambda kind, name: (kind, name) == (Kind.CONVERSATION, "PG Sensorik"))
        found = wanted(registry(IOT), erased)
        assert names(found, Kind.CONVERSATION) == {"body:iot": "PG Sensorik (2)"}
        assert names(found, Kind.TEAM_FOLDER) == {"body:iot": "Projektgruppen/Sensorik"}

    def test_a_body_can_say_letter_by_letter_what_its_rooms_are_called_and_comes_first(self) -> None:
        own = body("z", overrides=BodyOverrides(folder_name="Projektgruppen/Sensorik", conversation_name="Wir: {name}"))
        found = wanted(registry(IOT, own))
        assert names(found, Kind.TEAM_FOLDER) == {
            "body:z": "Projektgruppen/Sensorik",
            "body:iot": "Projektgruppen/Sensorik (2)",
        }
        assert found.resources[room_id("z")].name == "Wir: {name}"


class TestConversations:
    def test_a_project_group_has_one_in_which_its_moderators_moderate(self) -> None:
        found = wanted(registry(HEAD, MEMBER, IOT))
        resource = found.resources[room_id("iot")]
        assert (resource.name, resource.reason.code) == ("PG Sensorik", "policies.conversation")
        assert {name: resource.fields[name] for name in ("read_only", "lobby", "listed")} == {
            "read_only": False,
            "lobby": False,
            "listed": False,
        }
        assert resource.needs == (group_id("iot"),)
        assert groups_in(found, room_id("iot")) == {EdgeRole.MEMBER: {"body:iot"}}
        assert found.edges[Seats(room_id("iot"), EdgeRole.MODERATOR)] == {"person:p1"}
        assert found.edges[Seats(room_id("iot"))] == frozenset()

    def test_whom_its_groups_bring_along_is_said_without_copying_the_group(self) -> None:
        found = wanted(registry(HEAD, MEMBER, IOT))
        assert found.through_groups[room_id("iot")] is found.edges[in_group("body:iot")]
        assert folder_id("iot") not in found.through_groups

    def test_guests_take_part_when_policy_says_so(self) -> None:
        book = registry(HEAD, VISITOR, IOT)
        found = wanted(book)
        assert groups_in(found, room_id("iot")) == {EdgeRole.MEMBER: {"body:iot", "body:iot:guests"}}
        assert found.through_groups[room_id("iot")] == {"person:p1", "person:p3"}
        among_us = wanted(book, conversations={"guests": False})
        assert groups_in(among_us, room_id("iot")) == {EdgeRole.MEMBER: {"body:iot"}}
        assert among_us.through_groups[room_id("iot")] == {"person:p1"}

    def test_without_a_members_group_the_moderators_group_takes_part(self) -> None:
        found = wanted(registry(HEAD, MEMBER, IOT), groups={"names": {"project": {"members": None}}})
        assert groups_in(found, room_id("iot")) == {EdgeRole.MEMBER: {"body:iot:administrators"}}
        assert found.through_groups[room_id("iot")] == {"person:p1"}

    def test_null_or_the_bodys_own_word_means_none(self) -> None:
        assert chat(IOT, conversations={"names": {"project": None}}) is None
        assert chat(overriding(conversation=False)) is None
        assert chat(overriding(conversation_name="Wir"), conversations={"names": {"project": None}}) is not None

    def test_settings_are_policys(self) -> None:
        found = chat(IOT, conversations={"lobby": True, "listed": True, "first_message": ""})
        assert found is not None
        assert found.fields == {"read_only": False, "lobby": True, "listed": True}

    def test_who_moderated_until_a_written_date_is_ended_there_and_stays_a_participant(self) -> None:
        over = Membership("iot", Role.MODERATOR, Period(until=YESTERDAY))
        found = wanted(registry(person("p1", memberships=(over, Membership("iot"))), IOT))
        moderating = Seats(room_id("iot"), EdgeRole.MODERATOR)
        assert found.edges[moderating] == frozenset()
        assert found.ended[moderating] == {"person:p1"}
        assert found.through_groups[room_id("iot")] == {"person:p1"}


class TestTexts:
    def test_description_and_note_link_the_rooms_and_the_marker_stands_last(self) -> None:
        found = wanted(registry(HEAD, body("iot", "Sensorik", purpose="Offene Daten.")))
        description = found.resources[room_id("iot")].late["description"]
        note = found.resources[folder_id("iot")].late["note"]
        others = {ResourceId(kind, "body:iot") for kind in (Kind.MEETING_ROOM, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE)}
        assert description.links() == {folder_id("iot")} | others
        assert description.written(str) == (
            "Offene Daten.\nDateien: team-folder/body:iot\nVideokonferenz: meeting-room/body:iot\n"
            "Forum: forum-category/body:iot\nWiki: wiki-space/body:iot\n" + found.resources[room_id("iot")].marker
        )
        assert note.links() == {room_id("iot")} | others
        assert "Offene Daten." in note.written(str)
        assert "readi:" not in note.written(str)

    def test_a_room_that_there_is_not_is_not_linked(self) -> None:
        nowhere = {"rooms": {"names": {"project": None}}}
        without_folder = chat(overriding(folder=False, forum=False, wiki=False), meetings=nowhere)
        without_chat = folder(overriding(conversation=False, forum=False, wiki=False), meetings=nowhere)
        assert without_folder is not None
        assert without_chat is not None
        assert not without_folder.late["description"].links()
        assert not without_chat.late["note"].links()

    def test_the_first_message_is_whole_before_anything_exists(self) -> None:
        found = chat(IOT, conversations={"first_message": "Hallo {name}!\n{purpose}"})
        assert found is not None
        assert found.fields["first_message"] == "Hallo Sensorik!"

    def test_an_english_network_gets_english_texts(self) -> None:
        book = registry(HEAD, IOT)
        for language, said in (("en", "Welcome"), ("de", "Willkommen"), ("fr", "Willkommen")):
            found = wanted(replace(book, language=language)).resources[room_id("iot")]
            assert str(found.fields["first_message"]).startswith(said)


class TestGuests:
    def test_they_have_a_group_of_their_own_and_are_not_in_the_members(self) -> None:
        found = wanted(registry(HEAD, MEMBER, VISITOR, OUTSIDER, IOT))
        assert found.resources[guests_id("iot")].fields["display_name"] == "PG_Sensorik-Gäste"
        assert found.resources[guests_id("iot")].name == "PG_Sensorik-Gaeste"
        assert found.edges[in_group("body:iot")] == {"person:p1", "person:p2"}
        assert found.edges[in_group("body:iot:guests")] == {"person:p3", "person:p4"}

    def test_without_guests_there_is_no_such_group_but_one_that_we_have_stays(self) -> None:
        book = registry(HEAD, IOT)
        assert guests_id("iot") not in wanted(book).resources
        found = wanted(book, Assigned(groups={"body:iot:guests": "PG_Sensorik-Gaeste"}))
        assert found.edges[in_group("body:iot:guests")] == frozenset()
        assert "body:iot:guests" in groups_in(found, folder_id("iot"))[EdgeRole.READER]

    def test_where_policy_has_no_guests_group_they_are_members(self) -> None:
        found = wanted(registry(HEAD, VISITOR, IOT), groups={"names": {"project": {"guests": None}}})
        assert found.edges[in_group("body:iot")] == {"person:p1", "person:p3"}
        assert guests_id("iot") not in found.resources

    def test_a_guest_whose_time_is_over_is_ended_in_the_guests_group(self) -> None:
        over = person("p3", memberships=(Membership("iot", Role.GUEST, Period(until=YESTERDAY)),))
        found = wanted(registry(HEAD, over, IOT), Assigned(groups={"body:iot:guests": "x"}))
        assert found.ended[in_group("body:iot:guests")] == {"person:p3"}
        assert found.ended[Seats(room_id("iot"))] == {"person:p3"}

    def test_a_guest_in_one_body_alone_has_the_quota_of_the_others(self) -> None:
        found = wanted(registry(VISITOR, OUTSIDER, IOT))
        quotas = {
            key: found.resources[ResourceId(Kind.ACCOUNT, f"person:{key}")].fields["quota"] for key in ("p3", "p4")
        }
        assert quotas == {"p3": 5 * GB, "p4": 1 * GB}


class TestArchive:
    ARCHIVED = replace(IOT, archived_on=TODAY)

    def test_its_folder_moves_and_all_its_groups_read_by_a_written_date(self) -> None:
        found = wanted(registry(HEAD, VISITOR, self.ARCHIVED), TIED)
        resource = found.resources[folder_id("iot")]
        groups = {"body:iot", "body:iot:administrators", "body:iot:guests"}
        assert (resource.name, resource.reason.code) == ("Archiv/Sensorik", "policies.archived_body")
        assert groups_in(found, folder_id("iot")) == {EdgeRole.READER: groups}
        assert found.ended[Seats(folder_id("iot"), EdgeRole.MANAGER, Kind.GROUP)] == groups
        assert "layout" not in resource.fields
        assert not resource.late

    def test_its_chat_is_read_only_and_moderated_by_nobody(self) -> None:
        found = wanted(registry(HEAD, MEMBER, self.ARCHIVED), TIED, conversations={"lobby": True, "listed": True})
        resource = found.resources[room_id("iot")]
        moderating = Seats(room_id("iot"), EdgeRole.MODERATOR)
        assert resource.fields == {"read_only": True, "lobby": False, "listed": False}
        assert found.edges[moderating] == frozenset()
        assert found.ended[moderating] == {"person:p1"}
        assert found.through_groups[room_id("iot")] == {"person:p1", "person:p2"}
        assert resource.late["description"].lines[-1] == (resource.marker,)

    def test_a_body_that_was_archived_before_it_had_rooms_gets_none(self) -> None:
        found = wanted(registry(HEAD, self.ARCHIVED))
        assert {identity.kind for identity in found.resources} == {Kind.ACCOUNT, Kind.GROUP}
        half = wanted(registry(HEAD, self.ARCHIVED), Assigned(conversations={"body:iot": "PG Sensorik"}))
        assert room_id("iot") in half.resources
        assert not half.resources[room_id("iot")].late["description"].links()

    def test_policy_can_leave_the_folder_in_its_place(self) -> None:
        found = folder(self.ARCHIVED, TIED, folders={"archived": None})
        assert found is not None
        assert found.name == "Projektgruppen/Sensorik"

    def test_a_folder_with_a_name_of_its_own_moves_under_its_last_part(self) -> None:
        own = replace(overriding(folder_name="Alt/Sensoren: wo?"), archived_on=TODAY)
        found = folder(own, TIED)
        assert found is not None
        assert found.name == "Archiv/Sensoren - wo"

    def test_of_two_archived_namesakes_each_has_a_place(self) -> None:
        tied = Assigned(folders={"body:a": "Archiv/Sensorik", "body:iot": "Projektgruppen/Sensorik"})
        found = wanted(registry(body("a", "Sensorik", archived_on=YESTERDAY), self.ARCHIVED), tied)
        assert names(found, Kind.TEAM_FOLDER) == {"body:a": "Archiv/Sensorik", "body:iot": "Archiv/Sensorik (2)"}


class TestScope:
    def test_bodies_that_are_not_managed_have_no_rooms_of_ours(self) -> None:
        found = wanted(registry(HEAD, IOT, body("other")), managed=["iot"])
        assert names(found, Kind.TEAM_FOLDER).keys() == {"body:iot"}
        assert "body:other:guests" in found.unmanaged

    def test_groups_that_the_login_writes_are_read_and_folders_and_chats_stay_ours(self) -> None:
        found = wanted(registry(HEAD, MEMBER, IOT), groups={"members_written_by": "login"})
        assert {container.kind for container in found.login_writes} == {Kind.GROUP}
        assert groups_in(found, folder_id("iot"))[EdgeRole.WRITER] == {"body:iot"}

    @pytest.mark.parametrize("kind", list(BodyKind))
    def test_every_kind_of_body_has_both_rooms_by_default(self, kind: BodyKind) -> None:
        found = wanted(registry(body("x", "Name", kind=kind)))
        assert {folder_id("x"), room_id("x")} <= found.resources.keys()

    def test_every_member_of_every_seat_is_a_resource(self) -> None:
        found = wanted(registry(HEAD, MEMBER, VISITOR, OUTSIDER, IOT, body("b", archived_on=TODAY)), TIED)
        for seats, members in found.edges.items():
            assert seats.container in found.resources
            assert {ResourceId(seats.member, key) for key in members} <= found.resources.keys()
        needed = {need for one in found.resources.values() for need in one.needs}
        assert needed <= found.resources.keys()


def test_somebody_who_moderates_is_no_guest() -> None:
    head: Person = person("p4", "", "iot!", guest=Guest("p1", TOMORROW), affiliations=())
    found = wanted(registry(head, IOT))
    assert found.edges[in_group("body:iot")] == {"person:p4"}
    assert guests_id("iot") not in found.resources
