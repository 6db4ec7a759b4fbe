"""The list of staff in examples/redi can be tried as its settings say."""

import shutil
from pathlib import Path

from provisioner.app.sandbox import example_folder
from tests.support.site import run_cli


def test_everybody_of_the_example_list_is_proposed_and_nobody_is_new(tmp_path: Path) -> None:
    folder = shutil.copytree(example_folder(), tmp_path / "redi")
    settings = ("--settings", folder / "settings.yaml")
    assert run_cli([*settings, "sources", "read"]).code == 0
    [source] = run_cli([*settings, "sources", "--json"]).json["sources"]
    assert (source["people"], source["held"], source["failure"]) == (6, None, None)
    links = run_cli([*settings, "links", "--json"]).json["links"]
    assert len(links) == 5, "the sixth works at the city and takes part in nothing"
    assert run_cli([*settings, "validate"]).code == 0
