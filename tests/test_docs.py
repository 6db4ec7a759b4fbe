"""The papers say what is so: generated parts are current, links lead somewhere, commands and examples work."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from pydantic import BaseModel, ValidationError

from policies.document import Policy
from provisioner.app.all_reports import REPORTS
from provisioner.app.connectors import connector_types
from provisioner.app.settings import NetworkSettings, Settings, source_settings, target_settings
from provisioner.app.source_types import source_types
from provisioner.cli.main import app
from provisioner.registry.documents import FileDocument
from scripts.papers.everything import generated, schema_name

ROOT = Path(__file__).parents[1]
NOT_OURS = {".git", ".venv", "__pycache__", "build", "dist"}
PAPERS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("connectors/*/README.md"))
    if path.name != "LICENSE"
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """What GitHub and Forgejo make of headings: small letters, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def readi_lines(text: str) -> Iterator[list[str]]:
    """The words after each `readi` in code, be it a line of a block or a piece within a sentence."""
    pieces = [line for _, block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    pieces += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for piece in pieces:
        found = re.match(r"^(?:\$ |[\w/.-]*/|[A-Z_]+=\S+ )*readi(?: (.*))?$", piece.strip())
        if found:
            yield shlex.split(found[1] or "", comments=True)


def misnamed(words: list[str]) -> str | None:
    """The first word that the program does not know; None when it knows all."""
    command: Any = typer.main.get_command(app)
    known = list(command.params)
    takes: Any = None
    for word in words:
        if word in ("|", ">", "&&", ";", "||", "…"):
            break
        if takes is not None:
            takes = None
        elif word.startswith("--"):
            takes = next((option for option in known if word.partition("=")[0] in option.opts), None)
            if takes is None and word != "--help":
                return word
            if takes is not None and (takes.is_flag or "=" in word):
                takes = None
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return None if re.fullmatch(r"[A-Z….]+", word) else word  # COMMAND stands for any
            command = command.commands[word]
            known = list(command.params)
    return None


def test_what_is_made_from_the_code_is_current():
    stale = {name for name, text in generated().items() if not (ROOT / name).is_file() or text_of(ROOT / name) != text}
    assert not stale, f"run scripts/docs: {sorted(stale)}"


def test_every_reading_command_with_json_has_its_schema():
    described = {path.name for path in (ROOT / "docs/json").glob("*.json")}
    assert described == {f"{schema_name(report)}.schema.json" for report in REPORTS}


@pytest.mark.parametrize("paper", PAPERS, ids=name_of)
def test_links_within_the_repository_lead_somewhere(paper: Path):
    lost = []
    for link in LINK.findall(FENCE.sub("", text_of(paper))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (paper.parent / file).resolve() if file else paper
        if (
            not target.exists()
            or not target.is_relative_to(ROOT)
            or (anchor and target.suffix == ".md" and anchor not in anchors(target))
        ):
            lost.append(link)
    assert not lost


@pytest.mark.parametrize("paper", PAPERS, ids=name_of)
def test_commands_and_options_in_papers_exist(paper: Path):
    wrong = [" ".join(words) for words in readi_lines(text_of(paper)) if misnamed(words) is not None]
    assert not wrong


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("plan --out x.plan", None),
        ("--lang en plan", None),
        ("person leave p-1 --on 2027-03-31", None),
        ("plan --dry-run", "--dry-run"),
        ("banish anna", "banish"),
        ("person vanish p-1", "vanish"),
        ("--colour blue plan", "--colour"),
    ],
)
def test_a_command_that_does_not_exist_would_be_noticed(line: str, wrong: str | None):
    assert misnamed(line.split()) == wrong


def test_readme_and_guide_name_commands_at_all():
    for name in ("README.md", "docs/de/ranger.md", "docs/operations.md", "docs/service.md"):
        assert len(list(readi_lines(text_of(ROOT / name)))) >= 8, name


@pytest.mark.parametrize("paper", PAPERS, ids=name_of)
def test_examples_in_yaml_are_what_the_program_takes(paper: Path):
    for language, block in FENCE.findall(text_of(paper)):
        if language == "yaml":
            check_example(yaml.load(block, yaml.BaseLoader), block)


def check_example(content: Any, block: str) -> None:
    """Registry, policy, settings or targets: whatever the keys say it is."""
    keys = set(content)
    if keys <= FileDocument.model_fields.keys():
        read_as(FileDocument, yaml.load(block, yaml.CSafeLoader))
    elif keys <= Policy.model_fields.keys():
        read_as(Policy, yaml.safe_load(block))
    elif keys <= Settings.model_fields.keys():
        whole = Settings.model_validate(yaml.safe_load(block))
        for network in whole.networks.values():
            check_targets(network.targets)
            check_sources(network.sources)
    elif keys == {"sources"}:
        check_sources(NetworkSettings(registry=Path("registry"), sources=yaml.safe_load(block)["sources"]).sources)
    else:
        assert keys == {"targets"}, f"what is this an example of? {sorted(keys)}"
        check_targets(NetworkSettings(registry=Path("registry"), targets=yaml.safe_load(block)["targets"]).targets)


def check_targets(targets: dict[str, dict[str, Any]]) -> None:
    for name, section in targets.items():
        found = connector_types()[section["connector"]]
        target_settings(found.settings, section, Path("/"), name)


def check_sources(sources: dict[str, dict[str, Any]]) -> None:
    for name, section in sources.items():
        source_settings(source_types()[section["source"]].settings, section, Path("/"), name)


def read_as(model: type[BaseModel], content: Any) -> None:
    try:
        model.model_validate(content)
    except ValidationError as fault:
        raise AssertionError(f"not a good {model.__name__}: {fault}") from fault


def test_every_picture_is_shown_somewhere():
    shown = {
        (paper.parent / link.partition("#")[0]).resolve() for paper in PAPERS for link in LINK.findall(text_of(paper))
    }
    pictures = {path for path in (ROOT / "docs/images").rglob("*") if path.is_file()}
    assert len(pictures) > 20
    assert {name_of(path) for path in pictures - shown} == set()


def test_tests_that_papers_name_exist():
    named = [found for paper in PAPERS for found in NAMED_TEST.findall(text_of(paper))]
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).is_file()
        or not re.search(rf"^\s*(async )?(def|class) {test}\b", text_of(ROOT / file), re.M)
    ]
    assert not missing


def test_each_of_the_twelve_promises_names_tests():
    promises = re.split(r"^## (?=\d+\. )", text_of(ROOT / "docs/safety.md"), flags=re.MULTILINE)[1:]
    assert [promise.split(".")[0] for promise in promises] == [str(number) for number in range(1, 13)]
    for promise in promises:
        assert NAMED_TEST.search(promise), promise.splitlines()[0]


def committed() -> Iterator[tuple[Path, str]]:
    """Every file of text in the repository."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if not path.is_file() or any(part in NOT_OURS or part.endswith("_cache") for part in parts):
            continue
        if parts[0] == ".hypothesis" or path.suffix in (".pyc", ".png"):
            continue
        yield path, path.read_text(encoding="utf-8", errors="replace")


def test_no_file_names_this_machine_or_a_package_registry():
    here = [rf"(?<![\w.~-]){re.escape(str(ROOT))}(?![\w-])", r"/home/[a-z]+/", r"/root/", r"/tmp/\w"]
    registries = [r"pypi" + r"\.org", r"python" + r"hosted\.org", r"--(extra-)?index" + r"-url"]
    pattern = re.compile("|".join([*here, *registries]))
    found = [
        f"{name_of(path)}: {hit[0]}"
        for path, text in committed()
        if path != Path(__file__) and (hit := pattern.search(text))
    ]
    assert not found
