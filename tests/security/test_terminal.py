"""What a server's users call themselves is data: no terminal, no Markdown and no format string obeys it."""

import io

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.cli.context import Context, HarmlessConsole
from provisioner.cli.render import PlanText
from provisioner.model.errors import Permanent
from provisioner.model.plan import Plan, Refusal, TargetPlan
from provisioner.model.text import Text
from provisioner.texts import Catalogue, harmless
from tests.support.site import Installation, body, person

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\rEvil\n  + account boss\u202e [red]x[/red] {0.__class__} {name} %s \ud800"
COMMANDS = ["plan", "plan --markdown", "drift", "doctor", "history", "history 1", "explain pg-a", "explain p-anna"]


@pytest.mark.parametrize("command", [*COMMANDS, "apply --yes"])
def test_a_display_name_over_there_is_never_obeyed_by_the_terminal(
    small: Installation, cloud: NextcloudEmulator, command: str
) -> None:
    small.apply()
    cloud.rename("anna.muster", HOSTILE[:-1])
    cloud.accounts.add_group("evil" + HOSTILE[:-1], HOSTILE[:-1])
    said = small.run(*command.split()).all
    assert said
    assert not set(said) & set("\x1b\x07\x9b\r\u202e")
    assert not [line for line in said.splitlines() if line.startswith("  + account boss")]


def test_the_words_of_a_server_that_refuses_are_never_obeyed_by_the_terminal(
    small: Installation, cloud: NextcloudEmulator
) -> None:
    small.apply()
    small.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    cloud.faults.status(
        422, method="PATCH", body='{"ocs":{"meta":{"status":"f","statuscode":107,"message":"\\u001b[2J"},"data":[]}}'
    )
    assert small.run("apply", "--yes").code == 1
    small.run("history", "2")
    assert "\x1b" not in "".join(ran.all for ran in small.ran)


def test_what_is_styled_is_made_harmless_too(monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context()
    for terminal in (True, False):
        out = io.StringIO()
        context.out = HarmlessConsole(file=out, force_terminal=terminal, color_system=None, width=500)
        plan = Plan("redi", "", "", (TargetPlan(HOSTILE, error=Text.of("app.bad_policy")),))
        context.print_lines(PlanText(plan, Catalogue("en"), str).lines())
        assert "\\x1b[2J" in out.getvalue()
        assert not set(out.getvalue()) & set("\x1b\x07\x9b\r\u202e\ud800")


def test_markdown_of_a_refusal_and_of_an_error_shows_names_as_they_are() -> None:
    evil = "<script>alert(1)</script> ** [x](http://evil.example) `"
    parts = (TargetPlan(evil, error=Text.of("app.unknown_target", target=evil, known="")),)
    refusal = Refusal("guard", "cloud", Text.of("app.unknown_target", target=evil, known=""), 1, 0, (), evil)
    lines = list(PlanText(Plan("redi", "", "", parts, (refusal,)), Catalogue("en"), str).markdown())
    text = "\n".join(line.split("`--allow")[0] for line in lines)
    assert "script" in text
    assert "<script" not in text.replace("\\<", "")
    assert "[x]" not in text


def test_arguments_of_a_sentence_are_never_format_strings() -> None:
    sentence = Catalogue("en")(
        Text.of("app.unknown_network", network="{0.__class__} {known} {", known="{network!r:>99999}")
    )
    assert "{0.__class__} {known} {" in sentence


@pytest.mark.parametrize("number", [10**40, -(10**300), 1e308, float("nan"), float("inf"), True])
def test_any_number_can_be_said(number: float) -> None:
    assert Catalogue("de")(Text.of("app.unknown_network", network=number, known=""))


def test_a_detail_of_an_error_is_made_harmless() -> None:
    assert "\x1b" not in Catalogue("en").error(Permanent(Text.of("app.bad_policy"), HOSTILE))


def test_letters_of_all_scripts_and_emoji_stay() -> None:
    for text in ("Jörg Müßig", "Ελένη", "नमस्ते", "李雷", "👩\u200d🚒", "\u0644\u0627", "a\u00a0b"):
        assert harmless(text) == text


def test_lines_stay_only_where_they_are_wanted() -> None:
    assert harmless("a\nb\tc") == "a\\nb c"
    assert harmless("a\nb\r\n", lines=True) == "a\nb\\r\n"
    assert harmless("\ud800\U000e0041").encode() == b"\\ud800\\U000e0041"


def test_braces_and_markup_in_names_of_the_registry_are_plain_letters(small: Installation) -> None:
    small.wish.add(body("pg-b", "{0.__class__} [bold]{name} %s"), person("Ben", "pg-b", family_name="{x!r} [/]"))
    small.apply()
    ran = small.run("explain", "p-ben")
    assert "{x!r} [/]" in ran.out
    assert small.run("plan").code == 0
