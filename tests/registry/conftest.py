"""A folder to write a small registry into."""

from collections.abc import Callable
from pathlib import Path

import pytest

NETWORK = "network: {id: redi, name: re@di}\n"
ORGANISATIONS = """\
organisations:
  - id: bretten
    name: Stadt Bretten
    kind: city
    domains: [bretten.example]
  - id: rastatt
    name: Stadt Rastatt
    kind: city
    domains: [rastatt.example]
"""
BODIES = """\
bodies:
  - id: pg-sensorik
    name: Sensorik
    kind: project
    lead: bretten
    join: open
"""
PEOPLE = """\
people:
  - id: p-anna
    given_name: Änne
    family_name: Müßig
    email: aenne.muessig@bretten.example
    organisation: bretten
    bodies: [pg-sensorik]
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """``write(**{"people/x": text})`` writes the small registry with some files replaced, added or (None) left out."""

    def write(**files: str | bytes | None) -> Path:
        folder = tmp_path / "registry"
        contents: dict[str, str | bytes | None] = {
            "network": NETWORK,
            "organisations": ORGANISATIONS,
            "bodies": BODIES,
            "people": PEOPLE,
            **files,
        }
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            path = folder / f"{name}.yaml"
            path.parent.mkdir(exist_ok=True, parents=True)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write
