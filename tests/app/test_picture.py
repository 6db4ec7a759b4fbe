"""The registry as pages look at it: all that was decided is in it at once, and nobody waits for files to be read."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.event import listen

from provisioner.app.picture import Picture, Pictures, sorted_as
from provisioner.app.site import Site
from provisioner.emulation import VirtualClock
from provisioner.model.enrolments import EnrolledBody, EnrolledMembership, EnrolledPerson
from provisioner.model.errands import Job
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Period, Role
from provisioner.registry import loading
from provisioner.registry.loading import load
from provisioner.state import EnrolmentStore, Errands

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


def person(identity: str, given: str, family: str, organisation: str = "bretten", **more: Any) -> dict[str, Any]:
    mail = f"{identity.removeprefix('p-')}@{organisation}.example"
    names = {"id": identity, "given_name": given, "family_name": family, "email": mail}
    return {**names, "organisation": organisation, **more}


DOCUMENTS: dict[str, dict[str, Any]] = {
    "network": {"network": {"id": "redi", "name": "re@di"}},
    "organisations": {
        "organisations": [
            {"id": "bretten", "name": "Stadt Bretten", "kind": "city", "domains": ["bretten.example"]},
            {
                "id": "stadtwerke",
                "name": "Stadtwerke",
                "kind": "utility",
                "part_of": "bretten",
                "domains": ["bretten.example", "sw.example"],
            },
            {"id": "fort", "name": "Fort", "kind": "city", "domains": ["fort.example"], "leaves": date(2027, 1, 1)},
        ]
    },
    "bodies": {
        "bodies": [
            {"id": "plenum", "name": "Plenum", "kind": "plenum", "members": [{"everybody": True}]},
            {"id": "pg-aeh", "name": "Ähren", "kind": "project", "join": "open"},
            {"id": "pg-b", "name": "Bäche", "kind": "project"},
        ]
    },
    "people": {
        "people": [
            person("p-zoe", "Zoë", "Öztürk", bodies=["pg-aeh"]),
            person("p-anna", "Änne", "Ozan", bodies=[{"id": "pg-aeh", "role": "moderator"}, "plenum"]),
            person("p-gone", "Gerd", "Gone", leaves=date(2027, 1, 31), bodies=["pg-aeh"]),
            person("p-fort", "Fred", "Fort", organisation="fort"),
        ]
    },
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "registry").mkdir()
    for name, document in DOCUMENTS.items():
        (tmp_path / "registry" / f"{name}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    (tmp_path / "policy.yaml").write_text("{}\n")
    section = {"registry": "registry", "policy": "policy.yaml", "targets": {}}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"state": "readi.db", "networks": {"redi": section}}))
    opened = Site.open(tmp_path / "settings.yaml", clock=VirtualClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def pictures(site: Site) -> Iterator[Pictures]:
    made = Pictures(site)
    yield made
    made.wait()


@pytest.fixture
def store(site: Site) -> EnrolmentStore:
    return EnrolmentStore(site.database, site.network)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that the files are read."""
    found: list[int] = []
    before = loading.YamlFolder.read

    def read(self: loading.YamlFolder) -> Any:
        found.append(1)
        return before(self)

    monkeypatch.setattr(loading.YamlFolder, "read", read)
    return found


def write_people(site: Site, *people: dict[str, Any]) -> None:
    path = site.registry_folder / "people.yaml"
    path.write_text(yaml.safe_dump({"people": list(people)}, allow_unicode=True))


OLE = EnrolledPerson("p-ole", "Ole", "Ort", "ole@bretten.example", "bretten", TODAY)


class TestWhatItShows:
    def test_whose_an_address_is(self, pictures: Pictures) -> None:
        picture = pictures.now()
        assert picture.person_with("ANNA@Bretten.example") == "p-anna"
        assert picture.person_with("nobody@bretten.example") is None

    def test_of_two_with_one_address_the_one_who_is_here(self, pictures: Pictures) -> None:
        picture = pictures.now()
        people = dict(picture.registry.people)
        people["p-gone"] = replace(people["p-gone"], email="anna@bretten.example")
        for order in (people, dict(reversed(people.items()))):
            shown = Picture(replace(picture.registry, people=order), picture.policy, picture.today)
            assert shown.person_with("anna@bretten.example") == "p-anna"

    def test_where_somebody_is_and_as_what(self, pictures: Pictures) -> None:
        picture = pictures.now()
        found = [(place.body.id, place.role, place.by_rule) for place in picture.places_of("p-anna")]
        assert found == [("pg-aeh", Role.MODERATOR, False), ("plenum", Role.MEMBER, False)]
        assert [(place.body.id, place.by_rule) for place in picture.places_of("p-zoe")][1] == ("plenum", True)
        assert (picture.places_of("p-gone"), picture.places_of("p-nobody")) == ([], [])

    def test_who_is_in_a_body_in_the_order_of_german_names(self, pictures: Pictures) -> None:
        picture = pictures.now()
        found = [(member.person.family_name, member.role) for member in picture.members_of("pg-aeh")]
        assert found == [("Ozan", Role.MODERATOR), ("Öztürk", Role.MEMBER)]
        assert [one.id for one in picture.moderators_of("pg-aeh")] == ["p-anna"]
        assert (picture.members_of("nobody"), picture.moderators_of("nobody")) == ([], [])
        names = ["Zach", "Äbel", "abel", "Straße", "Strasser", "Özil", "Ohm"]
        assert sorted(names, key=sorted_as) == ["Äbel", "abel", "Ohm", "Özil", "Straße", "Strasser", "Zach"]

    def test_organisations_that_hold_today(self, pictures: Pictures) -> None:
        picture = pictures.now()
        assert picture.organisations_of("p-anna") == {"bretten"}
        assert (picture.organisations_of("p-fort"), picture.organisations_of("p-nobody")) == (frozenset(), frozenset())
        assert [picture.active(one) for one in ("p-anna", "p-gone", "p-fort", "p-nobody")] == [True] + [False] * 3

    def test_whose_domain_an_address_has(self, pictures: Pictures) -> None:
        picture = pictures.now()
        found = [picture.organisation_of_address(f"x@{domain}") for domain in ("Bretten.example", "sw.example")]
        assert [one.id for one in found if one] == ["bretten", "stadtwerke"]
        for domain in ("fort.example", "sub.bretten.example", "mail.example"):
            assert picture.organisation_of_address(f"x@{domain}") is None


class TestWhoMayCome:
    def test_an_address_is_free_that_nobody_has(self, pictures: Pictures, store: EnrolmentStore) -> None:
        assert pictures.now().is_free("ole@bretten.example")
        assert not pictures.now().is_free("GONE@bretten.example")
        store.enrol(OLE)
        assert not pictures.now().is_free("ole@bretten.example")

    def test_one_in_a_malformed_entry_is_not(self, site: Site, pictures: Pictures) -> None:
        write_people(site, person("p-x", "A", "B", nonsense=1))
        assert not pictures.now().is_free("x@bretten.example")

    def test_where_a_file_could_not_be_read_none_is(self, site: Site, pictures: Pictures) -> None:
        (site.registry_folder / "more.yaml").write_text("people: [\n")
        assert not pictures.now().is_free("ole@bretten.example")

    def test_the_first_person_of_all_may_come(self, site: Site, pictures: Pictures, store: EnrolmentStore) -> None:
        (site.registry_folder / "people.yaml").unlink()
        assert pictures.now().is_free("ole@bretten.example")
        store.enrol(OLE)
        picture = pictures.now(fresh=True)
        assert (set(picture.registry.people), picture.registry.complete, picture.problems) == ({"p-ole"}, True, ())


class TestBeingUpToDate:
    def test_nothing_is_read_again_while_nothing_changes(self, pictures: Pictures, reads: list[int]) -> None:
        assert pictures.now() is pictures.now()
        assert len(reads) == 1

    def test_what_is_decided_is_in_the_next_picture_without_reading_files(
        self, site: Site, pictures: Pictures, store: EnrolmentStore, reads: list[int]
    ) -> None:
        before = pictures.now()
        store.enrol(OLE)
        store.place(EnrolledMembership("p-ole", "pg-neu", Period(TODAY)), NOW)
        store.make_body(EnrolledBody("pg-neu", {"id": "pg-neu", "name": "Neu", "kind": "project"}), "p-anna", NOW)
        after = pictures.now()
        assert [place.body.id for place in after.places_of("p-ole")] == ["pg-neu", "plenum"]
        assert ("p-ole" in before.registry.people, len(reads), before.digest == after.digest) == (False, 1, False)
        assert after.digest == load(site.registry_folder, enrolments=store.all()).digest

    def test_the_worker_reads_files_once_for_many_syncs(
        self, site: Site, store: EnrolmentStore, reads: list[int]
    ) -> None:
        site.inputs()
        store.enrol(OLE)
        assert "p-ole" in site.inputs().loaded.registry.people
        assert len(reads) == 1
        write_people(site, person("p-zoe", "Zoë", "Öztürk"))
        assert set(site.inputs().loaded.registry.people) == {"p-zoe", "p-ole"}

    def test_another_process_decides(self, site: Site, pictures: Pictures, reads: list[int]) -> None:
        pictures.now()
        with_own = Site.open(site.home / "settings.yaml", clock=site.clock)
        EnrolmentStore(with_own.database, "redi").enrol(OLE)
        with_own.close()
        assert ("p-ole" in pictures.now().registry.people, len(reads)) == (True, 1)

    def test_while_nothing_is_decided_anywhere_the_database_is_asked_for_nothing_else(
        self, site: Site, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        listen(site.database.engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
        pictures.now()
        looked = pictures.now()
        asked.clear()
        assert pictures.now() is looked
        assert asked == []
        Errands(site.database, "redi").add(Job.SYNC, "test", "test", NOW)
        assert pictures.now() is looked
        assert asked != []

    def test_midnight_in_the_networks_time_zone_makes_another_day(self, site: Site, pictures: Pictures) -> None:
        assert isinstance(site.clock, VirtualClock)
        assert pictures.now().today == TODAY
        site.clock.advance(timedelta(hours=11, minutes=1).total_seconds())  # 23:01 UTC
        assert pictures.now().today == TODAY + timedelta(days=1)

    def test_while_files_are_read_anew_nobody_waits(
        self, site: Site, pictures: Pictures, store: EnrolmentStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = pictures.now()
        begun, may_go_on = threading.Event(), threading.Event()
        read = loading.YamlFolder.read

        def slowly(self: loading.YamlFolder) -> Any:
            begun.set()
            assert may_go_on.wait(30)
            return read(self)

        monkeypatch.setattr(loading.YamlFolder, "read", slowly)
        write_people(site, person("p-anna", "Änne", "Neu"))
        assert pictures.now() is old
        assert begun.wait(30)
        store.enrol(OLE)
        meanwhile = pictures.now()
        assert ("p-ole" in meanwhile.registry.people, "p-zoe" in meanwhile.registry.people) == (True, True)
        may_go_on.set()
        pictures.wait()
        after = pictures.now()
        assert (set(after.registry.people), after.registry.people["p-anna"].family_name) == ({"p-anna", "p-ole"}, "Neu")

    @pytest.mark.parametrize("change", ["files", "policy", "resembling", "forgotten"])
    def test_who_says_fresh_gets_what_is_so(
        self, site: Site, pictures: Pictures, store: EnrolmentStore, change: str
    ) -> None:
        store.enrol(OLE)
        pictures.now()
        is_so: dict[str, tuple[Callable[[], object], Callable[[Picture], bool]]] = {
            "files": (
                lambda: write_people(site, person("p-new", "N", "Neu")),
                lambda shown: set(shown.registry.people) == {"p-new", "p-ole"},
            ),
            "policy": (
                lambda: (site.home / "policy.yaml").write_text("lifecycle: {wait_days: 77}\n"),
                lambda shown: shown.policy.lifecycle.wait_days == 77,
            ),
            "resembling": (
                lambda: store.enrol(replace(OLE, id="p-anna", email="other@bretten.example")),
                lambda shown: len(shown.registry.people) == 5,
            ),
            "forgotten": (lambda: store.forget_person("p-ole"), lambda shown: "p-ole" not in shown.registry.people),
        }
        act, holds = is_so[change]
        act()
        assert holds(pictures.now(fresh=True))
        assert holds(pictures.now())

    def test_a_policy_that_becomes_wrong_is_told_and_the_last_good_one_stays(
        self, site: Site, pictures: Pictures
    ) -> None:
        (site.home / "policy.yaml").write_text("lifecycle: {wait_days: 77}\n")
        pictures.now()
        (site.home / "policy.yaml").write_text("lifecycle: {wait_days: many}\n")
        shown = pictures.now(fresh=True)
        assert shown.policy.lifecycle.wait_days == 77
        assert any(problem.is_error and problem.where.file == "policy.yaml" for problem in shown.problems)

    def test_a_policy_that_is_wrong_from_the_beginning_is_refused(self, site: Site, pictures: Pictures) -> None:
        (site.home / "policy.yaml").write_text("lifecycle: {wait_days: many}\n")
        with pytest.raises(SettingsError):
            pictures.now()

    def test_many_who_ask_at_once_get_one_picture_read_once(self, pictures: Pictures, reads: list[int]) -> None:
        found: list[Picture] = []
        threads = [threading.Thread(target=lambda: found.append(pictures.now())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(found), len(reads), len({one.digest for one in found})) == (8, 1, 1)

    def test_many_who_wait_for_a_changed_file_get_one_picture_made_once(self, site: Site, pictures: Pictures) -> None:
        before = pictures.now()
        write_people(site, person("p-neu", "Nele", "Neu", bodies=["pg-b"]))
        found: list[Picture] = []
        together = threading.Barrier(8)

        def ask() -> None:
            together.wait()
            found.append(pictures.now(fresh=True))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(found), len({id(one) for one in found})) == (8, 1)
        assert found[0] is not before
        assert found[0].active("p-neu")

    def test_where_no_state_is_looking_makes_none(self, site: Site) -> None:
        site.read_registry()
        site.inputs()
        assert not (site.home / "readi.db").exists()
