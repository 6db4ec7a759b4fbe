"""``python -m provisioner`` is ``readi``."""

from provisioner.cli.main import main

main()
