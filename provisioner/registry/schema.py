"""The JSON Schema for editors: completion, descriptions and red lines while typing. Validation proper is `load`."""

import json
from typing import Any, Final

from provisioner.registry.documents import FileDocument

SCHEMA_FILE: Final = ".schema.json"
"""In the registry's folder; the first line of each file names it."""


def schema() -> dict[str, Any]:
    """The schema of one file of the registry (JSON Schema, draft 2020-12)."""
    generated = FileDocument.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **generated,
        "title": "re@di registry",
    }


def schema_text() -> str:
    """The schema as text, the same every time."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
