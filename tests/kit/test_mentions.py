"""What people wrote about a body calls nobody in a forum, and reads the same."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.kit.mentions import mentioning, unmentioned
from connectors.nodebb.categories.shape import canonical, content_of, raw_of

NODEBB = re.compile(r"(?<![^\W\d_])@[\w\-.@]+")
"""nodebb-plugin-mentions 4.8: a name behind the beginning, or anything that is no letter."""
TEXTS = st.text(alphabet=st.sampled_from("aé1@@./-_ :\u2060\nh"), max_size=30)


@pytest.mark.parametrize(
    "text", ["@all", "(@admins)", "24/7@support", ".@here", "/@x", "@-admins", "_@x", "@@all", "@ä"]
)
def test_nobody_is_called(text: str) -> None:
    made = unmentioned(f"Fragen: {text} !")
    assert NODEBB.search(f"Fragen: {text} !")
    assert {found[0] for found in NODEBB.finditer(made)} <= {"@@"}
    assert made.replace("\u2060", "") == f"Fragen: {text} !"
    assert mentioning(made) == f"Fragen: {text} !"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("anna.muster@stadt.example", "anna.muster@stadt.example"),
        ("- Mailingliste: mailto:pg-lora@lists.example", "- Mailingliste: mailto:pg-lora@lists.example"),
        ("https://social.example/@redi", "https://social.example/%40redi"),
        ("a @ b", "a @ b"),
    ],
)
def test_addresses_and_links_stay_such(text: str, made: str) -> None:
    assert unmentioned(text) == made


@example("@\u2060\u2060")
@given(TEXTS)
def test_written_twice_is_written_once(text: str) -> None:
    once = mentioning(unmentioned(text))
    assert mentioning(unmentioned(once)) == once
    assert {found[0].strip("@") for found in NODEBB.finditer(unmentioned(text))} <= {""}


@pytest.mark.parametrize("line", ["[//]: # (readi:forum-category/body:x)", "readi:forum-category/body:x", "@\u2060all"])
def test_what_looks_like_ours_in_a_nodebb_s_topic_is_not_written_for_ever(line: str) -> None:
    wanted = canonical("first_topic", f"Willkommen\n\n{line}\nmehr")
    assert isinstance(wanted, str)
    assert content_of(raw_of(wanted.partition("\n\n")[2])) == wanted.partition("\n\n")[2]
