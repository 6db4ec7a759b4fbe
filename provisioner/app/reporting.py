"""Puts plans, runs, findings and explanations into the shapes that ``--json`` prints."""

from collections.abc import Callable, Iterable
from datetime import datetime

from pydantic import JsonValue as Json

from provisioner.app.explaining import Explanation
from provisioner.app.looking import Drifted
from provisioner.app.reports import (
    ChangeReport,
    CostReport,
    DoctorReport,
    DoctorSourceReport,
    DoctorTargetReport,
    DriftItemReport,
    DriftReport,
    ExplainReport,
    FactReport,
    FieldReport,
    FindingReport,
    IdentityReport,
    NoticeReport,
    PlanReport,
    ProblemReport,
    RefusalReport,
    RunReport,
    StepReport,
    TargetReport,
    TextReport,
)
from provisioner.execution import StepResult
from provisioner.model.changes import Change, Create, Join, Leave, Regrade, Update, Write
from provisioner.model.inventory import Unknown
from provisioner.model.plan import Notice, Plan, Refusal, TargetPlan
from provisioner.model.ports import Finding
from provisioner.model.resources import Value
from provisioner.model.text import Argument, Text
from provisioner.registry.problems import Problem
from provisioner.state import Entry, Run

Say = Callable[[Text], str]


def text_report(text: Text, say: Say) -> TextReport:
    """A text for programs and people alike."""
    arguments = {name: _argument(value) for name, value in text.arguments.items()}
    return TextReport(code=text.code, arguments=arguments, text=say(text))


def _argument(value: Argument) -> Json:
    """Days in ISO form; words of ours by their codes, with their arguments where they have some."""
    if isinstance(value, Text):
        arguments = {name: _argument(each) for name, each in value.arguments.items()}
        return {"code": value.code, "arguments": arguments} if arguments else value.code
    if isinstance(value, tuple):
        return [_argument(one) for one in value]
    return value if isinstance(value, str | int | float) else value.isoformat()


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
    moved = change if isinstance(change, Join | Leave | Regrade) else None
    return ChangeReport(
        verb=change.verb.value,
        change_class=change.change_class.value,
        kind=str(change.id.kind),
        id=change.id.key,
        name=change.name,
        reason=text_report(change.reason, say),
        fields=_fields(change),
        members=[] if moved is None else list(moved.members),
        member=None if moved is None else str(moved.member),
        role=None if moved is None else str(moved.role),
        role_before=str(change.before) if isinstance(change, Regrade) else None,
        links=sorted(map(str, change.text.links())) if isinstance(change, Write) else [],
        digest=change.digest(),
    )


def _fields(change: Change) -> dict[str, FieldReport]:
    if isinstance(change, Create):
        return {name: FieldReport(before=None, after=value) for name, value in change.wanted.fields.items()}
    if isinstance(change, Update):
        return {
            name: FieldReport(before=_known(change.before[name]), after=after) for name, after in change.after.items()
        }
    if isinstance(change, Write):
        return {change.field: FieldReport(before=_known(change.before), after=change.written)}
    return {}


def _known(value: Value | Unknown) -> Json:
    return None if isinstance(value, Unknown) else value


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


Findings = Iterable[tuple[str, Iterable[Finding]]]
"""By the name of what was examined."""


def doctor_report(
    targets: Findings, sources: Findings, mail: Iterable[Finding], bridge: Iterable[Finding], say: Say
) -> DoctorReport:
    """Every target's findings, every source's, those of the mail server and of the bridge."""
    return DoctorReport(
        targets=[DoctorTargetReport(target=name, findings=_findings(found, say)) for name, found in targets],
        sources=[DoctorSourceReport(source=name, findings=_findings(found, say)) for name, found in sources],
        mail=_findings(mail, say),
        bridge=_findings(bridge, say),
    )


def _findings(findings: Iterable[Finding], say: Say) -> list[FindingReport]:
    return [
        FindingReport(
            severity=finding.severity.value,
            what=text_report(finding.what, say),
            mend=None if finding.mend is None else text_report(finding.mend, say),
        )
        for finding in findings
    ]


def drift_report(network: str, drifted: Drifted) -> DriftReport:
    """What was changed over there."""
    drift = [
        DriftItemReport(
            target=item.target,
            kind=item.kind.value,
            resource=str(item.id.kind),
            id=item.id.key,
            name=item.name,
            field=item.field,
            before=item.before,
            now=item.now,
            account=item.account,
            role=None if item.edge is None else str(item.edge.seats.role),
            answer=None if (answer := drifted.answer(item)) is None else answer.value,
        )
        for item in drifted.items
    ]
    return DriftReport(network=network, unread=list(drifted.unread), drift=drift)


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


def result_report(result: StepResult, say: Say) -> StepReport:
    """One step of a run that just ended."""
    step = result.step
    return StepReport(
        target=step.target,
        operation=step.operation,
        kind=str(step.id.kind),
        id=step.id.key,
        name=step.name,
        state=str(result.state),
        why=None if result.why is None else text_report(result.why, say),
    )


def explain_report(explanation: Explanation, say: Say) -> ExplainReport:
    """What something has, where, and why."""
    return ExplainReport(
        id=explanation.id,
        kind=explanation.kind,
        name=explanation.name,
        origin=None if explanation.origin is None else str(explanation.origin),
        facts=[
            FactReport(what=text_report(fact.what, say), why=[text_report(why, say) for why in fact.why])
            for fact in explanation.facts
        ],
        identities=[IdentityReport(source=one.source, key=one.key) for one in explanation.identities],
        origins=dict(explanation.origins),
    )
