"""Passwords occur nowhere; people's names and addresses only where the design allows. Markers are looked for."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.jitsiadmin.emulator import KEY, MEETING_SERVER, JitsiAdminEmulator
from connectors.keycloak.emulator import KeycloakEmulator
from connectors.mailman.emulator import MailmanEmulator
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support import active_directory
from tests.support.active_directory import ActiveDirectory, running
from tests.support.site import LONG_AGO, Installation, Ran, body, new_cloud, person

SERVICE_PASSWORD = "Marker-Service-9f2c-Aa1"
CLIENT_SECRET, LISTS_PASSWORD = "Marker-Client-77ab", "Marker-Lists-31cd"
BIND_PASSWORDS = (active_directory.PASSWORD, "Marker-Bind-55ef")
"""The right one, and one that was changed."""
ROOMS_SECRET = "Marker-Rooms-of-thirty-two-letters-64fa"
SECRETS = (SERVICE_PASSWORD, CLIENT_SECRET, LISTS_PASSWORD, *BIND_PASSWORDS, ROOMS_SECRET, KEY)
GIVEN, FAMILY, EMAIL = "Markerade", "Geheimfrau", "marker.adresse@bretten.example"
BROUGHT = ("Quellina", "Verborgen", "quellina.v@bretten.example", "Zeilina", "Spaltenreich", "zeilina@bretten.example")
"""By a directory, and by a list."""
NUMBER = "Personal-4711-xy"
UNREAD = ("Gehaltsstufe-99", "Raum-404-Ost")
"""Cells of columns that nobody asked for, and of a row that can't be used."""
JOUR_FIXE = {"id": "jf", "title": "Jour fixe", "first": "2026-01-13T10:00", "every": "week"}
PERSONS = (GIVEN, FAMILY, EMAIL, *BROUGHT, NUMBER, *UNREAD)


@dataclass(frozen=True)
class Story:
    """Everything that was said and kept while much went well and much went wrong."""

    installation: Installation
    said: list[Ran]
    child_err: list[str]
    first_passwords: list[str]

    def tables(self) -> dict[str, str]:
        """Table → all its rows as text."""
        with sqlite3.connect(self.installation.database) as database:
            names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            dump = {name: str(database.execute(f"SELECT * FROM {name}").fetchall()) for name in names}
        database.close()
        return dump

    def log_lines(self) -> list[str]:
        """What operators read: everything on standard error."""
        return [line for text in (*(ran.err for ran in self.said), *self.child_err) for line in text.splitlines()]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A first sync with faults, changes, a farewell, wrong passwords, every reading command, a child, a broken step."""
    folder = tmp_path_factory.mktemp("story")
    clock = VirtualClock()
    directory = ActiveDirectory()
    directory.user("qv", givenName=[BROUGHT[0]], sn=[BROUGHT[1]], mail=[BROUGHT[2]])
    with (
        new_cloud(clock, service=("readi-provisioner", SERVICE_PASSWORD)) as cloud,
        KeycloakEmulator(clock=clock, service=("readi-provisioner", CLIENT_SECRET)) as keycloak,
        MailmanEmulator(clock=clock, service=("restadmin", LISTS_PASSWORD)) as lists,
        JitsiAdminEmulator(clock=clock) as planner,
        running(directory),
    ):
        installation = Installation(folder, cloud)
        name_meetings(installation, planner)
        name_login_lists_and_sources(installation, keycloak, lists, directory)
        wish = installation.wish
        wish.targets["cloud"] = installation.target(password=SERVICE_PASSWORD)
        wish.add(
            body("pg-a", "Sensorik", meetings={"series": [JOUR_FIXE]}),
            person(GIVEN, {"id": "pg-a", "role": "moderator"}, id="p-x1", family_name=FAMILY, email=EMAIL),
            person("Ben", "pg-a"),
            person("Cleo", "pg-a"),
        )
        cloud.faults.status(500, nth_write=2)
        cloud.faults.mishap("database-lock", nth_write=3)
        said = [installation.run("--log-format", "json", "plan", "--out", folder / "plan.json")]
        said.append(installation.run("--log-format", "json", "apply", "--yes"))
        said.append(installation.run("apply", "--yes", "--json"))
        passwords = [user.password for user in cloud.users.values() if user.id not in ("admin", "readi-provisioner")]
        said += tell_everything(installation)
        wish.people["p-x1"]["email"] = "neu." + EMAIL
        cloud.faults.status(422, method="PATCH", body=json.dumps({"errors": {"email": EMAIL}}))
        cloud.faults.login_page(method="GET", path="/cloud/users/ben.muster", times=None)
        wish.people["p-ben"]["email"] = "ben.neu@bretten.example"
        child = installation.child("--log-format", "json", "apply", "--yes")
        out, err = child.communicate(timeout=60)
        said.append(Ran(child.returncode, out, ""))
        cloud.faults.clear()
        keycloak.faults.status(400, method="PUT", path="/users/", body=json.dumps({"errorMessage": "no"}))
        lists.faults.truncate(20, method="GET", path="/addresses", times=2)
        wish.sources["bretten-ad"]["password"] = BIND_PASSWORDS[1]
        (folder / "staff.csv").write_text("Personalnummer;Vorname\n" + NUMBER + ";Zeilina\n", encoding="utf-8")
        wish.people["p-x1"]["bodies"] = [{"id": "pg-a", "until": LONG_AGO}]
        wish.people["p-x1"]["leaves"] = LONG_AGO
        said.append(installation.run("--log-format", "json", "apply", "--yes"))
        cloud.rename("ben.muster", "Somebody Else")
        said += tell_everything(installation)
        wish.targets["cloud"]["password"] = SERVICE_PASSWORD + "-wrong"
        wish.targets["login"]["password"] = CLIENT_SECRET + "-wrong"
        wish.targets["lists"]["password"] = LISTS_PASSWORD + "-wrong"
        wish.targets["planning"]["password"] = KEY + "-wrong"
        said += tell_everything(installation)
        wish.targets["cloud"]["password"] = SERVICE_PASSWORD
        yield Story(installation, said, [err], passwords)


def name_login_lists_and_sources(
    installation: Installation, keycloak: KeycloakEmulator, lists: MailmanEmulator, directory: ActiveDirectory
) -> None:
    """All the further places that have a password, or people."""
    wish = installation.wish
    login = {"connector": "keycloak", "url": keycloak.url, **keycloak.credentials, **keycloak.settings}
    wish.targets["login"] = login
    wish.targets["lists"] = {
        "connector": "mailman",
        "url": lists.url,
        "password": LISTS_PASSWORD,
        "domain": lists.domain,
    }
    wish.sources["bretten-ad"] = {
        "source": "ldap",
        "organisation": "bretten",
        "brings": "everybody",
        "url": directory.url,
        "kind": "active-directory",
        "user": active_directory.USER,
        "password": BIND_PASSWORDS[0],
        "base": active_directory.PEOPLE,
    }
    wish.sources["bretten-list"] = {
        "source": "csv",
        "organisation": "bretten",
        "brings": "everybody",
        "csv_file": "staff.csv",
        "key": "Personalnummer",
    }
    rows = (
        "Personalnummer;Vorname;Nachname;E-Mail;Entgelt",
        f"{NUMBER};{BROUGHT[3]};{BROUGHT[4]};{BROUGHT[5]};{UNREAD[0]}",
        f"4712;;;{UNREAD[1]};{UNREAD[1]}",
        "",
    )
    (installation.folder / "staff.csv").write_text("\n".join(rows), encoding="utf-8")


def name_meetings(installation: Installation, planner: JitsiAdminEmulator) -> None:
    """Where bodies meet: rooms on a server that nobody reaches, and conferences that one of the people may plan."""
    planner.world.add_user(EMAIL, planner.server, username=EMAIL)
    installation.wish.policy["meetings"] = {"conferences": {"ahead_days": 14}}
    installation.wish.targets["rooms"] = {"connector": "jitsi", "url": "http://127.0.0.1:9", "secret": ROOMS_SECRET}
    installation.wish.targets["planning"] = {
        "connector": "jitsi-admin",
        "url": planner.url,
        "password": KEY,
        "meeting_server": MEETING_SERVER,
    }


def tell_everything(installation: Installation) -> list[Ran]:
    commands = ["plan", "plan --json", "plan --markdown", "drift", "drift --json", "doctor", "doctor --json", "history"]
    commands += ["history 1", "history 1 --json", "explain p-x1", "explain pg-a", "explain p-x1 --json", "validate"]
    commands += ["--lang de plan", "apply --yes", "apply missing.json", "sources", "sources --json", "links", "bounces"]
    commands += ["room list", "room list --json", "meetings list", "jitsi config", "privacy record", "room rotate pg-a"]
    commands += ["--log-format json sources read", "sources read --preview bretten-list", "person show p-x1 --json"]
    return [installation.run(*command.split()) for command in commands]


def test_the_story_had_people_passwords_and_failures_in_it(story: Story) -> None:
    assert len(story.first_passwords) == len(set(story.first_passwords)) == 5
    assert all(len(password) > 40 for password in story.first_passwords)
    assert {ran.code for ran in story.said} >= {0, 1, 2}
    for name in (FAMILY, BROUGHT[1], BROUGHT[4]):
        assert any(name in ran.out for ran in story.said), "rangers do read names"
    for source in ("bretten-ad", "bretten-list"):
        assert any(f"ource {source}: " in ran.err for ran in story.said), "both were in trouble"
    assert EMAIL in (story.installation.folder / "plan.json").read_text()
    tied = story.tables()["binding"]
    assert all(f"'{kind}'" in tied for kind in ("meeting-room", "calendar", "meeting", "conference"))


def test_no_password_is_said_logged_or_kept_anywhere(story: Story) -> None:
    secrets = [*SECRETS, *story.first_passwords]
    texts = {f"command {number}": ran.all for number, ran in enumerate(story.said)}
    texts |= {f"child {number}": text for number, text in enumerate(story.child_err)}
    texts |= {f"table {name}": text for name, text in story.tables().items()}
    folder = story.installation.folder
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "settings.yaml"]
    texts |= {str(path.relative_to(folder)): path.read_bytes().decode("latin-1") for path in files}
    assert {"plan.json", "state/readi.db"} <= texts.keys()
    assert [where for where, text in texts.items() for secret in secrets if secret in text] == []


def test_no_log_line_names_a_person(story: Story) -> None:
    lines = story.log_lines()
    assert any(line.startswith("{") for line in lines), "there were log lines"
    for marker in (*PERSONS, "Somebody Else"):
        assert [line for line in lines if marker.lower() in line.lower() and line.startswith("{")] == []
        assert [line for line in lines if marker in line] == []


def test_the_tables_hold_names_and_addresses_only_where_they_are_needed(story: Story) -> None:
    tables = story.tables()
    holding = {name for name, text in tables.items() for marker in PERSONS if marker in text}
    assert holding <= {"binding", "step", "mirrored"}
    assert [name for name, text in tables.items() for marker in UNREAD if marker in text] == []
    assert [name for name, text in tables.items() if NUMBER in text] == ["mirrored"]
    assert "run" in tables


def test_the_servers_log_shows_no_password_in_an_address(story: Story) -> None:
    log = story.installation.cloud.log
    assert [entry for entry in log if "assword" in entry.path] == []
    assert all("***" in entry.body for entry in log.matching("POST", "/cloud/users[?]"))


def test_no_process_is_started_with_a_password_in_its_arguments(small: Installation, cloud: NextcloudEmulator) -> None:
    seen: list[str] = []
    child = small.child("apply", "--yes")

    def look(_: object) -> None:
        seen.append(Path(f"/proc/{child.pid}/cmdline").read_text())
        seen.append(Path(f"/proc/{child.pid}/environ").read_text())

    cloud.faults.hook(before=look, nth_write=1)
    child.communicate(timeout=60)
    assert child.returncode == 0
    assert len(seen) == 2
    assert small.wish.targets["cloud"]["password"] not in "".join(seen)
