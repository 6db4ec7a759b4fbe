"""Groups whose names mean somebody else, and a server that goes on and on."""

import pytest

from connectors.kit.contract import Site
from connectors.nodebb.emulator import NodeBBEmulator
from provisioner.emulation import Response
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Partial
from provisioner.model.resources import EdgeRole, Kind
from tests.support.nodebb import category, group


@pytest.mark.parametrize(
    "name", ["spiders", "fediverse", "Guests", "Registered Users", "administrators", "readi-moment"]
)
def test_no_group_is_called_as_what_means_somebody_else_in_rights(forum: Site, name: str) -> None:
    found = forum.connector.capabilities().objection(Kind.GROUP, name)
    assert found is not None
    assert found.code == "nodebb.group_reserved"


def test_a_group_that_is_called_so_all_the_same_is_let_into_nothing(forum: Site, emulator: NodeBBEmulator) -> None:
    """A server takes "spiders" as a name: it would let in whatever calls itself a crawler."""
    name = "PG LoRa"
    forum.apply(forum.create(group("lora"), name, {}))
    forum.apply(
        forum.create(category("lora"), name, {"parent": "", "open": False}),
        forum.join(category("lora"), name, group("lora"), role=EdgeRole.WRITER),
    )
    held = next(one for one in emulator.world.groups.values() if one.name == name)
    emulator.world.rename_group(held, "spiders")
    forum.observe()
    with pytest.raises(Permanent, match="group_reserved"):
        forum.apply(forum.regrade(category("lora"), name, group("lora"), before=EdgeRole.WRITER, role=EdgeRole.READER))


def test_members_that_are_the_same_on_every_page_are_not_read_for_ever(forum: Site, emulator: NodeBBEmulator) -> None:
    forum.apply(forum.create(group("lora"), "PG LoRa", {}))
    told = [{"uid": number, "username": f"u{number}"} for number in range(1, 21)]

    def same(_: object, answer: Response) -> None:
        answer.body = Response.json({"status": {"code": "ok", "message": "OK"}, "response": {"users": told}}).body

    emulator.faults.hook(after=same, path="/members", times=None)
    found = forum.observe().of(Kind.GROUP).completeness
    assert isinstance(found, Partial)
    assert found.why.code == "kit.garbled"


def test_categories_that_stand_below_themselves_are_not_looked_through_for_ever(
    forum: Site, emulator: NodeBBEmulator
) -> None:
    page = {"categoriesTree": [{"cid": 7, "name": "x", "children": [], "hasMoreSubCategories": True}]}

    def same(_: object, answer: Response) -> None:
        answer.body = Response.json({**page, "pagination": {"pageCount": 1}}).body

    emulator.faults.hook(after=same, path="/admin/manage/categories", times=None)
    forum.connector.look_up(category("lora"), "PG LoRa")
    assert len([one for one in emulator.log.requests if "manage/categories" in one.path]) == 2
