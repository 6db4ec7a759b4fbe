"""Names over there: speakable, free of clashes, and the same every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.names import (
    LONGEST,
    allot,
    allot_following,
    group_id,
    is_numbered,
    mount_point,
    title,
    transliterated,
    user_id_from_name,
)
from provisioner.registry.mountpoints import is_safe, is_syncable


@pytest.mark.parametrize(
    ("given", "family", "made"),
    [
        ("Jörg-Uwe", "Weiß", "joerg-uwe.weiss"),
        ("Änne", "GROẞMANN", "aenne.grossmann"),
        ("Jo\u0308rg", "U\u0308ber", "joerg.ueber"),
        ("François", "d'Orléans", "francois.dorleans"),
        ("Gülşen", "Öztürk", "guelsen.oeztuerk"),
        ("İlkay", "Yıldız", "ilkay.yildiz"),  # noqa: RUF001
        ("محمد", "الأحمد", "mhmd.lhmd"),
        ("小明", "王", "xiaoming.wang"),
        ("Ольга", "Щербакова", "olga.shcherbakova"),
        ("Nguyễn", "Thị", "nguyen.thi"),
        ("María José", "de la Cruz", "mariajose.delacruz"),
        ("", "Cher", "cher"),
        ("\u200bErika\u200f", "Mu\u202es\u2066ter", "erika.muster"),
        ("/ # ? ..", "..", ""),
        ("-", "-", ""),
    ],
)
def test_a_user_id_is_what_people_can_type(given: str, family: str, made: str) -> None:
    assert user_id_from_name(given, family) == made


def test_a_name_of_300_characters_fits_with_room_for_a_number() -> None:
    made = user_id_from_name("Ü" * 300, "ß" * 300)
    assert len(made) == LONGEST
    assert allot([("a", made), ("b", made)], {})["b"] == made + "2"
    assert len(made + "2") <= 64


def test_ascii_stays_as_it_is() -> None:
    assert transliterated("PG_x-1.y z") == "PG_x-1.y z"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Digitale Mobilität", "PG_Digitale-Mobilitaet"),
        ("E-Akte / E-Rechnung #1?", "PG_E-Akte-E-Rechnung-1"),
        ("..", ""),
        ("///", ""),
    ],
)
def test_a_groups_id_is_safe_in_a_path(name: str, made: str) -> None:
    assert group_id("PG_{name}", name) == made


def test_of_a_long_name_the_pattern_around_it_stays() -> None:
    made = group_id("PG_{name}-Administratoren", "Digitale Mobilität " * 20)
    assert made.startswith("PG_Digitale-Mobilitaet-")
    assert made.endswith("-Administratoren")
    assert len(made) == LONGEST
    assert len(group_id("PG_{name}", "ß" * 300)) == LONGEST


class TestAllotting:
    def test_who_comes_first_by_key_keeps_the_plain_name_whatever_the_order(self) -> None:
        wishes = [("c", "anna"), ("a", "anna"), ("b", "anna"), ("d", "anna2")]
        expected = {"a": "anna", "b": "anna2", "c": "anna3", "d": "anna22"}
        assert allot(wishes, {}) == expected
        assert allot(reversed(wishes), {}) == expected

    def test_a_name_that_was_given_before_wins_over_every_wish(self) -> None:
        assert allot([("a", "anna"), ("b", "anna")], {"b": "anna"}) == {"a": "anna2", "b": "anna"}

    def test_a_name_given_to_somebody_who_is_gone_is_still_taken(self) -> None:
        assert allot([("b", "anna")], {"a": "anna"}) == {"b": "anna2"}

    def test_an_empty_assigned_name_counts_as_none(self) -> None:
        assert allot([("a", "anna")], {"a": ""}) == {"a": "anna"}

    def test_names_that_differ_only_in_case_clash(self) -> None:
        assert allot([("a", "Anna"), ("b", "ANNA"), ("c", "anna")], {}) == {"a": "Anna", "b": "ANNA2", "c": "anna3"}

    def test_a_retired_name_is_passed_over(self) -> None:
        assert allot([("a", "anna")], {}, {"anna", "anna2"}.__contains__) == {"a": "anna3"}

    def test_ten_thousand_namesakes_ask_for_few_names(self) -> None:
        asked: list[str] = []

        def retired(name: str) -> bool:
            asked.append(name)
            return False

        names = allot(((f"{n:05d}", "anna") for n in range(10_000)), {}, retired)
        assert len(set(names.values())) == 10_000
        assert len(asked) == 10_000


class TestMountPoints:
    @pytest.mark.parametrize(
        ("name", "made"),
        [
            ("Sensorik", "Sensorik"),
            ("Digitale Mobilität", "Digitale Mobilität"),
            ("Mobilita\u0308t", "Mobilität"),
            ("E-Akte / E-Rechnung", "E-Akte - E-Rechnung"),
            ("A/B\\C", "A-B-C"),
            ("Recht: Datenschutz", "Recht - Datenschutz"),
            ('Projekt "Alpha"', "Projekt 'Alpha'"),
            ("Wie? Was* <so> |", "Wie - Was - so"),
            ("  viel \t Platz\n", "viel Platz"),
            ("Punkt. ", "Punkt"),
            (".versteckt", "versteckt"),
            ("Dr. Who", "Dr. Who"),
            ("und so weiter...", "und so weiter"),
            ("a..b", "a…b"),
            ("x\x00y\x07z", "xyz"),
            ("un\u00adsicht\u200bbar", "unsichtbar"),
            ("{name}", "{name}"),
            ("../../etc", "etc"),
            ("a/../b", "a-…-b"),
        ],
    )
    def test_a_name_stays_readable_and_every_laptop_can_hold_it(self, name: str, made: str) -> None:
        found = mount_point("Projektgruppen/{name}", name)
        assert found == f"Projektgruppen/{made}"
        assert is_safe(found)
        assert is_syncable(found)

    @pytest.mark.parametrize("name", ["", " ", "/", "..", "./.", "???", "\u200b", "\x00"])
    def test_of_some_names_nothing_is_left(self, name: str) -> None:
        assert mount_point("Projektgruppen/{name}", name) == ""

    @given(st.text(max_size=300))
    def test_whatever_the_name_it_is_nothing_or_safe(self, name: str) -> None:
        found = mount_point("PG {name}/Dateien", name)
        assert found == "" or (is_safe(found) and is_syncable(found) and found.count("/") == 1)
        assert all(len(part.encode()) <= 250 for part in f"{found} (999)".split("/"))
        assert found.isprintable()

    def test_titles_are_one_line_with_room_for_a_number(self) -> None:
        assert title("PG {name}", " E-Akte /\n Recht: ä ") == "PG E-Akte / Recht: ä"
        assert title("PG {name}", " \n") == ""
        assert len(title("PG {name}", "ß" * 400)) == 245
        assert len(title("x" * 400 + "{name}", "y")) == 245


class TestFollowing:
    def test_a_name_given_before_stays_only_while_it_is_the_wish_or_its_number(self) -> None:
        wishes = {"a": "Luft", "b": "Luft", "c": "Luft"}
        assert allot_following(wishes, {"b": "Luft", "c": "Wasser"}) == {"a": "Luft (2)", "b": "Luft", "c": "Luft (3)"}
        assert allot_following(wishes, {"a": "Luft (7)"}) == {"a": "Luft (7)", "b": "Luft", "c": "Luft (2)"}

    def test_what_is_renamed_makes_room_at_once(self) -> None:
        assert allot_following({"a": "Wasser", "b": "Luft"}, {"a": "Luft"}) == {"a": "Wasser", "b": "Luft"}

    def test_two_that_were_given_one_name_are_told_apart(self) -> None:
        assert allot_following({"a": "Luft", "b": "Luft"}, {"a": "Luft", "b": "Luft"}) == {"a": "Luft", "b": "Luft (2)"}

    def test_what_is_fixed_comes_first_and_never_keeps_a_number_in_vain(self) -> None:
        assert allot_following({"a": "Luft", "b": "Luft"}, {"b": "Luft (2)"}, {"b"}) == {"a": "Luft (2)", "b": "Luft"}

    @pytest.mark.parametrize("name", ["Luft (x)", "Luft 2", "Luft (2) (3)", "Luft ()", "Luft(2)", "Luftig (2)"])
    def test_only_a_number_of_ours_is_one(self, name: str) -> None:
        assert not is_numbered(name, "Luft")
        assert is_numbered("Luft (12)", "Luft")

    def test_a_thousand_namesakes_ask_for_few_names(self) -> None:
        asked: list[str] = []
        names = allot_following(
            {f"{n:04d}": "Luft" for n in range(1_000)}, {}, retired=lambda name: asked.append(name) is not None
        )
        assert len(set(names.values())) == len(asked) == 1_000
