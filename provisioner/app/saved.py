"""Saved plans as files: written for their owner's eyes only, read back as an approval of exactly their changes."""

import errno
import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from provisioner.app.applying import Approval, Approved
from provisioner.app.reports import PlanReport
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded

MOST_BYTES: Final = 500_000_000
"""The largest saved plan that is read: a first sync of 100,000 people is a fifth of it."""


def write_plan(path: Path, report: PlanReport) -> None:
    """Write the plan; it holds names and addresses, so nobody else may read it. Raises `SettingsError`.

    The file is new and ours under a name that nobody can guess: in a shared folder somebody may have laid a link.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(report.model_dump_json(by_alias=True, indent=2) + "\n")
            part.replace(path)
        except BaseException:
            part.unlink()
            raise
    except OSError as fault:
        raise SettingsError(Text.of("app.cannot_write", file=str(path)), detail=fault.strerror or "") from fault


def read_plan(path: Path, network: str, allowed: frozenset[str]) -> Approval:
    """What the saved plan approves. Raises `SettingsError` for another network's plan, or no plan at all.

    Only digests are taken from the file: its changes can't be edited, since an edited one has no digest that fits.
    """
    try:
        report = PlanReport.model_validate_json(_whole(path))
    except FileNotFoundError:
        raise SettingsError(Text.of("app.no_plan_file", file=str(path))) from None
    except (OSError, ValidationError) as fault:
        raise SettingsError(Text.of("app.bad_plan_file", file=str(path)), detail=type(fault).__name__) from None
    if report.network != network:
        raise SettingsError(Text.of("app.bad_plan_file", file=str(path)), detail=report.network)
    return approval_of(report, allowed)


def _whole(path: Path) -> bytes:
    content = read_bounded(path, MOST_BYTES)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, "too large")
    return content


def approval_of(report: PlanReport, allowed: frozenset[str]) -> Approval:
    """A saved plan is the approval of exactly its changes, under the registry and the policy that it was made with."""
    changes = {
        change.digest: Approved(target.target, change.verb, change.kind, change.id, change.name)
        for target in report.targets
        for change in target.changes
    }
    return Approval(changes, report.registry, report.policy, allowed)
