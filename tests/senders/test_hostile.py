"""Whatever comes: nothing raises, all is bounded, and what is refused has a word."""

import copy
import json
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.sensors import BatteryNews, ForeignAlert, GatewayNews, Uplink
from provisioner.senders.parsing import REFUSALS, Parsed, parse
from provisioner.senders.reading import LARGEST, MOST_BYTES
from tests.support.payloads import FOLDER, NOW, one_uplink, read, tts

KINDS = ("things-stack", "chirpstack", "alertmanager", "grafana", "json")
CONNECTION = "eu868/gateway/0016c001f153a14c/state/conn"
GENUINE = [
    (kind, json.loads(path.read_bytes()))
    for path in sorted(FOLDER.glob("*.json"))
    for kind in KINDS
    if path.name.startswith({"things-stack": "ttn", "json": "none"}.get(kind, kind))
] + [
    ("things-stack", tts({"a": {"b": [1, True, "x"]}}, normalized_payload=[{"air": {"temperature": 1}}])),
    ("json", {"device": "a", "at": 0, "counter": 1, "values": {"x": 1}, "battery": 5, "gateways": ["g"]}),
    ("json", {"alert": "a", "labels": {"a": "b"}, "links": ["https://a.example"], "value": 1, "began": "x"}),
    ("json", {"gateway": "g", "online": True, "at": "2026-11-22T11:00:00Z"}),
]
WRONG: list[Any] = [
    None, True, -1, 0, 2**80, -(2**80), 10**400, 1.5, 1e308, "", "x", "\x00", "\ud800", "x" * 10_000, [], [[]], [None],
    {}, {"": {}}, {"\x00": 1}, {"a": "b"}, float("nan"), float("inf"), float("-inf"),
]  # fmt: skip


def sound(parsed: Parsed) -> None:
    """Bounded, finite, legible; news or a word or nothing to tell."""
    assert [bool(parsed.news), parsed.refused is not None, parsed.skipped].count(True) == 1
    assert parsed.refused is None or parsed.refused in REFUSALS
    for news in parsed.news:
        assert news.at <= NOW
        assert NOW - news.at <= timedelta(days=400)
        match news:
            case Uplink():
                _sound_uplink(news)
            case ForeignAlert():
                texts = (news.fingerprint, news.name, news.value, news.summary, news.description, *news.labels.values())
                assert all(text.isprintable() and len(text) <= 2000 for text in (*texts, *news.labels, *news.links))
                assert len(news.labels) <= 65
            case BatteryNews():
                assert 0 <= news.percent <= 100
            case GatewayNews():
                assert 0 < len(news.gateway) <= 100


def _sound_uplink(uplink: Uplink) -> None:
    names = (uplink.device.device, uplink.device.eui, uplink.device.application, uplink.session, *uplink.gateways)
    assert all(name.isprintable() and len(name) <= 100 for name in names)
    assert uplink.device.key
    assert uplink.counter is None or 0 <= uplink.counter < 2**63
    assert len(uplink.values) <= 200
    assert len(uplink.gateways) <= 32
    for path, value in uplink.values.items():
        assert len(path) <= 100
        assert path.isprintable()
        assert type(value) in (float, bool, str)
        assert not isinstance(value, float) or (math.isfinite(value) and abs(value) <= LARGEST)
        assert not isinstance(value, str) or (len(value) <= 200 and value.isprintable())


def everywhere(message: Any) -> Iterator[tuple[list[Any], Any]]:
    """Each place of a message: its path and what stands there."""
    stack: list[tuple[list[Any], Any]] = [([], message)]
    while stack:
        path, value = stack.pop()
        yield path, value
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        stack += [([*path, name], inner) for name, inner in pairs]


def _with(message: Any, path: list[Any], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(message)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize(("kind", "message"), GENUINE)
def test_a_wrong_type_in_any_place_does_no_harm(kind: str, message: Any) -> None:
    for path, _ in everywhere(message):
        for wrong in WRONG:
            raw = json.dumps(_with(message, path, wrong)).encode()
            for event in ("up", "status") if kind == "chirpstack" else ("",):
                sound(parse(kind, raw, NOW, "sender", event=event, test=True))


@pytest.mark.parametrize(("kind", "message"), GENUINE)
def test_a_message_cut_anywhere_does_no_harm(kind: str, message: Any) -> None:
    raw = json.dumps(message).encode()
    for end in range(0, len(raw), 7):
        sound(parse(kind, raw[:end], NOW, "sender", event="up"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=30,
)


@given(st.sampled_from(KINDS), st.binary(max_size=300), st.sampled_from(["", "up", "status"]), st.booleans())
def test_any_bytes_do_no_harm(kind: str, raw: bytes, event: str, gateway: bool) -> None:
    sound(parse(kind, raw, NOW, "sender", topic=CONNECTION if gateway else "", event=event))


@given(st.sampled_from(KINDS), st.sampled_from(GENUINE), _JSON, st.data())
@settings(max_examples=200)
def test_any_json_in_any_place_does_no_harm(
    kind: str, genuine: tuple[str, Any], value: Any, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from([path for path, _ in everywhere(genuine[1])]))
    raw = json.dumps(_with(genuine[1], path, value)).encode()
    sound(parse(kind, raw, NOW, "sender", event="up"))
    sound(parse(genuine[0], raw, NOW, "sender", event="status", test=True))


@given(_JSON)
def test_any_decoded_values_leave_the_uplink_standing(values: Any) -> None:
    decoded = values if isinstance(values, dict) else {"value": values}
    uplink = one_uplink("things-stack", tts(decoded))
    sound(Parsed((uplink,)))


def test_of_10_000_decoded_fields_200_are_kept_and_the_others_counted() -> None:
    parsed = read("things-stack", tts({f"field{number}": number for number in range(10_000)}))
    [uplink] = parsed.news
    assert isinstance(uplink, Uplink)
    assert len(uplink.values) == 200
    assert parsed.dropped == 9_800
    assert uplink.values["field0"] == 0.0


def _nested(depth: int, opening: str, closing: str) -> str:
    return opening * depth + "1" + closing * depth


@pytest.mark.parametrize("depth", [40, 500, 10_000, 300_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
@pytest.mark.parametrize("kind", KINDS)
def test_nesting_without_end_does_no_harm(kind: str, depth: int, opening: str, closing: str) -> None:
    deep = _nested(depth, opening, closing)
    for message in (deep, json.dumps(tts({"x": "HERE"})).replace('"HERE"', deep)):
        sound(parse(kind, message.encode(), NOW, "sender", event="up"))


def test_what_is_nested_deeper_than_32_is_left_out_and_the_rest_is_kept() -> None:
    deep = json.loads(_nested(40, '{"a":', "}"))
    parsed = read("things-stack", tts({"level": 5, "deep": deep}))
    [uplink] = parsed.news
    assert isinstance(uplink, Uplink)
    assert (uplink.values, parsed.dropped) == ({"level": 5.0}, 1)


def test_a_megabyte_is_read_and_more_is_refused() -> None:
    message = json.dumps(tts({"level": 5})).encode()
    assert one_uplink("things-stack", message + b" " * (MOST_BYTES - len(message))).values == {"level": 5.0}
    assert read("things-stack", message + b" " * MOST_BYTES).refused == "too_big"
    full = json.dumps(tts({"x": "y" * (MOST_BYTES - 1000)})).encode()
    assert one_uplink("things-stack", full).values == {}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e19", "9" * 400, "9" * 5000])
def test_what_is_no_sensible_number_is_left_out_alone(number: str) -> None:
    raw = json.dumps(tts({"level": 5, "broken": "HERE"})).replace('"HERE"', number).encode()
    parsed = read("things-stack", raw)
    if len(number) == 5000:  # more digits than Python turns into a number
        assert parsed.refused == "not_json"
        return
    [uplink] = parsed.news
    assert isinstance(uplink, Uplink)
    assert uplink.values == {"level": 5.0}


def test_of_a_field_that_is_there_twice_the_last_counts() -> None:
    assert one_uplink(
        "things-stack", json.dumps(tts({"x": 1})).replace('"x": 1', '"x": 1, "x": 2').encode()
    ).values == {"x": 2.0}


def test_halves_of_letters_are_no_letters() -> None:
    raw = json.dumps(tts({"x": "HERE", "y": 1})).replace("HERE", "\\ud800").encode()
    assert one_uplink("things-stack", raw).values == {"x": " ", "y": 1.0}


@pytest.mark.parametrize("name", ["@all **x** [a](https://evil.example)", "ä" * 100, "<script>"])
def test_a_devices_name_is_data(name: str) -> None:
    assert one_uplink("json", {"device": name}).device.device == name.lower()


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x00", "\u202eabc", "x" * 101, "a\u200bb"])
def test_a_devices_name_that_can_not_be_shown_is_refused(name: str) -> None:
    assert read("json", {"device": name}).refused == "device"


def test_an_unknown_kind_is_refused() -> None:
    assert parse("carrier-pigeon", b"{}", NOW, "sender").refused == "kind"
