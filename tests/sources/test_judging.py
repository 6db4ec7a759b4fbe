"""What of a reading is believed, and what waits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from provisioner.model.sources import KeptPerson, SourcePerson, SourceRead, Unusable
from provisioner.model.text import Text
from provisioner.sources.judging import Believed, Judgement, judge
from provisioner.sources.types import MostMissing

TODAY, EARLIER = date(2026, 3, 2), date(2026, 2, 1)
SHAPE = "shape-1"
GAP = Text.of("sources.keyless", count=1)


def somebody(key: str, *, active: bool = True, **fields: str | date | None) -> SourcePerson:
    mail = {"email": f"{key}@ulm.example"}
    return SourcePerson(key, {**mail, **fields}, active)  # type: ignore[arg-type]


def people(count: int, first: int = 0) -> list[SourcePerson]:
    return [somebody(f"k{number}") for number in range(first, first + count)]


def before(found: Iterable[SourcePerson], shape: str = SHAPE, recent: int = 0, gone: Iterable[str] = ()) -> Believed:
    kept = {person.key: KeptPerson(person, EARLIER if person.key in set(gone) else None) for person in found}
    return Believed(kept, shape, recent)


def judged(known: Believed, read: SourceRead, shape: str = SHAPE, word: str = "", **most: float) -> Judgement:
    return judge("ulm-ad", known, read, shape, MostMissing(**most), TODAY, word)  # type: ignore[arg-type]


def whole(found: Iterable[SourcePerson], **more: object) -> SourceRead:
    return SourceRead(tuple(found), mark="m2", **more)  # type: ignore[arg-type]


def believed(known: Believed, found: Judgement) -> Believed:
    return Believed({**known.people, **found.people}, found.shape, known.recent)


def codes(found: Judgement) -> list[str]:
    return [] if found.held is None else [why.code.removeprefix("sources.") for why in found.held.why]


def test_the_first_reading_is_believed_whole() -> None:
    found = judged(Believed({}), whole(people(3)))
    assert (found.new, found.held, found.whole) == ({"k0", "k1", "k2"}, None, True)
    assert (found.shape, found.mark) == (SHAPE, "m2")


def test_a_reading_that_says_the_same_changes_nothing() -> None:
    found = judged(before(people(3)), whole(people(3)))
    assert (found.people, found.whole) == ({}, True)


def test_news_are_taken_and_a_few_absences_of_a_whole_reading_too() -> None:
    known = before(people(50))
    found = judged(known, whole([somebody("k0", email="neu@ulm.example"), *people(47, 1), somebody("x")]))
    assert (found.new, found.changed, found.missing) == ({"x"}, {"k0"}, {"k48", "k49"})
    assert found.people["k48"] == KeptPerson(somebody("k48"), TODAY)
    assert found.held is None


@pytest.mark.parametrize(
    ("everybody", "gone", "most", "held"),
    [
        (200, 5, {}, False),
        (200, 6, {}, True),
        (30, 2, {}, False),
        (30, 3, {}, True),
        (3, 2, {}, False),
        (1000, 40, {"count": 100}, False),
        (1000, 51, {"count": 100}, True),
        (1000, 1, {"count": 0}, True),
        (10, 5, {"share": 0.5}, False),
        (10, 6, {"share": 0.5, "count": 9}, True),
    ],
)
def test_more_than_the_limit_wait(everybody: int, gone: int, most: dict[str, float], held: bool) -> None:
    found = judged(before(people(everybody)), whole(people(everybody - gone)), **most)
    assert (found.held is not None) is held
    assert len(found.missing) == (0 if held else gone)
    assert found.mark == ("" if held else "m2")


def test_a_gap_takes_what_there_is_and_nothing_that_there_is_not_whatever_the_word() -> None:
    known = before(people(50))
    found = judged(known, whole([*people(49), somebody("x")], gap=GAP))
    assert (found.new, found.missing, found.whole) == ({"x"}, frozenset(), False)
    assert found.held is not None
    assert (found.held.why, found.held.missing, found.held.word) == ((GAP,), ("k49",), "")
    again = judged(known, whole(people(49), gap=GAP), word="")
    assert again.missing == frozenset()


def test_an_unusable_entry_stays_as_it_was_and_one_without_a_key_is_a_gap() -> None:
    known = before(people(50))
    bad = Unusable("line 3", Text.of("sources.twice"), "k49")
    found = judged(known, whole(people(49), unusable=(bad,)))
    assert (found.people, found.held, found.whole) == ({}, None, True)
    found = judged(known, whole(people(48), unusable=(bad, replace(bad, key=None))))
    assert (codes(found), found.people) == (["keyless"], {})
    assert found.held is not None
    assert (found.held.missing, found.held.word) == (("k48",), "")


def test_a_key_that_stands_for_two_people_stands_for_nobody_and_one_that_is_said_twice_for_one() -> None:
    known = before(people(50))
    found = judged(known, whole([*people(50), somebody("k0", email="other@ulm.example"), somebody("k1")]))
    assert (found.people, found.held) == ({}, None)
    assert [(each.key, each.why.code) for each in found.unusable] == [("k0", "sources.twice")]


def test_an_empty_key_is_none() -> None:
    found = judged(before(people(2)), whole([*people(1), somebody("")]))
    assert (codes(found), found.people) == (["keyless"], {})


def test_an_empty_answer_is_held_and_needs_a_word() -> None:
    for count in (1, 4):
        known = before(people(count))
        found = judged(known, whole([]))
        assert (codes(found), found.missing) == (["empty"], frozenset())
        assert found.held is not None
        assert len(judged(known, whole([]), word=found.held.word).missing) == count


def test_with_other_settings_nobody_is_missing_or_off_before_the_word() -> None:
    known = before(people(50))
    read = whole([*people(48), somebody("k48", active=False)])
    found = judged(known, read, shape="shape-2")
    assert (codes(found), found.people, found.shape, found.whole) == (["reshaped"], {}, SHAPE, False)
    assert found.held is not None
    taken = judged(known, read, shape="shape-2", word=found.held.word)
    assert (taken.missing, taken.off, taken.shape, taken.whole) == ({"k49"}, {"k48"}, "shape-2", True)
    assert taken.accepted


def test_with_other_settings_and_everybody_there_the_settings_are_the_new_ones() -> None:
    found = judged(before(people(5)), whole(people(6)), shape="shape-2")
    assert (found.held, found.shape, found.new) == (None, "shape-2", {"k5"})


def test_a_word_counts_for_exactly_the_absences_that_were_read() -> None:
    known = before(people(50))
    first = judged(known, whole(people(40)))
    assert first.held is not None
    other = judged(known, whole(people(39)), word=first.held.word)
    assert other.missing == frozenset()
    assert other.held is not None
    assert other.held.word != first.held.word
    assert len(judged(known, whole(people(40)), word=first.held.word).missing) == 10
    elsewhere = judge("ulm-csv", known, whole(people(40)), SHAPE, MostMissing(), TODAY, first.held.word)
    assert elsewhere.held is not None


def test_many_who_are_switched_off_wait_with_those_who_are_missing() -> None:
    known = before(people(100))
    read = whole([*people(94), *(somebody(f"k{number}", active=False) for number in range(94, 97))])
    found = judged(known, read)
    assert found.held is not None
    assert (found.held.off, found.held.missing) == (("k94", "k95", "k96"), ("k97", "k98", "k99"))
    assert found.people == {}
    taken = judged(known, read, word=found.held.word)
    assert (len(taken.off), len(taken.missing)) == (3, 3)
    assert not taken.people["k94"].person.active


def test_behind_a_gap_a_few_are_still_switched_off() -> None:
    found = judged(before(people(100)), whole([somebody("k0", active=False)], gap=GAP))
    assert (found.off, found.missing) == ({"k0"}, frozenset())


def test_whoever_comes_back_was_never_gone() -> None:
    known = before(people(5), gone=["k3", "k4"])
    found = judged(known, whole(people(4)))
    assert (found.back, found.missing) == ({"k3"}, frozenset())
    assert found.people == {"k3": KeptPerson(somebody("k3"))}
    held = judged(known, whole(people(4), gap=GAP))
    assert held.people == {"k3": KeptPerson(somebody("k3"))}
    off = before([somebody("k0", active=False)])
    assert judged(off, whole(people(1))).back == {"k0"}


def test_a_field_that_nobody_has_any_more_is_taken_from_nobody() -> None:
    known = before([somebody(f"k{number}", language="de" if number < 2 else None) for number in range(4)])
    without = [somebody(f"k{number}", email=f"new{number}@ulm.example") for number in range(3)]
    found = judged(known, whole([*without, somebody("x")]))
    assert codes(found) == ["fields_lost"]
    assert found.held is not None
    assert (found.held.fields, found.held.missing) == (("language",), ("k3",))
    assert [found.people[f"k{number}"].person.fields.get("language") for number in range(3)] == ["de", "de", None]
    assert found.people["k0"].person.fields["email"] == "new0@ulm.example"
    taken = judged(known, whole([*without, somebody("x")]), word=found.held.word)
    assert (taken.missing, taken.people["k0"].person.fields.get("language")) == ({"k3"}, None)


@pytest.mark.parametrize("had", [[], ["de"], ["de", None, None], ["de", "de"]])
def test_a_field_that_few_had_may_go(had: list[str | None]) -> None:
    known = before([somebody(f"k{number}", language=value) for number, value in enumerate(had)])
    found = judged(known, whole(people(len(had))))
    assert found.held is None


def test_a_held_reading_and_a_good_one_after_it_leave_no_trace() -> None:
    known = before(people(50))
    found = judged(known, whole(people(10)))
    assert found.held is not None
    again = judged(believed(known, found), whole(people(50)))
    assert (again.held, again.people, again.whole) == (None, {}, True)


def test_what_the_source_deleted_is_missing_and_what_it_does_not_mention_is_not() -> None:
    known = before(people(50))
    read = SourceRead(
        (somebody("k0", email="neu@ulm.example"),), whole=False, deleted=frozenset({"k1", "x"}), mark="m3"
    )
    found = judged(known, read)
    assert (found.changed, found.missing, found.held, found.whole, found.mark) == ({"k0"}, {"k1"}, None, False, "m3")
    unchanged = judged(known, SourceRead((), whole=False, mark="m3"))
    assert (unchanged.people, unchanged.held) == ({}, None)


def test_what_the_source_deleted_obeys_the_same_limits_over_seven_days() -> None:
    def deleted(recent: int, count: int) -> Judgement:
        keys = frozenset(person.key for person in people(count))
        return judged(before(people(1000), recent=recent), SourceRead((), whole=False, deleted=keys, mark="m"))

    assert deleted(0, 5).held is None
    assert codes(deleted(0, 6)) == ["too_many"]
    assert deleted(4, 1).held is None
    assert codes(deleted(5, 1)) == ["too_many_in_a_week"]
    assert deleted(9, 0).held is None


def test_who_is_not_among_those_that_a_source_names_as_present_is_missing() -> None:
    read = SourceRead((somebody("k0"),), whole=False, present=frozenset({"k0", "k1", "x"}), mark="m3")
    found = judged(before(people(3)), read)
    assert (found.missing, found.new, found.mark) == ({"k2"}, set(), "m3")
    nobody = judged(before(people(9)), SourceRead((), whole=False, present=frozenset()))
    assert (codes(nobody), nobody.missing) == (["too_many"], set())


def test_who_is_given_and_deleted_at_once_is_there() -> None:
    read = SourceRead((somebody("k0"),), whole=False, deleted=frozenset({"k0"}))
    assert judged(before(people(50)), read).missing == frozenset()


ANNA = somebody("k0", given_name="Anna", family_name="Alt-Meier", email="anna@ulm.example")


@pytest.mark.parametrize("gone", [(), ("k0",)])
def test_a_key_that_was_given_to_somebody_else_brings_them_no_account(gone: tuple[str, ...]) -> None:
    successor = somebody("k0", given_name="Bea", family_name="Neu", email="bea@ulm.example")
    found = judged(before([ANNA], gone=gone), whole([successor]))
    assert (found.people, found.held) == ({}, None)
    assert [(one.key, one.why.code) for one in found.unusable] == [("k0", "sources.another")]


def test_where_the_address_is_the_key_whoever_has_it_next_is_somebody_else() -> None:
    anna = replace(ANNA, key="Anna@ulm.example")
    successor = replace(anna, fields={**anna.fields, "given_name": "Bea", "family_name": "Neu"})
    assert judged(before([anna]), whole([successor])).people == {}
    married = replace(anna, fields={**anna.fields, "family_name": "Neu"})
    assert judged(before([anna]), whole([married])).changed == {anna.key}


def test_keys_that_moved_by_one_change_nobody() -> None:
    names = ["Ada Ahn", "Bo Beck", "Cem Can", "Dora Dorn"]
    rows = [
        somebody(f"k{number}", given_name=name[:3].strip(), family_name=name[3:], email=f"{number}@ulm.example")
        for number, name in enumerate(names)
    ]
    moved = [replace(row, key=rows[number - 1].key) for number, row in enumerate(rows)]
    found = judged(before(rows), whole(moved))
    assert (found.people, len(found.unusable)) == ({}, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"family_name": "Neu", "email": "anna.neu@ulm.example"},
        {"given_name": "Andreas", "email": "andreas@ulm.example"},
        {"given_name": "ALT", "family_name": "Anna", "email": "a@ulm.example"},
        {"given_name": "Bea", "family_name": "Neu", "email": "ANNA@ulm.example"},
        {"given_name": "Bea", "family_name": "Meier", "email": "bea@ulm.example"},
        {"given_name": None, "family_name": "", "email": "bea@ulm.example"},
    ],
)
def test_of_whom_something_stays_it_is_the_same_human(change: dict[str, str | None]) -> None:
    now = replace(ANNA, fields={**ANNA.fields, **change})
    assert judged(before([ANNA]), whole([now])).changed == {"k0"}
