"""The emulated companion plugin refuses in the words of the real one, at its addresses."""

import re
from pathlib import Path

from connectors import nodebb
from connectors.nodebb.emulation import ties

PLUGIN = Path(nodebb.__file__).parent / "companion/library.js"
EMULATED = Path(ties.__file__)
REASON = re.compile(r"""['"]((?:username|email|login)-taken|tied-otherwise)['"]""")


def test_the_emulated_plugin_refuses_in_the_words_of_the_real_one() -> None:
    said = set(REASON.findall(PLUGIN.read_text(encoding="utf-8")))
    assert said == {"username-taken", "email-taken", "login-taken", "tied-otherwise"}
    assert set(REASON.findall(EMULATED.read_text(encoding="utf-8"))) == said


def test_the_emulated_plugin_answers_at_the_addresses_of_the_real_one() -> None:
    real = re.findall(r"route\('(\w+)', '([^']*)'", PLUGIN.read_text(encoding="utf-8"))
    emulated = re.findall(r"""route\("(\w+)", _PROVIDER(?: \+ "([^"]*)")?""", EMULATED.read_text(encoding="utf-8"))
    assert {(verb.upper(), path.replace(":uid", "{uid}")) for verb, path in real} == set(emulated)
    assert "`/readi-ties/:provider${path}`" in PLUGIN.read_text(encoding="utf-8")
