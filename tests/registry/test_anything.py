"""Whatever stands in the files: loading never raises, and never takes a broken file for people who left."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.registry import load
from provisioner.registry.reading import read_bytes
from tests.registry.conftest import BODIES, NETWORK, ORGANISATIONS, PEOPLE

WHOLE = PEOPLE.encode()
PIECES = st.sampled_from(
    [
        *b"\n\t\0 :-#?[]{}&*!|>'\"%@`,\xff\xfe\xef\xe4\x85",
        *(b"---\n", b"...\n", b"? ", b"<<: ", b"!!python/object:x ", b"&a ", b"*a", b"~", b"012", b"1e999", b"0x"),
        *(b"people:\n", b"\xe2\x80\x8b", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\xc2\x85", b"9" * 5000, b"[" * 50),
        *(b"id: p-anna", b"{a: b}", b"\n  - ", b"\r\n", b"\r", b"%YAML 1.1\n---\n", b".nan", b"=", b"\xf0\x9f\x98\x80"),
    ]
).map(lambda piece: piece if isinstance(piece, bytes) else bytes([piece]))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The small file of people with some bytes put in, taken out or cut off."""
    data = WHOLE
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        data = data[:start] + draw(PIECES) + data[end:]
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


@settings(deadline=None, max_examples=200)
@given(data=st.one_of(damaged(), st.binary(max_size=60)))
@example(data=b"? ? ? a")
@example(data=b"people:\n  - !!python/object/apply:os.system [echo]\n")
def test_loading_never_raises_and_whoever_is_gone_is_accounted_for(data: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "all.yaml").write_text(NETWORK + ORGANISATIONS + BODIES)
        (folder / "people.yaml").write_bytes(data)
        loaded = load(folder)
    registry = loaded.registry
    if "p-anna" not in registry.people and "p-anna" not in registry.blocked and registry.complete:
        assert registry.people or registry.blocked, "a registry without people is never complete"
        assert b"id: p-anna\n" not in data or b"#" in data, "she was there and is silently gone"
    if not registry.complete:
        assert loaded.problems


@settings(deadline=None, max_examples=200)
@given(data=damaged())
def test_places_lie_within_the_file(data: bytes) -> None:
    parsed = read_bytes(data, "x.yaml")
    lines = data.decode("utf-8", "replace").splitlines() or [""]
    for problem in parsed.problems:
        assert 1 <= problem.where.line <= len(lines) + 1
        assert problem.where.column >= 1
