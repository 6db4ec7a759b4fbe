"""What a saying tells, as plain JSON: worded only when it is posted, in the language of those who read it."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from provisioner.alerts.alert_states import AlertState, Member
from provisioner.model.alerts import AlertSeverity

NAMED: Final = 8
"""Sensors that one message names; the others are counted."""
RANK: Final = {severity.value: severity.rank for severity in AlertSeverity} | {"": -1}


def facts(
    state: AlertState, now: float, shown: Mapping[str, Member], severity: str, new: Collection[str] = (), **more: Any
) -> dict[str, Any]:
    """Of the sensors in ``shown``: the new ones first, then the worst, then those that have been so for longest."""
    order = sorted(shown.items(), key=lambda one: (one[0] not in new, -RANK[one[1].worst], one[1].since, one[0]))
    return {
        "now": now,
        "severity": severity,
        "opened": state.opened,
        "since": min((member.since for member in shown.values()), default=state.opened),
        "waiting_since": state.waiting_since,
        "count": len(shown),
        "new": len(new),
        "members": [_member(key, member) for key, member in order[:NAMED]],
        "late": all(member.late for member in shown.values()),
        "joined": all(member.joined for member in shown.values()),
        "taken": [state.taken.by, state.taken.until] if state.taken else None,
        "repeats": state.repeats,
        **more,
    }


def _member(key: str, member: Member) -> dict[str, Any]:
    return {
        "sensor": key,
        "severity": member.severity,
        "since": member.since,
        "at": member.at,
        "value": member.value,
        "peak": member.peak,
        "quantity": member.quantity,
        "late": member.late,
        "about": member.about,
    }
