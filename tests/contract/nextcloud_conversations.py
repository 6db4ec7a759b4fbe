"""What the connector relies on in Talk. Runs on the emulator always, on a real server when told its address.

What it makes has a random prefix and is deleted again. About 250 requests, none of them limited.
"""

from dataclasses import replace
from urllib.parse import quote

import pytest

from connectors.nextcloud.client import CLOUD, OcsRefusal, group_segment
from connectors.nextcloud.conversations.reading import CHAT, ROOMS, room_path
from provisioner.model.errors import Permanent, TargetError, WriteRefused
from provisioner.model.inventory import Absent, Complete, Partial, Present
from provisioner.model.resources import EdgeRole, Kind, marker_of
from provisioner.model.steps import Moved
from tests.contract.nextcloud_talk_site import Site, WithSite
from tests.support.conversations import (
    alter,
    create_room,
    describe,
    enter,
    erase,
    exit_,
    groups_in,
    inside,
    look,
    moderate,
    moderate_no_more,
    moderators,
    room,
    roster,
    seen,
)
from tests.support.nextcloud import TOKEN, group, join, leave, person


class ConversationsContract(WithSite):
    """Run by `tests/contract/test_nextcloud_conversations.py`."""

    def test_one_request_makes_a_room_with_its_groups_its_mark_and_its_switches(self, site: Site) -> None:
        token = site.room("eins", enter("eins", "sensorik"), listed=True, lobby=True, read_only=True)
        inventory = look(site)
        assert isinstance(inventory.of(Kind.CONVERSATION).completeness, Complete)
        made = inventory.of(Kind.CONVERSATION).objects[token]
        assert made.name == f"{site.prefix} eins"
        assert made.marker == made.fields["description"] == marker_of(room("eins"))
        assert (made.fields["listed"], made.fields["lobby"], made.fields["read_only"]) == (True, True, True)
        assert made.fingerprint
        assert made.writable is None
        assert isinstance(roster(site, token).completeness, Complete)
        assert groups_in(site, token) == {site.ids[group("sensorik")]}
        assert inside(site, token) == {site.own, *(site.ids[person(name)] for name in ("anna", "bert", "cleo"))}
        assert moderators(site, token) == {site.own}

    def test_what_the_server_makes_of_its_own_is_no_conversation(self, site: Site) -> None:
        listed = site.client.get(ROOMS)
        assert isinstance(listed, list)
        other = {one["token"] for one in listed if one["type"] not in (2, 3) or one["objectType"]}
        assert other
        assert other.isdisjoint(look(site).of(Kind.CONVERSATION).objects)

    def test_a_room_is_known_by_its_mark_and_not_by_its_name(self, site: Site) -> None:
        first, second = site.room("zwei"), site.room("zweite")
        site.apply(alter("zweite", seen(site, second), name=f"{site.prefix} zwei"))
        assert first != second
        for name, token in (("zwei", first), ("zweite", second)):
            found = site.connector.look_up(room(name), f"{site.prefix} zwei")
            assert isinstance(found, Present)
            assert found.remote.remote_id == token
        assert site.connector.look_up(room("drei"), f"{site.prefix} zwei") == Absent()

    def test_a_group_that_does_not_exist_is_reported_and_the_room_is_made_without_it(self, site: Site) -> None:
        site.ids[group("ghost")] = f"{site.prefix} ghost"
        (step,) = site.compile(create_room("teils", f"{site.prefix} teils"), enter("teils", "ghost", "sensorik"))
        done = site.perform(step)
        site.tokens.append((site.client, done.remote_id))
        assert [edge.member for edge in done.missed] == ["body:ghost"]
        assert done.note is not None
        assert groups_in(site, done.remote_id) == {site.ids[group("sensorik")]}

    def test_when_none_of_its_groups_exists_no_room_is_made(self, site: Site) -> None:
        site.ids[group("ghost")] = f"{site.prefix} ghost"
        with pytest.raises(Permanent, match="404"):
            site.apply(create_room("nie", f"{site.prefix} nie"), enter("nie", "ghost"))
        assert site.connector.look_up(room("nie"), f"{site.prefix} nie") == Absent()

    def test_a_name_of_255_characters_is_taken_and_of_256_refused(self, site: Site) -> None:
        site.room("ä" * (255 - len(site.prefix) - 1))
        why = site.connector.capabilities().objection(Kind.CONVERSATION, "ä" * 256)
        assert why is not None
        (step,) = site.compile(create_room("lang", "x"))
        with pytest.raises(Permanent):
            site.perform(replace(step, payload={**step.payload, "name": "ä" * 256}))
        with pytest.raises(OcsRefusal, match="400"):
            site.write("POST", ROOMS, {"roomType": 2, "roomName": "ä" * 256})

    @pytest.mark.parametrize(
        ("field", "value"), [("name", "Neu & anders"), ("listed", True), ("lobby", True), ("read_only", True)]
    )
    def test_a_field_is_set_and_reads_back(self, site: Site, field: str, value: object) -> None:
        token = site.room(f"feld {field}")
        site.apply(alter(f"feld {field}", seen(site, token), **{field: value}))  # type: ignore[arg-type]
        assert seen(site, token).fields[field] == value  # type: ignore[index]
        if value is True:
            site.apply(alter(f"feld {field}", seen(site, token), **{field: False}))
            assert seen(site, token).fields[field] is False  # type: ignore[index]

    @pytest.mark.parametrize(
        "text", ["kurz", " \t mit Rand\u00a0\n", "Zeile\r\nund Zeile\n\nund noch eine", "ä" * 1980]
    )
    def test_a_description_comes_back_in_the_form_that_was_foreseen(self, site: Site, text: str) -> None:
        name = f"text {len(text)}"
        token = site.room(name)
        change = describe(name, text, seen(site, token))
        change = replace(change, written=change.written[:2000])
        site.apply(change)
        expected = site.connector.capabilities().canonical(Kind.CONVERSATION, "description", change.written)
        assert seen(site, token).fields["description"] == expected

    def test_a_description_that_is_too_long_is_not_sent(self, site: Site) -> None:
        token = site.room("zu lang")
        change = describe("zu lang", "ä" * 2000, seen(site, token))
        with pytest.raises(Permanent, match="limit=2000"):
            site.apply(change)
        with pytest.raises(OcsRefusal, match="400"):
            site.write("PUT", room_path(token, "/description"), {"description": change.written})

    def test_moderators_are_promoted_whether_they_are_inside_or_not_and_twice_is_once(self, site: Site) -> None:
        token = site.room("mod", enter("mod", "sensorik"), moderate("mod", "anna", "dora"))
        everybody = {site.own, site.ids[person("anna")], site.ids[person("dora")]}
        assert moderators(site, token) == everybody
        site.apply(moderate("mod", "anna", "dora"))
        assert moderators(site, token) == everybody

    def test_promoting_and_demoting_again_is_done_by_somebody_else_is_no_failure(self, site: Site) -> None:
        token = site.room("zugleich", enter("zugleich", "sensorik"))
        path, number = room_path(token, "/moderators"), site.attendee(token, site.ids[person("anna")])
        (promote,) = site.compile(moderate("zugleich", "anna"))
        verified = site.connector.verify(promote, site.ids.__getitem__)
        assert not isinstance(verified, Moved)
        site.write("POST", path, {"attendeeId": number})
        with site.gate.opened(TOKEN):
            site.connector.perform(promote, verified, site.ids.__getitem__)
        (demote,) = site.compile(moderate_no_more("zugleich", token, "anna"))
        verified = site.connector.verify(demote, site.ids.__getitem__)
        assert not isinstance(verified, Moved)
        site.write("DELETE", path, {"attendeeId": number})
        with site.gate.opened(TOKEN):
            site.connector.perform(demote, verified, site.ids.__getitem__)
        assert moderators(site, token) == {site.own}

    def test_our_own_account_is_neither_demoted_nor_taken_out(self, site: Site) -> None:
        token = site.room("wir")
        site.ids[person("us")] = site.own
        for change in (moderate_no_more("wir", token, "us"), exit_("wir", token, "us")):
            with pytest.raises(Permanent, match="own_account"):
                site.apply(change)
        assert moderators(site, token) == {site.own}

    def test_whoever_joins_or_leaves_a_group_comes_and_goes_with_it(self, site: Site) -> None:
        site.group("folgen")
        token = site.room("folgen", enter("folgen", "folgen"))
        assert inside(site, token) == {site.own}
        site.apply(join("folgen", "dora"))
        assert inside(site, token) == {site.own, site.ids[person("dora")]}
        site.apply(leave("folgen", site.ids[group("folgen")], "dora"))
        assert inside(site, token) == {site.own}

    def test_a_group_is_let_in_and_taken_out_with_its_plain_members(self, site: Site) -> None:
        token = site.room("gruppe")
        site.apply(enter("gruppe", "sensorik"))
        site.apply(enter("gruppe", "sensorik"), moderate("gruppe", "anna"))
        assert inside(site, token) == {site.own, *(site.ids[person(name)] for name in ("anna", "bert", "cleo"))}
        site.apply(exit_("gruppe", token, "sensorik", member=Kind.GROUP))
        assert groups_in(site, token) == frozenset()
        assert inside(site, token) == {site.own, site.ids[person("anna")]}  # who moderates stays
        site.apply(exit_("gruppe", token, "anna"), moderate_no_more("gruppe", token, "anna"))
        assert inside(site, token) == {site.own}

    def test_a_leaver_who_moderated_no_longer_reads_the_chat(self, site: Site) -> None:
        site.group("abschied")
        eve = site.user("eve", "abschied")
        token = site.room("abschied", enter("abschied", "abschied"), moderate("abschied", "eve"))
        assert eve in moderators(site, token)
        site.apply(leave("abschied", site.ids[group("abschied")], "eve"), moderate_no_more("abschied", token, "eve"))
        assert inside(site, token) == {site.own}
        with pytest.raises(OcsRefusal, match="404"):
            site.said(token, site.people["eve"])

    def test_leaving_the_group_alone_leaves_a_moderator_in_the_room_and_the_roster_says_so(self, site: Site) -> None:
        site.group("bleibt")
        fay = site.user("fay", "bleibt")
        token = site.room("bleibt", enter("bleibt", "bleibt"), moderate("bleibt", "fay"))
        site.apply(leave("bleibt", site.ids[group("bleibt")], "fay"))
        assert fay in moderators(site, token)
        site.apply(exit_("bleibt", token, "fay"), moderate_no_more("bleibt", token, "fay"))
        assert fay not in inside(site, token)

    def test_what_a_deleted_group_left_in_the_room_is_seen_and_taken_out(self, site: Site) -> None:
        group_id = site.group("vergangen")
        gus = site.user("gus", "vergangen")
        token = site.room("vergangen", enter("vergangen", "vergangen"))
        site.write("DELETE", f"{CLOUD}/groups/{group_segment(group_id)}")
        assert (groups_in(site, token), inside(site, token)) == (frozenset(), {site.own, gus})
        site.apply(exit_("vergangen", token, "gus"))
        assert inside(site, token) == {site.own}

    def test_a_group_that_leaves_the_room_before_it_is_deleted_leaves_nobody_there(self, site: Site) -> None:
        group_id = site.group("geordnet")
        site.user("hal", "geordnet")
        token = site.room("geordnet", enter("geordnet", "geordnet"))
        site.apply(exit_("geordnet", token, "geordnet", member=Kind.GROUP))
        site.write("DELETE", f"{CLOUD}/groups/{group_segment(group_id)}")
        assert inside(site, token) == {site.own}

    def test_whoever_is_gone_from_the_room_already_has_moved(self, site: Site) -> None:
        token = site.room("weg", enter("weg", "sensorik"))
        (step,) = site.compile(exit_("weg", token, "bert"))
        site.perform(step)
        assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)

    @pytest.mark.parametrize("user_id", ["gast@city.example", "nobody-here"])
    def test_nobody_but_accounts_is_ever_let_in(self, site: Site, user_id: str) -> None:
        name = f"gast {user_id}"
        token = site.room(name)
        site.ids[person("guest")] = user_id
        for change in (enter(name, "guest", member=Kind.ACCOUNT), moderate(name, "guest")):
            with pytest.raises(Permanent, match="404"):
                site.apply(change)
        assert site.told(token)["type"] == 2
        assert inside(site, token) == {site.own}

    def test_an_address_in_the_place_of_a_group_makes_no_public_room(self, site: Site) -> None:
        site.ids[group("mail")] = "gast@city.example"
        with pytest.raises(Permanent, match="404"):
            site.apply(create_room("mail", f"{site.prefix} mail"), enter("mail", "mail"))
        token = site.room("mails")
        with pytest.raises(Permanent, match="404"):
            site.apply(enter("mails", "mail"))
        assert site.told(token)["type"] == 2

    def test_a_first_message_is_posted_once_and_notifies_nobody(self, site: Site) -> None:
        token = site.room("gruß", enter("gruß", "sensorik"), first_message="Willkommen, @all")
        (message,) = site.said(token)
        assert message["silent"] is True
        assert message["actorId"] == site.own
        for _ in range(2):
            (step,) = site.compile(alter("gruß", seen(site, token), first_message="Willkommen, @all"))
            done = site.perform(step)
            assert done.note is not None
        assert len(site.said(token)) == 1

    def test_a_first_message_that_was_taken_back_is_not_posted_again(self, site: Site) -> None:
        token = site.room("zurück", first_message="Willkommen")
        (message,) = site.said(token)
        site.write("DELETE", f"{CHAT}/{token}/{message['id']}")
        site.apply(alter("zurück", seen(site, token), first_message="Willkommen"))
        assert site.said(token) == []
        site.write("DELETE", f"{CHAT}/{token}")
        site.apply(alter("zurück", seen(site, token), first_message="Willkommen"))
        assert site.said(token) == []

    def test_others_with_the_same_words_do_not_keep_us_from_greeting(self, site: Site) -> None:
        token = site.room("worte", enter("worte", "sensorik"))
        site.write("POST", f"{CHAT}/{token}", {"message": "Willkommen"}, site.people["anna"])
        site.apply(alter("worte", seen(site, token), first_message="Willkommen"))
        assert len(site.said(token)) == 2

    def test_a_message_of_32_000_characters_is_taken_and_a_longer_one_not_sent(self, site: Site) -> None:
        token = site.room("viel", first_message="ä" * 32_000)
        assert len(str(site.said(token)[0]["message"])) == 32_000
        token = site.room("zu viel")
        with pytest.raises(Permanent, match="limit=32000"):
            site.apply(alter("zu viel", seen(site, token), first_message="ä" * 32_001))
        assert site.said(token) == []

    def test_a_closed_room_takes_no_message_and_one_is_closed_after_its_message(self, site: Site) -> None:
        token = site.room("zu", read_only=True)
        with pytest.raises(Permanent, match="not_ours"):
            site.apply(alter("zu", seen(site, token), first_message="Willkommen"))
        opened = alter("zu", seen(site, token), first_message="Willkommen", read_only=False)
        site.apply(opened)
        assert len(site.said(token)) == 1
        token = site.room("gleich zu", first_message="Willkommen", read_only=True)
        assert len(site.said(token)) == 1
        assert seen(site, token).fields["read_only"] is True

    def test_a_room_of_others_is_seen_once_we_are_invited_and_ours_to_change_once_we_moderate(self, site: Site) -> None:
        token = site.room_of("anna", f"{site.prefix} fremd")
        anna = site.people["anna"]
        assert token not in look(site).of(Kind.CONVERSATION).objects
        site.write("POST", room_path(token, "/participants"), {"newParticipant": site.own, "source": "users"}, anna)
        assert seen(site, token).writable == frozenset()
        assert inside(site, token) == {site.own, site.ids[person("anna")]}
        number = site.attendee(token, site.own)
        site.write("POST", room_path(token, "/moderators"), {"attendeeId": number}, anna)
        assert seen(site, token).writable is None
        site.ids[room("fremd")] = token
        site.apply(alter("fremd", seen(site, token), name="Übernommen"))
        with pytest.raises(Permanent, match="owner"):
            site.apply(exit_("fremd", token, "anna"))
        assert inside(site, token) == {site.own, site.ids[person("anna")]}

    def test_a_room_that_we_do_not_moderate_is_not_touched(self, site: Site) -> None:
        token = site.room_of("bert", f"{site.prefix} nur gast", participants={"users": [site.own]})
        site.ids[room("nur gast")] = token
        before = seen(site, token)
        changes = [
            alter("nur gast", before, name="Frech"),
            alter("nur gast", before, read_only=True),
            enter("nur gast", "sensorik"),
            moderate("nur gast", "cleo"),
            exit_("nur gast", token, "bert"),
            erase("nur gast", before),
        ]
        for change in changes:
            with pytest.raises(Permanent):
                site.apply(change)
        assert seen(site, token) == before
        assert inside(site, token) == {site.own, site.ids[person("bert")]}

    def test_a_listed_room_of_others_is_none_of_ours(self, site: Site) -> None:
        token = site.room_of("cleo", f"{site.prefix} offen", listable=1, description=marker_of(room("offen")))
        assert token not in look(site).of(Kind.CONVERSATION).objects
        assert site.connector.look_up(room("offen"), f"{site.prefix} offen") == Absent()

    def test_somebody_who_copies_our_mark_is_not_taken_for_us(self, site: Site) -> None:
        site.room_of(
            "cleo",
            f"{site.prefix} kopie",
            description=marker_of(room("kopie")),
            participants={"users": [site.own]},
        )
        assert site.connector.look_up(room("kopie"), f"{site.prefix} kopie") == Absent()

    def test_a_lobby_that_keeps_us_out_hides_who_is_inside(self, site: Site) -> None:
        token = site.room_of("anna", f"{site.prefix} lobby", lobbyState=1, participants={"users": [site.own]})
        assert isinstance(roster(site, token).completeness, Partial)

    def test_a_room_that_we_were_put_out_of_is_gone_and_nothing_is_done_to_it(self, site: Site) -> None:
        token = site.room("hinaus", enter("hinaus", "sensorik"), moderate("hinaus", "anna"))
        before = seen(site, token)
        site.write("POST", f"{CLOUD}/users/{quote(site.own, safe='')}/groups", {"groupid": site.ids[group("sensorik")]})
        site.write(
            "DELETE", f"{CLOUD}/users/{quote(site.own, safe='')}/groups", {"groupid": site.ids[group("sensorik")]}
        )
        assert seen(site, token) == before  # leaving a group does not cost a room its owner
        site.write("DELETE", room_path(token, "/participants/self"))
        assert token not in look(site).of(Kind.CONVERSATION).objects
        for change in (alter("hinaus", before, name="Nie"), exit_("hinaus", token, "bert"), erase("hinaus", before)):
            (step,) = site.compile(change)
            assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)
        site.tokens.append((site.people["anna"], token))

    def test_a_room_is_erased_when_it_is_the_one_that_was_named(self, site: Site) -> None:
        token = site.room("löschen")
        (step,) = site.compile(erase("löschen", replace(seen(site, token), fingerprint="0")))
        assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)
        site.apply(erase("löschen", seen(site, token)))
        assert site.connector.look_up(room("löschen"), "any") == Absent()

    def test_nothing_is_written_while_the_gate_is_closed(self, site: Site) -> None:
        (step,) = site.compile(create_room("geschlossen", f"{site.prefix} geschlossen"))
        with pytest.raises(WriteRefused):
            site.connector.perform(step, None, site.ids.__getitem__)
        assert site.connector.look_up(room("geschlossen"), "any") == Absent()

    def test_roles_in_a_roster_are_three_and_moderators_are_inside(self, site: Site) -> None:
        token = site.room("rollen", enter("rollen", "sensorik"), moderate("rollen", "bert"))
        told = roster(site, token)
        assert set(told.members) == {
            (EdgeRole.MEMBER, Kind.GROUP),
            (EdgeRole.MEMBER, Kind.ACCOUNT),
            (EdgeRole.MODERATOR, Kind.ACCOUNT),
        }
        assert told.of(EdgeRole.MODERATOR, Kind.ACCOUNT) < told.of(EdgeRole.MEMBER, Kind.ACCOUNT)

    def test_a_room_that_never_was_is_an_error_and_nothing_else(self, site: Site) -> None:
        site.ids[room("nirgends")] = "zzzzzzzz"
        with pytest.raises(TargetError, match="404"):
            site.apply(enter("nirgends", "sensorik"))
