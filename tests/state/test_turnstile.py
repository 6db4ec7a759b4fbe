"""Writers take turns: whoever writes again and again leaves the others theirs."""

from pathlib import Path
from threading import Event, Thread

from provisioner.state import Database, Meta, Within
from provisioner.state.turnstile import Turnstile


def queued(turnstile: Turnstile, count: int) -> None:
    """Wait until so many wait."""
    while len(turnstile._waiting) < count:
        Event().wait(0.001)


def test_whoever_came_first_is_first() -> None:
    turnstile, order = Turnstile(), list[int]()

    def enter(number: int) -> None:
        with turnstile.inside(30):
            order.append(number)

    threads = [Thread(target=enter, args=(number,)) for number in range(5)]
    with turnstile.inside(30):
        for count, thread in enumerate(threads, 1):
            thread.start()
            queued(turnstile, count)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_who_loses_patience_goes_on_without_a_turn_and_takes_nobody_elses() -> None:
    turnstile = Turnstile()
    with turnstile.inside(30) as first, turnstile.inside(0.01) as second:
        assert (first, second) == (True, False)
    with turnstile.inside(30) as third:
        assert third


def test_who_fails_inside_lets_the_next_one_in() -> None:
    turnstile = Turnstile()
    for _ in range(2):
        try:
            with turnstile.inside(30) as turn:
                assert turn
                raise RuntimeError
        except RuntimeError:
            continue
    with turnstile.inside(0) as turn:
        assert turn


def test_those_who_write_to_sqlite_do_so_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    order = list[int]()
    with Database.open(tmp_path / "readi.db") as database:

        def write(number: int) -> None:
            with database.writing() as connection:
                Meta(Within(connection)).put("redi", "who", str(number))
                order.append(number)

        threads = [Thread(target=write, args=(number,)) for number in range(5)]
        with database.writing():
            for count, thread in enumerate(threads, 1):
                thread.start()
                queued(database._writers, count)
        for thread in threads:
            thread.join()
        assert Meta(database).get("redi", "who") == "4"
    assert order == [0, 1, 2, 3, 4]
