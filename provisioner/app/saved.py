"""Saved plans as files: written for their owner's eyes only, read back as an approval of exactly their changes."""

import os
from pathlib import Path

from pydantic import ValidationError

from provisioner.app.applying import Approval
from provisioner.app.reports import PlanReport
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text


def write_plan(path: Path, report: PlanReport) -> None:
    """Write the plan; it holds names and addresses, so nobody else may read it. Raises `SettingsError`."""
    part = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(report.model_dump_json(by_alias=True, indent=2) + "\n")
        part.replace(path)
    except OSError as fault:
        raise SettingsError(Text.of("app.cannot_write", file=str(path)), detail=fault.strerror or "") from fault


def read_plan(path: Path, network: str, allowed: frozenset[str]) -> Approval:
    """What the saved plan approves. Raises `SettingsError` for another network's plan, or no plan at all.

    Only digests are taken from the file: its changes can't be edited, since an edited one has no digest that fits.
    """
    try:
        report = PlanReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as fault:
        raise SettingsError(Text.of("app.bad_plan_file", file=str(path)), detail=type(fault).__name__) from None
    if report.network != network:
        raise SettingsError(Text.of("app.bad_plan_file", file=str(path)), detail=report.network)
    return approval_of(report, allowed)


def approval_of(report: PlanReport, allowed: frozenset[str]) -> Approval:
    """A saved plan is the approval of exactly its changes, under the registry and the policy that it was made with."""
    digests = {change.digest: change.name for target in report.targets for change in target.changes}
    return Approval(digests, report.registry, report.policy, allowed)
