"""Applying steps: journal, order, retries, isolation of one failure from the rest."""

from provisioner.execution.apply import Then, execute
from provisioner.execution.interruption import Interruption
from provisioner.execution.leaving import leave_epoch
from provisioner.execution.report import Progress, Report, Silent, StepResult, TargetReport
from provisioner.execution.rules import Retries
from provisioner.execution.settling import settle, settled
from provisioner.execution.target import Assignment

__all__ = [
    "Assignment",
    "Interruption",
    "Progress",
    "Report",
    "Retries",
    "Silent",
    "StepResult",
    "TargetReport",
    "Then",
    "execute",
    "leave_epoch",
    "settle",
    "settled",
]
