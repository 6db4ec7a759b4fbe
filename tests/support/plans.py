"""Plans as the service keeps them, for tests of pages: made of plain values, put where `keep_plan` puts them."""

from typing import Any, Final

from provisioner.app.site import Site
from provisioner.state import Meta, SavedPlans
from provisioner.state.codec import dump

CREATED: Final = "2026-01-05T08:00:00Z"


def change(name: str, verb: str = "create", **more: Any) -> dict[str, Any]:
    """One change of an account, with a reason of the planner's."""
    reason = {"code": "planning.changed_there", "arguments": {}, "text": "Jemand hat es dort geändert."}
    plain = {"verb": verb, "change_class": "auto", "kind": "account", "id": f"person:p-{name}", "name": name}
    return {**plain, "reason": reason, "digest": f"{name:0<64}"[:64], **more}


def part(*changes: dict[str, Any], target: str = "cloud", **more: Any) -> dict[str, Any]:
    """One target's part."""
    cost = {"requests": len(changes), "mails": 0, "limited": {}, "minutes": 0.0}
    return {"target": target, "error": None, "changes": list(changes), "notices": [], "cost": cost, **more}


def refusal(word: str, *objects: str) -> dict[str, Any]:
    """A guard's no."""
    why = {
        "code": "planning.guard_suspensions",
        "arguments": {"count": 30, "limit": 25, "target": "cloud"},
        "text": "zu viele",
    }
    return {
        "guard": "suspensions",
        "target": "cloud",
        "why": why,
        "count": 30,
        "limit": 25,
        "objects": objects,
        "word": word,
    }


def report(digest: str, *parts: dict[str, Any], refusals: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """A whole plan."""
    head = {"schema": "readi.plan/1", "network": "redi", "created": CREATED, "digest": digest}
    return {**head, "registry": "r" * 64, "policy": "p" * 64, "targets": list(parts), "refusals": list(refusals)}


def keep_last(site: Site, body: dict[str, Any], changes: int | None = None) -> None:
    """As the last look would have left it; ``changes``: of how many, if not all were kept."""
    count = sum(len(each["changes"]) for each in body["targets"]) if changes is None else changes
    Meta(site.database).put(site.network, "service.plan", dump({"at": CREATED, "changes": count, "report": body}))


def save(site: Site, body: dict[str, Any]) -> None:
    """As a saved plan that waits."""
    SavedPlans(site.database).save(site.network, body["digest"], body, site.clock.now())
