"""Whatever a source does, nobody loses anything by it in any target; the ranger reads what is wrong, and it heals."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from provisioner.model.errors import LoginRefused
from provisioner.model.sources import SourcePerson, SourceRead
from provisioner.model.text import Text
from tests.support.identity import STAFF, Identity, identity, state_of
from tests.support.sources import down

PEOPLE = 12


@pytest.fixture(scope="module")
def sourced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    """A dozen people of Bretten's directory are in everything, after the first sync. Every test leaves it as it was."""
    with identity(tmp_path_factory.mktemp("sourced")) as setup:
        setup.wish.bodies["pg-sensorik"]["members"] = [{"everybody": True}]
        setup.use_directory(*((f"k{number}", f"Karla K{number:02}") for number in range(PEOPLE)))
        setup.apply()
        yield setup


def everybody(setup: Identity) -> tuple[SourcePerson, ...]:
    return tuple(setup.directory.people.values())


def without_addresses(setup: Identity) -> SourceRead:
    return SourceRead(tuple(replace(one, fields={**one.fields, "email": None}) for one in everybody(setup)))


REFUSED = LoginRefused(Text.of("transport.directory_login_refused", url="ldaps://ad.bretten.example"))
TROUBLES: dict[str, tuple[Callable[[Identity], SourceRead | Exception], tuple[str, ...]]] = {
    "outage": (lambda setup: down(), ("ad.bretten.example", "Es gilt weiter")),
    "changed bind password": (lambda setup: REFUSED, ("Es gilt weiter",)),
    "wrong filter": (lambda setup: SourceRead(()), ("nannte niemanden", "readi sources")),
    "truncated": (
        lambda setup: SourceRead(everybody(setup)[:3], gap=Text.of("sources.keyless", count=9)),
        ("9 Einträge sind so unlesbar", "gilt weiter als da"),
    ),
    "fewer attributes": (without_addresses, ("E-Mail", "readi sources")),
    "a third missing": (lambda setup: SourceRead(everybody(setup)[: PEOPLE * 2 // 3]), ("4 von 12", "readi sources")),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_source_in_trouble_takes_nothing_from_anybody_anywhere_and_heals(sourced: Identity, trouble: str) -> None:
    answer, words = TROUBLES[trouble]
    before = state_of(sourced)
    said = answer(sourced)
    sourced.directory.next = [said] * 6  # type: ignore[list-item]
    sourced.clock.sleep(3600 * 30)
    sourced.clear_logs()
    ran = sourced.run("--lang", "de", "apply", "--yes")
    assert ran.code == 0
    assert (sourced.all_writes(), state_of(sourced)) == ([], before)
    for word in words:
        assert word in ran.all
    told = sourced.run("--lang", "de", "sources")
    assert (told.code, "readi sources" in told.out) == (2, True)
    assert sourced.run("apply", "--yes").code == 0
    assert state_of(sourced) == before
    sourced.directory.next.clear()
    assert sourced.run("apply", "--yes").code == 0
    assert sourced.run("sources").code == 0
    assert state_of(sourced) == before


def test_who_is_gone_by_word_and_approval_is_suspended_everywhere_and_comes_back_everywhere(sourced: Identity) -> None:
    gone = {f"k{number}": sourced.directory.people.pop(f"k{number}") for number in range(4)}
    before = state_of(sourced)
    assert sourced.run("apply", "--yes").code == 0
    assert state_of(sourced) == before, "too many to be believed unasked"
    (found,) = sourced.run("sources", "--json").json["sources"]
    assert sourced.run(*found["held"]["command"].split()[1:]).code == 0
    assert sourced.run("apply", "--yes").code == 2
    assert state_of(sourced) == before, "believed, and not yet read by a ranger"
    (waiting,) = sourced.run("plans", "list", "--json").json["waiting"]
    assert sourced.run("plans", "approve", waiting["digest"]).code == 0
    names = [f"karla.k{number:02}" for number in range(4)]
    assert [sourced.keycloak.user(name).enabled for name in names] == [False] * 4
    assert [sourced.cloud.users[name].enabled for name in names] == [False] * 4
    assert sourced.in_group("PG_Sensorik") == sourced.members("PG_Sensorik")
    assert set(names).isdisjoint(sourced.in_group("PG_Sensorik"))
    assert set(names).isdisjoint(sourced.on("pg-sensorik"))
    assert sourced.nothing_to_do()
    sourced.directory.people |= gone
    sourced.apply()
    assert state_of(sourced) == before
    assert sourced.nothing_to_do()


ROWS = tuple(f"{number};Rolf;R{number};r{number}@ettlingen.example" for number in range(8))


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    """Eight people of a list in three targets, after two syncs: an old list and a newer one.

    Every test leaves it as it was.
    """
    with identity(tmp_path_factory.mktemp("listed")) as setup:
        setup.wish.bodies["pg-sensorik"]["members"] = [{"everybody": True}]
        setup.use_staff(*ROWS[:6])
        os.utime(setup.folder / "staff.csv", (1_000_000, 1_000_000))
        setup.apply()
        setup.write_staff(*ROWS)
        os.utime(setup.folder / "staff.csv", (2_000_000, 2_000_000))
        setup.apply()
        yield setup


def old_copy(setup: Identity) -> None:
    setup.write_staff(*ROWS[:6])
    os.utime(setup.folder / "staff.csv", (1_000_000, 1_000_000))


def cut_off(setup: Identity) -> None:
    path = setup.folder / "staff.csv"
    path.write_bytes(path.read_bytes()[:-30])


def half_of_it(setup: Identity) -> None:
    setup.write_staff(*ROWS[:4])


def other_columns(setup: Identity) -> None:
    text = (setup.folder / "staff.csv").read_bytes().replace(b"Personalnummer", b"Kostenstelle")
    (setup.folder / "staff.csv").write_bytes(text)


def without_a_column(setup: Identity) -> None:
    lines = (setup.folder / "staff.csv").read_text("windows-1252").splitlines()
    text = "".join(f"{line.rpartition(';')[0]}\n" for line in lines)
    (setup.folder / "staff.csv").write_text(text, "windows-1252")


def emptied(setup: Identity) -> None:
    (setup.folder / "staff.csv").write_bytes(b"")


def gone(setup: Identity) -> None:
    (setup.folder / "staff.csv").unlink()


@pytest.mark.parametrize("trouble", [old_copy, cut_off, half_of_it, other_columns, without_a_column, emptied, gone])
def test_a_list_in_trouble_takes_nothing_from_anybody_anywhere_and_heals(
    listed: Identity, trouble: Callable[[Identity], None]
) -> None:
    before = state_of(listed)
    listed.clear_logs()
    trouble(listed)
    listed.clock.sleep(3600)
    ran = listed.run("--lang", "de", "apply", "--yes")
    assert (ran.code, f"Quelle {STAFF}" in ran.err) == (0, True)
    assert (listed.all_writes(), state_of(listed)) == ([], before)
    assert listed.run("sources").code == 2
    listed.write_staff(*ROWS)
    assert listed.run("apply", "--yes").code == 0
    assert listed.run("sources").code == 0
    assert state_of(listed) == before
