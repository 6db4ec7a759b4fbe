"""Names over there: speakable, free of clashes, and the same every time."""

import pytest

from policies.names import LONGEST, allot, group_id, transliterated, user_id_from_name


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
