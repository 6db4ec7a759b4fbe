"""What may sign: secrets that are long enough, and keys that nobody else can read."""

import json
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import ValidationError

from connectors.jitsi import JITSI
from connectors.jitsi.keys import make_key, read_keys, signing_key, superseded
from provisioner.model.errors import SettingsError
from tests.jitsi.makers import NOW, ROOM, claims, door, header, settings, somebody

HOUR = timedelta(hours=1)


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def laid(folder: Path, name: str, content: bytes, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused_and_never_shown(secret: str):
    with pytest.raises(ValidationError) as refused:
        settings(secret=secret)
    assert "32 bytes" in str(refused.value)
    assert not secret or f"'{secret}'" not in str(refused.value)


def test_a_short_secret_in_a_file_is_refused_and_never_shown(tmp_path: Path):
    path = laid(tmp_path, "secret", b"too-short-to-sign\n" + b"x" * 64)
    with pytest.raises(SettingsError) as refused:
        door(secret_file=path).admit(ROOM, "", somebody(), NOW)
    assert "jitsi.secret_short" in str(refused.value)
    assert "too-short-to-sign" not in f"{refused.value!r} {refused.value.__cause__!r}"


@pytest.mark.parametrize("content", [None, b"\xff\xfe" * 40])
def test_a_secret_that_cannot_be_read_is_a_mistake_in_the_settings(tmp_path: Path, content: bytes | None):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError):
        settings(secret_file=path).shared_secret()


def test_the_first_line_of_the_file_signs(tmp_path: Path):
    path = laid(tmp_path, "secret", b"x" * 32 + b"\r\nmore\n")
    token = door(secret_file=path).admit(ROOM, "", somebody(), NOW).token.get_secret_value()
    assert door(secret="x" * 32).judge(token, ROOM, NOW).accepted


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "x" * 32, "keys": "/keys"},
        {"secret": None},
        {"url": "https://meet.example/raum"},
        {"url": "https://user@meet.example"},
        {"url": "ftp://meet.example"},
        {"domain": "Meet.Jitsi"},
        {"issuer": "*"},
        {"audience": "*"},
        {"tenant": "a/b"},
        {"tenant": "*"},
        {"lifetime": 3601},
        {"public": {"prefix": "re-"}},
        {"public": {"prefix": "re-0"}},
        {"public": {"prefix": "r"}},
        {"public": {"prefix": ""}},
        {"public": {"hosts": ["https://meet.example"]}},
        {"unknown": 1},
    ],
    ids=str,
)
def test_what_would_open_too_much_is_no_setting(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_one_server_is_one_server_however_it_is_written():
    assert JITSI.server(settings(url="https://Meet.Example/")) == "jitsi:meet.example"
    assert JITSI.server(settings(server="jitsi-1")) == "jitsi-1"


def test_a_new_key_is_published_at_once_and_signs_when_it_has_rested(tmp_path: Path):
    folder = tmp_path / "keys"
    first = make_key(folder, NOW - 10 * HOUR)
    ours = door(keys=folder, key_rest=600)
    assert header(ours.admit(ROOM, "", somebody(), NOW)) == {"alg": "RS256", "kid": first, "typ": "JWT"}
    second = make_key(folder, NOW)
    assert ours.published_keys().keys() == {first, second}
    assert header(ours.admit(ROOM, "", somebody(), NOW + timedelta(seconds=599)))["kid"] == first
    later = ours.admit(ROOM, "", somebody(), NOW + timedelta(seconds=600))
    assert header(later)["kid"] == second
    assert len(later.token.get_secret_value()) < 2000
    verified = jwt.decode(
        later.token.get_secret_value(),
        ours.published_keys()[second],
        algorithms=["RS256"],
        audience="jitsi",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert verified == claims(later)


def test_a_token_of_the_key_before_opens_until_its_end_and_then_the_key_can_go(tmp_path: Path):
    first = make_key(tmp_path, NOW - 10 * HOUR)
    ours = door(keys=tmp_path, key_rest=600)
    token = ours.admit(ROOM, "", somebody(), NOW).token.get_secret_value()
    second = make_key(tmp_path, NOW - timedelta(seconds=599))
    assert ours.judge(token, ROOM, NOW + timedelta(seconds=299)).accepted
    rest = timedelta(seconds=600)
    assert superseded(read_keys(tmp_path), rest, NOW) == ()
    assert superseded(read_keys(tmp_path), rest, NOW + timedelta(seconds=3601)) == (first,)
    (tmp_path / f"{first}.pem").unlink()
    assert ours.published_keys().keys() == {second}
    assert not ours.judge(token, ROOM, NOW).accepted


def test_the_only_key_signs_however_new_it_is(tmp_path: Path):
    kid = make_key(tmp_path, NOW + HOUR)
    assert signing_key(read_keys(tmp_path), HOUR, NOW).kid == kid


def test_a_key_is_readable_for_us_alone_and_is_published_without_its_private_half(tmp_path: Path):
    kid = make_key(tmp_path / "keys", NOW)
    made = tmp_path / "keys" / f"{kid}.pem"
    assert (made.stat().st_mode & 0o777, made.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    public = door(keys=made.parent).published_keys()[kid]
    assert public.startswith(b"-----BEGIN PUBLIC KEY-----")
    loaded = serialization.load_pem_public_key(public)
    assert isinstance(loaded, RSAPublicKey)
    assert loaded.key_size == 3072
    assert "PRIVATE" not in repr(read_keys(made.parent))


def test_a_secret_publishes_nothing():
    assert door().published_keys() == {}


def test_keys_that_cannot_be_used_are_told_by_their_path(tmp_path: Path):
    good = rsa.generate_private_key(65_537, 2048)
    wrongs = {
        "jitsi.key_open": ("a.pem", pem(good), 0o640),
        "jitsi.key_unreadable": ("a.pem", b"nonsense", 0o600),
        "jitsi.key_kind": ("a.pem", pem(ec.generate_private_key(ec.SECP256R1())), 0o600),
        "jitsi.key_name": ("a b.pem", pem(good), 0o600),
    }
    for code, (name, content, mode) in wrongs.items():
        path = laid(tmp_path, name, content, mode)
        with pytest.raises(SettingsError) as refused:
            door(keys=tmp_path).published_keys()
        assert refused.value.text.code == code
        assert str(path) in str(refused.value)
        path.unlink()
    laid(tmp_path, "locked.pem", pem(good, b"password"))
    with pytest.raises(SettingsError, match="key_unreadable"):
        door(keys=tmp_path).published_keys()
    (tmp_path / "locked.pem").unlink()
    laid(tmp_path, "small.pem", pem(rsa.generate_private_key(65_537, 1024)))
    with pytest.raises(SettingsError, match="key_kind"):
        door(keys=tmp_path).published_keys()


def test_no_folder_and_an_empty_one_sign_nothing(tmp_path: Path):
    with pytest.raises(SettingsError, match="no_key"):
        door(keys=tmp_path).admit(ROOM, "", somebody(), NOW)
    with pytest.raises(SettingsError, match="keys_unreadable"):
        door(keys=tmp_path / "none").admit(ROOM, "", somebody(), NOW)
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="key_unwritten"):
        make_key(tmp_path / "file", NOW)


def test_a_key_of_another_name_is_older_than_all_of_ours(tmp_path: Path):
    laid(tmp_path, "first.pem", pem(rsa.generate_private_key(65_537, 2048)))
    second = make_key(tmp_path, NOW)
    keys = read_keys(tmp_path)
    assert [key.kid for key in keys] == ["first", second]
    assert signing_key(keys, HOUR, NOW).kid == "first"
    assert signing_key(keys, HOUR, NOW + HOUR).kid == second


def test_private_keys_are_never_printed(tmp_path: Path):
    make_key(tmp_path, NOW)
    ours = door(keys=tmp_path)
    made = ours.admit(ROOM, "", somebody(), NOW)
    assert "PRIVATE" not in f"{made!r}{ours!r}{json.dumps(settings(keys=tmp_path).model_dump(mode='json'))}"
