"""What ``--json`` prints about people who leave, about erasing, and about what is there before us."""

from datetime import date
from typing import Literal

from pydantic import Field
from pydantic import JsonValue as Json

from provisioner.app.adopting import Adoptions
from provisioner.app.leavers import Leavers, next_command, succession_command
from provisioner.app.reporting import Say, text_report
from provisioner.app.reports import FieldReport, JsonReport, TextReport
from provisioner.model.inventory import Unknown


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


class PersonReport(JsonReport):
    """`readi person show --json`, `--export FILE`: everything that is kept about somebody."""

    schema_: Literal["readi.person/1"] = Field(default="readi.person/1", alias="schema")
    network: str
    id: str
    entry: Json = Field(description="The registry's entry as it was read; null: there is none.")
    guests: list[str] = Field(description="Ids of the guests whom the person answers for.")
    kept: Json = Field(
        description="The database's rows about the person: what sources say, ties, memberships, departures, steps, "
        "saved plans, runs; of what others are in too the person's part alone. Erased: what is left is unreadable."
    )


class CandidateReport(JsonReport):
    target: str
    kind: str
    id: str = Field(description='The registry\'s key, e.g. "body:pg-sensorik".')
    name: str = Field(description="What the object is called over there.")
    remote_id: str
    reason: TextReport
    fields: dict[str, FieldReport] = Field(description="What differs, and the next plan would change.")


class AlikeReport(JsonReport):
    remote_id: str
    name: str


class DisputeReport(JsonReport):
    target: str
    kind: str
    id: str
    name: str = Field(description="What the object shall be called.")
    why: TextReport
    candidates: list[AlikeReport] = Field(description="Objects that could be meant, for `readi adopt --remote`.")


class AdoptReport(JsonReport):
    """`readi adopt --json`."""

    schema_: Literal["readi.adopt/1"] = Field(default="readi.adopt/1", alias="schema")
    network: str
    candidates: list[CandidateReport]
    disputes: list[DisputeReport]
    errors: dict[str, TextReport] = Field(description="Targets that could not be read, wholly or in part.")


def adoptions_report(network: str, found: Adoptions, say: Say) -> AdoptReport:
    """What there is to decide."""
    candidates = [
        CandidateReport(
            target=candidate.change.target,
            kind=str(candidate.change.id.kind),
            id=candidate.change.id.key,
            name=candidate.change.name,
            remote_id=candidate.change.remote.remote_id,
            reason=text_report(candidate.change.reason, say),
            fields={
                name: FieldReport(before=None if isinstance(seen, Unknown) else seen, after=wish)
                for name, (seen, wish) in candidate.differs.items()
            },
        )
        for candidate in found.candidates
    ]
    disputes = [
        DisputeReport(
            target=dispute.target,
            kind=str(dispute.id.kind),
            id=dispute.id.key,
            name=dispute.name,
            why=text_report(dispute.why, say),
            candidates=[AlikeReport(remote_id=remote.remote_id, name=remote.name) for remote in dispute.candidates],
        )
        for dispute in found.disputes
    ]
    errors = {target: text_report(why, say) for target, why in found.unread.items()}
    return AdoptReport(network=network, candidates=candidates, disputes=disputes, errors=errors)


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
