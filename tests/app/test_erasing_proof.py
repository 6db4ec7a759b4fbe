"""After somebody was erased every place is read again, and what is left anywhere is said with its reason."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.nextcloud.connector import NextcloudConnector
from provisioner.app.site import Site
from provisioner.app.work.backups import back_up_nightly
from provisioner.model.enrolments import EnrolledMembership, EnrolledPerson
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.registry import Period
from provisioner.model.steps import Done
from provisioner.state import EnrolmentStore, FeedWords, GuestRoom, GuestRooms, Invitations, Outbox, Sessions
from tests.support.site import Installation

DAY = 86_400.0
ERASE = ("person", "erase", "p-ben", "--confirm", "Ben Muster")


@pytest.fixture
def gone(small: Installation) -> Installation:
    """Ben left long ago, the wait is over, and there were no files."""
    small.wish.policy = {section: {"names": {"project": None}} for section in ("folders", "conversations")}
    small.apply()
    small.wish.people["p-ben"]["leaves"] = small.clock.now().date().isoformat()
    small.clock.sleep(DAY)
    small.apply()
    small.clock.sleep(31 * DAY)
    assert small.run("person", "handed-over", "p-ben", "--nothing").code == 0
    return small


@pytest.fixture
def site(gone: Installation) -> Iterator[Site]:
    opened = Site.open(gone.settings, clock=gone.clock)
    yield opened
    opened.close()


def told(installation: Installation, *arguments: object) -> dict[str, str]:
    """What the report says of each place."""
    ran = installation.run(*ERASE, *arguments)
    assert ran.code == 0, ran.all
    lines = ran.out.partition("Looked through again:\n")[2].splitlines()
    found = {}
    for line in lines:
        if line.startswith("  "):
            where, _, what = line.strip().replace("cloud: accounts", "cloud").partition(": ")
            found[where.rpartition("/")[2]] = what
    return found


def test_of_every_target_table_and_file_it_is_said_that_nothing_is_left(gone: Installation) -> None:
    said = told(gone)
    assert said["cloud"] == "nothing left"
    assert next(what for where, what in said.items() if "tables of the database" in where).endswith("nothing left")
    assert (said["readi.db"], said["readi.ties.jsonl"]) == ("nothing left", "nothing left")
    assert said["all.yaml"] == "1 line; what the registry says is for whoever keeps it to take out"


def test_copies_from_before_are_named_with_the_day_on_which_they_are_deleted(gone: Installation, site: Site) -> None:
    made = back_up_nightly(site)
    assert made is not None
    expires = (gone.clock.now() + timedelta(days=14)).date()
    assert told(gone)[made.name] == f"a copy from before; it is deleted on {expires:%b %d, %Y}"
    assert b"ben@bretten.example" in made.read_bytes(), "else there would be nothing to say"


def test_files_that_are_named_are_looked_through_and_missing_ones_are_no_proof(gone: Installation) -> None:
    log = gone.folder / "proxy.log"
    log.write_text("GET /\nBEN@bretten.example\nbenjamin.muster\n", "utf-8")
    assert told(gone, "--also", log)["proxy.log"] == "1 line"
    ran = gone.run(*ERASE, "--also", gone.folder / "nowhere.log")
    assert (ran.code, "there is no such file" in ran.out) == (1, True)


def test_another_account_of_the_same_human_is_shown_and_left(gone: Installation) -> None:
    gone.cloud.add_user("benm", display_name="Ben Muster", email="Ben@bretten.example")
    assert "not managed from here: " in gone.run(*ERASE).out
    assert "benm" in gone.cloud.users


def test_a_server_that_says_yes_and_deletes_nothing_is_found_out(
    gone: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(NextcloudConnector, "perform", lambda self, step, *_: Done(step.remote_id or ""))
        ran = gone.run(*ERASE)
    assert (ran.code, "the account ben.muster still stands there" in ran.out) == (1, True), ran.all


def test_whoever_came_by_the_pages_is_gone_from_there_too(gone: Installation, site: Site) -> None:
    today = gone.clock.now().date()
    enrolments = EnrolmentStore(site.database, "redi")
    enrolments.enrol(EnrolledPerson("p-zoe", "Zoe", "Marker", "zoe.marker@bretten.example", "bretten", today))
    now = gone.clock.now()
    enrolments.place(EnrolledMembership("p-zoe", "pg-lora", Period(today), by="p-zoe"), now)
    gone.apply()
    assert "zoe.marker" in gone.cloud.users
    enrolments.end("p-zoe", today, "p-anna", now)
    Sessions(site.database, "redi").begin(now, timedelta(days=90), "link", person="p-zoe")
    Outbox(site.database, "redi", now).post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-zoe"))
    gone.clock.sleep(DAY)
    gone.apply()
    gone.clock.sleep(31 * DAY)
    assert gone.run("person", "handed-over", "p-zoe", "--nothing").code == 0
    shown = gone.run("person", "show", "p-zoe")
    assert "registrations through the pages: 1" in shown.out, shown.all
    assert "letters to them or about them: 1" in shown.out
    ran = gone.run("person", "erase", "p-zoe", "--confirm", "Zoe Marker")
    assert ran.code == 0, ran.all
    assert "still name" not in ran.out
    assert b"Marker" not in b"".join(path.read_bytes() for path in (gone.folder / "state").glob("readi.*"))
    assert gone.run("person", "show", "p-zoe", "--json").json["entry"] is None
    gone.apply()
    assert "zoe.marker" not in gone.cloud.users


def test_who_was_invited_and_opened_rooms_is_shown_and_named_nowhere_afterwards(gone: Installation, site: Site) -> None:
    now, later = gone.clock.now(), gone.clock.now() + timedelta(days=20)
    invitations, rooms = Invitations(site.database, "redi"), GuestRooms(site.database, "redi")
    invitations.make("body:pg-lora", "Ben Muster (Bretten)", "p-anna", now, later)
    made, _ = invitations.make("body:pg-lora", "Gustav Gast", "p-ben", now, later)
    for room, by in (("mine", "p-ben"), ("hers", "p-anna")):
        rooms.open(GuestRoom(room, "pg-lora", f"re-{room}", "Abschied von Ben Muster", by, now, later))
    FeedWords(site.database, "redi").renew("p-ben", now)
    kept = gone.run("person", "show", "p-ben", "--json").json["kept"]
    assert [one["made_at"] for one in kept["feeds"]] == [now.isoformat()]
    assert {one["guest_name"] for one in kept["invitations"]} == {"Ben Muster (Bretten)", "Gustav Gast"}
    assert [one["id"] for one in kept["guest_rooms"]] == ["mine"]
    assert "re-mine" not in str(kept)
    shown = gone.run("person", "show", "p-ben").out
    assert "  invitations as a guest or of guests: 2" in shown
    ran = gone.run(*ERASE)
    assert ran.code == 0, ran.all
    assert "still name" not in ran.out
    assert b"Ben Muster" not in b"".join(path.read_bytes() for path in (gone.folder / "state").glob("readi.*"))
    assert invitations.to("body:pg-lora") == [made], "somebody else's guest comes all the same"
    assert FeedWords(site.database, "redi").people() == frozenset()


def test_an_export_is_for_one_pair_of_eyes_and_never_overwrites(gone: Installation) -> None:
    file = gone.folder / "export.json"
    assert gone.run("person", "show", "p-ben", "--export", file).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(file.read_text("utf-8"))
    assert (told["schema"], told["entry"]["email"]) == ("readi.person/1", "ben@bretten.example")
    again = gone.run("person", "show", "p-ben", "--export", file)
    assert (again.code, json.loads(file.read_text("utf-8"))) == (1, told)
