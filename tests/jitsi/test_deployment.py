"""The settings of docker-jitsi-meet: each trap closed, no secret where none is asked for."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.jitsi.deployment import Ours, deployment, event_component
from connectors.jitsi.emulator import SECRET
from connectors.jitsi.keys import make_key
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from tests.jitsi.makers import NOW, settings

EVENTS, RESERVATIONS = SecretStr("events" * 8), SecretStr("reservations" * 4)
OURS = Ours("https://service.example/redi")


def said(text: Text) -> str:
    return f"{text.code}\nin two lines"


def variables(ours: Ours = OURS, *, with_secrets: bool = False, **changes: Any) -> dict[str, str]:
    lines = deployment(settings(**changes), ours, said, with_secrets=with_secrets).splitlines()
    assert all(line.startswith("#") or "=" in line for line in lines if line)
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENABLE_AUTH", "1"),
        ("AUTH_TYPE", "jwt"),
        ("JWT_ALLOW_EMPTY", "0"),
        ("ENABLE_GUESTS", "0"),
        ("JICOFO_ENABLE_AUTH", "0"),
        ("ENABLE_AUTO_OWNER", "0"),
        ("JWT_ACCEPTED_AUDIENCES", "jitsi"),
        ("JWT_ACCEPTED_ISSUERS", "readi"),
        ("JWT_APP_ID", "readi"),
        ("ENABLE_LOBBY", "1"),
        ("XMPP_MODULES", "persistent_lobby"),
        ("XMPP_MUC_MODULES", "token_affiliation,token_lobby_autostart,token_lobby_bypass,token_no_wildcard"),
        ("PROSODY_RESERVATION_ENABLED", "0"),
        ("PUBLIC_URL", "https://meet.example"),
        ("TOKEN_AUTH_URL", "https://service.example/redi/room?room={room}&state={state}"),
    ],
)
def test_each_trap_is_closed_by_name(name: str, value: str):
    assert variables()[name] == value


def test_a_secret_is_printed_when_it_is_asked_for_and_only_then():
    ours = Ours(OURS.address, EVENTS, RESERVATIONS)
    hidden = deployment(settings(), ours, said) + str(event_component(settings(), ours, said))
    assert not any(secret in hidden for secret in (SECRET, *(one.get_secret_value() for one in (EVENTS, RESERVATIONS))))
    shown = variables(ours, with_secrets=True)
    assert shown["JWT_APP_SECRET"] == SECRET
    assert shown["PROSODY_RESERVATION_REST_BASE_URL"].endswith(f"/redi/reservations/{RESERVATIONS.get_secret_value()}")
    assert shown["PROSODY_RESERVATION_ENABLED"] == "1"
    component = event_component(settings(), ours, said, with_secrets=True) or ""
    assert f'["Authorization"] = "Bearer {EVENTS.get_secret_value()}"' in component


def test_keys_are_fetched_from_us_and_no_secret_is_left_that_would_be_taken_as_well(tmp_path: Path):
    make_key(tmp_path, NOW)
    found = variables(keys=tmp_path)
    assert found["JWT_ASAP_KEYSERVER"] == "https://service.example/redi/keys"
    assert (found["JWT_SIGN_TYPE"], found["JWT_APP_SECRET"]) == ("RS256", "")


def test_a_secret_signs_and_no_key_server_is_left():
    assert (variables()["JWT_SIGN_TYPE"], variables()["JWT_ASAP_KEYSERVER"]) == ("HS256", "")


def test_another_domain_goes_with_all_its_names():
    found = variables(domain="meet.stadt.example", guest_domain="guest.stadt.example")
    assert (found["XMPP_DOMAIN"], found["XMPP_MUC_DOMAIN"]) == ("meet.stadt.example", "muc.meet.stadt.example")
    assert found["XMPP_GUEST_DOMAIN"] == "guest.stadt.example"
    assert "XMPP_DOMAIN" not in variables()


def test_without_a_lobby_nothing_makes_one():
    found = variables(lobby=False)
    assert found["XMPP_MUC_MODULES"] == "token_affiliation,token_no_wildcard"
    assert "ENABLE_LOBBY" not in found


def test_nothing_is_told_where_nobody_listens():
    assert event_component(settings(), OURS, said) is None


@pytest.mark.parametrize("letter", ['"', "\\", "$", "'", "\n", " ", "ü", "{"])
def test_a_secret_that_would_break_the_servers_files_is_not_printed_into_them(letter: str):
    with pytest.raises(SettingsError) as refused:
        deployment(settings(secret=f"x{letter}" * 32), OURS, said, with_secrets=True)
    assert refused.value.text.arguments == {"name": "JWT_APP_SECRET"}
