"""Reads a folder of YAML files and a server's pages, and does nothing with them: prints what that alone costs."""

import json
import sys
import time
from pathlib import Path

import yaml

from scripts.benches import bare
from scripts.benches.memory import peak


def main() -> None:
    """Arguments: the folder, and the server's address as JSON."""
    folder, address = Path(sys.argv[1]), json.loads(sys.argv[2])
    started = time.perf_counter()
    documents = [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in folder.rglob("*.yaml")]
    found = bare.read(address)
    wall, cpu = time.perf_counter() - started, time.process_time()
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak(), "files": len(documents), "accounts": found.accounts}))


if __name__ == "__main__":
    main()
