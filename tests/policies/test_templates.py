"""Texts that policy writes into rooms: filled, cut, never faking a marker."""

from dataclasses import replace

import pytest

from policies.templates import LONGEST_DESCRIPTION, description, late_text, message
from provisioner.model.resources import Kind, LateText, ResourceId
from tests.support.planning import body

FOLDER, CHAT = ResourceId(Kind.TEAM_FOLDER, "body:iot"), ResourceId(Kind.CONVERSATION, "body:iot")
BOTH = {"folder": FOLDER, "conversation": CHAT}
MARKER = "readi:body:iot"
IOT = body("iot", "Sensorik", purpose="Offene Daten.")
NOWHERE = "Projektgruppen/Sensorik"
LONGEST_ADDRESS = "x" * 250


def lines(template: str, purpose: str = "Offene Daten.", links: dict[str, ResourceId] = BOTH) -> list[str]:
    text = late_text(template, replace(IOT, purpose=purpose), links)
    return [] if text is None else text.written(str).split("\n")


def whole(text: LateText, address: str = LONGEST_ADDRESS) -> str:
    return text.written(lambda link: address)


def test_names_purposes_and_links_stand_in_their_places() -> None:
    assert lines("{name}: {purpose} ({folder}, {conversation})") == [
        "Sensorik: Offene Daten. (team-folder/body:iot, conversation/body:iot)"
    ]


def test_a_line_without_purpose_or_link_is_left_out_and_no_two_blank_lines_remain() -> None:
    template = "\n\nA\n\n{purpose}\n\nB\n\nFiles: {folder}\n\n"
    assert lines(template) == ["A", "", "Offene Daten.", "", "B", "", "Files: team-folder/body:iot"]
    assert lines(template, purpose=" \n ", links={}) == ["A", "", "B"]
    assert lines("{purpose}", purpose="") == []


def test_a_list_of_which_no_link_is_known_leaves_no_gap() -> None:
    text = late_text("A\n\n- {folder}\n- {conversation}\n\nB\n\n{folder}", IOT, BOTH)
    assert text is not None
    assert text.written(lambda link: None) == "A\n\nB"
    assert text.written(lambda link: "x" if link == CHAT else None) == "A\n\n- x\n\nB"
    assert late_text("{folder}\n\n{conversation}", IOT, BOTH).written(lambda link: None) == ""  # type: ignore[union-attr]


def test_doubled_braces_stay_and_what_people_write_is_no_template() -> None:
    assert lines("{{x}} {purpose}", purpose="{folder} {nobody} {") == ["{x} {folder} {nobody} {"]


def test_a_purpose_keeps_its_lines() -> None:
    assert lines("Zweck: {purpose} {folder}", purpose="eins\n\n\nzwei\r\ndrei") == [
        "Zweck: eins",
        "",
        "zwei",
        "drei team-folder/body:iot",
    ]


@pytest.mark.parametrize("line", ["readi:body:other", "  readi:x", "\u2028readi:x", "a\x0breadi:x"])
def test_nothing_that_people_write_looks_like_a_marker(line: str) -> None:
    text = description("{purpose}\n{name}", replace(IOT, purpose=line, name="readi:y"), {}, CHAT, NOWHERE)
    found = [each for each in whole(text).splitlines() if each.strip().startswith("readi:")]
    assert found == [MARKER]
    assert whole(text).endswith(MARKER)


def test_an_empty_template_leaves_the_marker_alone() -> None:
    assert whole(description("", IOT, BOTH, CHAT, NOWHERE)) == MARKER


@pytest.mark.parametrize("length", [1_500, 1_950, 2_000, 5_000])
def test_a_long_purpose_is_cut_and_link_and_marker_stay(length: int) -> None:
    long = replace(IOT, purpose="ä" * length)
    text = whole(description("{purpose}\nFiles: {folder}", long, BOTH, CHAT, NOWHERE))
    assert len(text) <= LONGEST_DESCRIPTION
    cut, files, marker = text.split("\n")
    assert cut.endswith("…") == (length > len(cut))
    assert (files, marker) == (f"Files: {LONGEST_ADDRESS}", MARKER)


def test_a_purpose_that_fits_to_the_letter_is_not_cut() -> None:
    exact = replace(IOT, purpose="x" * (LONGEST_DESCRIPTION - len("\n" + MARKER)))
    assert len(whole(description("{purpose}", exact, {}, CHAT, NOWHERE))) == LONGEST_DESCRIPTION
    longer = replace(IOT, purpose=exact.purpose + "y")
    assert "…" in whole(description("{purpose}", longer, {}, CHAT, NOWHERE))


def test_the_long_name_of_a_folder_has_room_in_its_address() -> None:
    mount = "Projektgruppen/" + "Ü" * 110
    long = replace(IOT, purpose="x" * 3_000)
    text = description("{purpose}\n{folder}", long, BOTH, CHAT, mount)
    assert len(whole(text, "https://cloud.example/?dir=/Projektgruppen/" + "%C3%9C" * 110)) <= LONGEST_DESCRIPTION


def test_a_long_name_many_times_costs_lines_from_the_end_and_never_the_marker() -> None:
    named = replace(IOT, name="N" * 200, purpose="x" * 2_000)
    text = whole(description("{purpose}\n" + "{name}\n" * 20 + "end", named, {}, CHAT, NOWHERE))
    assert len(text) <= LONGEST_DESCRIPTION
    assert text.startswith("N" * 200)
    assert text.endswith("\n" + MARKER)


def test_a_message_has_no_links_and_no_line_without_a_purpose() -> None:
    assert message("Hallo {name}!\n\nWir: {purpose}", replace(IOT, purpose="")) == "Hallo Sensorik!"
    assert message("", IOT) == ""
