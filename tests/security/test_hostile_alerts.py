"""What hostile names and texts come to in a conversation: words that call nobody, and lead nowhere else."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.nextcloud.conversations.talking import calling_nobody
from provisioner.alerts import harmless
from provisioner.emulation import VirtualClock
from provisioner.model.alerts import Foreign, Rule
from provisioner.senders.alertmanager import links_of
from provisioner.state import Database
from tests.support.alerting import BODY, NETWORK, Bridge, Shelf, book

MENTION = re.compile(
    rb"\B(?<![^a-z0-9_\-@.'\s])@"
    rb"(\"(guest|email)/[a-f0-9]+\"|\"(?:federated_)?(?:group|team|user){1}/[a-z0-9_\-@.' /:]+\""
    rb"|\"[a-z0-9_\-@.' ]+\"|[a-z0-9_\-@.']+)",
    re.IGNORECASE,
)
"""How Nextcloud 34 finds whom a message calls (``Comment::getMentions``): in bytes, not in letters."""
PIECES = [*"@@@\"'/-_.: aäﬀ\n\t", "\u200b", "\u202e", "\u2060", "\x00", "all", "group/x", "ada", "\ufeff"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(HOSTILE)
@settings(deadline=None, max_examples=500)
def test_nobody_is_called_by_whatever_somebody_wrote(text: str) -> None:
    for said in (harmless.name(text), harmless.sentence(text), harmless.advice(text), text):
        assert MENTION.search(calling_nobody(said).encode()) is None, said
        assert MENTION.search(calling_nobody(f"Pegel {said}: **{said}**").encode()) is None, said


def test_this_is_how_somebody_would_be_called() -> None:
    for text in ("@all", 'x @"group/x"', "-@ada", "x\n@all", '@"team/a b"', "'@all"):
        assert MENTION.search(text.encode())


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "http://evil.example",
        "//evil.example",
        "https://evil.example\n@all",
        "https://evil.example) [x](javascript:1",
        "https://a.example@evil.example/",
        "https://evil.example/" + "x" * 10_000,
        "https://\u202eevil.example",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_plain_https_address_is_no_link(link: str) -> None:
    for one in links_of(link):
        shown = harmless.link(one)
        assert shown is None or re.fullmatch(r"https://[a-z.]+/[^()\s]*", shown), shown


def test_the_alerts_of_one_network_are_none_of_another_on_the_same_database(
    tmp_path: Path, clock: VirtualClock
) -> None:
    with Database.open(str(tmp_path / "readi.sqlite3")) as database:
        bridge = Bridge(database, clock, Shelf(book(Rule("foreign", "Rechner", Foreign({}), tells=(BODY,)))))
        other = type(bridge.alerts)(database, "readi2")
        bridge.take(bridge.post.delivery(b'{"alert": "Disk", "id": "1"}', "json", "mon"))
        assert len(bridge.alerts.going_on()) == 1
        assert other.going_on() == []
        (row,) = bridge.alerts.going_on()
        assert other.get(row.id) is None
        assert type(bridge.states)(database, "readi2").beginning("mon:") == []
        assert [one.sensor for one in type(bridge.states)(database, NETWORK).beginning("mon:")] == ["mon:1"]
