"""Rooms and accounts as pages show them: read by key, with no request to a target."""

from provisioner.app.pages.rooms import accounts_of, rooms_of
from provisioner.app.site import Site
from provisioner.model.resources import Kind
from tests.support.site import Installation


def test_a_body_has_the_rooms_that_the_last_apply_made_with_their_addresses(small: Installation) -> None:
    small.apply()
    small.cloud.log.clear()
    site = Site.open(small.settings, clock=small.clock)
    rooms = rooms_of(site, ["pg-sensorik", "pg-lora", "pg-nowhere"])
    assert {body: [(room.kind, room.name) for room in found] for body, found in rooms.items()} == {
        "pg-sensorik": [(Kind.TEAM_FOLDER, "Projektgruppen/Sensorik"), (Kind.CONVERSATION, "PG Sensorik")],
        "pg-lora": [(Kind.TEAM_FOLDER, "Projektgruppen/LoRaWAN"), (Kind.CONVERSATION, "PG LoRaWAN")],
    }
    folder, conversation = rooms["pg-sensorik"]
    assert folder.address is not None
    assert folder.address.startswith(small.cloud.url)
    assert conversation.address is not None
    assert "/call/" in conversation.address
    assert not small.cloud.log.requests
    site.close()


def test_who_left_has_a_suspended_account_and_who_never_came_none(small: Installation) -> None:
    small.apply()
    small.wish.people["p-ben"]["leaves"] = "2020-01-31"
    small.apply()
    site = Site.open(small.settings, clock=small.clock)
    assert [(one.target, one.enabled) for one in accounts_of(site, "p-ben")] == [("cloud", False)]
    assert [(one.target, one.enabled) for one in accounts_of(site, "p-anna")] == [("cloud", True)]
    assert accounts_of(site, "p-nobody") == ()
    site.close()
