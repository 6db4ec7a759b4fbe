"""Forum categories and wiki spaces of bodies: where they stand, who may do what there, what stands first in them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from policies.desire import Assigned, Tied, TiedSpaces, desire
from policies.document import Policy
from provisioner.model.registry import Body, BodyKind, BodyOverrides, Guest, Membership, Registry, Role
from provisioner.model.resources import Desired, EdgeRole, Kind, Resource, ResourceId, Seats, Value
from tests.support.planning import (
    TODAY,
    TOMORROW,
    administrators_id,
    body,
    category_id,
    common_id,
    group_id,
    guests_id,
    person,
    registry,
    space_id,
)

NEVER = Assigned()
PURPOSE = "Wir messen, was die Städte\nwissen wollen."
IOT = body("iot", "Sensorik", purpose=PURPOSE)
COUNCIL = body("rat", "Plenum", kind=BodyKind.PLENUM)
HEAD, MEMBER = person("p1", "Erika Muster", "iot!", "rat!"), person("p2", "Ben Beispiel", "iot")
VISITOR = person("p3", "Gast Haus", memberships=(Membership("iot", Role.GUEST),))
INDEX = ResourceId(Kind.WIKI_PAGE, "bodies:index")
THE_THREE = frozenset({"body:iot", "body:iot:administrators", "body:iot:guests"})


def wanted(book: Registry, assigned: Assigned = NEVER, **policy: object) -> Desired:
    return desire(book, Policy.model_validate(policy), TODAY, assigned)


def tied(*keys: str, spaces: bool = True, **fields: Value) -> Assigned:
    """Categories (and spaces) that are ours, with what was applied to each."""
    categories = {key: Tied(f"Alt {key}", fields) for key in keys}  # type: ignore[arg-type]
    return Assigned(spaces=TiedSpaces(categories, dict.fromkeys(keys, "Alt") if spaces else {}))


def overriding(**own: object) -> Body:
    return replace(IOT, overrides=BodyOverrides(**own))  # type: ignore[arg-type]


def of_kind(found: Desired, *kinds: Kind) -> dict[str, str]:
    """Names by id."""
    return {str(identity): one.name for identity, one in found.resources.items() if identity.kind in kinds}


def groups_in(found: Desired, container: ResourceId) -> Mapping[EdgeRole, frozenset[str]]:
    """Keys of groups by their role, empty seats left out."""
    return {
        seats.role: members
        for seats, members in found.edges.items()
        if seats.container == container and seats.member is Kind.GROUP and members
    }


def readers(found: Desired, kind: str) -> frozenset[str]:
    """Of a common category, in which nobody is anything else."""
    assert set(groups_in(found, common_id(kind))) <= {EdgeRole.READER}
    return groups_in(found, common_id(kind)).get(EdgeRole.READER, frozenset())


def written(one: Resource, name: str) -> str:
    """A late text with ids of what it links to in the places of addresses."""
    return one.late[name].written(str)  # type: ignore[index]


class TestGolden:
    """What bodies of each sort get, to the letter."""

    def test_a_plenum_has_a_category_at_the_top_and_a_space(self) -> None:
        found = wanted(registry(HEAD, COUNCIL))
        assert of_kind(found, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE, Kind.WIKI_PAGE) == {
            "forum-category/body:rat": "Plenum",
            "wiki-space/body:rat": "Plenum",
            "wiki-page/bodies:index": "Alle Gremien",
        }
        category = found.resources[category_id("rat")]
        assert category.fields == {"parent": "", "open": False, "description": ""}
        assert category.needs == (group_id("rat"), administrators_id("rat"))

    def test_a_project_group_stands_below_its_kind_with_its_groups_in_their_roles(self) -> None:
        found = wanted(registry(HEAD, MEMBER, VISITOR, IOT))
        assert of_kind(found, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE) == {
            "forum-category/bodies:project": "Projektgruppen",
            "forum-category/body:iot": "PG Sensorik",
            "wiki-space/body:iot": "PG Sensorik",
        }
        category, space = found.resources[category_id("iot")], found.resources[space_id("iot")]
        assert category.reason.code == "policies.forum_category"
        assert category.fields == {
            "parent": "bodies:project",
            "open": False,
            "description": "Wir messen, was die Städte wissen wollen.",
        }
        groups = (group_id("iot"), administrators_id("iot"), guests_id("iot"))
        assert category.needs == (common_id("project"), *groups)
        assert (space.fields, space.needs) == ({"open": False}, groups)
        at_work = {EdgeRole.WRITER: {"body:iot"}, EdgeRole.MANAGER: {"body:iot:administrators"}}
        assert groups_in(found, category_id("iot")) == {
            EdgeRole.WRITER: {"body:iot", "body:iot:guests"},
            EdgeRole.MANAGER: {"body:iot:administrators"},
        }
        assert groups_in(found, space_id("iot")) == {**at_work, EdgeRole.READER: {"body:iot:guests"}}
        above = found.resources[common_id("project")]
        assert (above.fields, above.needs, above.late) == ({"parent": "", "open": False}, (), {})
        assert readers(found, "project") == THE_THREE

    def test_an_archived_body_is_read_below_the_archive(self) -> None:
        gone = replace(IOT, archived_on=TODAY)
        found = wanted(registry(HEAD, VISITOR, gone), tied("body:iot", "bodies:project"))
        assert of_kind(found, Kind.FORUM_CATEGORY) == {
            "forum-category/bodies:project": "Projektgruppen",
            "forum-category/bodies:archive": "Archiv",
            "forum-category/body:iot": "PG Sensorik",
        }
        assert found.resources[category_id("iot")].fields["parent"] == "bodies:archive"
        for room in (category_id("iot"), space_id("iot")):
            assert groups_in(found, room) == {EdgeRole.READER: THE_THREE}
            assert found.ended[Seats(room, EdgeRole.WRITER, Kind.GROUP)] == THE_THREE
        assert (readers(found, "archive"), readers(found, "project")) == (THE_THREE, frozenset())
        above = Seats(common_id("project"), EdgeRole.READER, Kind.GROUP)
        assert found.ended[above] == THE_THREE, "its day was written: nobody has to agree that it goes"

    def test_an_archived_body_gets_nothing_that_it_never_had(self) -> None:
        found = wanted(registry(HEAD, replace(IOT, archived_on=TODAY)))
        assert of_kind(found, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE, Kind.WIKI_PAGE) == {}

    def test_without_an_archive_it_stays_where_it_is(self) -> None:
        gone = replace(IOT, archived_on=TODAY)
        found = wanted(registry(HEAD, gone), tied("body:iot"), forum={"archived": None})
        assert found.resources[category_id("iot")].fields["parent"] == "bodies:project"
        assert readers(found, "project") == {"body:iot", "body:iot:administrators"}
        assert not found.ended.get(Seats(common_id("project"), EdgeRole.READER, Kind.GROUP))

    def test_a_body_that_is_not_managed_is_left_alone_and_keeps_what_it_stands_below(self) -> None:
        other = body("lora", "LoRaWAN")
        before = tied("body:iot", parent="bodies:project", open=True)
        found = wanted(registry(HEAD, IOT, COUNCIL, other), before, managed=["rat"])
        assert of_kind(found, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE) == {
            "forum-category/bodies:project": "Projektgruppen",
            "forum-category/body:rat": "Plenum",
            "wiki-space/body:rat": "Plenum",
        }
        assert found.resources[common_id("project")].fields["open"] is True
        assert "body:iot" in found.unmanaged
        assert "- Alt: wiki-space/body:iot" in written(found.resources[INDEX], "text")

    def test_a_renamed_body_is_renamed_and_namesakes_are_told_apart(self) -> None:
        twin = body("messen", "Sensorik")
        names = of_kind(wanted(registry(HEAD, IOT, twin), tied("body:iot")), Kind.FORUM_CATEGORY, Kind.WIKI_SPACE)
        assert names["forum-category/body:iot"] == names["wiki-space/body:iot"] == "PG Sensorik"
        assert names["forum-category/body:messen"] == names["wiki-space/body:messen"] == "PG Sensorik (2)"
        index = written(wanted(registry(HEAD, IOT, twin)).resources[INDEX], "text")
        assert "- PG Sensorik: wiki-space/body:iot\n- PG Sensorik (2): wiki-space/body:messen\n" in index


class TestPlaces:
    def test_a_common_category_has_its_title_even_if_a_body_is_called_so(self) -> None:
        found = wanted(registry(HEAD, IOT, body("a", "Projektgruppen", kind=BodyKind.CIRCLE)))
        assert found.resources[common_id("project")].name == "Projektgruppen"
        assert found.resources[category_id("a")].name == "Projektgruppen (2)"

    def test_a_kind_without_a_title_stands_at_the_top(self) -> None:
        found = wanted(registry(HEAD, IOT), forum={"parents": {"project": None}})
        assert list(of_kind(found, Kind.FORUM_CATEGORY)) == ["forum-category/body:iot"]
        assert found.resources[category_id("iot")].fields["parent"] == ""
        assert found.resources[category_id("iot")].needs[0] == group_id("iot")

    def test_a_common_category_of_ours_stays_when_nothing_is_below_it_any_more(self) -> None:
        found = wanted(registry(HEAD), tied("bodies:project", spaces=False))
        assert list(of_kind(found, Kind.FORUM_CATEGORY)) == ["forum-category/bodies:project"]
        assert (readers(found, "project"), found.resources[common_id("project")].fields["open"]) == (frozenset(), False)

    def test_null_or_the_bodys_own_word_means_none_and_an_own_name_means_one_after_all(self) -> None:
        none: dict[str, object] = {"forum": {"names": {"project": None}}, "wiki": {"names": {"project": None}}}
        for one, policy in ((IOT, none), (overriding(forum=False, wiki=False), {})):
            found = wanted(registry(HEAD, one), NEVER, **policy)
            assert of_kind(found, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE, Kind.WIKI_PAGE) == {}
        found = wanted(registry(HEAD, overriding(forum_name="Messen: {name}", wiki_name="Messwiki")), NEVER, **none)
        assert found.resources[category_id("iot")].name == "Messen: {name}"
        assert found.resources[space_id("iot")].name == "Messwiki"

    def test_roles_are_policys_and_guests_may_have_no_access(self) -> None:
        rights = {"members": "reader", "moderators": "writer", "guests": None}
        found = wanted(registry(HEAD, VISITOR, IOT), forum=rights, wiki=rights)
        for room in (category_id("iot"), space_id("iot")):
            assert groups_in(found, room) == {
                EdgeRole.READER: {"body:iot"},
                EdgeRole.WRITER: {"body:iot:administrators"},
            }
            assert guests_id("iot") not in found.resources[room].needs
        assert readers(found, "project") == THE_THREE - {"body:iot:guests"}

    def test_every_role_is_spoken_of_so_that_nobody_keeps_one_that_is_not_meant(self) -> None:
        found = wanted(registry(HEAD, IOT))
        for room in (category_id("iot"), space_id("iot"), common_id("project")):
            roles = {seats.role for seats in found.edges if seats.container == room}
            assert roles >= {EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER}

    def test_a_description_is_policys_one_line_cut_or_nobodys_business(self) -> None:
        long = replace(IOT, purpose="Messen " * 100)
        found = wanted(registry(HEAD, long)).resources[category_id("iot")]
        cut = str(found.fields["description"])
        assert (len(cut), cut[-5:]) == (250, "Mess…")
        without = wanted(registry(HEAD, IOT), forum={"description": ""}).resources[category_id("iot")]
        assert "description" not in without.fields


class TestOpenness:
    @pytest.mark.parametrize(
        ("rule", "own", "is_open"),
        [
            (False, None, False),
            (True, None, True),
            (["project"], None, True),
            (["plenum", "circle"], None, False),
            (True, False, False),
            (False, True, True),
        ],
    )
    def test_it_is_policys_by_kind_or_the_bodys_own(self, rule: object, own: bool | None, is_open: bool) -> None:
        book = registry(HEAD, overriding(forum_open=own, wiki_open=own))
        found = wanted(book, forum={"open": rule}, wiki={"open": rule})
        opened = [found.resources[one].fields["open"] for one in (category_id("iot"), space_id("iot"))]
        assert opened == [is_open, is_open]
        assert found.resources[common_id("project")].fields["open"] is is_open

    def test_what_stands_above_is_open_as_soon_as_one_below_is(self) -> None:
        book = registry(HEAD, IOT, body("lora", overrides=BodyOverrides(forum_open=True)))
        found = wanted(book)
        assert found.resources[common_id("project")].fields["open"] is True
        assert found.resources[category_id("iot")].fields["open"] is False
        assert found.resources[space_id("lora")].fields["open"] is False

    def test_everybody_who_logs_in_reads_the_index_whatever_else_is_open(self) -> None:
        assert wanted(registry(HEAD, IOT)).resources[INDEX].fields == {"open": True}


class TestTexts:
    def test_the_first_topic_says_what_it_is_about_who_moderates_and_where_things_are(self) -> None:
        text = written(wanted(registry(HEAD, MEMBER, VISITOR, IOT)).resources[category_id("iot")], "first_topic")
        title, blank, *rest = text.split("\n")
        assert (title, blank) == ("Willkommen bei Sensorik: worum es geht und wo alles ist", "")
        assert rest[:3] == ["Wir messen, was die Städte", "wissen wollen.", ""]
        assert [line for line in rest if line.startswith("- ")] == [
            "- Moderation: Erika Muster",
            "- Dateien: team-folder/body:iot",
            "- Chat für kurze Fragen: conversation/body:iot",
            "- Mailingliste: mailing-list/body:iot",
            "- Videokonferenz: meeting-room/body:iot",
            "- Wiki zum Nachschlagen: wiki-space/body:iot",
        ]
        assert rest[-2:] == ["", "readi:body:iot"]

    def test_moderators_stand_in_the_order_of_a_list_and_guests_are_none(self) -> None:
        second = person("p4", "Anna Zander", "iot!", guest=Guest("p1", TOMORROW), affiliations=())
        third = person("p5", "Zoe Abel", "iot!")
        text = written(wanted(registry(HEAD, second, third, IOT)).resources[category_id("iot")], "first_topic")
        assert "- Moderation: Zoe Abel, Erika Muster, Anna Zander\n" in text
        nobody = written(wanted(registry(MEMBER, IOT)).resources[category_id("iot")], "first_topic")
        assert "Moderation" not in nobody

    def test_the_archive_says_that_it_is_one_and_names_nobody(self) -> None:
        gone = wanted(registry(HEAD, replace(IOT, archived_on=TODAY)), tied("body:iot"))
        text = written(gone.resources[category_id("iot")], "first_topic")
        assert text.startswith("Archiv: Sensorik, was hier besprochen wurde\n\n")
        assert "Erika" not in text
        assert text.endswith("\n\nreadi:body:iot")
        assert not gone.resources[space_id("iot")].late, "a first page was written long ago"

    def test_an_own_template_counts_and_an_empty_one_means_none(self) -> None:
        own = {"first_topic": "Über {name}\n\n{moderators} hilft: {wiki}"}
        found = wanted(registry(HEAD, IOT), forum=own, wiki={"first_page": "{name}\n\nForum: {forum}"})
        assert written(found.resources[category_id("iot")], "first_topic") == (
            "Über Sensorik\n\nErika Muster hilft: wiki-space/body:iot\n\nreadi:body:iot"
        )
        assert written(found.resources[space_id("iot")], "first_page") == "Sensorik\n\nForum: forum-category/body:iot"
        none = wanted(registry(HEAD, IOT), forum={"first_topic": ""}, wiki={"first_page": ""})
        assert not none.resources[category_id("iot")].late
        assert not none.resources[space_id("iot")].late

    def test_the_first_page_names_no_person_for_it_is_never_written_again(self) -> None:
        page = written(wanted(registry(HEAD, MEMBER, IOT)).resources[space_id("iot")], "first_page")
        assert page.startswith("Sensorik\n\nWir messen, was die Städte\nwissen wollen.\n\n")
        assert "- Fragen und Antworten im Forum: forum-category/body:iot\n" in page
        assert "Erika" not in page
        assert "readi:" not in page, "it belongs to people"

    def test_an_english_network_gets_english_texts(self) -> None:
        found = wanted(replace(registry(HEAD, IOT), language="en"))
        assert written(found.resources[category_id("iot")], "first_topic").startswith("Welcome to Sensorik: what it")
        assert "Rebuild this page" in written(found.resources[space_id("iot")], "first_page")
        assert "Here you find the pages" in written(found.resources[INDEX], "text")

    def test_the_index_leads_to_all_spaces_archived_ones_last(self) -> None:
        old = body("alt", "Abwasser", archived_on=TODAY)
        found = wanted(registry(HEAD, person("p9", "", "alt"), IOT, COUNCIL, old), tied("body:alt"))
        assert written(found.resources[INDEX], "text").split("\n") == [
            "Alle Gremien",
            "",
            "Hier finden Sie die Seiten aller Gremien. Manche sind nur für deren Mitglieder lesbar.",
            "",
            "- PG Sensorik: wiki-space/body:iot",
            "- Plenum: wiki-space/body:rat",
            "",
            "Abgeschlossen:",
            "",
            "- PG Abwasser: wiki-space/body:alt",
            "",
            "readi:bodies:index",
        ]
        assert INDEX not in wanted(registry(HEAD, IOT), wiki={"index": None}).resources

    def test_an_index_of_ours_stays_when_there_is_no_space_any_more(self) -> None:
        ours = Assigned(spaces=TiedSpaces(pages={"bodies:index": "Alle Gremien"}))
        assert "- " not in written(wanted(registry(HEAD), ours).resources[INDEX], "text")
