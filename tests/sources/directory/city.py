"""A city's directory, and a source of people on it."""

from collections.abc import Mapping
from typing import Any

from provisioner.emulation import VirtualClock
from provisioner.model.ports import Clock
from provisioner.model.sources import SourcePerson, SourceRead
from provisioner.sources.directory import LDAP_SOURCE
from provisioner.sources.directory.settings import DirectorySettings
from provisioner.sources.directory.source import DirectorySource
from provisioner.transport.directory import ldap3
from provisioner.transport.gate import WriteGate
from tests.ldap.rig import Server

ANNA = {"givenName": "Anna", "sn": "Beispiel", "mail": "anna.beispiel@stadt.example"}
BERT = {"givenName": "Bert", "sn": "Muster", "mail": "bert.muster@stadt.example"}


class City:
    """One directory, with people below ou=people; sources are closed by `close`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._opened: list[DirectorySource] = []

    def source(self, clock: Clock | None = None, **more: Any) -> DirectorySource:
        """A source on it, with pages of five."""
        given = {
            "organisation": "stadt",
            "url": self.server.url,
            "user": self.server.user,
            "password": self.server.password,
            "base": self.server.people,
            "page_size": 5,
        }
        settings = DirectorySettings.model_validate({**given, **more})
        source = LDAP_SOURCE.open("stadt", settings, WriteGate(), clock or VirtualClock())
        assert isinstance(source, DirectorySource)
        self._opened.append(source)
        return source

    def read(self, **more: Any) -> SourceRead:
        """What a fresh source reads of everybody."""
        return self.source(**more).read()

    def add(self, uid: str, **attributes: Any) -> str:
        """Somebody, by default with a name and an address; the entry's name."""
        usual = {"givenName": uid.title(), "sn": "Beispiel", "mail": f"{uid}@stadt.example"}
        values = {name: value for name, value in {**usual, **attributes}.items() if value is not None}
        return self.server.add_person(uid, **values)

    def many(self, count: int) -> None:
        """People p0, p1 and so on, over one connection."""
        with self.server.admin() as connection:
            for number in range(count):
                attributes = {"cn": "x", "givenName": "Kim", "sn": f"N{number}", "mail": f"p{number}@stadt.example"}
                connection.add(f"uid=p{number},{self.server.people}", "inetOrgPerson", attributes)
                assert connection.result["result"] == 0, connection.result

    def change(self, uid: str, **attributes: Any) -> None:
        """Other values for somebody; None for none."""
        changes = {name: [(ldap3.MODIFY_REPLACE, _listed(value))] for name, value in attributes.items()}
        self.server.do("modify", f"uid={uid},{self.server.people}", changes)

    def remove(self, uid: str) -> None:
        self.server.do("delete", f"uid={uid},{self.server.people}")

    def keys(self) -> dict[str, str]:
        """uid → entryUUID, as the administrator sees them."""
        found = self.server.entries(self.server.people, "(objectClass=inetOrgPerson)", "entryUUID")
        return {entry["uid"][0].decode(): entry["entryUUID"][0].decode() for entry in found.values()}

    def close(self) -> None:
        for source in self._opened:
            source.close()


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def emails(read: SourceRead) -> set[object]:
    return {person.fields.get("email") for person in read.people}


def only(read: SourceRead) -> SourcePerson:
    """The one person of a reading that is sure of itself."""
    assert read.gap is None, read.gap
    (person,) = read.people
    return person


def why(read: SourceRead) -> Mapping[str, str]:
    """Of those who can't be used: where → why."""
    return {one.where: one.why.code.removeprefix("directory.") for one in read.unusable}


def gap(read: SourceRead) -> str:
    """The code of its gap; "" for none."""
    return "" if read.gap is None else read.gap.code.removeprefix("directory.")
