"""What the connector relies on in a Jitsi-Admin. Runs on the emulator always, and on a real one when told where.

A real one has to have one person linked to the Jitsi server, and should send its mails nowhere. What is made there has
a random prefix and is called off again; accounts of invented people stay.
"""

import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from pydantic import SecretStr

from connectors.jitsiadmin.settings import JitsiAdminSettings
from provisioner.model.errors import Permanent, TargetError, WriteRefused
from provisioner.model.inventory import UNKNOWN, Complete, Partial
from provisioner.model.ports import Clock, Interest, Severity, Sought
from provisioner.model.resources import Kind
from provisioner.model.steps import Moved
from tests.support.jitsiadmin import (
    TOKEN,
    Bench,
    conference,
    create_account,
    create_conference,
    erase,
    join,
    leave,
    person,
    update,
)


class Site(Bench):
    """A bench that names what it makes after itself, and takes it away again."""

    def __init__(self, settings: JitsiAdminSettings, organiser: str, clock: Clock) -> None:
        super().__init__(settings, clock)
        self.prefix = f"rt{secrets.token_hex(3)}"
        noon = clock.now().astimezone(settings.zone).replace(hour=12, minute=0)
        self.starts_at = self.moment(noon + timedelta(days=20))
        self.later = self.moment(noon + timedelta(days=21))
        self.apply(create_account("mona", organiser), *(self.new(key) for key in ("anna", "ben")))

    def new(self, key: str) -> object:
        return create_account(key, self.email(key))

    def email(self, key: str) -> str:
        return f"{self.prefix}-{key}@stadt.example"

    @staticmethod
    def moment(at: object) -> str:
        return f"{at:%Y-%m-%dT%H:%M} Europe/Berlin"

    def plan(self, *people: str, **more: object) -> str:
        """A conference of Mona's with these; its id."""
        name = f"{self.prefix} Höfe & „Meßtechnik“ 😀"
        given = {"name": name, "starts_at": self.starts_at, **more}
        changes = [create_conference("pg", "mona", **given)]  # type: ignore[arg-type]
        self.apply(*changes, *([join("pg", *people)] if people else []))
        return self.ids[conference()]

    def told(self, uid: str) -> dict[str, object]:
        """What everybody is told who knows the id."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{self.settings.url}/api/v1/info/{uid}", timeout=60)
        found: dict[str, object] = answer.json()
        return found

    def clean(self) -> None:
        for identity in [one for one in self.ids if one.kind is Kind.CONFERENCE]:
            self.apply(erase(identity, self.remote(identity)))
        self.close()


class JitsiAdminContract:
    """Subclasses give a server and who may plan there; see `tests/contract/test_jitsiadmin.py`."""

    @pytest.fixture
    def site(self, server: JitsiAdminSettings, organiser: str, clock: Clock) -> Iterator[Site]:
        site = Site(server, organiser, clock)
        try:
            yield site
        finally:
            site.clean()

    def test_a_conference_is_planned_and_read_back(self, site: Site) -> None:
        uid = site.plan()
        remote = site.remote(conference())
        assert (remote.remote_id, remote.name) == (uid, f"{site.prefix} Höfe & „Meßtechnik“ 😀")
        assert remote.fields == {"starts_at": site.starts_at, "minutes": 90}
        assert site.notes == []
        assert site.told(uid)["server"] == site.settings.meeting_server

    def test_whoever_organises_is_in_it(self, site: Site) -> None:
        site.plan()
        assert site.seated() == {"mona"}

    def test_people_are_invited_and_taken_out_by_their_addresses(self, site: Site) -> None:
        uid = site.plan("anna", "ben", "mona")
        assert site.seated() == {"anna", "ben", "mona"}
        site.apply(leave("pg", uid, "anna"))
        assert site.seated() == {"ben", "mona"}

    def test_who_is_in_it_already_is_not_invited_again(self, site: Site) -> None:
        site.plan("anna")
        (step,) = site.compile(join("pg", "anna"))
        site.perform(step)
        assert site.seated() == {"anna", "mona"}

    def test_whoever_is_taken_out_already_is_a_step_that_moved(self, site: Site) -> None:
        uid = site.plan("anna")
        (step,) = site.compile(leave("pg", uid, "anna"))
        site.perform(step)
        assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)

    def test_a_conference_is_moved_and_renamed_and_stays_the_same(self, site: Site) -> None:
        uid = site.plan("anna")
        site.apply(update(conference(), site.remote(conference()), starts_at=site.later, minutes=45, name="Neu: ß"))
        remote = site.remote(conference())
        assert (remote.remote_id, remote.name) == (uid, "Neu: ß")
        assert remote.fields == {"starts_at": site.later, "minutes": 45}
        assert site.seated() == {"anna", "mona"}

    def test_what_is_not_changed_is_kept_by_a_change(self, site: Site) -> None:
        site.plan()
        site.apply(update(conference(), site.remote(conference()), minutes=30))
        assert site.remote(conference()).fields == {"starts_at": site.starts_at, "minutes": 30}

    def test_a_change_that_somebody_else_made_meanwhile_moves_the_step(self, site: Site) -> None:
        site.plan()
        seen = site.remote(conference())
        site.apply(update(conference(), seen, minutes=45))
        (step,) = site.compile(update(conference(), seen, minutes=30))
        assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)

    def test_what_is_called_off_is_told_no_more_and_can_t_be_changed(self, site: Site) -> None:
        uid = site.plan("anna")
        seen = site.remote(conference())
        site.apply(update(conference(), seen, starts_at=None))
        assert conference() not in site.ids
        bound = frozenset({(Kind.CONFERENCE, uid)})
        inventory = site.observe(interest=Interest(bound=bound, called={(Kind.CONFERENCE, uid): "PG"}))
        remote = inventory.of(Kind.CONFERENCE).objects[uid]
        assert (remote.name, remote.writable) == ("PG", frozenset())
        assert remote.fields == {"starts_at": UNKNOWN, "minutes": UNKNOWN}
        assert isinstance(inventory.rosters[Kind.CONFERENCE, uid].completeness, Partial)

    def test_calling_off_twice_is_the_same_as_once(self, site: Site) -> None:
        site.plan()
        (step,) = site.compile(update(conference(), site.remote(conference()), starts_at=None))
        verified = site.connector.verify(step, site.ids.__getitem__)
        assert not isinstance(verified, Moved)
        site.perform(step)
        site.ids[conference()] = step.remote_id or ""
        with site.gate.opened(TOKEN):
            site.connector.perform(step, verified, site.ids.__getitem__)
        del site.ids[conference()]

    def test_an_id_that_nobody_has_is_neither_there_nor_absent(self, site: Site) -> None:
        unheard = secrets.token_hex(16)
        bound = frozenset({(Kind.CONFERENCE, unheard)})
        inventory = site.observe(interest=Interest(bound=bound))
        assert inventory.of(Kind.CONFERENCE).objects[unheard].fields["starts_at"] is UNKNOWN
        assert inventory.of(Kind.CONFERENCE).unlisted

    def test_somebody_who_may_not_plan_makes_nothing(self, site: Site) -> None:
        with pytest.raises(Permanent, match="no_organiser"):
            site.apply(create_conference("pg", "anna", "ben", starts_at=site.starts_at))
        assert conference() not in site.ids

    def test_of_several_the_first_who_may_plan_organises(self, site: Site) -> None:
        site.apply(create_conference("pg", "anna", "mona", starts_at=site.starts_at))
        assert site.seated() == {"mona"}

    def test_a_new_address_takes_the_place_of_the_old_one(self, site: Site) -> None:
        site.plan("anna")
        seen = site.remote(person("anna"))
        site.observe()
        site.apply(update(person("anna"), seen, email=site.email("neu")))
        assert site.seated() == {"anna", "mona"}
        people = site.told(site.ids[conference()])["teilnehmer"]
        assert isinstance(people, list)
        assert site.email("neu") in people
        assert site.email("anna") not in people

    def test_a_narrow_look_tells_of_the_few_alone(self, site: Site) -> None:
        uid = site.plan("anna", "ben")
        sought = Sought(person("anna"), "anna", site.ids[person("anna")])
        bound = frozenset((identity.kind, remote_id) for identity, remote_id in site.ids.items())
        inventory = site.observe(interest=Interest(bound=bound, called=site.called, only=(sought,)))
        assert inventory.of(Kind.CONFERENCE).objects == {}
        evidence = inventory.rosters[Kind.CONFERENCE, uid].completeness
        assert isinstance(evidence, Complete)
        assert evidence.scope.only == {"person:anna"}

    def test_nothing_is_written_without_a_token(self, site: Site) -> None:
        (step,) = site.compile(create_conference("pg", "mona", starts_at=site.starts_at))
        with pytest.raises(WriteRefused):
            site.connector.perform(step, None, site.ids.__getitem__)

    def test_a_key_of_nobody_s_changes_nothing(self, site: Site) -> None:
        uid, seen = site.plan("anna"), site.remote(conference())
        wrong = site.settings.model_copy(update={"password": SecretStr("not-the-key")})
        stranger = Bench(wrong, site.clock)
        stranger.ids = dict(site.ids)
        stranger.observe(interest=Interest(called=site.called))
        try:
            for change, why in (
                (join("pg", "ben"), "key_refused"),
                (leave("pg", uid, "anna"), "key_refused"),
                (update(conference(), seen, starts_at=None), "key_refused"),
                (update(conference(), seen, minutes=15), "organiser_lost"),
                (create_conference("other", "mona", starts_at=site.starts_at), "no_organiser"),
            ):
                with pytest.raises(TargetError, match=why):
                    stranger.apply(change)
        finally:
            stranger.close()
        assert site.seated() == {"anna", "mona"}
        assert site.remote(conference()) == seen

    def test_doctor_accepts_the_key_and_names_the_risks(self, site: Site) -> None:
        findings = list(site.connector.examine())
        codes = {finding.what.code for finding in findings if finding.severity is not Severity.OK}
        assert [one.what.code for one in findings if one.severity is Severity.OK] == ["jitsiadmin.key_accepted"]
        assert codes >= {"jitsiadmin.tokens_without_end", "jitsiadmin.guessable_rooms", "jitsiadmin.info_for_all"}
