"""Writes a network of a size, and what a Nextcloud holds that has it already.

In a process of its own: what is measured later must not inherit this one's memory.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.nextcloud.quota import words
from policies.desire import desire
from policies.document import Policy
from provisioner.model.resources import Desired, Kind
from tests.support.networks import build_registry, write_registry


def main() -> None:
    """Arguments: people, bodies, edges, folder."""
    people, bodies, edges, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    registry = build_registry(people, bodies, edges)
    write_registry(folder / "registry", registry)
    desired = desire(registry, Policy(), datetime.now(UTC).date())
    (folder / "contents.json").write_text(json.dumps(contents(desired)), encoding="utf-8")
    print(json.dumps({"people": people}))


def contents(desired: Desired) -> dict[str, list[dict[str, Any]]]:
    """Groups and accounts as `NextcloudEmulator.add_group` and `add_user` take them."""
    names = {resource.id.key: resource.name for resource in desired.resources.values()}
    groups_of: dict[str, list[str]] = {}
    for seats, members in desired.edges.items():
        for member in sorted(members):
            groups_of.setdefault(member, []).append(names[seats.container.key])
    found: dict[str, list[dict[str, Any]]] = {"groups": [], "users": []}
    for resource in desired.resources.values():
        fields = resource.fields
        if resource.id.kind is Kind.GROUP:
            found["groups"].append({"name": resource.name, "display_name": fields["display_name"]})
            continue
        quota = fields["quota"]
        found["users"].append(
            {
                "user_id": resource.name,
                "display_name": fields["display_name"],
                "email": fields["email"],
                "language": fields["language"],
                "quota": words(quota) if isinstance(quota, int) and quota > 0 else "none",
                "groups": groups_of.get(resource.id.key, []),
            }
        )
    return found


if __name__ == "__main__":
    main()
