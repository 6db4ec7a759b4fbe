"""What was decided through the service: shown, written out as the registry's files would have it, and moved there."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from provisioner.app.reports import JsonReport
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Role
from provisioner.model.text import Text
from provisioner.registry.editfiles import Files
from provisioner.registry.settling import New, Settled, new_entries, settle
from provisioner.registry.writing import replace_file
from provisioner.state import EnrolmentStore


class CameReport(JsonReport):
    id: str = Field(description="Id of the person in the registry.")
    name: str
    organisation: str
    joined: date
    in_files: bool = Field(description="Whether a file has an entry of this id, too: what stands there counts.")


class PlaceReport(JsonReport):
    person: str
    body: str
    role: Role
    since: date | None
    until: date | None = Field(description="The last day; of somebody who left or was struck off the list.")
    by: str = Field(description="Who decided: a person's id, or what acted.")


class EndingReport(JsonReport):
    person: str
    leaves: date = Field(description="The last day in the network.")
    by: str


class MadeReport(JsonReport):
    id: str
    name: str
    in_files: bool = Field(description="Whether a file has a body of this id, too: it alone counts.")


class EnrolmentsReport(JsonReport):
    """`readi enrolments --json`: what was decided through the service, and which files know of it."""

    schema_: Literal["readi.enrolments/1"] = Field(default="readi.enrolments/1", alias="schema")
    network: str
    people: list[CameReport] = Field(description="Who came by themselves.")
    places: list[PlaceReport] = Field(description="What was decided last about somebody in a body.")
    endings: list[EndingReport]
    bodies: list[MadeReport] = Field(description="Bodies that were made by form.")


def enrolments_report(site: Site) -> EnrolmentsReport:
    """Everything, by id. Raises `SettingsError`, `StateError`."""
    files = site.files()
    enrolments = files.enrolments
    people, bodies = _ids(files, "people"), _ids(files, "bodies")
    return EnrolmentsReport(
        network=site.network,
        people=[
            CameReport(
                id=one.id,
                name=f"{one.given_name} {one.family_name}".strip(),
                organisation=one.organisation,
                joined=one.joined,
                in_files=one.id in people,
            )
            for _, one in sorted(enrolments.people.items())
        ],
        places=[
            PlaceReport(
                person=one.person,
                body=one.body,
                role=one.role,
                since=one.period.since,
                until=one.period.until,
                by=one.by,
            )
            for one in enrolments.memberships
        ],
        endings=[
            EndingReport(person=one.person, leaves=one.leaves, by=one.by)
            for _, one in sorted(enrolments.endings.items())
        ],
        bodies=[
            MadeReport(id=one.id, name=str(one.fields.get("name", "")), in_files=one.id in bodies)
            for _, one in sorted(enrolments.bodies.items())
        ],
    )


def export(site: Site, file: Path) -> New:
    """Write whoever and whatever stands in no file into one, as the registry has it; nothing else changes.

    Raises `SettingsError` for a file that is there already, `StateError`, `WriteFailed`.
    """
    if file.exists():
        raise SettingsError(Text.of("app.export_exists", file=str(file)))
    found = new_entries(site.files())
    replace_file(file, None, found.text().encode())
    return found


def settle_enrolments(site: Site) -> tuple[Settled, int]:
    """Move all that was decided into the registry's files; what was written, and how many decisions are kept there now.

    Killed in between, it says the same twice: what the files say counts. What was decided meanwhile stays.
    Raises `SettingsError`, `StateError`, `EditRefused`, `WriteFailed`.
    """
    files = site.files()
    settled = settle(files, site.today(site.read_registry().registry.time_zone))
    store = EnrolmentStore(site.database, site.network)
    return settled, store.forget_settled(files.enrolments, settled.people, settled.bodies)


def _ids(files: Files, section: str) -> set[str]:
    return {str(entry.get("id")) for _, _, entry in files.entries(section)}
