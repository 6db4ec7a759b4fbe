"""What people say to the bot, and what they say to each other and the bot has to overhear."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.alerts.commands import LONGEST, Command, CommandKind, understood

TWO_HOURS = timedelta(hours=2)


@pytest.mark.parametrize(
    ("text", "kind", "lasting"),
    [
        ("@bot übernehme", CommandKind.TAKE, None),
        ("@bot, Übernehme!", CommandKind.TAKE, None),
        ("  @BOT   uebernehme  ", CommandKind.TAKE, None),
        ("@bot take", CommandKind.TAKE, None),
        ("@bot übernehme 4h", CommandKind.TAKE, timedelta(hours=4)),
        ("@bot gib ab", CommandKind.BACK, None),
        ("@bot back", CommandKind.BACK, None),
        ("@bot stumm", CommandKind.MUTE, None),
        ("@bot stumm 2h", CommandKind.MUTE, TWO_HOURS),
        ("@bot stumm 2 Stunden", CommandKind.MUTE, TWO_HOURS),
        ("@bot stumm für 2 Std.", CommandKind.MUTE, TWO_HOURS),
        ("@bot mute for 30 min", CommandKind.MUTE, timedelta(minutes=30)),
        ("@bot stumm 3 Tage", CommandKind.MUTE, timedelta(days=3)),
        ("@bot mute 1 day", CommandKind.MUTE, timedelta(days=1)),
        ("@bot stumm 9999d", CommandKind.MUTE, LONGEST),
        ("@bot laut", CommandKind.UNMUTE, None),
        ("@bot unmute", CommandKind.UNMUTE, None),
        ("@bot status", CommandKind.STATUS, None),
        ("@bot hilfe", CommandKind.HELP, None),
        ("@bot: help?", CommandKind.HELP, None),
        ("@bot", CommandKind.HELP, None),
        ("@bot ?", CommandKind.HELP, None),
        ("@bot help", CommandKind.HELP, None),
        ('@"re@di" status', CommandKind.STATUS, None),
        ("@re@di status", CommandKind.STATUS, None),
        ("@Re@di Status.", CommandKind.STATUS, None),
    ],
)
def test_the_bot_understands_a_few_words_in_two_languages(
    text: str, kind: CommandKind, lasting: timedelta | None
) -> None:
    assert understood(text, ["re@di"]) == Command(kind, lasting)


@pytest.mark.parametrize(
    "text",
    [
        "übernehme",
        "Ich übernehme das morgen",
        "@bot übernehme die Kaffeekasse",
        "@bot stumm 0h",
        "@bot stumm -2h",
        "@bot stumm bald",
        "@bot status 2h",
        "@bottle status",
        "@bot-2 status",
        "hallo @bot status",
        "@",
        "",
        "@bot " + "hilfe " * 100,
    ],
)
def test_whatever_is_not_said_to_the_bot_in_its_words_is_overheard(text: str) -> None:
    assert understood(text, ["re@di"]) is None


def test_an_answer_to_one_of_our_messages_needs_no_name() -> None:
    assert understood("Übernehme", [], answers_ours=True) == Command(CommandKind.TAKE)
    assert understood("stumm 2h", [], answers_ours=True) == Command(CommandKind.MUTE, TWO_HOURS)
    assert [understood(text, [], answers_ours=True) for text in ("Danke, ich übernehme", "", "?")] == [None] * 3


@given(st.text(max_size=250), st.booleans())
def test_any_text_is_a_command_or_none(text: str, answers: bool) -> None:
    command = understood(f"@bot {text}", ["re@di"], answers_ours=answers)
    assert command is None or (command.lasting is None or timedelta() < command.lasting <= LONGEST)


def test_what_is_copied_from_our_own_messages_is_understood() -> None:
    assert understood("@\u2060bot status", []) == Command(CommandKind.STATUS)
    assert understood("\u200b@bot\u00a0übernehme\u200e", []) == Command(CommandKind.TAKE)
