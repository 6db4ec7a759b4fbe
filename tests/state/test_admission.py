"""Links that work once, sessions, and how often somebody tried."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from provisioner.state import Attempts, Database, Links, Purpose, Sessions
from provisioner.state.schema import METADATA
from provisioner.state.service_schema import ATTEMPT
from tests.state.samples import NETWORK, NOW, later

HOUR = timedelta(hours=1)
ADDRESS = "änne@bretten.example"


def at_once(count: int, act: Callable[[], object]) -> list[object]:
    """What ``count`` threads get that begin together."""
    barrier = Barrier(count)

    def begin() -> object:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(count) as pool:
        return [one.result() for one in [pool.submit(begin) for _ in range(count)]]


def everything(database: Database) -> str:
    with database.reading() as connection:
        return " ".join(str(row) for table in METADATA.sorted_tables for row in connection.execute(select(table)))


class TestLinks:
    def test_a_link_opens_once(self, database: Database) -> None:
        links = Links(database, NETWORK)
        word = links.make(Purpose.LOGIN, ADDRESS, NOW, HOUR)
        used = links.use(word, NOW)
        assert used is not None
        assert (used.purpose, used.subject) == (Purpose.LOGIN, ADDRESS)
        assert (links.use(word, NOW), links.look(word, NOW)) == (None, None)

    def test_looking_at_it_does_not_use_it(self, database: Database) -> None:
        links = Links(database, NETWORK)
        word = links.make(Purpose.ADMIN, "", NOW, HOUR)
        assert links.look(word, NOW) == links.look(word, NOW) == links.use(word, NOW)

    def test_of_eight_who_use_it_at_the_same_moment_one_gets_it(self, database: Database) -> None:
        links = Links(database, NETWORK)
        word = links.make(Purpose.LOGIN, ADDRESS, NOW, HOUR)
        got = at_once(8, lambda: links.use(word, NOW))
        assert sum(one is not None for one in got) == 1

    @pytest.mark.parametrize("age", [HOUR, timedelta(days=400)])
    def test_it_expires(self, database: Database, age: timedelta) -> None:
        links = Links(database, NETWORK)
        word = links.make(Purpose.LOGIN, ADDRESS, NOW, HOUR)
        assert (links.look(word, NOW + age), links.use(word, NOW + age)) == (None, None)

    def test_what_expired_is_forgotten(self, database: Database) -> None:
        links = Links(database, NETWORK)
        links.make(Purpose.LOGIN, ADDRESS, NOW, HOUR)
        kept = links.make(Purpose.LOGIN, ADDRESS, NOW, 3 * HOUR)
        assert (links.forget(later(hours=2)), links.forget(later(hours=2))) == (1, 0)
        assert links.use(kept, NOW) is not None

    def test_no_word_that_opens_anything_stands_in_the_database(self, database: Database) -> None:
        words = [
            Links(database, NETWORK).make(Purpose.LOGIN, ADDRESS, NOW, HOUR),
            Sessions(database, NETWORK).begin(NOW, HOUR, "link", address=ADDRESS),
        ]
        stored = everything(database)
        assert ADDRESS in stored
        assert not any(word in stored for word in words)


class TestSessions:
    def test_a_newcomer_becomes_a_person(self, database: Database) -> None:
        sessions = Sessions(database, NETWORK)
        word = sessions.begin(NOW, HOUR, "link", address=ADDRESS)
        before = sessions.find(word, NOW)
        assert before is not None
        assert (before.person, before.address) == (None, ADDRESS)
        sessions.become(before.digest, "p-aenne")
        after = sessions.find(word, NOW)
        assert after is not None
        assert (after.person, after.address) == ("p-aenne", None)
        assert ADDRESS not in everything(database)

    def test_it_ends_by_logging_out_and_by_itself(self, database: Database) -> None:
        sessions = Sessions(database, NETWORK)
        word, other = (sessions.begin(NOW, HOUR, "link", person="p-anna") for _ in range(2))
        found = sessions.find(word, NOW)
        assert found is not None
        sessions.end(found.digest)
        assert sessions.find(word, NOW) is None
        assert sessions.find(other, later(minutes=59)) is not None
        assert sessions.find(other, later(hours=1)) is None

    def test_somebody_is_logged_out_everywhere(self, database: Database) -> None:
        sessions = Sessions(database, NETWORK)
        words = [sessions.begin(NOW, HOUR, "link", person="p-anna") for _ in range(3)]
        berta = sessions.begin(NOW, HOUR, "link", person="p-berta")
        assert sessions.end_all_of("p-anna") == 3
        assert [sessions.find(word, NOW) for word in words] == [None] * 3
        assert sessions.find(berta, NOW) is not None

    def test_what_a_clock_began_that_was_a_year_ahead_is_over_when_it_is_set_right(self, database: Database) -> None:
        sessions = Sessions(database, NETWORK)
        word = sessions.begin(later(days=365), 12 * HOUR, "link", person="p-anna")
        assert sessions.find(word, NOW) is None
        assert sessions.find(word, later(days=365)) is not None

    def test_a_clock_that_is_set_back_a_little_logs_nobody_out(self, database: Database) -> None:
        sessions = Sessions(database, NETWORK)
        word = sessions.begin(NOW, HOUR, "link", person="p-anna")
        assert sessions.find(word, later(minutes=-50)) is not None

    def test_what_is_over_is_forgotten(self, database: Database) -> None:
        sessions = Sessions(database, NETWORK)
        sessions.begin(NOW, HOUR, "link", person="p-anna")
        assert (sessions.forget(later(hours=2)), sessions.forget(later(hours=2))) == (1, 0)


class TestAttempts:
    def try_it(self, database: Database, who: str = ADDRESS, bucket: str = "address", **span: float) -> bool:
        return Attempts(database, NETWORK).count_one(bucket, who, later(**span), 3, HOUR)

    def test_so_many_within_the_window_and_no_more(self, database: Database) -> None:
        assert [self.try_it(database, minutes=minute) for minute in (0, 1, 2, 3)] == [True, True, True, False]
        assert self.try_it(database, minutes=61)

    def test_a_refused_try_does_not_count(self, database: Database) -> None:
        for minute in range(60):
            self.try_it(database, minutes=minute)
        assert self.try_it(database, minutes=60)

    def test_each_counts_for_themselves_and_each_bucket(self, database: Database) -> None:
        for _ in range(4):
            self.try_it(database)
        assert self.try_it(database, who="berta@bretten.example")
        assert self.try_it(database, bucket="sender")

    def test_of_many_at_the_same_moment_as_many_pass_as_may(self, database: Database) -> None:
        assert sum(map(bool, at_once(8, lambda: self.try_it(database)))) == 3

    def test_a_clock_that_was_ahead_locks_nobody_out(self, database: Database) -> None:
        for _ in range(3):
            self.try_it(database, days=30)
        assert self.try_it(database)

    def test_a_clock_that_jumps_forth_and_back_still_counts_what_lies_in_the_window(self, database: Database) -> None:
        assert [self.try_it(database, minutes=minute) for minute in (0, 1, 2)] == [True] * 3
        assert self.try_it(database, days=1)
        assert not self.try_it(database, minutes=3)

    def test_nobody_is_told_who_tried(self, database: Database) -> None:
        self.try_it(database)
        assert ADDRESS not in everything(database)
        with database.reading() as connection:
            (row,) = connection.execute(select(ATTEMPT))
        assert len(row.key) == 64

    def test_what_is_old_is_forgotten(self, database: Database) -> None:
        self.try_it(database)
        attempts = Attempts(database, NETWORK)
        assert (attempts.forget(later(hours=2)), attempts.forget(later(hours=2))) == (1, 0)
