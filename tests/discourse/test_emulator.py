"""The emulated Discourse is never kinder than the real one, as its source has it."""

from typing import Any

import pytest
import requests

from connectors.discourse.emulator import KEY, USER, DiscourseEmulator


class Hand:
    """Somebody with a key, or without."""

    def __init__(self, emulator: DiscourseEmulator, **headers: str) -> None:
        self._url, self._headers = emulator.url, headers

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self._url}{path}", json=body, headers=self._headers, timeout=30)
            return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def hand(emulator: DiscourseEmulator) -> Hand:
    return Hand(emulator, **{"Api-Key": KEY, "Api-Username": USER})


def test_a_category_without_rights_is_everybody_s_and_so_is_one_with_none(
    emulator: DiscourseEmulator, hand: Hand
) -> None:
    for name, body in (("A", {}), ("B", {"permissions": {}})):
        status, said = hand.ask("POST", "/categories.json", {"name": name, **body})
        assert (status, said["category"]["read_restricted"]) == (200, False)
    _, listed = Hand(emulator).ask("GET", "/categories.json")
    assert [one["name"] for one in listed["category_list"]["categories"]] == ["A", "B"]


def test_everyone_who_reads_are_strangers_too(emulator: DiscourseEmulator, hand: Hand) -> None:
    _, made = hand.ask("POST", "/categories.json", {"name": "A", "permissions": {"admins": 1, "everyone": 3}})
    assert Hand(emulator).ask("GET", f"/c/{made['category']['id']}/show.json")[0] == 200


def test_rights_replace_all_and_what_a_put_leaves_out_is_kept_but_for_two(
    emulator: DiscourseEmulator, hand: Hand
) -> None:
    emulator.world.add_group("eins")
    _, made = hand.ask("POST", "/categories.json", {"name": "A", "permissions": {"eins": 1, "admins": 1}})
    category = emulator.world.categories[made["category"]["id"]]
    category.email_in, category.minimum_required_tags, category.description = "a@forum.example", 3, "Text"
    assert hand.ask("PUT", f"/categories/{category.id}.json", {"name": "B"})[0] == 200
    assert (category.permissions, category.description, category.slug) == ({41: 1, 1: 1}, "Text", "a")
    assert (category.email_in, category.minimum_required_tags) == (None, 0)
    hand.ask("PUT", f"/categories/{category.id}.json", {"permissions": {"admins": 1}})
    assert category.permissions == {1: 1}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "x" * 51}, "too long"),
        ({"name": "allgemein"}, "already been taken"),
        ({"name": "B", "color": "blau"}, "Color"),
        ({"name": "B", "parent_category_id": 99}, "Parent category not found"),
        ({"name": "B", "parent_category_id": 2}, "nest"),
        ({"name": "B", "permissions": {"niemand": 1}}, "unknown group"),
        ({"name": "B", "parent_category_id": 3, "permissions": {"staff": 1}}, "access to the parent category: staff"),
        ({"name": "B", "parent_category_id": 3}, "access to the parent category: everyone"),
    ],
)
def test_what_a_category_can_t_be_is_a_422(
    emulator: DiscourseEmulator, hand: Hand, body: dict[str, Any], words: str
) -> None:
    world = emulator.world
    top = world.add_category("Allgemein", {})
    world.add_category("Unten", {}, top.id)
    world.add_category("Zu", {1: 1})
    status, said = hand.ask("POST", "/categories.json", body)
    assert status == 422
    assert words in said["errors"][0]


def test_a_parent_can_t_lose_a_group_that_something_below_has(emulator: DiscourseEmulator, hand: Hand) -> None:
    world = emulator.world
    top = world.add_category("Oben", {1: 1, 3: 3})
    world.add_category("Unten", {3: 1}, top.id)
    assert hand.ask("PUT", f"/categories/{top.id}.json", {"permissions": {"admins": 1}})[0] == 422


def test_a_stranger_s_registration_gets_a_friendly_lie(emulator: DiscourseEmulator) -> None:
    body = {"username": "anna", "email": "anna@stadt.example", "active": True}
    status, said = Hand(emulator).ask("POST", "/users.json", body)
    assert (status, said["success"]) == (200, True)
    assert emulator.world.user_named("anna") is None


def test_a_tie_moves_to_whoever_is_made_with_it(emulator: DiscourseEmulator, hand: Hand) -> None:
    eva = emulator.world.add_user("eva", "eva@stadt.example", associations={"oidc": "s-1"})
    body = {"username": "anna", "email": "anna@stadt.example", "active": True, "external_ids": {"oidc": "s-1"}}
    assert hand.ask("POST", "/users.json", body)[1]["success"] is True
    assert eva.associations == {}
    assert hand.ask("POST", "/users.json", {**body, "username": "x1y", "external_ids": {"saml": "s"}})[0] == 400


def test_who_is_made_without_being_active_is_mailed_to_say_so(emulator: DiscourseEmulator, hand: Hand) -> None:
    hand.ask("POST", "/users.json", {"username": "anna", "email": "anna@stadt.example"})
    assert emulator.mails == [("anna@stadt.example", "signup")]


def test_unknown_addresses_are_invited_and_members_told_unless_one_says_no(
    emulator: DiscourseEmulator, hand: Hand
) -> None:
    emulator.world.add_user("anna", "anna@stadt.example")
    group = emulator.world.add_group("eins")
    body = {"usernames": "anna", "emails": "niemand@stadt.example", "notify_users": True}
    assert hand.ask("PUT", f"/groups/{group.id}/members.json", body)[0] == 200
    assert sorted(about for _, about in emulator.mails) == ["invite", "user_added_to_group_as_member"]


def test_a_thousand_members_are_the_most_of_one_answer(emulator: DiscourseEmulator, hand: Hand) -> None:
    emulator.world.add_group("eins")
    assert hand.ask("GET", "/groups/eins/members.json?limit=1001")[0] == 400
    assert hand.ask("GET", "/groups/EINS/members.json?limit=1000")[0] == 200


def test_what_is_hidden_from_others_is_a_404_of_the_same_words(emulator: DiscourseEmulator, hand: Hand) -> None:
    emulator.world.add_group("eins", visibility_level=2)
    emulator.world.add_user("eva", "eva@stadt.example")
    emulator.keys["evas"] = "eva"
    eva = Hand(emulator, **{"Api-Key": "evas"})
    for path in ("/groups/eins.json", "/admin/users/1.json", "/gibt/es/nicht.json", "/u/by-external/oidc/s-1.json"):
        status, said = eva.ask("GET", path)
        assert (status, said["error_type"]) == (404, "not_found")
    assert hand.ask("GET", "/groups/eins.json")[0] == 200


def test_a_wrong_key_is_a_403_anywhere(emulator: DiscourseEmulator) -> None:
    for path in ("/categories.json", "/gibt/es/nicht.json"):
        status, said = Hand(emulator, **{"Api-Key": "falsch", "Api-Username": USER}).ask("GET", path)
        assert (status, said["error_type"]) == (403, "invalid_access")


def test_the_sixty_first_request_of_a_minute_is_told_to_wait(emulator: DiscourseEmulator, hand: Hand) -> None:
    emulator.world.site.per_minute = 2
    assert [hand.ask("GET", "/categories.json")[0] for _ in range(3)] == [200, 200, 429]
    status, said = hand.ask("GET", "/categories.json")
    assert (status, said["error_type"], said["extras"]["wait_seconds"]) == (429, "rate_limit", 60)
    assert Hand(emulator).ask("GET", "/categories.json")[0] == 200  # without a key another limit counts
