"""Whatever a source answers, nobody goes without a whole reading of the same shape, or a word."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.sources import KeptPerson, SourcePerson, SourceRead, Unusable
from provisioner.model.text import Text
from provisioner.sources.judging import Believed, judge
from provisioner.sources.types import MostMissing

TODAY = date(2026, 3, 2)
WHY = Text.of("sources.twice")
KEYS = st.sampled_from([f"k{number}" for number in range(12)])
MOST = st.builds(MostMissing, count=st.integers(0, 6), share=st.sampled_from([0.01, 0.05, 0.5, 1.0]))


def persons(keys: st.SearchStrategy[str] = KEYS) -> st.SearchStrategy[SourcePerson]:
    fields = st.fixed_dictionaries(
        {}, optional={"email": st.sampled_from([None, "", "a@b.example", "c@d.example"]), "language": st.just("de")}
    )
    return st.builds(SourcePerson, keys, fields, st.booleans())


def mirrors() -> st.SearchStrategy[Believed]:
    kept = st.builds(KeptPerson, persons(), st.sampled_from([None, None, None, TODAY - timedelta(days=3)]))
    people = st.dictionaries(KEYS, kept).map(
        lambda found: {
            key: KeptPerson(SourcePerson(key, one.person.fields, one.person.active), one.missing_since)
            for key, one in found.items()
        }
    )
    return st.builds(Believed, people, st.sampled_from(["", "a", "b"]), st.integers(0, 4))


def readings() -> st.SearchStrategy[SourceRead]:
    unusable = st.builds(Unusable, st.just("line 1"), st.just(WHY), st.none() | KEYS)
    return st.builds(
        SourceRead,
        people=st.lists(persons(KEYS | st.just("")), max_size=14).map(tuple),
        unusable=st.lists(unusable, max_size=2).map(tuple),
        gap=st.none() | st.none() | st.just(WHY),
        whole=st.booleans(),
        deleted=st.frozensets(KEYS, max_size=4),
        mark=st.sampled_from(["", "m"]),
    )


def gone(kept: KeptPerson) -> bool:
    return kept.missing_since is not None


@given(mirrors(), readings(), st.sampled_from(["a", "b"]), MOST, st.sampled_from(["", "ffffffff"]))
def test_nobody_goes_without_evidence(
    before: Believed, read: SourceRead, shape: str, most: MostMissing, word: str
) -> None:
    found = judge("s", before, read, shape, most, TODAY, word)
    went = {key for key, kept in found.people.items() if gone(kept) and not gone(before.people[key])}
    assert went == found.missing
    assert not found.accepted
    seen = {person.key for person in read.people} | {each.key for each in read.unusable}
    assert not went & seen
    if went:
        assert read.gap is None
        assert None not in {each.key for each in read.unusable}
        assert "" not in {person.key for person in read.people}
        assert before.shape in ("", shape)
        assert read.whole or went <= read.deleted
        assert len(went) + len(found.off) + before.recent <= most.count
        assert found.held is None
    if found.held is not None:
        assert found.mark == ""
        assert not found.whole
    assert before.people.keys() <= {**before.people, **found.people}.keys()


@given(mirrors(), readings(), st.sampled_from(["a", "b"]), MOST)
def test_whoever_is_in_a_reading_is_here_and_what_is_held_is_nobodys_change(
    before: Believed, read: SourceRead, shape: str, most: MostMissing
) -> None:
    found = judge("s", before, read, shape, most, TODAY)
    after = {**before.people, **found.people}
    blocked = {each.key for each in found.unusable}
    for person in read.people:
        if person.key not in blocked and person.key:
            assert not gone(after[person.key])
    for key in blocked & before.people.keys():
        assert after[str(key)] == before.people[str(key)]
    if found.held is not None:
        held = found.held
        assert not {*held.missing} & found.people.keys()
        assert all(after[key].person.active for key in held.off)


@given(mirrors(), readings(), st.sampled_from(["a", "b"]), MOST)
def test_a_word_takes_exactly_what_was_held(before: Believed, read: SourceRead, shape: str, most: MostMissing) -> None:
    first = judge("s", before, read, shape, most, TODAY)
    if first.held is None or not first.held.word:
        return
    found = judge("s", before, read, shape, most, TODAY, first.held.word)
    assert found.accepted
    assert found.held is None
    assert sorted(found.missing) == list(first.held.missing)
    assert found.off >= set(first.held.off)


@given(mirrors(), readings(), MOST)
def test_a_bad_reading_heals_by_itself(before: Believed, read: SourceRead, most: MostMissing) -> None:
    here = {key: kept for key, kept in before.people.items() if not gone(kept)}
    known = Believed(here, "a")
    bad = judge("s", known, read, "a", most, TODAY)
    if bad.missing or bad.off:
        return
    good = SourceRead(tuple(kept.person for kept in here.values()))
    after = judge("s", Believed({**here, **bad.people}, bad.shape), good, "a", MostMissing(count=99, share=1), TODAY)
    final = {**here, **bad.people, **after.people}
    if after.held is None:
        assert {key: final[key] for key in here} == here


@given(mirrors(), readings(), MOST)
def test_the_same_reading_twice_says_nothing_new(before: Believed, read: SourceRead, most: MostMissing) -> None:
    first = judge("s", before, read, "a", most, TODAY)
    again = judge("s", Believed({**before.people, **first.people}, first.shape, before.recent), read, "a", most, TODAY)
    assert again.new == again.back == frozenset()
