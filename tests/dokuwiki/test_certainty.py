"""What is not concluded from odd answers, and which errors they are."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.dokuwiki.emulator import DokuwikiEmulator
from connectors.dokuwiki.register import Register
from provisioner.emulation import Fault, Response
from provisioner.model.errors import Garbled, NotAllowed, OutcomeUnknown, Permanent, TargetError, Transient
from provisioner.model.inventory import Absent, Partial, Unknown
from provisioner.model.resources import PUBLIC, EdgeRole, Kind
from provisioner.model.steps import Moved
from tests.support.dokuwiki import INDEX, SERVICE, EmulatedWiki, WikiBench, group, space

WRITER = EdgeRole.WRITER


@pytest.fixture
def emulator() -> Iterator[DokuwikiEmulator]:
    with DokuwikiEmulator() as running:
        yield running


@pytest.fixture
def bench(emulator: DokuwikiEmulator) -> Iterator[WikiBench]:
    made = WikiBench(EmulatedWiki(emulator))
    made.apply(
        made.create(group("co"), "PG_Co", {}),
        made.create(space("co"), "PG Co", {"open": False}),
        made.join(space("co"), "PG Co", group("co"), role=WRITER),
    )
    emulator.log.clear()
    yield made
    made.close()


def answered(emulator: DokuwikiEmulator, value: object, path: str, **more: Any) -> None:
    """From now on, something else comes back."""
    emulator.faults.add(Fault(path=path, answer=Response.json(value), **more))


def test_a_directory_that_is_down_is_no_wrong_token(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    emulator.directory_is_down = True
    with pytest.raises(Transient) as caught:
        bench.observe()
    assert caught.value.text.code == "dokuwiki.does_not_know_us"
    emulator.directory_is_down = False
    assert bench.seated(space("co"), WRITER, Kind.GROUP) == {"body:co"}


def test_whoever_is_no_superuser_concludes_nothing(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    emulator.people[SERVICE].groups.clear()
    with pytest.raises(NotAllowed):
        bench.observe()


def test_a_wiki_whose_interface_is_off_says_so(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    emulator.remote = False
    with pytest.raises(Permanent) as caught:
        bench.observe()
    assert caught.value.text.code == "dokuwiki.switched_off"


@pytest.mark.parametrize(
    "answer",
    [
        {"result": None},
        {"result": True},
        {"result": {"pg_co:*": []}},
        {"result": {"pg_co:*": {"@ALL": "viel"}}},
        {"result": {"pg_co:*": {"@ALL": None}}},
        {"result": [1]},
    ],
)
def test_rights_of_another_shape_are_no_rights(
    emulator: DokuwikiEmulator, bench: WikiBench, answer: dict[str, object]
) -> None:
    answered(emulator, answer, path="listAcls", times=None)
    with pytest.raises(Garbled):
        bench.observe()


@pytest.mark.parametrize("answer", [{}, {"error": {"code": 0, "message": "No user available"}}, {"error": "x"}, []])
def test_two_hundred_without_a_result_is_no_success(
    emulator: DokuwikiEmulator, bench: WikiBench, answer: object
) -> None:
    answered(emulator, answer, path="listAcls", times=None)
    with pytest.raises(TargetError):
        bench.observe()
    emulator.faults.clear()
    (step,) = bench.compile(bench.join(space("co"), "PG Co", group("co"), role=WRITER))
    answered(emulator, answer, path="addAcl")
    with pytest.raises(TargetError):
        bench.perform(step)


def test_a_write_of_which_the_wiki_does_not_say_that_it_is_done_is_unknown(
    emulator: DokuwikiEmulator, bench: WikiBench
) -> None:
    (step,) = bench.compile(bench.join(space("co"), "PG Co", group("co"), role=WRITER))
    answered(emulator, {"result": False}, path="addAcl")
    with pytest.raises(OutcomeUnknown):
        bench.perform(step)


def test_a_page_that_can_not_be_read_makes_its_kind_uncertain_alone(
    emulator: DokuwikiEmulator, bench: WikiBench
) -> None:
    bench.apply(bench.create(INDEX, "Alle Gremien", {"open": True}))
    bench.apply(bench.write(INDEX, bench.remote(INDEX), "text", "Alle\n\nreadi:bodies:index"))
    answered(emulator, {"result": 7}, path="core.getPage$", nth=2, times=None)
    seen = bench.observe()
    assert isinstance(seen.of(Kind.WIKI_PAGE).completeness, Partial)
    assert seen.of(Kind.WIKI_SPACE).objects.keys() == {"pg_co"}


def test_a_register_that_somebody_emptied_takes_no_space_away(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    emulator.pages.save("readi:spaces", "leer", 0)
    assert bench.remote(space("co")).marker == ""
    assert bench.seated(space("co"), WRITER, Kind.GROUP) == {"body:co"}


def test_a_space_without_any_line_is_there_as_long_as_it_is_noted(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    emulator.acl.lines = [line for line in emulator.acl.lines if not line[0].startswith("pg_co")]
    assert bench.remote(space("co")).fields["open"] == PUBLIC
    emulator.pages.save("readi:spaces", "leer", 0)
    assert bench.observe().of(Kind.WIKI_SPACE).objects == {}


def test_the_first_page_waits_for_nobody_and_closes_what_somebody_opened(
    emulator: DokuwikiEmulator, bench: WikiBench
) -> None:
    writing = bench.write(space("co"), bench.remote(space("co")), "first_page", "Co")
    emulator.acl.add("pg_co:*", "@ALL", 8)
    read_by_strangers: list[bool] = []
    emulator.log.hook = lambda entry: read_by_strangers.append(
        "pg_co:start" in emulator.pages.texts and emulator.level("pg_co:start", None) > 0
    )
    bench.apply(writing)
    assert emulator.pages.texts["pg_co:start"] == "====== Co ======"
    assert not any(read_by_strangers)


def test_a_level_that_does_not_exist_is_never_sent(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    client = bench.connector._client  # type: ignore[attr-defined]
    for level in (99, 3, -1, 255):
        with pytest.raises(Permanent):
            client.grant("pg_co:*", "@PG_Co", level)
    with pytest.raises(Permanent):
        client.save("pg_co:start", " \n", "")
    assert emulator.log.requests == []


@pytest.mark.parametrize("name", ["ALL", "all", "User", "user"])
def test_no_group_may_be_called_so_that_it_means_everybody(bench: WikiBench, name: str) -> None:
    objection = bench.connector.capabilities().objection(Kind.GROUP, name)
    assert objection is not None
    assert objection.code == "dokuwiki.means_everybody"


@pytest.mark.parametrize("name", ["admin", "Admin", "wikiadmin"])
def test_no_group_may_be_called_as_those_who_may_do_everything(bench: WikiBench, name: str) -> None:
    objection = bench.connector.capabilities().objection(Kind.GROUP, name)
    assert objection is not None
    assert objection.code == "dokuwiki.means_superusers"


@pytest.mark.parametrize(("name", "code"), [("!?", "nameless"), ("Readi", "name_is_ours"), ("PG Co", None)])
def test_titles_without_an_address_or_with_ours_are_refused(bench: WikiBench, name: str, code: str | None) -> None:
    objection = bench.connector.capabilities().objection(Kind.WIKI_SPACE, name)
    assert (None if objection is None else objection.code) == (None if code is None else f"dokuwiki.{code}")


def test_a_group_of_which_nothing_was_read_is_tried_again_later(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    (step,) = bench.compile(bench.join(space("co"), "PG Co", group("co"), role=WRITER))
    other = bench.another()
    with pytest.raises(Transient):
        other.perform(step)
    other.observe()
    other.perform(step)


def test_a_group_that_left_meanwhile_is_not_taken_out_again(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    (step,) = bench.compile(bench.leave(space("co"), "PG Co", group("co"), role=WRITER))
    emulator.acl.delete("pg_co:*", "@PG_Co")
    assert isinstance(bench.connector.verify(step, bench.resolve), Moved)


def test_names_are_unknown_to_whoever_lost_the_database(bench: WikiBench) -> None:
    bench.names.clear()
    remote = bench.remote(space("co"))
    assert isinstance(remote.fields["name"], Unknown)
    assert (remote.name, remote.marker) == ("pg_co", "readi:body:co")
    assert bench.connector.look_up(space("nix"), "PG Co") == Absent()


def test_the_register_reads_what_it_wrote_and_passes_over_all_else() -> None:
    register = Register({"a": "body:x", "gremien:b": "body:y"})
    text = register.written().replace("\n", "\nVon Hand * space c\n", 1)
    assert Register.read(text) == register
    assert Register.read("  * space a\n  * space a readi:\n* epoch x y") == Register()
