"""What ``--json`` prints about people who leave, about erasing, and about what is there before us."""

from datetime import date
from typing import Literal

from pydantic import Field
from pydantic import JsonValue as Json

from provisioner.app.leavers import Leavers, next_command, succession_command
from provisioner.app.reporting import Say, text_report
from provisioner.app.reports import JsonReport, TextReport


class LeaverReport(JsonReport):
    person: str
    name: str
    rung: Literal["leaving", "left", "waiting", "hand-over", "erasable", "erased"]
    since: date | None = Field(description="The day on which this rung was reached.")
    next_on: date | None = Field(description="The first day on which the next rung can be reached; null: not by time.")
    last_day: date | None = Field(description="The last day in the network; null: vanished from the registry.")
    cause: Literal["left", "guest-ended", "organisation-left"] | None
    waits_for: TextReport
    command: str | None = Field(description="What to type next.")


class VacancyReport(JsonReport):
    body: str
    name: str
    office: Literal["lead", "moderation"]
    vacant_on: date = Field(description="The first day without anybody.")
    why: TextReport
    command: str = Field(description="What names a successor, whose id is to be added.")


class LeaversReport(JsonReport):
    """`readi leavers --json`."""

    schema_: Literal["readi.leavers/1"] = Field(default="readi.leavers/1", alias="schema")
    network: str
    people: list[LeaverReport]
    vacancies: list[VacancyReport]


class AccountReport(JsonReport):
    target: str
    name: str
    remote_id: str
    ours: bool = Field(description="False: another network's account, whose memberships in our groups we manage.")
    applied: dict[str, Json] = Field(description="What we last made true of it.")


class MembershipReport(JsonReport):
    target: str
    kind: str
    container: str
    role: str


class PersonReport(JsonReport):
    """`readi person export`: everything that is kept about somebody."""

    schema_: Literal["readi.person/1"] = Field(default="readi.person/1", alias="schema")
    network: str
    id: str
    entry: Json = Field(description="The registry's entry as it was read; null: there is none.")
    sponsor_of: list[str] = Field(description="Ids of the guests whom the person answers for.")
    accounts: list[AccountReport]
    memberships: list[MembershipReport] = Field(description="What we put the person into, or found so and wanted.")
    departure: Json = Field(description="What is noted of the person's leaving.")
    has_files_of: list[str] = Field(description="Ids of the leavers whose files the person was given.")
    kept: Json = Field(description="Rows of the database about the person: steps of past runs, saved plans.")


def leavers_report(network: str, leavers: Leavers, say: Say) -> LeaversReport:
    """Everybody on the ladder, and the offices that fall vacant."""
    people = [
        LeaverReport.model_validate(
            {
                "person": leaver.person,
                "name": leaver.name,
                "rung": str(leaver.rung),
                "since": leaver.since,
                "next_on": leaver.next_on,
                "last_day": None if leaver.ending is None else leaver.ending.day,
                "cause": None if leaver.ending is None else str(leaver.ending.cause),
                "waits_for": text_report(leaver.waits_for, say),
                "command": next_command(leaver),
            }
        )
        for leaver in leavers.people
    ]
    vacancies = [
        VacancyReport.model_validate(
            {
                "body": vacancy.body,
                "name": vacancy.name,
                "office": str(vacancy.office),
                "vacant_on": vacancy.vacant_on,
                "why": text_report(vacancy.why, say),
                "command": succession_command(vacancy),
            }
        )
        for vacancy in leavers.vacancies
    ]
    return LeaversReport(network=network, people=people, vacancies=vacancies)
