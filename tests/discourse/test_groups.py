"""Groups: closed, renamed in place, joined by many at once and by nobody who could not be made."""

import json

import pytest

from connectors.discourse.emulation.state import Group
from connectors.discourse.emulator import DiscourseEmulator
from provisioner.model.errors import Permanent
from provisioner.model.resources import EdgeRole, Kind, ResourceId
from tests.support.discourse import Forum, account, group


def held(site: Forum, key: str = "lora") -> Group:
    return site.world.groups[int(site.ids[group(key)])]


def crowd(site: Forum, count: int) -> list[ResourceId]:
    for number in range(count):
        user = site.world.add_user(f"user{number}", f"user{number}@stadt.example")
        site.ids[account(f"u{number}")] = str(user.id)
    return [account(f"u{number}") for number in range(count)]


def test_a_group_is_seen_by_its_members_alone_and_nobody_enters_by_themselves(site: Forum) -> None:
    site.circle("lora", name="PG LoRaWAN & Höfe")
    made = held(site)
    assert (made.name, made.full_name) == ("PG-LoRaWAN-und-Hoefe", "Projektgruppe lora")
    assert (made.visibility_level, made.members_visibility_level, made.public_admission) == (2, 2, False)


def test_a_group_without_a_name_to_show_shows_its_own_in_full(site: Forum) -> None:
    site.apply(site.create(group("lora"), "Verwaltung der Messgeräte", {}))
    assert held(site).full_name == "Verwaltung der Messgeräte"
    assert held(site).name == "Verwaltung-der-m7gu"


def test_a_new_name_keeps_the_group_its_members_and_what_people_made_of_it(site: Forum) -> None:
    site.person("anna")
    site.circle("lora", "anna")
    made = held(site)
    made.bio_raw, made.public_admission = "Wir messen.", True
    site.apply(site.update(group("lora"), site.remote(group("lora")), {"name": "PG_Funk"}))
    assert held(site) is made
    assert (made.name, made.bio_raw, made.public_admission) == ("PG_Funk", "Wir messen.", True)
    assert site.seated(group("lora"), EdgeRole.MEMBER, Kind.ACCOUNT) == {"person:anna"}


def test_a_group_whose_members_watch_a_category_by_default_is_told_to_be_refused(site: Forum) -> None:
    """The server takes a PUT without these for taking them back, and wants to be told what of those it concerns."""
    site.person("anna")
    site.circle("lora", "anna")
    held(site).watched = {7}
    with pytest.raises(Permanent, match="HTTP 422"):
        site.apply(site.update(group("lora"), site.remote(group("lora")), {"display_name": "LoRa"}))
    assert (held(site).watched, held(site).full_name) == ({7}, "Projektgruppe lora")


def test_many_join_by_one_request_and_nobody_is_told(site: Forum, emulator: DiscourseEmulator) -> None:
    site.circle("lora")
    people = crowd(site, 1203)
    emulator.log.clear()
    steps = site.apply(site.join(group("lora"), "PG_lora", *people))
    assert [len(each.step.effects.joins) for each in steps] == [1000, 203]
    assert (len(emulator.log.requests), len(held(site).members), emulator.mails) == (2, 1203, [])
    assert all(json.loads(entry.body)["notify_users"] is False for entry in emulator.log.writes)
    assert len(site.seated(group("lora"), EdgeRole.MEMBER, Kind.ACCOUNT)) == 1203


def test_who_is_in_it_already_is_no_trouble_whether_some_or_all(site: Forum) -> None:
    site.circle("lora")
    people = crowd(site, 3)
    site.apply(site.join(group("lora"), "PG_lora", *people[:2]))
    for _ in range(2):
        (each,) = site.apply(site.join(group("lora"), "PG_lora", *people))
        assert each.done.missed == ()
    assert len(held(site).members) == 3


def test_whom_the_server_passes_over_without_a_word_is_missed(site: Forum) -> None:
    site.circle("lora")
    people = crowd(site, 3)
    del site.world.users[int(site.ids[people[1]])]
    (each,) = site.apply(site.join(group("lora"), "PG_lora", *people))
    assert [edge.member for edge in each.done.missed] == ["person:u1"]
    assert each.done.note is not None
    with pytest.raises(Permanent, match="nobody_to_join"):
        site.apply(site.join(group("lora"), "PG_lora", people[1]))


def test_one_account_that_could_not_be_made_keeps_nobody_else_out(site: Forum) -> None:
    site.circle("lora")
    (anna,) = crowd(site, 1)
    new = site.create(account("ben"), "ben", {"email": "ben@stadt.example", "login_id": "sub-ben"})
    *_, joining = site.compile(new, site.join(group("lora"), "PG_lora", anna, account("ben")))
    assert (joining.refers, joining.after) == ((anna,), (account("ben"),))
    done = site.perform(joining)  # as if the account had been refused
    assert [edge.member for edge in done.missed] == ["person:ben"]
    assert len(held(site).members) == 1


def test_an_unknown_address_is_never_sent_so_nobody_is_invited(site: Forum, emulator: DiscourseEmulator) -> None:
    site.circle("lora")
    people = crowd(site, 2)
    site.apply(site.join(group("lora"), "PG_lora", *people))
    assert not any("emails" in entry.body or "@" in entry.body for entry in emulator.log.writes)


def test_who_left_already_is_no_obstacle_and_others_stay(site: Forum) -> None:
    site.circle("lora")
    one, two, three = crowd(site, 3)
    site.apply(site.join(group("lora"), "PG_lora", one, two, three))
    held(site).members.discard(int(site.ids[one]))
    site.apply(site.leave(group("lora"), "PG_lora", one, two))
    assert held(site).members == {int(site.ids[three])}


def test_owners_of_a_group_are_in_it(site: Forum) -> None:
    site.person("anna")
    site.circle("lora", "anna")
    held(site).owners.add(int(site.ids[account("anna")]))
    assert site.seated(group("lora"), EdgeRole.MEMBER, Kind.ACCOUNT) == {"person:anna"}


def test_groups_of_the_server_itself_are_none_of_ours(site: Forum) -> None:
    assert site.observe().of(Kind.GROUP).objects == {}
    site.ids[group("x")] = "1"
    with pytest.raises(Permanent, match="automatic_group"):
        site.perform(site.compile(site.leave(group("x"), "admins", *crowd(site, 1)))[0])


def test_a_name_that_a_person_or_the_server_has_makes_no_group(site: Forum) -> None:
    site.world.add_user("Lora", "lora@stadt.example")
    for name, why in (("lora", "refused"), ("staff", "group_reserved")):
        with pytest.raises(Permanent, match=why):
            site.apply(site.create(group("x"), name, {"display_name": "X"}))
