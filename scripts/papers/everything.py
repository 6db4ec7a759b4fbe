"""All generated papers by their path in the repository, with their whole text."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from policies.reference import reference as policy_reference
from policies.reference import starter
from provisioner.app.all_reports import REPORTS
from provisioner.registry.documents import FileDocument
from provisioner.registry.schema import schema_text
from provisioner.senders.plain import schema as plain_schema
from scripts.papers import heads
from scripts.papers.commands import commands
from scripts.papers.picture import pictures
from scripts.papers.reference import reference


def generated() -> dict[str, str]:
    """Path → text. The same every time; takes some seconds, since the pictures come from a real first sync."""
    return {**tables(), **dict(_schemas()), **pictures()}


def tables() -> dict[str, str]:
    """The references, without what needs servers."""
    return {
        "docs/registry.md": heads.REGISTRY + reference(FileDocument),
        "docs/policy.md": heads.POLICY
        + f"```yaml\n{starter()}```\n"
        + heads.KEYS
        + policy_reference().replace("<", "&lt;"),
        "docs/commands.md": heads.COMMANDS + commands(),
    }


def _schemas() -> Iterator[tuple[str, str]]:
    yield "docs/registry.schema.json", schema_text()
    yield "docs/senders.schema.json", _written(plain_schema())
    for report in REPORTS:
        yield f"docs/json/{schema_name(report)}.schema.json", _schema(report)


def schema_name(report: type[BaseModel]) -> str:
    """`PlanReport` → "plan": the command that prints it."""
    return report.__name__.removesuffix("Report").lower()


def _schema(report: type[BaseModel]) -> str:
    return _written(report.model_json_schema(by_alias=True, mode="serialization"))


def _written(schema: dict[str, Any]) -> str:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
