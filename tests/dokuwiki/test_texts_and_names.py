"""Texts in the wiki's syntax and back, names, and what lines of rights come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.dokuwiki.emulation.acl import AclFile
from connectors.dokuwiki.names import LONGEST, slug
from connectors.dokuwiki.rights import Rights
from connectors.dokuwiki.settings import DokuwikiSettings
from connectors.dokuwiki.wikitext import canonical, from_wiki, to_wiki


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("PG Co\n\nWorum", "====== PG Co ======\n\nWorum"),
        ("# PG Co", "====== PG Co ======"),
        ("A\n\n## Teil\n### Mehr", "====== A ======\n\n===== Teil =====\n==== Mehr ===="),
        ("A\n- eins\n- zwei", "====== A ======\n  * eins\n  * zwei"),
        ("A\n- Chat: https://c.example/x?y=1", "====== A ======\n  * [[https://c.example/x?y=1|Chat]]"),
        ("A\n- Liste: mailto:pg@l.example", "====== A ======\n  * [[pg@l.example|Liste]]"),
        ("A\n- [x]: https://c.example", "====== A ======\n  * [x]: https://c.example"),
        ("A\n\nreadi:bodies:index", "====== A ======\n\nreadi:bodies:index"),
    ],
)
def test_texts_take_the_wikis_form_and_come_back(text: str, page: str) -> None:
    assert to_wiki(text) == page
    assert from_wiki(page) == text.removeprefix("# ")


LINES = st.lists(
    st.text(st.sampled_from("aÄ=#*- [|]:{}~<\u2060\n")) | st.sampled_from(("- A: https://b.example", "## C"))
)


@given(LINES)
def test_a_text_has_one_form_whatever_stands_in_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize("active", ["{{rss>https://x.example}}", "~~NOCACHE~~", "<php>", "</HTML>", "{{{a}}}"])
def test_what_a_wiki_would_act_upon_only_stands_there(active: str) -> None:
    page = to_wiki(f"A {active}\n\n{active}\n- {active}\n- x{active}: https://b.example")
    assert not any(one in page.lower() for one in ("{{", "~~", "<php", "</html"))
    assert page.replace("\u2060", "").count(active) == 4
    assert active in from_wiki(page)


@pytest.mark.parametrize("below", ["readi", "readi:gremien"])
def test_spaces_do_not_stand_where_superusers_alone_read(below: str) -> None:
    with pytest.raises(ValidationError, match="own_namespace"):
        DokuwikiSettings(url="https://wiki.example", token=SecretStr("x"), below=below)


@given(st.text())
def test_a_name_is_short_plain_and_its_own_name(title: str) -> None:
    name = slug(title)
    assert slug(name) == name
    assert len(name) <= LONGEST
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")


WHO = st.sampled_from(("@ALL", "@user", "@PG", "@pg", "@Team A", "anna"))
SCOPES = st.sampled_from(("*", "a:*", "a:b:*", "a:b:c", "a:x", "d"))
PAGES = st.sampled_from(("a:b:c", "a:b:e", "a:x", "a:y", "d", "e"))


@given(st.lists(st.tuples(SCOPES, WHO, st.sampled_from((0, 1, 2, 8, 16)))), PAGES, st.sets(WHO))
def test_rights_come_to_what_the_wikis_own_rule_says(
    lines: list[tuple[str, str, int]], page: str, who: set[str]
) -> None:
    file = AclFile()
    for line in lines:
        file.add(*line)
    listed = {scope: {one: int(level) for one, level in lines.items()} for scope, lines in file.listed().items()}
    groups = [one[1:] for one in who if one.startswith("@") and one != "@ALL"]
    user = "anna" if "anna" in who else None
    asked = [f"@{group}" for group in groups] + ([user] if user else [])
    assert Rights(listed).level(page, *asked) == file.level(page, user, groups)
