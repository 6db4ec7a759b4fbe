"""What ``--json`` prints: documented, versioned shapes. Their JSON Schemas are in docs/json/.

A field is only ever added within a version; a changed meaning is a new version.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic import JsonValue as Json


class JsonReport(BaseModel):
    """What all have in common."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class TextReport(JsonReport):
    """A sentence: ``code`` and ``arguments`` for programs, ``text`` in the language asked for."""

    code: str
    arguments: dict[str, Json] = {}
    text: str


class FieldReport(JsonReport):
    before: Json = Field(description="As observed; null also when it could not be read, or does not exist yet.")
    after: Json


class ChangeReport(JsonReport):
    verb: Literal["create", "adopt", "update", "suspend", "resume", "join", "leave", "regrade", "write", "erase"]
    change_class: Literal["auto", "queued", "named"]
    kind: str
    id: str = Field(description='The registry\'s key, e.g. "person:p-1", "body:pg-sensorik:administrators".')
    name: str = Field(description="What the object is called over there.")
    reason: TextReport
    fields: dict[str, FieldReport] = {}
    members: list[str] = Field(default=[], description="Keys of the accounts or groups that join, leave or change.")
    member: str | None = Field(default=None, description='What the members are: "account" or "group".')
    role: str | None = Field(default=None, description="In which role they join or leave, or which they get.")
    role_before: str | None = Field(default=None, description="Of a regrade: which role they have now.")
    links: list[str] = Field(
        default=[], description='Of a text: what it links to, e.g. "team-folder/body:pg-sensorik"; known after apply.'
    )
    digest: str


class NoticeReport(JsonReport):
    kind: str
    id: str | None
    name: str
    why: TextReport


class CostReport(JsonReport):
    requests: int = Field(description="Writes and the reads that they need, at least.")
    mails: int = Field(description="Mails that the target itself sends to people.")
    limited: dict[str, int] = Field(description="Writes that a rate limit of the target counts, by limit.")
    minutes: float = Field(description="About how long limits make it take, with the reading before it.")


class TargetReport(JsonReport):
    target: str
    error: TextReport | None = Field(description="The target could not be read; its changes are unknown.")
    changes: list[ChangeReport]
    notices: list[NoticeReport]
    cost: CostReport


class RefusalReport(JsonReport):
    guard: str
    target: str
    why: TextReport
    count: int
    limit: int
    objects: list[str]
    word: str = Field(description="What `--allow` takes to let this one plan through.")


class PlanReport(JsonReport):
    """`readi plan --json`, `readi plan --out FILE`."""

    schema_: Literal["readi.plan/1"] = Field(default="readi.plan/1", alias="schema")
    network: str
    created: datetime
    digest: str = Field(description="sha256 over registry, policy and all changes with the state they rely on.")
    registry: str = Field(description="Digest of the registry.")
    policy: str = Field(description="Digest of the policy.")
    targets: list[TargetReport]
    refusals: list[RefusalReport]


class WaitingReport(JsonReport):
    digest: str
    created: datetime = Field(description="When these very changes were first saved.")
    changes: int
    plan: PlanReport | None = Field(default=None, description="Only when one plan is asked for.")


class PlansReport(JsonReport):
    """`readi plans list --json`, `readi plans show --json`."""

    schema_: Literal["readi.plans/1"] = Field(default="readi.plans/1", alias="schema")
    network: str
    waiting: list[WaitingReport]


class ProblemReport(JsonReport):
    severity: str
    file: str
    line: int
    column: int
    what: TextReport
    mend: TextReport


class ValidateReport(JsonReport):
    """`readi validate --json`."""

    schema_: Literal["readi.validate/1"] = Field(default="readi.validate/1", alias="schema")
    people: int
    organisations: int
    bodies: int
    sensor_models: int
    sensors: int
    devices: int
    """Named exactly by sensors."""
    patterns: int
    """That sensors name, each for many devices."""
    rules: int
    problems: list[ProblemReport]


class FindingReport(JsonReport):
    severity: str
    what: TextReport
    mend: TextReport | None


class DoctorTargetReport(JsonReport):
    target: str
    findings: list[FindingReport]


class DoctorSourceReport(JsonReport):
    source: str
    findings: list[FindingReport]


class DoctorReport(JsonReport):
    """`readi doctor --json`."""

    schema_: Literal["readi.doctor/1"] = Field(default="readi.doctor/1", alias="schema")
    targets: list[DoctorTargetReport]
    sources: list[DoctorSourceReport] = Field(default=[], description="Unless only some targets are asked for.")
    mail: list[FindingReport] = Field(default=[], description="Of the mail server; the same.")
    bridge: list[FindingReport] = Field(default=[], description="Of sensors and alerts; the same.")


class DriftItemReport(JsonReport):
    target: str
    kind: Literal["field", "added", "removed", "lost"]
    resource: str = Field(description='What was changed: "account", "group", "team-folder", "conversation".')
    id: str
    name: str
    field: str | None
    before: Json
    now: Json
    account: str | None = Field(description="Key of the account or group that was put in or taken out.")
    role: str | None = Field(description="In which role.")
    answer: Literal["ask", "keep", "revert"] | None = Field(description="What policy does about it; null: nothing.")


class DriftReport(JsonReport):
    """`readi drift --json`."""

    schema_: Literal["readi.drift/1"] = Field(default="readi.drift/1", alias="schema")
    network: str
    unread: list[str] = Field(description="Targets that could not be read, wholly or in part.")
    drift: list[DriftItemReport]


class StepReport(JsonReport):
    target: str
    operation: str
    kind: str
    id: str
    name: str
    state: str
    why: TextReport | None


class RunReport(JsonReport):
    id: int
    started: datetime
    ended: datetime | None
    actor: str
    cause: str
    outcome: str | None
    counts: dict[str, int]
    steps: list[StepReport] | None = Field(default=None, description="Only when one run is asked for.")


class HistoryReport(JsonReport):
    """`readi history --json`."""

    schema_: Literal["readi.history/1"] = Field(default="readi.history/1", alias="schema")
    network: str
    runs: list[RunReport]


class ApplyReport(JsonReport):
    """`readi apply --json`."""

    schema_: Literal["readi.apply/1"] = Field(default="readi.apply/1", alias="schema")
    network: str
    run: int | None = Field(description="The run's number in `readi history`; null when nothing was to be done.")
    outcome: str
    counts: dict[str, int] = Field(description="Steps by how they ended.")
    waiting: int = Field(description="Changes that were left for a ranger.")
    moved: list[str] = Field(description="Names of what is no longer as the plan saw it.")
    found: list[str] = Field(
        default=[], description="Names of what was made although the answer was lost; the next run compares it afresh."
    )
    failed: list[StepReport]
    refusals: list[RefusalReport]
    errors: dict[str, TextReport] = Field(
        description="Targets that could not be read, wholly or in part, or that a newer database than this changed."
    )


class FactReport(JsonReport):
    what: TextReport
    why: list[TextReport]


class IdentityReport(JsonReport):
    source: str
    key: str


class ExplainReport(JsonReport):
    """`readi explain --json`."""

    schema_: Literal["readi.explain/1"] = Field(default="readi.explain/1", alias="schema")
    id: str
    kind: str
    name: str
    origin: str | None = Field(description="Where it is written: file:line:column, or the source that brings it.")
    facts: list[FactReport]
    identities: list[IdentityReport] = Field(default=[], description="Who a person is in sources of identities.")
    origins: dict[str, str] = Field(
        default={}, description="Of a person whom sources know: by field, the source or the place where it is from."
    )


class FirstSync(JsonReport):
    changes: int
    requests: int
    writes: int
    seconds: float


class SecondSync(JsonReport):
    changes: int
    requests: int
    writes: int


class DemoReport(JsonReport):
    """`readi demo --json`."""

    people: int
    resources: int = Field(description="Accounts, groups, folders and conversations that were made, over both targets.")
    first: FirstSync
    second: SecondSync
    drift: int = Field(description="Things that somebody changed by hand, and drift showed.")
    refused: str = Field(description="The guard that refused the mass removal.")


class LeftOutReport(JsonReport):
    kind: str
    name: str = Field(description="What it is called over there.")
    shown: str
    could_be_guest: bool = Field(description="Only an organisation is missing: a sponsor and a last day would do.")
    why: TextReport


class ExpectedReport(JsonReport):
    verb: str
    kind: str
    field: str | None
    count: int
    what: TextReport


class FirstPlanReport(JsonReport):
    """What `readi plan` will show of the target that was imported; made in memory from the files written."""

    accounts: int = Field(description="Accounts to adopt.")
    groups: int = Field(description="Groups to adopt.")
    team_folders: int = Field(description="Team folders to adopt.")
    conversations: int = Field(description="Conversations to adopt.")
    roles: int = Field(description="Roles of the login to adopt.")
    mailing_lists: int = Field(description="Mailing lists to adopt.")
    forum_categories: int = Field(description="Forum categories to adopt.")
    wiki_spaces: int = Field(description="Wiki spaces to adopt.")
    others: list[ExpectedReport] = Field(description="Changes beside adoptions.")
    unwritable: int = Field(description="Fields that differ and that their own backend does not let us write.")
    unclear: list[TextReport] = Field(description="Why something will not be adopted.")
    refusals: list[TextReport] = Field(description="Guards that will refuse to apply all of it at once.")


class RemarkReport(JsonReport):
    what: TextReport
    about: list[str] = Field(description="All whom or what it is about; names and addresses of people among them.")


class ImportReport(JsonReport):
    """`readi import --json`."""

    schema_: Literal["readi.import/1"] = Field(default="readi.import/1", alias="schema")
    network: str
    target: str = Field(description="What was read: a target, or the name of a file.")
    folder: str
    files: list[str] = Field(description="Relative to the folder, in the order in which they were written.")
    organisations: int
    people: int
    bodies: int
    memberships: int
    moderators: int = Field(description="Memberships among them as moderator.")
    warnings: int = Field(description="Warnings of `readi validate`; there are no errors.")
    left_out: list[LeftOutReport]
    remarks: list[RemarkReport] = Field(description="What else does not fit, or was decided on the way.")
    first_plan: FirstPlanReport | None = Field(description="`null` where no target was read.")
