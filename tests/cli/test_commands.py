"""The command line: help, JSON, languages, quiet, plain lines, exit codes, and words for every mistake."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from provisioner.app.all_reports import REPORTS
from provisioner.cli.main import app
from tests.support.site import Installation, person, run_cli


def commands(found: Any = None, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that there is, with the words that lead to it."""
    found = typer.main.get_command(app) if found is None else found
    yield before
    for name, inner in getattr(found, "commands", {}).items():
        yield from commands(inner, (*before, name))


EVERY = sorted(commands())


@pytest.fixture
def applied(small: Installation) -> Installation:
    """Applied once, then a wish more, and somebody tampered."""
    small.apply()
    small.wish.add(person("Dora", "pg-lora"))
    small.cloud.set_email("anna.muster", "tampered@bretten.example")
    return small


def test_all_promised_commands_are_there() -> None:
    assert {words[0] for words in EVERY if words} >= {
        *("init", "validate", "doctor", "plan", "apply", "drift", "explain", "history", "import", "org", "body"),
        *("person", "sandbox", "demo"),
    }
    assert {words for words in EVERY if len(words) == 2} >= {
        *(("org", "add"), ("org", "leave"), ("body", "create"), ("body", "rename"), ("body", "archive")),
        *(("person", "add"), ("person", "move"), ("person", "leave"), ("person", "absent")),
    }


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_explains_itself_without_any_settings(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_cli([*words, "--help"])
    assert ran.code == 0
    assert "Usage" in ran.out
    assert "--help" in ran.out
    assert list(tmp_path.iterdir()) == []


def schema_of(report: type[BaseModel]) -> str:
    return str(report.model_fields["schema_"].default) if "schema_" in report.model_fields else report.__name__


@pytest.mark.parametrize(
    ("command", "schema"),
    [
        (["validate"], "readi.validate/1"),
        (["plan"], "readi.plan/1"),
        (["apply", "--yes"], "readi.apply/1"),
        (["drift"], "readi.drift/1"),
        (["doctor"], "readi.doctor/1"),
        (["explain", "p-anna"], "readi.explain/1"),
        (["explain", "pg-lora"], "readi.explain/1"),
        (["explain", "PG_LoRaWAN"], "readi.explain/1"),
        (["history"], "readi.history/1"),
        (["history", "1"], "readi.history/1"),
    ],
)
def test_json_is_one_last_line_that_keeps_its_schema(applied: Installation, command: list[str], schema: str) -> None:
    by_schema = {schema_of(report): report for report in REPORTS}
    for language in ("de", "en"):
        ran = applied.run("--lang", language, *command, "--json")
        assert len(ran.out.splitlines()) == 1
        report = by_schema[schema].model_validate_json(ran.out)
        assert json.loads(report.model_dump_json(by_alias=True)) == ran.json


def test_json_speaks_the_language_asked_for_and_keeps_its_codes(applied: Installation) -> None:
    german, english = (applied.run("--lang", language, "plan", "--json").json for language in ("de", "en"))
    assert german["digest"] == english["digest"]
    reasons = [[change["reason"] for change in plan["targets"][0]["changes"]] for plan in (german, english)]
    assert [reason["code"] for reason in reasons[0]] == [reason["code"] for reason in reasons[1]]
    assert all(one["text"] != other["text"] for one, other in zip(*reasons, strict=True))


@pytest.mark.parametrize(
    ("language", "said"), [("de", "Änderungen"), ("en", "changes"), (None, "Änderungen")], ids=["de", "en", "default"]
)
def test_the_language_is_the_one_asked_for_else_german(applied: Installation, language: str | None, said: str) -> None:
    applied.write()
    chosen = [] if language is None else ["--lang", language]
    ran = run_cli(["--settings", applied.settings, *chosen, "plan"], applied.clock)
    assert said in ran.out


def test_the_settings_may_choose_the_language(applied: Installation) -> None:
    applied.write()
    applied.settings.write_text(applied.settings.read_text() + "language: en\n")
    assert "changes" in run_cli(["--settings", applied.settings, "plan"], applied.clock).out


def test_quiet_says_results_and_errors_and_nothing_else(applied: Installation) -> None:
    loud, quiet = applied.run("plan"), applied.run("--quiet", "plan")
    assert quiet.out == loud.out != ""
    assert quiet.err == ""
    ran = applied.run("--quiet", "apply", "--yes")
    assert ran.err == ""
    assert "Done" in ran.out
    assert "nobody" in applied.run("--quiet", "explain", "nobody").err


def test_without_a_terminal_lines_are_plain_and_whole(applied: Installation) -> None:
    long = "Ein sehr langer Name fuer eine Gruppe die niemand abschneiden darf"
    applied.wish.add({"id": "pg-long", "name": long, "kind": "project"})
    ran = applied.run("plan")
    assert "\x1b" not in ran.all
    assert "\r" not in ran.all
    assert any(line.endswith(")") and "Ein-sehr-langer-Name" in line for line in ran.out.splitlines())
    assert any(len(line) > 100 for line in ran.out.splitlines()), "nothing is wrapped to the width of no terminal"


def test_names_are_never_taken_for_markup(small: Installation) -> None:
    small.wish.add(person("Dora", "pg-lora", family_name="[bold]Schwarz[/bold]"))
    small.wish.bodies["pg-lora"]["name"] = "[red]LoRa[/red]"
    ran = small.run("plan")
    assert ran.code == 2
    assert "[bold]Schwarz[/bold]" in ran.out
    markdown = small.run("plan", "--markdown").out
    assert "\\[bold\\]Schwarz" in markdown


# --- exit codes --------------------------------------------------------------------------------------------------


def test_exit_codes_are_as_documented(small: Installation) -> None:
    assert small.run("plan").code == 2, "changes pending"
    assert small.run("apply", "--yes").code == 0, "done"
    assert small.run("plan").code == 0, "nothing to do"
    assert small.run("drift").code == 0
    small.cloud.set_email("anna.muster", "tampered@bretten.example")
    assert small.run("drift").code == 2
    assert small.run("plan").code == 2
    assert small.run("apply", "--yes").code == 2, "what waits for a ranger is still pending"
    small.wish.policy = {"guards": {"updates": {"count": 0}}}
    assert small.run("plan").code == 3, "refused by a guard"
    assert small.run("apply", "--yes").code == 3
    small.cloud.stop()
    for command in (["plan"], ["apply", "--yes"], ["drift"], ["doctor"]):
        assert small.run(*command).code == 1, "an error"
    small.cloud.start()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["plan", "--nonsense"],
        ["plan", "too", "many"],
        ["--lang", "fr", "plan"],
        ["explain"],
        ["history", "--limit", "0"],
        ["history", "one"],
        ["person", "nonsense"],
        ["body", "create", "x", "X", "--kind", "nonsense"],
    ],
    ids=" ".join,
)
def test_a_wrong_usage_is_64_and_says_what_is_wrong(small: Installation, arguments: list[str]) -> None:
    ran = small.run(*arguments)
    assert ran.code == 64
    assert ran.err.strip()
    assert ran.out == ""
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["plan", "--target", "nowhere"], ["nowhere", "cloud"]),
        (["apply", "--yes", "--target", "nowhere"], ["nowhere", "cloud"]),
        (["drift", "--target", "nowhere"], ["nowhere", "cloud"]),
        (["doctor", "--target", "nowhere"], ["nowhere", "cloud"]),
        (["--network", "nowhere", "plan"], ["nowhere", "redi"]),
        (["explain", "p-nobody"], ["p-nobody"]),
        (["explain", ":"], [":"]),
        (["explain", ""], ["known"]),
        (["history", "77"], ["77"]),
        (["plan", "--only", "p-nobody"], ["p-nobody"]),
        (["apply", "--yes", "--only", "p-nobody"], ["p-nobody"]),
        (["sandbox", "nothing"], ["nothing", "nextcloud"]),
        (["person", "leave", "p-nobody"], ["p-nobody"]),
        (["body", "rename", "pg-nothing", "X"], ["pg-nothing"]),
    ],
    ids=lambda value: " ".join(value),
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_what_is_not_known_is_named_with_what_there_is(
    small: Installation, arguments: list[str], named: list[str], language: str
) -> None:
    ran = small.run("--lang", language, *arguments)
    assert ran.code == 1
    assert [word for word in named if word not in ran.err and word != "known"] == []
    assert "Traceback" not in ran.err
    assert small.writes() == []


# --- settings ----------------------------------------------------------------------------------------------------


def with_settings(small: Installation, text: str) -> Any:
    small.write()
    small.settings.write_text(text, encoding="utf-8")
    return small.run("plan", write=False)


def test_without_settings_one_is_told_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("READI_SETTINGS", raising=False)
    ran = run_cli(["plan"])
    assert ran.code == 1
    assert "readi init" in ran.err
    monkeypatch.setenv("READI_SETTINGS", str(tmp_path / "elsewhere.yaml"))
    assert "elsewhere.yaml" in run_cli(["plan"]).err


def test_the_environment_may_name_the_settings_and_they_the_language(
    small: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.write()
    small.settings.write_text(small.settings.read_text() + "language: en\n")
    monkeypatch.setenv("READI_SETTINGS", str(small.settings))
    ran = run_cli(["plan"], small.clock)
    assert ran.code == 2
    assert "changes" in ran.out


@pytest.mark.parametrize("text", ["nonsense: 1\n", "networks: [\n", "", "language: fr\n"])
def test_broken_settings_are_said_in_german_where_no_language_is_asked_for(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    for settings in (path, tmp_path / "missing.yaml"):
        ran = run_cli(["--settings", settings, "plan"])
        assert ran.code == 1
        assert settings.name in ran.err
        assert "enthält Fehler" in ran.err or "Einstellungen" in ran.err or "YAML" in ran.err


SECRET = "Streng-Geheim-77"


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"password": None}, "password"),
        ({"password_file": "also.txt"}, "password"),
        ({"url": "cloud.example"}, "url"),
        ({"url": f"https://u:{SECRET}@cloud.example"}, "url"),
        ({"edit_limit": SECRET}, "edit_limit"),
        ({"connector": "nonsense"}, "nonsense"),
        ({"page_size": 1000}, "page_size"),
        ({"password": {"value": SECRET}}, "password"),
        ({"password": [SECRET]}, "password"),
        ({SECRET[:0] + "passwort": SECRET, "password": None}, "passwort"),
    ],
    ids=str,
)
def test_a_mistake_in_a_target_is_named_and_its_secret_is_not(
    small: Installation, mistake: dict[str, Any], named: str
) -> None:
    target = {**small.target(password=SECRET), **mistake}
    small.wish.targets["cloud"] = {name: value for name, value in target.items() if value is not None}
    for command in (["plan"], ["plan", "--json"], ["doctor"], ["doctor", "--json"], ["apply", "--yes"]):
        ran = small.run(*command)
        assert ran.code == 1
        assert named in ran.all
        assert SECRET not in ran.all
        assert "Traceback" not in ran.all
    assert len(small.cloud.log) == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "networks"),
        ("networks: {}\n", "networks"),
        ("[]\n", "settings.yaml"),
        (f"networks: {SECRET}\n", "networks"),
        ("networks: {redi: {}}\n", "registry"),
        ("networks: {redi: {registry: r, nonsense: 1}}\n", "nonsense"),
        ("nonsense: 1\nnetworks: {redi: {registry: r}}\n", "nonsense"),
        ("language: fr\nnetworks: {redi: {registry: r}}\n", "language"),
        (f"networks: {{redi: {{registry: r, targets: {SECRET}}}}}\n", "targets"),
        ("networks: {redi: {registry: r}\n", "settings.yaml"),
        ("networks:\n\tredi: 1\n", "settings.yaml"),
        ("networks: {redi: {registry: r}}\nnetworks: {redi: {registry: r}}\n", "networks"),
        ("networks: {redi: {registry: nowhere}}\n", "nowhere"),
        ("networks: {redi: {registry: redi/registry, policy: nowhere.yaml}}\n", "nowhere.yaml"),
    ],
)
def test_a_mistake_in_the_settings_file_is_named(small: Installation, text: str, named: str) -> None:
    ran = with_settings(small, text)
    assert ran.code == 1
    assert named in ran.err
    assert SECRET not in ran.all
    assert "Traceback" not in ran.all


def test_a_password_may_stand_in_a_file_beside_the_settings(small: Installation) -> None:
    password = small.wish.targets["cloud"].pop("password")
    small.wish.targets["cloud"]["password_file"] = "secret.txt"
    ran = small.run("plan")
    assert ran.code == 1
    assert "secret.txt" in ran.all
    (small.folder / "secret.txt").write_text(password + "\n")
    assert small.run("plan").code == 2
    (small.folder / "secret.txt").write_text("")
    assert small.run("plan").code == 1


def test_a_state_that_is_no_database_is_said(small: Installation) -> None:
    small.write()
    small.database.parent.mkdir()
    small.database.write_text("this is no database, and never was one\n" * 50)
    ran = small.run("plan")
    assert ran.code == 1
    assert "readi.db" in ran.err
    assert "Traceback" not in ran.all
    small.state = "redi"
    assert small.run("plan").code == 1
