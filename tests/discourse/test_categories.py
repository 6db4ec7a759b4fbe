"""Categories: nobody's but their groups' from the first moment, changed in place, and moved with what they need."""

import pytest

from connectors.discourse.emulation.state import READ_ONLY, Category
from connectors.discourse.emulator import DiscourseEmulator
from provisioner.model.errors import Garbled, Permanent
from provisioner.model.inventory import Absent, Present
from provisioner.model.resources import PUBLIC, Kind, ResourceId
from provisioner.model.steps import Moved
from tests.support.discourse import MANAGER, READER, WRITER, Forum, category, group


def held(site: Forum, key: str) -> Category:
    return site.world.categories[int(site.ids[category(key)])]


@pytest.fixture
def network(site: Forum) -> Forum:
    """Two bodies with their groups below a common category, and an archive."""
    for key in ("lora", "lora:administrators", "ki"):
        site.circle(key)
    readers = ["lora", "lora:administrators", "ki"]
    site.place("bodies:project", name="Projektgruppen", reader=readers)
    site.place("lora", parent="bodies:project", writer=["lora"], manager=["lora:administrators"])
    site.place("ki", parent="bodies:project", writer=["ki"])
    return site


def test_a_category_is_made_with_all_its_rights_by_one_request(network: Forum, emulator: DiscourseEmulator) -> None:
    emulator.log.clear()
    network.place("neu", parent="bodies:project", writer=["lora"], reader=["ki"])
    assert [(entry.method, entry.path) for entry in emulator.log.writes] == [("POST", "/categories.json")]
    made = held(network, "neu")
    assert (made.read_restricted, network.rights("neu")) == (True, {"PG_lora": 1, "PG_ki": 3})
    assert made.parent == int(network.ids[category("bodies:project")])


def test_a_category_without_any_group_is_not_everybody_s(site: Forum) -> None:
    """An empty map of rights would count as none."""
    site.place("leer")
    assert (held(site, "leer").read_restricted, site.rights("leer")) == (True, {"admins": 1})


def test_roles_are_read_back_as_they_were_given(network: Forum) -> None:
    seated = {role: network.seated(category("lora"), role, Kind.GROUP) for role in (READER, WRITER, MANAGER)}
    assert seated == {READER: set(), WRITER: {"body:lora"}, MANAGER: {"body:lora:administrators"}}
    remote = network.remote(category("lora"))
    assert (remote.fields["parent"], remote.fields["open"], remote.marker) == (
        "bodies:project",
        False,
        "readi:body:lora",
    )


def test_open_to_whoever_logs_in_is_not_open_to_strangers(site: Forum) -> None:
    site.circle("lora")
    site.place("lora", open_=True, writer=["lora"])
    assert (held(site, "lora").read_restricted, site.rights("lora")) == (True, {"PG_lora": 1, "trust_level_0": 3})
    site.apply(site.update(category("lora"), site.remote(category("lora")), {"open": False}))
    assert site.rights("lora") == {"PG_lora": 1}


def test_what_somebody_opened_to_strangers_is_public_and_is_put_right(site: Forum) -> None:
    site.circle("lora")
    site.place("lora", open_=True, writer=["lora"])
    made = held(site, "lora")
    made.read_restricted, made.permissions[0] = False, READ_ONLY
    for wanted in (True, False):
        seen = site.remote(category("lora"))
        site.apply(site.update(category("lora"), seen, {"open": wanted}))
        assert made.read_restricted is True
        assert site.remote(category("lora")).fields["open"] is wanted
        made.read_restricted, made.permissions = False, {}
        assert site.remote(category("lora")).fields["open"] == PUBLIC


def test_a_site_in_another_language_calls_its_groups_otherwise(site: Forum) -> None:
    site.world.site.names_of_automatic = {"everyone": "jeder", "trust_level_0": "vertrauensstufe_0", "admins": "admins"}
    site.circle("lora")
    site.place("lora", open_=True, writer=["lora"])
    assert site.rights("lora") == {"PG_lora": 1, "vertrauensstufe_0": 3}
    assert site.remote(category("lora")).fields["open"] is True
    site.apply(site.update(category("lora"), site.remote(category("lora")), {"open": False}))
    assert site.rights("lora") == {"PG_lora": 1}


def test_an_older_server_tells_groups_by_their_names_alone(site: Forum) -> None:
    site.world.site.tells_group_ids = False
    site.world.site.names_of_automatic = {"everyone": "jeder", "trust_level_0": "vertrauensstufe_0"}
    site.circle("lora")
    site.place("lora", open_=True, writer=["lora"])
    remote = site.remote(category("lora"))
    assert remote.fields["open"] is True
    assert site.seated(category("lora"), WRITER, Kind.GROUP) == {"body:lora"}
    held(site, "lora").permissions[0] = READ_ONLY
    assert site.remote(category("lora")).fields["open"] == PUBLIC
    with site.another() as other:  # who knows no names yet asks for them
        step = other.compile(other.update(category("lora"), site.remote(category("lora")), {"open": False}))[0]
        other.perform(step)
    assert site.rights("lora") == {"PG_lora": 1}


def test_a_group_that_is_renamed_in_the_same_plan_is_let_in_under_its_new_name(network: Forum) -> None:
    network.apply(
        network.join(category("lora"), "PG lora", group("ki"), role=READER),
        network.update(group("ki"), network.remote(group("ki")), {"name": "PG_Denken"}),
    )
    assert network.rights("lora")["PG_Denken"] == READ_ONLY


def test_a_new_name_keeps_everything_else(network: Forum) -> None:
    made = held(network, "lora")
    made.email_in, made.minimum_required_tags, made.color = "lora@forum.example", 2, "ABCDEF"
    made.custom_fields["has_chat_enabled"] = "true"
    text = "Willkommen\n\nHier geht es um Funk.\n\nreadi:body:lora"
    network.apply(network.write(category("lora"), network.remote(category("lora")), "first_topic", text))
    before = (made.id, made.slug, made.topic, dict(made.permissions), list(made.moderating))
    network.apply(network.update(category("lora"), network.remote(category("lora")), {"name": "PG Funk"}))
    assert made.name == "PG Funk"
    assert (made.id, made.slug, made.topic, dict(made.permissions), list(made.moderating)) == before
    assert (made.email_in, made.minimum_required_tags, made.color) == ("lora@forum.example", 2, "ABCDEF")
    assert made.custom_fields["has_chat_enabled"] == "true"
    assert made.description == "Hier geht es um Funk."
    assert network.remote(category("lora")).fields["first_topic"] == text


def test_rights_that_somebody_gave_stay_with_ours(network: Forum) -> None:
    """A PUT replaces the whole map: it is read before, and sent with theirs."""
    guests = network.world.add_group("Presse")
    held(network, "bodies:project").permissions[guests.id] = 3
    held(network, "bodies:project").permissions[3] = 1
    held(network, "lora").permissions |= {guests.id: 3, 3: 2}
    network.apply(network.join(category("lora"), "PG lora", group("ki"), role=READER))
    admins = held(network, "lora").moderating[0]
    assert network.rights("lora") == {
        "PG_lora": 1,
        network.world.groups[admins].name: 1,
        "PG_ki": 3,
        "Presse": 3,
        "staff": 2,
    }


def test_moderators_stay_when_somebody_else_comes_or_goes(network: Forum) -> None:
    admins = int(network.ids[group("lora:administrators")])
    network.apply(network.join(category("lora"), "PG lora", group("ki"), role=READER))
    network.apply(network.leave(category("lora"), "PG lora", group("ki"), role=READER))
    assert held(network, "lora").moderating == [admins]
    network.apply(network.leave(category("lora"), "PG lora", group("lora:administrators"), role=MANAGER))
    assert (held(network, "lora").moderating, network.rights("lora")) == ([], {"PG_lora": 1})


def test_where_groups_can_t_moderate_it_is_noted_who_should(network: Forum) -> None:
    network.world.site.enable_category_group_moderation = False
    network.place("neu", parent="bodies:project", writer=["ki"], manager=["lora"])
    assert held(network, "neu").moderating == []
    assert network.seated(category("neu"), MANAGER, Kind.GROUP) == {"body:lora"}
    assert network.seated(category("neu"), WRITER, Kind.GROUP) == {"body:ki"}


def test_an_archived_body_moves_below_the_archive_that_lets_it_in_first(network: Forum) -> None:
    """All in one plan: the archive is made or grows, the category moves and is only read, its old parent shrinks."""
    lora, admins, parent, archive = (
        group("lora"),
        group("lora:administrators"),
        category("bodies:project"),
        category("bodies:archive"),
    )
    remote = network.remote(category("lora"))
    steps = network.apply(
        network.leave(parent, "Projektgruppen", lora, admins, role=READER),
        network.update(category("lora"), remote, {"parent": "bodies:archive"}),
        network.regrade(category("lora"), "PG lora", lora, before=WRITER, role=READER),
        network.regrade(category("lora"), "PG lora", admins, before=MANAGER, role=READER),
        network.create(archive, "Archiv", {"parent": "", "open": False}),
        network.join(archive, "Archiv", lora, admins, role=READER),
    )
    assert [(each.step.operation, each.step.id) for each in steps] == [
        ("create-category", archive),
        ("change-category", category("lora")),
        ("withdraw-groups", parent),
    ]
    assert set(network.rights("lora").values()) == {READ_ONLY}
    assert (held(network, "lora").moderating, held(network, "lora").parent) == ([], held(network, "bodies:archive").id)
    assert network.rights("bodies:project") == {"PG_ki": 3, "admins": 1}


def test_what_stands_below_is_let_in_above_first_whatever_the_order_of_the_changes(network: Forum) -> None:
    network.circle("funk")
    parent = category("bodies:project")
    network.apply(
        network.create(category("funk"), "PG Funk", {"parent": "bodies:project", "open": False}),
        network.join(category("funk"), "PG Funk", group("funk"), role=WRITER),
        network.join(parent, "Projektgruppen", group("funk"), role=READER),
    )
    assert network.rights("funk") == {"PG_funk": 1}


def test_a_parent_that_lacks_a_group_is_refused_with_what_the_server_says(network: Forum) -> None:
    network.circle("funk")
    with pytest.raises(Permanent, match="do not have access to the parent category: PG_funk"):
        network.place("funk", parent="bodies:project", writer=["funk"])
    assert ("body:funk") not in {one.custom_fields.get("readi") for one in network.world.categories.values()}


def test_two_categories_of_one_name_below_one_parent_are_refused_and_never_doubled(network: Forum) -> None:
    count = len(network.world.categories)
    with pytest.raises(Permanent, match="already been taken"):
        network.place("lora2", parent="bodies:project", name="pg LORA", writer=["lora"])
    assert len(network.world.categories) == count


def test_a_category_whose_answer_was_lost_is_known_by_its_mark(network: Forum) -> None:
    """Also where another one has its name below another parent."""
    network.place("bodies:circle", name="Kreise", reader=["ki"])
    network.place("funk", parent="bodies:circle", name="Funk", writer=["ki"])
    (step,) = network.compile(network.create(category("neu"), "Funk", {"parent": "bodies:project", "open": False}))
    assert network.connector.look_up(step.id, step.name) == Absent()
    network.perform(step)
    found = network.connector.look_up(step.id, "funk ")
    assert isinstance(found, Present)
    assert found.remote.remote_id == network.ids[category("neu")]


def test_a_right_that_somebody_changed_meanwhile_is_not_changed_back(network: Forum) -> None:
    change = network.regrade(category("lora"), "PG lora", group("lora"), before=WRITER, role=READER)
    (step,) = network.compile(change)
    held(network, "lora").permissions[int(network.ids[group("lora")])] = 2
    found = network.connector.verify(step, network.resolve)
    assert isinstance(found, Moved)
    assert found.why.code == "discourse.right_moved"


def test_who_is_out_of_it_already_is_no_obstacle(network: Forum) -> None:
    del held(network, "lora").permissions[int(network.ids[group("lora")])]
    network.apply(network.leave(category("lora"), "PG lora", group("lora"), role=WRITER))
    assert "PG_lora" not in network.rights("lora")


def test_the_last_group_that_goes_leaves_nothing_open_behind(site: Forum) -> None:
    site.circle("lora")
    site.place("lora", writer=["lora"])
    site.apply(site.leave(category("lora"), "PG lora", group("lora"), role=WRITER))
    assert (held(site, "lora").read_restricted, site.rights("lora")) == (True, {"admins": 1})


def test_a_category_below_somebody_else_s_tells_by_what_and_can_be_moved_back(network: Forum) -> None:
    theirs = network.world.number("category")
    network.world.categories[theirs] = Category(theirs, "Allgemein", "allgemein", topic=held(network, "ki").topic)
    held(network, "ki").parent = theirs
    remote = network.remote(category("ki"))
    assert remote.fields["parent"] == f"#{theirs}"
    network.apply(network.update(category("ki"), remote, {"parent": "bodies:project"}))
    assert network.remote(category("ki")).fields["parent"] == "bodies:project"
    network.apply(network.update(category("ki"), network.remote(category("ki")), {"parent": ""}))
    assert held(network, "ki").parent is None


def test_a_category_in_which_somebody_wrote_is_never_deleted(network: Forum) -> None:
    number = network.world.number("topic")
    topic = network.world.topics[held(network, "ki").topic]
    network.world.topics[number] = type(topic)(number, "Frage", held(network, "ki").id, "?", 99)
    with pytest.raises(Permanent, match="category_in_use"):
        network.apply(network.erase(category("ki"), network.remote(category("ki"))))
    network.apply(network.erase(category("lora"), network.remote(category("lora"))))
    assert ResourceId(Kind.FORUM_CATEGORY, "body:lora") not in network.ids


def test_texts_lead_to_a_category_by_its_number(network: Forum) -> None:
    address = network.connector.capabilities().address(Kind.FORUM_CATEGORY, "12", "PG Funk")
    assert address == f"{network.settings.url}/c/12"


def test_what_is_open_no_more_is_closed_below_first_and_above_last(network: Forum) -> None:
    """The server refuses what stands above while something below lets in more; and who comes does not wait for it."""
    parent, lora = category("bodies:project"), category("lora")
    network.circle("funk")
    network.apply(network.update(parent, network.remote(parent), {"open": True}))
    network.apply(network.update(lora, network.remote(lora), {"open": True}))
    steps = network.apply(
        network.update(parent, network.remote(parent), {"open": False}),
        network.update(lora, network.remote(lora), {"open": False}),
        network.join(parent, "Projektgruppen", group("funk"), role=READER),
        network.leave(parent, "Projektgruppen", group("ki"), role=READER),
        network.leave(category("ki"), "PG ki", group("ki"), role=WRITER),
    )
    assert [(each.step.operation, each.step.id) for each in steps] == [
        ("change-category", parent),
        ("change-category", lora),
        ("withdraw-groups", category("ki")),
        ("withdraw-groups", parent),
    ]
    assert network.seated(parent, READER, Kind.GROUP) == {"body:lora", "body:lora:administrators", "body:funk"}
    assert network.remote(parent).fields["open"] is False
    assert network.remote(lora).fields["open"] is False


def test_a_group_that_is_called_as_one_of_the_server_s_own_is_let_into_nothing(network: Forum) -> None:
    """By such a name a category's rights mean the server's group: "everyone" would let strangers in."""
    network.world.site.names_of_automatic = {"everyone": "jeder", "staff": "team"}
    network.ids[group("funk")] = str(network.world.add_group("everyone").id)
    with pytest.raises(Permanent, match="group_reserved"):
        network.place("funk", writer=["funk"])
    with pytest.raises(Permanent, match="group_reserved"):
        network.apply(network.join(category("lora"), "PG lora", group("funk"), role=READER))
    assert all(one.read_restricted for one in network.world.categories.values())
    assert 0 not in held(network, "lora").permissions


def test_a_group_that_goes_while_an_older_server_is_read_does_not_open_a_category_to_everybody(network: Forum) -> None:
    """What no list knows is "everyone"; but nothing that strangers do not read lets everyone in."""
    network.world.site.tells_group_ids = False
    press = network.world.add_group("Presse")
    held(network, "lora").permissions[press.id] = READ_ONLY
    with network.another() as other:
        step = other.compile(other.update(category("lora"), network.remote(category("lora")), {"name": "PG Funk"}))[0]
        press.visibility_level = 4  # as if it were gone: whoever asks for it is told that there is none
        network.world.group_named = lambda name: None  # type: ignore[method-assign]
        with pytest.raises(Garbled):
            other.connector.verify(step, other.resolve)
    assert held(network, "lora").read_restricted is True
