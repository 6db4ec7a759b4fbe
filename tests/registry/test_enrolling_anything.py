"""However decisions come, laying them over what was read is the same as reading everything anew."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.enrolments import EnrolledBody, EnrolledMembership, EnrolledPerson, Enrolments
from provisioner.model.registry import Role
from provisioner.registry.folder import YamlFolder
from provisioner.registry.loading import load_base
from tests.registry.conftest import BODIES, NETWORK, ORGANISATIONS, PEOPLE, Write
from tests.registry.enrolled import TODAY, came, decided, place
from tests.support.supplies import as_yaml, everybody, known

ANNA = "id: p-anna, given_name: Änne, family_name: Müßig, email: aenne@bretten.example, organisation: bretten"
AD = everybody("bretten-ad", known("k1", "Ole Ort", "ole@bretten.example"))
FILES: dict[str, dict[str, str | None]] = {
    "well": {},
    "broken": {"more": "bodies: [\n"},
    "filled": {"people": as_yaml([ANNA, "id: p-1, roles: [ranger]", "id: p-2, nonsense: 1"])},
    "nobody": {"people": None},
}

names = st.sampled_from(["Ole Ort", "Änne Müßig", "Ida Iks"])
addresses = st.sampled_from(
    [
        "ole@bretten.example",
        "AENNE.muessig@bretten.example",
        "ida@bretten.example",
        "x@rastatt.example",
        "p@mail.example",
    ]
)
days = st.sampled_from([None, *(TODAY + timedelta(days=shift) for shift in (-9, -1, 0, 1, 9))])


@st.composite
def people(draw: Callable[..., object]) -> EnrolledPerson:
    identity = draw(st.sampled_from(["p-1", "p-2", "p-3", "p-anna"]))
    organisation = draw(st.sampled_from(["bretten", "bretten", "rastatt", "nowhere"]))
    return came(str(identity), str(draw(names)), str(draw(addresses)), str(organisation))


@st.composite
def places(draw: Callable[..., object]) -> EnrolledMembership:
    person = draw(st.sampled_from(["p-1", "p-2", "p-anna", "p-nobody"]))
    body = draw(st.sampled_from(["pg-sensorik", "pg-a", "pg-gone"]))
    since, until = draw(days), draw(days)
    assert since is None or isinstance(since, date)
    assert until is None or isinstance(until, date)
    return place(str(person), str(body), since, until, role=draw(st.sampled_from([Role.MEMBER, Role.MODERATOR])))


def made(identity: str, lead: str) -> EnrolledBody:
    return EnrolledBody(identity, {"id": identity, "name": "A", "kind": "project", "lead": lead})


bodies = st.builds(made, st.sampled_from(["pg-a", "pg-b", "pg-sensorik"]), st.sampled_from(["bretten", "nowhere"]))
enrolments = st.builds(
    decided,
    st.lists(people(), max_size=3, unique_by=lambda one: one.email),
    st.lists(places(), max_size=4, unique_by=lambda one: (one.person, one.body)),
    st.lists(st.tuples(st.sampled_from(["p-1", "p-anna"]), st.just(TODAY)), max_size=1),
    st.lists(bodies, max_size=2),
)


@pytest.fixture(scope="module", params=FILES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = {"network": NETWORK, "organisations": ORGANISATIONS, "bodies": BODIES, "people": PEOPLE}
    found = tmp_path_factory.mktemp("registry")
    for name, text in {**texts, **FILES[request.param]}.items():
        if text is not None:
            (found / f"{name}.yaml").write_text(text)
    return found


@given(
    other=st.none() | enrolments,
    now=enrolments,
    later=st.sets(st.sampled_from(["p-1", "p-2", "p-3", "p-anna", "pg-a", "pg-b"])),
    supplied=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_laid_over_is_as_read_anew(
    folder: Path, other: Enrolments | None, now: Enrolments, later: set[str], supplied: bool
) -> None:
    """``later``: who and what was not there yet before; ``other``: or all was different."""
    before = other or Enrolments(
        people={key: one for key, one in now.people.items() if key not in later},
        bodies={key: one for key, one in now.bodies.items() if key not in later},
    )
    supplies = [AD] if supplied else []
    base = load_base([YamlFolder(folder)], supplies, (), before)
    anew = load_base([YamlFolder(folder)], supplies, (), now)
    whole = anew.finished(anew.registry, now)
    laid = base.laid_over(now)
    if laid is not None:
        assert laid.registry == whole.registry
        assert list(laid.registry.people) == list(whole.registry.people)
        assert (laid.digest, laid.proposals) == (whole.digest, whole.proposals)
        assert [(one.where, one.what) for one in laid.problems] == [(one.where, one.what) for one in whole.problems]
    known_ids = whole.registry.people.keys() | whole.registry.blocked
    assert now.people.keys() <= known_ids, "nobody is lost, whatever is wrong"
    assert base.laid_over(before) is not None


def test_most_who_come_are_laid_over_without_reading_anything(write: Write) -> None:
    base = load_base([YamlFolder(write(people=PEOPLE))], [AD], (), decided())
    many = [came(f"p-{number}", f"Neu Mensch{number}", f"n{number}@bretten.example") for number in range(5)]
    assert base.laid_over(decided(many, [place("p-1")], bodies=[made("pg-a", "bretten")])) is not None
    for odd in (
        came("p-1", "Ole Ort", "o2@bretten.example"),  # may be the one whom the directory has
        came("p-1", "Ole Orth", "OLE@bretten.example"),
        came("p-anna", "Änne Müßig", "x@bretten.example"),
        came("p-1", "A B", "x@elsewhere.example"),  # a warning is to be told
    ):
        assert base.laid_over(decided([odd])) is None
