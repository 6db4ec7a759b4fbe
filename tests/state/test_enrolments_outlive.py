"""What was decided through the service outlives the database in the file of ties; of who was erased nothing is left."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from provisioner.model.enrolments import EnrolledBody, EnrolledMembership, EnrolledPerson
from provisioner.model.registry import Period, Role
from provisioner.state import Database, EnrolmentStore, Persons, Recovered, Standing, TiesFile, TiesLog, recover
from provisioner.state.tie_facts import Head, head_of
from tests.state.samples import NETWORK, NOW, account, bind

TODAY = date(2026, 1, 5)
ANNA = EnrolledPerson("p-anna", "Änne", "Müßig", "anna@bretten.example", "bretten", TODAY, "en")
PLACE = EnrolledMembership("p-anna", "pg-x", Period(TODAY), Role.MODERATOR, "p-berta")
BODY = EnrolledBody("pg-x", {"id": "pg-x", "name": "Förum"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ties.jsonl"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "fresh.sqlite3") as opened:
        yield opened


def live(database: Database) -> EnrolmentStore:
    store = EnrolmentStore(database, NETWORK)
    store.enrol(ANNA)
    store.place(PLACE, NOW)
    store.end("p-anna", date(2026, 6, 30), "p-admin", NOW)
    store.make_body(BODY, "p-admin", NOW)
    return store


def again(database: Database, path: Path) -> Recovered:
    return recover(database, TiesFile(path).replay(), str(path))


def head(database: Database) -> Head:
    with database.reading() as connection:
        return head_of(connection)


def test_all_of_it_comes_back_into_a_database_that_was_made_anew(
    database: Database, fresh: Database, path: Path
) -> None:
    before = live(database).all()
    TiesLog(database, path).keep()
    done = again(fresh, path)
    after = EnrolmentStore(fresh, NETWORK).all()
    assert (after.people, after.memberships, after.endings, after.bodies) == (
        before.people,
        before.memberships,
        before.endings,
        before.bodies,
    )
    assert (done.decided, after.revision > 0) == (4, True)
    assert TiesLog(fresh, path).standing() is Standing.EQUAL


def test_it_comes_back_from_single_lines_as_from_a_file_written_whole(
    database: Database, fresh: Database, path: Path
) -> None:
    log = TiesLog(database, path)
    bind(database, account("ada"))
    log.keep()
    store = live(database)
    log.append(head(database).seq)
    store.place(EnrolledMembership("p-anna", "pg-x", Period(until=TODAY)), NOW)
    store.change_body("pg-x", {"id": "pg-x", "name": "Forum"})
    store.resume("p-anna")
    log.append(head(database).seq)
    single = TiesFile(path).replay().decided
    log.write_whole()
    assert TiesFile(path).replay().decided == single
    again(fresh, path)
    found = EnrolmentStore(fresh, NETWORK).all()
    assert [one.period.until for one in found.memberships] == [TODAY]
    assert (found.bodies["pg-x"].fields["name"], dict(found.endings)) == ("Forum", {})


def test_it_raises_no_epoch_so_that_joining_writes_nothing_into_targets_for_it(database: Database) -> None:
    bind(database, account("ada"))
    before = head(database)
    live(database)
    assert head(database) == Head(before.seq + 4, before.epoch)


def test_an_old_copy_becomes_as_the_file_says(
    open_database: Callable[[], Database], database: Database, path: Path
) -> None:
    log = TiesLog(database, path)
    log.write_whole()
    store = live(database)
    log.keep()
    with database.writing() as connection:  # as if all of it had been decided after the copy was made
        for table in ("enrolled_person", "enrolled_membership", "ending", "enrolled_body", "meta"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert log.standing() is Standing.AHEAD
    again(database, path)
    assert (store.person("p-anna"), store.places_of("p-anna")) == (ANNA, [PLACE])


def test_who_came_after_the_loss_stays_and_who_came_a_second_time_is_who_they_were(
    database: Database, fresh: Database, path: Path
) -> None:
    live(database)
    TiesLog(database, path).keep()
    store = EnrolmentStore(fresh, NETWORK)
    store.enrol(EnrolledPerson("p-second", "Änne", "Müßig", "ANNA@bretten.example", "bretten", TODAY))
    store.place(EnrolledMembership("p-second", "pg-x", Period(TODAY)), NOW)
    store.enrol(EnrolledPerson("p-new", "Neu", "Neu", "neu@bretten.example", "bretten", TODAY))
    again(fresh, path)
    assert set(store.all().people) == {"p-anna", "p-new"}
    assert [one.person for one in store.all().memberships] == ["p-anna"]
    TiesLog(fresh, path).keep()
    assert {place[2] for place in TiesFile(path).replay().decided} >= {("p-anna",), ("p-new",)}


@pytest.mark.parametrize("kept_before", [True, False])
def test_of_who_was_erased_nothing_is_left_to_be_read(database: Database, path: Path, kept_before: bool) -> None:
    log = TiesLog(database, path)
    log.write_whole()
    live(database)
    if kept_before:
        log.keep()
        assert "Müßig" in path.read_text()
    Persons(database).scrub(NETWORK, "p-anna")
    with database.reading() as connection:
        waiting = " ".join(row[0] for row in connection.exec_driver_sql("SELECT value FROM meta"))
    assert "Müßig" not in waiting
    log.keep()
    content = path.read_text()
    assert [word for word in ("Müßig", "Änne", "anna@", "M\\u00fc") if word in content] == []
    assert "Förum" in content, "what is others' stays"
