"""What is put into a token, and what never is."""

import re
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from connectors.jitsi.emulator import JitsiEmulator
from connectors.jitsi.names import LONGEST_ROOM, backend_safe, display_name
from connectors.jitsi.rules import Affiliation
from provisioner.model.errors import Permanent
from provisioner.model.meetings import Allowance, Entrant, Stage, Standing
from tests.jitsi.makers import NOW, ROOM, URL, claims, door, header, settings, somebody

STANDINGS = [Standing.MODERATOR, Standing.MEMBER, Standing.GUEST]
NAMES = [
    *(
        "Jörg Müßig",
        "Zoë  Ångström",
        "Anna\tBerta\nCäsar",
        "名前 太郎",
        "محمد",
        "Max\u0000Muster\u001b[31m",
        "\u202eresU",
    ),
    *(
        "👩🏽\u200d🚒" * 40,
        "e\u0301" * 300,
        "x" * 1024,
        "ü" * 1024,
        "\ud800",
        "",
        " ",
        "\u200d",
        "</script>",
        '"}',
        "😀" * 500,
    ),
]


def test_a_room_is_called_as_nobody_would_guess():
    found = {door().new_room() for _ in range(100)}
    assert len(found) == 100
    assert all(re.fullmatch(r"re-[0-9a-f]{32}", room) for room in found)


def test_a_token_is_for_one_person_and_room_and_some_minutes():
    made = door().admit(ROOM, "Sensorik", somebody(), NOW)
    begun = int(NOW.timestamp())
    assert claims(made) == {
        "aud": "jitsi",
        "iss": "readi",
        "sub": "meet.jitsi",
        "room": ROOM,
        "iat": begun,
        "nbf": begun - 10,
        "exp": begun + 300,
        "context": {
            "user": {"id": "a1b2c3", "name": "Max Muster", "moderator": False, "lobby_bypass": True},
            "features": dict.fromkeys(
                ["livestreaming", "outbound-call", "recording", "sip-outbound-call", "transcription"], False
            ),
        },
    }
    assert header(made) == {"alg": "HS256", "typ": "JWT"}
    assert made.expires == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("standing", "moderator", "passes"),
    [
        (Standing.MODERATOR, True, True),
        (Standing.MEMBER, False, True),
        (Standing.GUEST, False, False),
    ],
)
def test_only_moderators_lead_and_guests_wait(standing: Standing, moderator: bool, passes: bool):
    user = claims(door().admit(ROOM, "", somebody(standing=standing), NOW))["context"]["user"]
    assert (user["moderator"], user["lobby_bypass"]) == (moderator, passes)


def test_what_policy_allows_is_switched_on_and_all_else_off():
    allowed = somebody(passes_lobby=False, features=frozenset({"recording", "file-upload"}))
    context = claims(door().admit(ROOM, "", allowed, NOW))["context"]
    assert context["user"]["lobby_bypass"] is False
    assert {name for name, on in context["features"].items() if on} == {"recording", "file-upload"}
    assert context["features"]["livestreaming"] is False


@pytest.mark.parametrize(("allowed", "limit", "seconds"), [(900, 3600, 900), (99_999, 3600, 3600), (900, 60, 60)])
def test_no_token_holds_longer_than_policy_and_the_server_allow(allowed: int, limit: int, seconds: int):
    entrant = Entrant("a1", "Max", Standing.MEMBER, Allowance(allowed, passes_lobby=True, features=frozenset()))
    made = claims(door(lifetime=limit).admit(ROOM, "", entrant, NOW))
    assert made["exp"] - made["iat"] == seconds


def test_the_address_has_the_token_in_its_fragment_alone():
    made = door().admit(ROOM, "Jour fixe & „mehr“ = 100 %", somebody(), NOW)
    address = made.url.get_secret_value()
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}{parts.query}" == f"{URL}/{ROOM}"
    assert made.token.get_secret_value() in parts.fragment
    assert address.isascii()
    with JitsiEmulator() as server:
        assert server.visit(address).subject == "Jour fixe & „mehr“ = 100 %"


@pytest.mark.parametrize(
    "title", ["A & B", "A \\& B", "„A“ \u201aB\u2018", 'A "B" \\', "50 % = ½", "</title>", "a&config.x=1"]
)
def test_the_page_reads_each_title_as_it_was_written(title: str):
    with JitsiEmulator() as server:
        made = door(url=server.url).admit(ROOM, title, somebody(), server.clock.now())
        assert server.visit(made.url.get_secret_value()).subject == title


def test_a_token_that_would_be_too_long_is_not_made():
    many = somebody(passes_lobby=True, features=frozenset(f"feature-{number:040}" for number in range(60)))
    with pytest.raises(Permanent, match="token_long"):
        door().admit(ROOM, "", many, NOW)


def test_a_tenant_is_in_the_address_and_in_the_token():
    made = door(tenant="musterstadt").admit(ROOM, "", somebody(), NOW)
    assert made.url.get_secret_value().startswith(f"{URL}/musterstadt/{ROOM}#jwt=")
    assert claims(made)["sub"] == "musterstadt"
    assert door(tenant="musterstadt", domain_verification=True).judge(made.token.get_secret_value(), ROOM, NOW).accepted


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("standing", STANDINGS)
def test_whatever_somebody_is_called_the_token_opens_the_room_and_stays_small(name: str, standing: Standing):
    made = door().admit(ROOM, name, somebody(name, standing), NOW)
    token = made.token.get_secret_value()
    assert len(token) < 2000
    assert door().judge(token, ROOM, NOW).warnings == ()
    assert door().judge(token, ROOM, NOW).standing is standing
    shown = claims(made)["context"]["user"]["name"]
    assert shown == shown.strip()
    assert all(letter.isprintable() or letter == "\u200d" for letter in shown)


def test_a_name_keeps_its_letters():
    assert display_name("Jörg  Müßig") == "Jörg Müßig"
    assert display_name("Jo\u0308rg") == "Jörg"
    assert display_name("👩🏽\u200d🚒") == "👩🏽\u200d🚒"
    assert display_name("Max\nMuster") == "Max Muster"
    assert display_name("x" * 1024) == "x" * 240


@pytest.mark.parametrize(
    "room",
    [
        "",
        "*",
        "re-*",
        "a b",
        "Über uns",
        "AG-Klima",
        "x/y",
        "..",
        "x" * (LONGEST_ROOM + 1),
        "x" * 1024,
        "a]b",
        "%",
        "\n",
    ],
    ids=ascii,
)
def test_what_is_no_room_gets_no_token(room: str):
    with pytest.raises(Permanent) as refused:
        door().admit(room, "", somebody(), NOW)
    assert room.strip("*.%") in ("", "\n") or room not in str(refused.value)


@pytest.mark.parametrize("identity", ["", "max@stadt.example", "Max Muster", "x" * 65, "ü", "a\n"])
def test_an_id_that_tells_something_gets_no_token(identity: str):
    with pytest.raises(Permanent) as refused:
        door().admit(ROOM, "", Entrant(identity, "Max", Standing.MEMBER), NOW)
    assert "@" not in str(refused.value)


def test_a_visitor_enters_public_rooms_alone():
    visitor = Entrant("a1", "", Standing.VISITOR)
    ours = door(public={"prefix": "amt-"})
    with pytest.raises(Permanent):
        ours.admit(ROOM, "", visitor, NOW)
    made = ours.admit("Amt-Über uns", "", visitor, NOW)
    assert claims(made)["room"] == "amt-%c3%bcber%20uns"
    assert urlsplit(made.url.get_secret_value()).path == "/amt-%c3%bcber%20uns"
    assert ours.judge(made.token.get_secret_value(), f"{URL}/Amt-Über uns", NOW).accepted


@pytest.mark.parametrize(
    ("public", "room", "is_public"),
    [
        ({}, ROOM, False),
        ({"prefix": "amt-"}, "amt-passstelle", True),
        ({"prefix": "amt-"}, "AMT-Passstelle", True),
        ({"prefix": "amt-"}, f"{URL}/amt-passstelle", True),
        ({"prefix": "amt-"}, "https://other.example/amt-passstelle", False),
        ({"prefix": "amt-"}, ROOM, False),
        ({"prefix": "amt-"}, "x-amt-", False),
        ({"hosts": ["buerger.example"]}, "https://buerger.example/irgendwas", True),
        ({"hosts": ["buerger.example"]}, "irgendwas", False),
        ({"hosts": ["meet.example"]}, "irgendwas", True),
        ({"hosts": ["meet.example"]}, "https://evil.example/irgendwas", False),
        ({"hosts": ["meet.example"]}, ROOM, False),
        ({"hosts": ["meet.example"]}, ROOM.upper(), False),
        ({"hosts": ["meet.example"]}, ROOM.replace("re-", "%72e-"), False),
        ({"hosts": ["meet.example"]}, ROOM.replace("r", "\uff52"), False),
        ({"hosts": ["meet.example"]}, f"{URL}/{ROOM}", False),
        ({"hosts": ["meet.example", "buerger.example"]}, f"https://buerger.example/{ROOM}", True),
        ({"prefix": "amt-"}, "https://[/amt-passstelle", False),
        ({"prefix": "amt-"}, "//meet.example/amt-passstelle", False),
    ],
)
def test_a_room_is_public_by_its_host_or_its_name(public: dict[str, object], room: str, is_public: bool):
    assert door(public=public).is_public(room) is is_public


@pytest.mark.parametrize(
    ("tenant", "told", "meant"),
    [
        (None, ROOM, ROOM),
        (None, f"[stadt]{ROOM}", None),
        ("stadt", f"[stadt]{ROOM}", ROOM),
        ("stadt", f"[dorf]{ROOM}", None),
        ("stadt", ROOM, None),
        ("stadt", f"[stadt][dorf]{ROOM}", None),
    ],
)
def test_the_server_means_our_room_by_its_own_name_for_it(tenant: str | None, told: str, meant: str | None):
    assert door(tenant=tenant).room_told(told) == meant


def test_another_room_the_end_and_another_secret_close_the_door():
    token = door().admit(ROOM, "", somebody(), NOW).token.get_secret_value()
    assert door().judge(token, door().new_room(), NOW).stage is Stage.ROOM
    assert door().judge(token, ROOM, NOW + timedelta(seconds=300)).stage is Stage.LOGIN
    assert door().judge(token, ROOM, NOW - timedelta(seconds=11)).stage is Stage.LOGIN
    assert door().judge(token, ROOM, NOW - timedelta(seconds=10)).accepted
    assert door(secret="another secret of more than 32 bytes").judge(token, ROOM, NOW).stage is Stage.LOGIN


def test_nothing_secret_shows_in_what_is_printed():
    ours = door()
    made = ours.admit(ROOM, "", somebody(), NOW)
    shown = f"{made!r} {made} {ours!r} {vars(ours)!r} {settings()!r} {settings()}"
    assert made.token.get_secret_value() not in shown
    assert settings().secret is not None
    assert settings().secret.get_secret_value() not in shown


@tried(deadline=None, max_examples=60)
@given(
    name=st.text(max_size=200),
    title=st.text(max_size=400),
    standing=st.sampled_from(STANDINGS),
    seconds=st.integers(1, 10**9),
    passes=st.booleans(),
    features=st.frozensets(st.sampled_from(["recording", "livestreaming", "transcription"])),
)
def test_no_token_of_ours_is_one_that_the_server_should_not_have_accepted(
    name: str, title: str, standing: Standing, seconds: int, passes: bool, features: frozenset[str]
):
    """All that the real plugins let through: no end, all rooms, patterns, switches for the lobby, e-mail addresses."""
    made = door().admit(ROOM, title, Entrant("a1", name, standing, Allowance(seconds, passes, features)), NOW)
    found = claims(made)
    assert len(made.token.get_secret_value()) < 2000
    assert type(found["exp"]) is int
    assert 0 < found["exp"] - found["iat"] <= 3600
    assert (found["room"], found["sub"], found["aud"]) == (ROOM, "meet.jitsi", "jitsi")
    assert found["context"].keys() == {"user", "features"}
    assert found["context"]["user"].keys() == {"id", "name", "moderator", "lobby_bypass"}
    assert found["context"]["user"]["moderator"] is (standing is Standing.MODERATOR)
    verdict = door().judge(made.token.get_secret_value(), ROOM, NOW)
    assert verdict.accepted
    assert len(verdict.warnings) == (standing is Standing.MODERATOR and not passes)


@tried(deadline=None, max_examples=60)
@given(st.text(max_size=1100))
def test_the_form_of_a_room_in_addresses_is_its_own_form(room: str):
    assert backend_safe(backend_safe(room)) == backend_safe(room)
    assert backend_safe(room).isascii()


@pytest.mark.parametrize("standing", STANDINGS)
def test_the_emulated_server_lets_in_by_our_address(standing: Standing):
    with JitsiEmulator() as server:
        ours = door(url=server.url)
        room, now = ours.new_room(), server.clock.now()
        visit = server.visit(ours.admit(room, "Sensorik", somebody(standing=standing), now).url.get_secret_value())
        assert visit.entered is (standing is not Standing.GUEST)
        assert visit.session is not None
        if standing is Standing.GUEST:
            server.rooms.admit(visit.session, room)
            assert server.rooms.join(visit.session, room) != visit.outcome
        inside = server.rooms.rooms[room].inside[visit.session]
        assert inside is (Affiliation.OWNER if standing is Standing.MODERATOR else Affiliation.MEMBER)
        assert server.visit(f"{server.url}/{room}").entered is False
        assert unquote(visit.subject or "") == "Sensorik"
