"""Writes a network of a size, in a process of its own: what is measured later must not inherit this one's memory."""

import json
import sys
from pathlib import Path

from tests.support.networks import build_registry, write_registry


def main() -> None:
    """Arguments: people, bodies, edges, folder."""
    people, bodies, edges, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    write_registry(folder / "registry", build_registry(people, bodies, edges))
    print(json.dumps({"people": people}))


if __name__ == "__main__":
    main()
