"""What the connector relies on in calendars. Runs on the emulator always, on a real server when told its address.

What it makes has a random prefix and is deleted again. On a real server seven of the ten calendars that may be made in
an hour are used up, and about ten of twenty shares.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from pydantic import SecretStr

from connectors.nextcloud.calendars.dav import CalDav
from connectors.nextcloud.client import CLOUD, Client
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import Permanent, TargetError, Transient, WriteRefused
from provisioner.model.inventory import Absent, Complete, Present
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import EdgeRole, Kind
from provisioner.model.steps import Moved
from tests.contract.nextcloud import Site
from tests.support.nextcloud import TOKEN, erase, group
from tests.support.nextcloud_calendars import (
    BERLIN,
    JOUR_FIXE,
    CalendarBench,
    add_meeting,
    alter,
    calendar,
    create_calendar,
    describe,
    let_read,
    meeting,
    remembering,
    shut_out,
)


class CalendarSite(CalendarBench, Site):
    """A site that names its bodies after itself, too."""

    def body(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def new_calendar(self, name: str, *groups: str) -> str:
        body = self.body(name)
        changes = [create_calendar(body, f"Kalender {body}"), *([let_read(body, *groups)] if groups else [])]
        self.apply(*changes)
        return body

    def new_member(self, name: str, group_key: str) -> NextcloudSettings:
        """Somebody who can log in, and is in a group."""
        user_id, password = self.user_id(name), f"Zx9-{self.prefix}-Tulpe"
        body = {"userid": user_id, "password": password, "groups": [self.ids[group(group_key)]]}
        with self.gate.opened(TOKEN):
            self.connector._client.write("POST", f"{CLOUD}/users", body)
        own = self.connector._settings
        return own.model_copy(update={"user": user_id, "password": SecretStr(password)})

    def clean(self) -> None:
        with self.gate.opened(TOKEN):
            for address in self.dav.all():
                if self.prefix in address:
                    path = self.dav._path(address)
                    self.connector._client.dav("DELETE", path, headers={"X-NC-CalDAV-No-Trashbin": "1"})
        super().clean()


class CalendarsContract:
    """Subclasses give the settings of a server; see `tests/contract/test_nextcloud_calendars.py`."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, server: NextcloudSettings) -> Iterator[CalendarSite]:
        site = CalendarSite(server)
        try:
            site.look()
            site.new_group("gäste & Co/1+1~2")
            site.new_group("mitglieder")
            yield site
        finally:
            site.clean()

    @pytest.fixture(scope="class")
    @classmethod
    def body(cls, site: CalendarSite) -> str:
        """A body with one series, for tests that leave the rest alone."""
        body = site.new_calendar("sensorik", "mitglieder")
        site.apply(add_meeting(body, "jf", description=f"Kommt alle\nreadi:{body}", location="https://x.example/j"))
        return body

    def test_a_calendar_is_made_shared_and_filled_and_read_back(self, site: CalendarSite) -> None:
        body = site.body("ganz")
        steps = site.apply(
            create_calendar(body, "PG Meßtechnik & <Töne>"),
            let_read(body, "gäste & Co/1+1~2", "mitglieder"),
            add_meeting(body, "jf", "Jour fixe; jede 2. Woche, „Töne“", location="https://redi.example/join/x"),
            add_meeting(body, "klausur", "Klausur", replace(JOUR_FIXE, rule=None, until=None, cancelled=(), moved=())),
        )
        assert [step.operation for step in steps] == ["create-calendar", "share-calendar", "add-meeting", "add-meeting"]
        assert sum(step.cost.requests for step in steps) == 2 + 2
        seen = site.seen(calendar(body))
        assert (seen.name, seen.marker) == ("PG Meßtechnik & <Töne>", f"readi:body:{body}")
        assert site.readers(body) == {site.ids[group("gäste & Co/1+1~2")], site.ids[group("mitglieder")]}
        found = site.seen(meeting(body, "jf"))
        assert found.fields == {
            "name": "Jour fixe; jede 2. Woche, „Töne“",
            "schedule": JOUR_FIXE.text(),
            "description": "",
            "location": "https://redi.example/join/x",
        }
        assert found.marker == f"readi:body:{body}:meeting:jf"

    def test_members_of_every_group_get_the_calendar_and_change_nothing_in_it(self, site: CalendarSite) -> None:
        body = site.new_calendar("gelesen", "gäste & Co/1+1~2")
        site.apply(add_meeting(body, "jf"))
        member = site.new_member("leserin", "gäste & Co/1+1~2")
        client = Client(member, site.gate, site.clock)
        try:
            mine = f"/remote.php/dav/calendars/{member.user}"
            shared = f"{mine}/readi-{body}_shared_by_{site.connector._own().id}"
            assert client.dav("GET", f"{shared}/readi-jf.ics").body == site.event(meeting(body, "jf")).content
            with site.gate.opened(TOKEN):
                refused = client.dav("PUT", f"{shared}/readi-jf.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
                assert refused.status == 404
                assert client.dav("DELETE", f"{shared}/readi-jf.ics").status == 404
            assert CalDav(client, member.user).all().keys() <= {"personal", "contact_birthdays"}, "what others share"
        finally:
            client.close()

    def test_what_is_our_accounts_own_is_not_looked_at(self, site: CalendarSite) -> None:
        assert "personal" in site.dav.all()
        objects = site.look().of(Kind.CALENDAR).objects
        assert all(address.startswith("readi-") for address in objects)

    def test_an_unchanged_calendar_says_so_and_a_changed_one_is_read_again(self, site: CalendarSite, body: str) -> None:
        first = site.look()
        where = Kind.CALENDAR, site.ids[calendar(body)]
        assert [one.remote_id for one in first.inside[where]] == [site.ids[meeting(body, "jf")]]
        again = site.look(remembering(first))
        assert again.revisions == first.revisions
        site.apply(alter(meeting(body, "jf"), site.seen(meeting(body, "jf")), name="Jour fixe neu"))
        after = site.look(remembering(first))
        assert after.revisions[where] != first.revisions[where]
        assert [one.name for one in after.inside[where]] == ["Jour fixe neu"]

    def test_who_is_let_in_and_what_a_calendar_is_called_shows_without_reading_it_again(
        self, site: CalendarSite, body: str
    ) -> None:
        first = site.look()
        site.apply(let_read(body, "gäste & Co/1+1~2"))
        again = site.look(remembering(first))
        readers = again.rosters[Kind.CALENDAR, site.ids[calendar(body)]].of(EdgeRole.READER, Kind.GROUP)
        assert readers == {site.ids[group("gäste & Co/1+1~2")], site.ids[group("mitglieder")]}
        site.apply(shut_out(body, site.ids[calendar(body)], "gäste & Co/1+1~2"))
        assert site.readers(body) == {site.ids[group("mitglieder")]}

    def test_a_meeting_is_changed_in_place_and_calendars_learn_that_it_is_newer(
        self, site: CalendarSite, body: str
    ) -> None:
        it = meeting(body, "jf")
        before = site.event(it)
        later = replace(JOUR_FIXE, cancelled=(date(2026, 4, 7), date(2026, 7, 14)))
        site.apply(alter(it, site.seen(it), schedule=later.text()))
        site.apply(describe(it, site.seen(it), "location", "https://redi.example/join/y"))
        after = site.event(it)
        assert before.read is not None
        assert after.read is not None
        assert (after.read.uid, after.read.sequence) == (before.read.uid, before.read.sequence + 2)
        assert after.read.series == later.canonical()
        assert (after.read.location, after.read.description) == ("https://redi.example/join/y", before.read.description)
        assert len(site.dav.events(site.ids[calendar(body)])) == 1, "a moved meeting does not appear twice"

    def test_a_meeting_that_is_called_off_stays_and_says_so(self, site: CalendarSite) -> None:
        body = site.new_calendar("abgesagt")
        site.apply(add_meeting(body, "jf"))
        it = meeting(body, "jf")
        site.apply(alter(it, site.seen(it), schedule=replace(JOUR_FIXE, called_off=True).text()))
        assert b"STATUS:CANCELLED" in site.event(it).content

    def test_a_calendar_is_renamed_in_place(self, site: CalendarSite, body: str) -> None:
        before = site.seen(calendar(body))
        site.apply(alter(calendar(body), before, name="Sensorik & Meßtechnik"))
        after = site.seen(calendar(body))
        assert (after.remote_id, after.name) == (before.remote_id, "Sensorik & Meßtechnik")
        assert site.readers(body) == {site.ids[group("mitglieder")]}

    def test_what_somebody_changed_since_the_plan_is_not_written_over(self, site: CalendarSite, body: str) -> None:
        it = meeting(body, "jf")
        planned = site.seen(it)
        site.apply(alter(it, planned, name="Inzwischen anders"))
        [step] = site.compile(alter(it, planned, name="Wie geplant"))
        assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)
        [step] = site.compile(alter(it, site.seen(it), name="Wie geplant"))
        verified = site.connector.verify(step, site.ids.__getitem__)
        assert not isinstance(verified, Moved)
        site.apply(alter(it, site.seen(it), name="Im letzten Augenblick"))
        with site.gate.opened(TOKEN), pytest.raises(Transient, match="meeting_moved"):
            site.connector.perform(step, verified, site.ids.__getitem__)
        assert site.seen(it).name == "Im letzten Augenblick"

    def test_a_creation_finds_what_is_there_and_leaves_it_alone(self, site: CalendarSite, body: str) -> None:
        before = site.event(meeting(body, "jf")).content
        with pytest.raises(Permanent, match="meeting_taken"):
            site.apply(add_meeting(body, "jf", "Noch einmal"))
        site.ids[meeting(body, "jf")] = f"{site.ids[calendar(body)]}/readi-jf.ics"
        assert site.event(meeting(body, "jf")).content == before

    def test_both_are_found_by_their_marks_alone(self, site: CalendarSite, body: str) -> None:
        for identity in (calendar(body), meeting(body, "jf")):
            found = site.connector.look_up(identity, "ganz anders")
            assert isinstance(found, Present)
            assert found.remote.remote_id == site.ids[identity]
        for identity in (calendar(site.body("nie")), meeting(body, "nie"), meeting(site.body("nie"), "jf")):
            assert site.connector.look_up(identity, "") == Absent()

    def test_a_deleted_calendar_is_lost_and_another_one_gets_another_address(self, site: CalendarSite) -> None:
        body = site.new_calendar("gelöscht".replace("ö", "oe"))
        site.apply(add_meeting(body, "jf"))
        first = site.ids[calendar(body)]
        site.apply(erase(calendar(body), first))
        inventory = site.look()
        assert isinstance(inventory.of(Kind.CALENDAR).completeness, Complete)
        assert first not in inventory.of(Kind.CALENDAR).objects
        assert not [one for one in inventory.of(Kind.MEETING).objects if one.startswith(f"{first}/")]
        site.new_calendar("geloescht")
        assert site.ids[calendar(body)] == f"{first}~2"

    def test_a_meeting_that_was_erased_can_be_made_again_but_not_erased_twice(
        self, site: CalendarSite, body: str
    ) -> None:
        it = meeting(body, "kurz")
        site.apply(add_meeting(body, "kurz", "Kurz"))
        site.apply(erase(it, site.ids[it]))
        assert site.connector.look_up(it, "Kurz") == Absent()
        site.apply(erase(it, site.ids[it]))  # gone already
        site.apply(add_meeting(body, "kurz", "Kurz"))
        with pytest.raises(Permanent, match="meeting_in_bin"):
            site.apply(erase(it, site.ids[it]))

    def test_what_somebody_made_of_an_event_by_hand_is_seen_and_put_back(self, site: CalendarSite, body: str) -> None:
        site.apply(add_meeting(body, "hand", "Von Hand"))
        it = meeting(body, "hand")
        event = site.event(it)
        with site.gate.opened(TOKEN):
            odd = event.content.replace(b"FREQ=WEEKLY;", b"FREQ=WEEKLY;COUNT=3;").replace(b"UNTIL=", b"X-UNTIL=")
            odd = odd.replace(b";X-UNTIL=20261231T225959Z", b"")
            assert site.dav.replace(event, odd)
        seen = site.seen(it)
        assert str(seen.fields["schedule"]).startswith("X-OTHER:")
        site.apply(alter(it, seen, schedule=JOUR_FIXE.text()))
        assert site.seen(it).fields["schedule"] == JOUR_FIXE.text()

    def test_a_narrow_look_sees_what_was_asked_for_and_nothing_else(self, site: CalendarSite, body: str) -> None:
        other = site.new_calendar("daneben")
        tied = Sought(calendar(body), "", site.ids[calendar(body)]), Sought(meeting(body, "jf"), "Jour fixe")
        inventory = site.look(Interest(only=tied))
        assert set(inventory.of(Kind.CALENDAR).objects) == {site.ids[calendar(body)]}
        assert set(inventory.of(Kind.MEETING).objects) == {site.ids[meeting(body, "jf")]}
        assert (Kind.CALENDAR, site.ids[calendar(other)]) not in inventory.rosters
        nothing = site.look(Interest(only=()))
        assert isinstance(nothing.of(Kind.CALENDAR).completeness, Complete)
        assert not nothing.of(Kind.CALENDAR).objects

    def test_names_and_dates_that_no_calendar_can_hold_are_refused_before_anything_is_sent(
        self, site: CalendarSite, body: str
    ) -> None:
        for changes, why in (
            ([create_calendar(site.body("namenlos"), "  ")], "calendar_nameless"),
            ([add_meeting(body, "namenlos", "\x00")], "meeting_nameless"),
        ):
            with pytest.raises(Permanent, match=why):
                site.apply(*changes)
        assert site.connector.look_up(meeting(body, "namenlos"), "") == Absent()

    def test_without_a_lock_nothing_is_written(self, site: CalendarSite, body: str) -> None:
        for change in (
            create_calendar(site.body("nie"), "Nie"),
            add_meeting(body, "nie"),
            let_read(body, "mitglieder"),
        ):
            [step] = site.compile(change)
            with pytest.raises(WriteRefused):
                site.connector.perform(step, None, site.ids.__getitem__)

    def test_a_calendar_that_is_not_there_is_an_error_and_no_empty_one(self, site: CalendarSite) -> None:
        with pytest.raises(TargetError):
            site.dav.events(f"readi-{site.body('nirgends')}")

    def test_a_series_keeps_its_local_time_when_clocks_change(self, site: CalendarSite, body: str) -> None:
        daily = replace(
            JOUR_FIXE,
            start=datetime(2026, 3, 28, 2, 30),  # noqa: DTZ001 - local
            rule="FREQ=DAILY",
            until=date(2026, 3, 30),
            cancelled=(),
            moved=(),
        )
        site.apply(add_meeting(body, "nachts", "Nachts", daily))
        content = site.event(meeting(body, "nachts")).content
        assert f"DTSTART;TZID={BERLIN}:20260328T023000".encode() in content
        assert b"BEGIN:VTIMEZONE" in content
