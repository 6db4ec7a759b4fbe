"""Several act at the same moment, in several processes: each act is done once, and nothing of it is lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from provisioner.app.joining.bodymaking import make_body
from provisioner.app.joining.deciding import make_decision_link
from provisioner.app.joining.refusing import Refused
from provisioner.model.registry import JoinMode
from tests.support.desk import Desk, desks, official, small_network
from tests.support.postgres import shared

MANY = 24


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """One network, as two instances of the service have it."""
    state = "readi.db" if request.param == "sqlite" else shared().new_database()
    wish = small_network()
    wish.add(*(official(f"N{number}", "rastatt") for number in range(MANY)))
    (one,) = desks(tmp_path, wish, state=state)
    other = Desk(one.folder, one.wish, one.clock, one.source_types).open()
    yield one, other
    one.site.close()
    other.site.close()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each came to: its answer, or why it was refused."""
    together = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        together.wait()
        try:
            return act()
        except Refused as refused:
            return refused.text.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_many_join_at_once_and_nobody_is_lost_or_doubled(two: tuple[Desk, Desk]) -> None:
    names = [f"n{number}" for number in range(MANY)]
    viewers = [two[0].viewer(name) for name in names]
    joins = [lambda v=v, d=d: d.places.join(v, "pg-lora") for v in viewers for d in two]
    answers = at_once(*joins)
    assert sorted(map(str, answers)) == ["False"] * MANY + ["True"] * MANY
    for desk in two:
        assert set(names) <= desk.members("pg-lora")
    assert sorted(map(str, two[0].errands())) == sorted(f"p-{name}" for name in names)


def test_of_many_who_use_one_link_at_once_one_decides(two: tuple[Desk, Desk]) -> None:
    one, other = two
    request = one.places.ask(one.viewer("ole"), "pg-sensorik", "")
    word = make_decision_link(one.site, request, "p-mona", one.clock.now(), timedelta(days=7))
    one.letters()
    answers = at_once(*[lambda d=d: d.deciding.decide(word, approve=True) for d in (one, other) * 2])
    assert sorted(map(str, answers)) == ["False"] * 3 + ["True"]
    assert one.told() == [("approved", "ole")]


def test_of_two_decisions_at_once_one_counts(two: tuple[Desk, Desk]) -> None:
    one, other = two
    request = one.places.ask(one.viewer("ole"), "pg-sensorik", "")
    mona, carla = one.viewer("mona"), other.viewer("carla")
    answers = at_once(
        lambda: one.places.decide(mona, request, approve=True),
        lambda: other.places.decide(carla, request, approve=False),
    )
    found = one.requests.get(request)
    assert found is not None
    won = "p-mona" if answers[0] is True else "p-carla"
    assert found.decided_by == won
    assert ("pg-sensorik" in other.belongs("ole")) is (won == "p-mona")
    assert sorted(answer is True for answer in answers) == [False, True]


def test_the_last_two_moderators_do_not_both_leave(two: tuple[Desk, Desk]) -> None:
    one, other = two
    one.wish.people["p-ben"]["bodies"] = [{"id": "pg-sensorik", "role": "moderator"}]
    one.rewrite()
    mona, ben = one.viewer("mona"), other.viewer("ben")
    answers = at_once(lambda: one.places.leave(mona, "pg-sensorik"), lambda: other.places.leave(ben, "pg-sensorik"))
    assert sorted(map(str, answers)) == ["True", "app.last_moderator"]


def test_one_address_and_one_name_are_given_once(two: tuple[Desk, Desk]) -> None:
    one, other = two
    mine, theirs = one.session("neu@bretten.example"), other.session("neu@bretten.example")
    people = at_once(
        lambda: one.reception.register(mine, "Nora", "Neu"), lambda: other.reception.register(theirs, "Nora", "Neu")
    )
    assert len(set(people)) == 1
    make = lambda desk, purpose: make_body(  # noqa: E731
        desk.site,
        desk.pictures,
        desk.viewer("carla"),
        name="Neu",
        purpose=purpose,
        lead="bretten",
        join=JoinMode.OPEN,
        moderators=["p-mona"],
    )
    made = at_once(lambda: make(one, "Erstens"), lambda: make(other, "Zweitens"))
    assert sorted(map(str, made)) == ["app.body_name_taken", "pg-neu"]


def test_a_link_opened_twice_at_once_lets_in_once(two: tuple[Desk, Desk]) -> None:
    one, other = two
    word = one.link("ben@bretten.example")
    answers = at_once(lambda: one.reception.enter(word), lambda: other.reception.enter(word))
    assert sorted(answer is None for answer in answers) == [False, True]
