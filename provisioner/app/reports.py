"""What ``--json`` prints: documented, versioned shapes. Their JSON Schemas are in docs/json/.

A field is only ever added within a version; a changed meaning is a new version.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic import JsonValue as Json

from provisioner.model.changes import Change, Create, Join, Leave, Update
from provisioner.model.inventory import Unknown
from provisioner.model.plan import Notice, Plan, Refusal, TargetPlan
from provisioner.model.ports import Finding
from provisioner.model.text import Text
from provisioner.planning.drift import Drift
from provisioner.registry.problems import Problem
from provisioner.state import Entry, Run

Say = Callable[[Text], str]


class _Report(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class TextReport(_Report):
    """A sentence: ``code`` and ``arguments`` for programs, ``text`` in the language asked for."""

    code: str
    arguments: dict[str, Json] = {}
    text: str


class FieldReport(_Report):
    before: Json = Field(description="As observed; null also when it could not be read, or does not exist yet.")
    after: Json


class ChangeReport(_Report):
    verb: Literal["create", "adopt", "update", "suspend", "resume", "join", "leave"]
    change_class: Literal["auto", "queued", "named"]
    kind: str
    id: str = Field(description='The registry\'s key, e.g. "person:p-1", "body:pg-sensorik:administrators".')
    name: str = Field(description="What the object is called over there.")
    reason: TextReport
    fields: dict[str, FieldReport] = {}
    members: list[str] = Field(default=[], description="Keys of the accounts that join or leave.")
    digest: str


class NoticeReport(_Report):
    kind: str
    id: str | None
    name: str
    why: TextReport


class CostReport(_Report):
    requests: int = Field(description="Writes and the reads that they need, at least.")
    mails: int = Field(description="Mails that the target itself sends to people.")
    limited: dict[str, int] = Field(description="Writes that a rate limit of the target counts, by limit.")
    minutes: float = Field(description="How long these limits make it take, at least.")


class TargetReport(_Report):
    target: str
    error: TextReport | None = Field(description="The target could not be read; its changes are unknown.")
    changes: list[ChangeReport]
    notices: list[NoticeReport]
    cost: CostReport


class RefusalReport(_Report):
    guard: str
    target: str
    why: TextReport
    count: int
    limit: int
    objects: list[str]
    word: str = Field(description="What `--allow` takes to let this one plan through.")


class PlanReport(_Report):
    """`readi plan --json`, `readi plan --out FILE`."""

    schema_: Literal["readi.plan/1"] = Field(default="readi.plan/1", alias="schema")
    network: str
    created: datetime
    digest: str = Field(description="sha256 over registry, policy and all changes with the state they rely on.")
    registry: str = Field(description="Digest of the registry.")
    policy: str = Field(description="Digest of the policy.")
    targets: list[TargetReport]
    refusals: list[RefusalReport]


class ProblemReport(_Report):
    severity: str
    file: str
    line: int
    column: int
    what: TextReport
    mend: TextReport


class ValidateReport(_Report):
    """`readi validate --json`."""

    schema_: Literal["readi.validate/1"] = Field(default="readi.validate/1", alias="schema")
    people: int
    organisations: int
    bodies: int
    problems: list[ProblemReport]


class FindingReport(_Report):
    severity: str
    what: TextReport
    mend: TextReport | None


class DoctorTargetReport(_Report):
    target: str
    findings: list[FindingReport]


class DoctorReport(_Report):
    """`readi doctor --json`."""

    schema_: Literal["readi.doctor/1"] = Field(default="readi.doctor/1", alias="schema")
    targets: list[DoctorTargetReport]


class DriftItemReport(_Report):
    target: str
    kind: Literal["field", "added", "removed", "lost"]
    id: str
    name: str
    field: str | None
    before: Json
    now: Json
    account: str | None


class DriftReport(_Report):
    """`readi drift --json`."""

    schema_: Literal["readi.drift/1"] = Field(default="readi.drift/1", alias="schema")
    network: str
    unread: list[str] = Field(description="Targets that could not be read.")
    drift: list[DriftItemReport]


class StepReport(_Report):
    target: str
    operation: str
    kind: str
    id: str
    name: str
    state: str
    why: TextReport | None


class RunReport(_Report):
    id: int
    started: datetime
    ended: datetime | None
    actor: str
    cause: str
    outcome: str | None
    counts: dict[str, int]
    steps: list[StepReport] | None = Field(default=None, description="Only when one run is asked for.")


class HistoryReport(_Report):
    """`readi history --json`."""

    schema_: Literal["readi.history/1"] = Field(default="readi.history/1", alias="schema")
    network: str
    runs: list[RunReport]


class ApplyReport(_Report):
    """`readi apply --json`."""

    schema_: Literal["readi.apply/1"] = Field(default="readi.apply/1", alias="schema")
    network: str
    run: int | None = Field(description="The run's number in `readi history`; null when nothing was to be done.")
    outcome: str
    counts: dict[str, int] = Field(description="Steps by how they ended.")
    waiting: int = Field(description="Changes that were left for a ranger.")
    moved: list[str] = Field(description="Names of what is no longer as the plan saw it.")
    failed: list[StepReport]
    refusals: list[RefusalReport]
    errors: dict[str, TextReport] = Field(description="Targets that could not be read at all.")


REPORTS: tuple[type[BaseModel], ...] = (
    PlanReport,
    ApplyReport,
    ValidateReport,
    DoctorReport,
    DriftReport,
    HistoryReport,
)
"""Every report; docs/json/ holds the schema of each."""


def text_report(text: Text, say: Say) -> TextReport:
    """A text for programs and people alike."""
    arguments: dict[str, Json] = {
        name: value if isinstance(value, str | int | float) else value.isoformat()
        for name, value in text.arguments.items()
    }
    return TextReport(code=text.code, arguments=arguments, text=say(text))


def plan_report(plan: Plan, created: datetime, say: Say) -> PlanReport:
    """The whole plan; it holds people's names and addresses, so its file is for its owner's eyes only."""
    return PlanReport(
        network=plan.network,
        created=created,
        digest=plan.digest(),
        registry=plan.registry_digest,
        policy=plan.policy_digest,
        targets=[_target(part, say) for part in plan.targets],
        refusals=[refusal_report(refusal, say) for refusal in plan.refusals],
    )


def refusal_report(refusal: Refusal, say: Say) -> RefusalReport:
    """A guard's no."""
    return RefusalReport(
        guard=refusal.guard,
        target=refusal.target,
        why=text_report(refusal.why, say),
        count=refusal.count,
        limit=refusal.limit,
        objects=list(refusal.objects),
        word=refusal.word,
    )


def _target(part: TargetPlan, say: Say) -> TargetReport:
    return TargetReport(
        target=part.target,
        error=None if part.error is None else text_report(part.error, say),
        changes=[_change(change, say) for change in part.changes],
        notices=[_notice(notice, say) for notice in part.notices],
        cost=CostReport(
            requests=part.cost.requests,
            mails=part.cost.mails,
            limited=dict(part.cost.limited),
            minutes=part.minutes,
        ),
    )


def _change(change: Change, say: Say) -> ChangeReport:
    fields: dict[str, FieldReport] = {}
    if isinstance(change, Create):
        fields = {name: FieldReport(before=None, after=value) for name, value in change.wanted.fields.items()}
    elif isinstance(change, Update):
        for name, after in change.after.items():
            before = change.before[name]
            fields[name] = FieldReport(before=None if isinstance(before, Unknown) else before, after=after)
    return ChangeReport(
        verb=change.verb.value,
        change_class=change.change_class.value,
        kind=str(change.id.kind),
        id=change.id.key,
        name=change.name,
        reason=text_report(change.reason, say),
        fields=fields,
        members=list(change.members) if isinstance(change, Join | Leave) else [],
        digest=change.digest(),
    )


def _notice(notice: Notice, say: Say) -> NoticeReport:
    identity = None if notice.id is None else notice.id.key
    return NoticeReport(kind=notice.kind.value, id=identity, name=notice.name, why=text_report(notice.why, say))


def problem_report(problem: Problem, say: Say) -> ProblemReport:
    """One mistake in the registry or the policy, and its mend."""
    return ProblemReport(
        severity=problem.severity.value,
        file=problem.where.file,
        line=problem.where.line,
        column=problem.where.column,
        what=text_report(problem.what, say),
        mend=text_report(problem.mend, say),
    )


def doctor_report(findings: Iterable[tuple[str, Iterable[Finding]]], say: Say) -> DoctorReport:
    """Every target's findings."""
    targets = [
        DoctorTargetReport(
            target=target,
            findings=[
                FindingReport(
                    severity=finding.severity.value,
                    what=text_report(finding.what, say),
                    mend=None if finding.mend is None else text_report(finding.mend, say),
                )
                for finding in found
            ],
        )
        for target, found in findings
    ]
    return DoctorReport(targets=targets)


def drift_report(network: str, items: Iterable[Drift], unread: Iterable[str]) -> DriftReport:
    """What was changed over there."""
    drift = [
        DriftItemReport(
            target=item.target,
            kind=item.kind.value,
            id=item.id.key,
            name=item.name,
            field=item.field,
            before=item.before,
            now=item.now,
            account=item.account,
        )
        for item in items
    ]
    return DriftReport(network=network, unread=list(unread), drift=drift)


def step_report(entry: Entry, say: Say) -> StepReport:
    """One journalled step."""
    return StepReport(
        target=entry.target,
        operation=entry.operation,
        kind=str(entry.resource.kind),
        id=entry.resource.key,
        name=entry.name,
        state=str(entry.state),
        why=None if entry.error is None else text_report(entry.error, say),
    )


def run_report(run: Run, steps: Iterable[Entry] | None, say: Say) -> RunReport:
    """One past run; with its steps when they are given."""
    return RunReport(
        id=run.id,
        started=run.started,
        ended=run.ended,
        actor=run.actor,
        cause=run.cause,
        outcome=None if run.outcome is None else str(run.outcome),
        counts=dict(run.counts),
        steps=None if steps is None else [step_report(step, say) for step in steps],
    )
