"""What is believed of people in sources, on both databases."""

from dataclasses import replace
from datetime import date
from typing import get_type_hints

from provisioner.model.sources import PERSON_FIELDS, Held, KeptPerson, SourcePerson
from provisioner.model.text import Text
from provisioner.state import Apart, Database, Mirror, Mirrored, Mirrors, Persons
from provisioner.state.mirrors import _Fields
from tests.state.samples import NETWORK, NOW, later

DAY, NEXT_DAY = date(2026, 1, 5), date(2026, 1, 6)
AD = "ulm-ad"


def row(key: str, **fields: str | date | None) -> Mirrored:
    return Mirrored(KeptPerson(SourcePerson(key, fields)), DAY, DAY)  # type: ignore[arg-type]


def keep(
    mirrors: Mirrors, *rows: Mirrored, network: str = NETWORK, source: str = AD, now: Mirror | None = None
) -> bool:
    was, _ = mirrors.of(network, source)
    changed = {one.kept.person.key: one for one in rows}
    return mirrors.keep(network, source, was, now or Mirror(was.revision + 1, "shape", "mark", NOW, NOW), changed)


def test_people_come_back_as_they_were_kept(database: Database) -> None:
    mirrors = Mirrors(database)
    ada = row("a", given_name="Ada", family_name="Müster", email=None, joined=DAY, leaves=NEXT_DAY, language="de")
    bob = Mirrored(KeptPerson(SourcePerson("b", {}, active=False), NEXT_DAY), DAY, NEXT_DAY, NEXT_DAY)
    assert keep(mirrors, ada, bob)
    mirror, people = mirrors.of(NETWORK, AD)
    assert people == {"a": ada, "b": bob}
    assert mirror == Mirror(1, "shape", "mark", NOW, NOW)
    found = mirrors.believed(NETWORK, [AD])
    assert found == {AD: (mirror, {"a": ada.kept, "b": bob.kept})}
    assert found[AD][1]["a"].first_seen == ada.first_seen
    assert mirrors.counts(NETWORK) == {AD: (1, 1)}


def test_a_text_that_looks_like_a_day_stays_a_text(database: Database) -> None:
    mirrors = Mirrors(database)
    keep(mirrors, row("a", email="2026-01-05"))
    assert mirrors.of(NETWORK, AD)[1]["a"].kept.person.fields == {"email": "2026-01-05"}


def test_every_field_of_a_person_can_be_kept() -> None:
    assert get_type_hints(_Fields).keys() == set(PERSON_FIELDS)


def test_only_who_changed_is_written_and_the_others_stay(database: Database) -> None:
    mirrors = Mirrors(database)
    keep(mirrors, row("a", email="a@ulm.example"), row("b", email="b@ulm.example"))
    keep(mirrors, row("b", email="new@ulm.example"))
    people = mirrors.of(NETWORK, AD)[1]
    assert [people[key].kept.person.fields["email"] for key in ("a", "b")] == ["a@ulm.example", "new@ulm.example"]


def test_who_judged_by_an_older_picture_keeps_nothing(database: Database) -> None:
    mirrors = Mirrors(database)
    was, _ = mirrors.of(NETWORK, AD)
    assert mirrors.keep(NETWORK, AD, was, Mirror(1, "shape", "first", NOW, NOW), {"a": row("a")})
    assert not mirrors.keep(NETWORK, AD, was, Mirror(1, "shape", "second", NOW, NOW), {"b": row("b")})
    mirror, people = mirrors.of(NETWORK, AD)
    assert (mirror.mark, mirror.revision, list(people)) == ("first", 1, ["a"])


def test_a_failure_is_remembered_and_changes_nothing_that_is_believed(database: Database) -> None:
    mirrors = Mirrors(database)
    why = Text.of("transport.unreachable", server="ad.example", at=NOW)
    mirrors.note_failure(NETWORK, "never", why, NOW)
    assert mirrors.all(NETWORK)["never"] == Mirror(failed_at=NOW, failure=why)
    keep(mirrors, row("a"))
    before = mirrors.of(NETWORK, AD)
    assert not before[0].failing
    mirrors.note_failure(NETWORK, AD, why, later(minutes=1))
    mirror, people = mirrors.of(NETWORK, AD)
    assert (mirror.failing, mirror.failure, mirror.mark, people) == (True, why, "mark", before[1])
    assert keep(mirrors, now=Mirror(2, "shape", "m2", later(minutes=2), NOW))
    assert not mirrors.of(NETWORK, AD)[0].failing


def test_what_is_held_comes_back_as_it_was(database: Database) -> None:
    mirrors = Mirrors(database)
    held = Held((Text.of("sources.empty", count=7, day=DAY),), ("a", "b"), ("c",), ("email",), "w0rd")
    keep(mirrors, now=Mirror(1, "shape", "", NOW, NOW, held=held))
    assert mirrors.all(NETWORK)[AD].held == held


def test_networks_and_sources_do_not_see_each_other(database: Database) -> None:
    mirrors = Mirrors(database)
    keep(mirrors, row("a"))
    keep(mirrors, row("b"), network="nord")
    keep(mirrors, row("c"), source="ulm-csv")
    assert [list(mirrors.of(*which)[1]) for which in ((NETWORK, AD), ("nord", AD), (NETWORK, "ulm-csv"))] == [
        ["a"],
        ["b"],
        ["c"],
    ]
    assert (list(mirrors.all("nord")), mirrors.counts("nord")) == ([AD], {AD: (1, 0)})
    assert mirrors.forget(NETWORK, AD) == 1
    assert mirrors.of(NETWORK, AD) == (Mirror(), {})
    assert list(mirrors.all(NETWORK)) == ["ulm-csv"]
    assert list(mirrors.of("nord", AD)[1]) == ["b"]


def test_who_was_told_apart_is_known_by_source_in_that_network_alone(database: Database) -> None:
    apart = Apart(database)
    for _ in range(2):
        apart.note(NETWORK, AD, "a", "p-ada", "p-ranger", DAY)
    apart.note(NETWORK, AD, "a", "p-bob", "p-ranger", DAY)
    apart.note("nord", AD, "a", "p-cleo", "p-ranger", DAY)
    assert apart.of(NETWORK) == {AD: frozenset({("a", "p-ada"), ("a", "p-bob")})}


def test_what_is_known_of_a_person_in_sources_is_shown_and_dropped_with_them(database: Database) -> None:
    mirrors, persons, apart = Mirrors(database), Persons(database), Apart(database)
    held = Held((Text.of("sources.empty", count=2),), ("a", "b"), ("a",), (), "w0rd")
    keep(mirrors, row("a", email="ada@ulm.example", joined=DAY), row("b", email="bob@ulm.example"))
    was, _ = mirrors.of(NETWORK, AD)
    mirrors.keep(NETWORK, AD, was, replace(was, held=held), {})
    keep(mirrors, row("a", email="cleo@ulm.example"), network="nord")
    apart.note(NETWORK, AD, "a", "p-x", "p-ranger", DAY)
    apart.note(NETWORK, "ulm-csv", "z", "p-ada", "p-ranger", DAY)
    identities = {(AD, "a"), ("gone", "q")}
    found = persons.export(NETWORK, "p-ada", identities)
    assert [one["fields"] for one in found["sources"]] == [{"email": "ada@ulm.example", "joined": "2026-01-05"}]
    assert [(one["source"], one["person"]) for one in found["apart"]] == [(AD, "p-x"), ("ulm-csv", "p-ada")]
    was, _ = mirrors.of(NETWORK, AD)
    persons.scrub(NETWORK, "p-ada", identities)
    mirror, people = mirrors.of(NETWORK, AD)
    assert (list(people), mirror.held) == (["b"], replace(held, missing=("b",), off=()))
    assert not mirrors.keep(NETWORK, AD, was, replace(was, held=None), {"a": row("a")}), "a reading that began before"
    assert (apart.of(NETWORK), list(mirrors.of("nord", AD)[1])) == ({}, ["a"])
    assert persons.export(NETWORK, "p-ada", identities) == {}
    assert persons.export(NETWORK, "p-ranger") == {}


def test_all_keys_and_those_who_are_here(database: Database) -> None:
    mirrors = Mirrors(database)
    gone = replace(row("g"), kept=KeptPerson(SourcePerson("g", {}), NEXT_DAY))
    keep(mirrors, row("a"), gone)
    keep(mirrors, row("c"), source="ulm-csv")
    assert sorted(mirrors.keys(NETWORK)) == [(AD, "a"), (AD, "g"), ("ulm-csv", "c")]
    assert sorted(mirrors.keys(NETWORK, here=True)) == [(AD, "a"), ("ulm-csv", "c")]
