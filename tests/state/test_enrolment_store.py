"""What was decided through the service, as the database keeps it."""

from datetime import date

import pytest

from provisioner.model.enrolments import EnrolledBody, EnrolledMembership, EnrolledPerson, RequestState
from provisioner.model.errands import Job
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.registry import Period, Role
from provisioner.state import Audit, Confirmations, Database, EnrolmentStore, Errands, Outbox, Requests, Within
from tests.state.samples import NETWORK, NOW, later
from tests.state.test_admission import at_once

TODAY = date(2026, 1, 5)
ANNA = EnrolledPerson("p-anna", "Änne", "O'Hara", "Aenne@Bretten.example", "bretten", TODAY, "en")
PLACE = EnrolledMembership("p-anna", "pg-forum", Period(TODAY), Role.MODERATOR, "p-berta")
BODY = EnrolledBody("pg-forum", {"id": "pg-forum", "name": "Förum", "members": [{"everybody": True}]})


def store(database: Database) -> EnrolmentStore:
    return EnrolmentStore(database, NETWORK)


def full(database: Database) -> EnrolmentStore:
    kept = store(database)
    kept.enrol(ANNA)
    kept.place(PLACE, NOW)
    kept.end("p-anna", date(2026, 6, 30), "p-admin", NOW)
    kept.make_body(BODY, "p-admin", NOW)
    return kept


class TestEnrolments:
    def test_all_comes_back_as_it_was_put(self, database: Database) -> None:
        found = full(database).all()
        assert (found.people, found.memberships, found.bodies) == ({"p-anna": ANNA}, (PLACE,), {"pg-forum": BODY})
        assert found.endings["p-anna"].leaves == date(2026, 6, 30)

    def test_the_revision_moves_with_every_change_and_with_nothing_else(self, database: Database) -> None:
        kept = store(database)
        moves = [kept.revision()]
        for change in (
            lambda: kept.enrol(ANNA),
            lambda: kept.place(PLACE, NOW),
            lambda: kept.place(PLACE, NOW),
            lambda: kept.end("p-anna", TODAY, "p-admin", NOW),
            lambda: kept.resume("p-anna"),
            lambda: kept.make_body(BODY, "p-admin", NOW),
            lambda: kept.change_body("pg-forum", {"id": "pg-forum", "name": "Forum"}),
            lambda: kept.forget_body("pg-forum"),
            lambda: kept.forget_person("p-anna"),
        ):
            change()  # type: ignore[no-untyped-call]
            moves.append(kept.revision())
        assert moves == list(range(10))
        for nothing in (
            lambda: kept.resume("p-anna"),
            lambda: kept.change_body("pg-forum", {}),
            lambda: kept.forget_body("pg-forum"),
            lambda: kept.forget_person("p-anna"),
        ):
            assert not nothing()  # type: ignore[no-untyped-call]
        assert kept.revision() == kept.all().revision == 9

    def test_of_many_changes_at_the_same_moment_each_moves_the_revision(self, database: Database) -> None:
        at_once(8, lambda: store(database).place(PLACE, NOW))
        assert store(database).revision() == 8

    def test_one_address_belongs_to_one_person_in_whatever_letters(self, database: Database) -> None:
        kept = full(database)
        other = EnrolledPerson("p-other", "A", "B", "AENNE@bretten.EXAMPLE", "bretten", TODAY)
        assert not kept.enrol(other)
        assert kept.person_with("aenne@BRETTEN.example") == kept.person("p-anna") == ANNA
        assert (kept.person_with("nobody@bretten.example"), kept.person("p-other")) == (None, None)

    def test_an_address_is_the_same_however_its_letters_are_composed(self, database: Database) -> None:
        composed, in_parts = "ä@bretten.example", "a\u0308@bretten.example"
        kept = store(database)
        assert kept.enrol(EnrolledPerson("p-1", "Ä", "B", composed, "bretten", TODAY))
        assert not kept.enrol(EnrolledPerson("p-2", "Ä", "B", in_parts, "bretten", TODAY))
        assert kept.person_with(in_parts) is not None

    def test_of_many_who_come_at_the_same_moment_with_one_address_one_is_enrolled(self, database: Database) -> None:
        names = iter(f"p-{number}" for number in range(8))

        def come() -> bool:
            return store(database).enrol(EnrolledPerson(next(names), "A", "B", ANNA.email, "bretten", TODAY))

        assert sum(map(bool, at_once(8, come))) == 1
        assert len(store(database).all().people) == 1

    def test_what_is_decided_last_counts(self, database: Database) -> None:
        kept = full(database)
        strike = EnrolledMembership("p-anna", "pg-forum", Period(until=TODAY), by="p-berta")
        kept.place(strike, later(days=1))
        kept.end("p-anna", date(2026, 12, 31), "p-anna", later(days=1))
        found = kept.all()
        assert found.memberships == (strike,)
        assert (found.endings["p-anna"].leaves, found.endings["p-anna"].by) == (date(2026, 12, 31), "p-anna")

    def test_an_ending_can_be_taken_back(self, database: Database) -> None:
        kept = full(database)
        assert (kept.resume("p-anna"), kept.resume("p-anna"), dict(kept.all().endings)) == (True, False, {})

    def test_a_body_is_made_once_and_then_changed(self, database: Database) -> None:
        kept = full(database)
        assert not kept.make_body(EnrolledBody("pg-forum", {"id": "pg-forum", "name": "Anderes"}), "p-x", NOW)
        assert kept.change_body("pg-forum", {"id": "pg-forum", "name": "Neu"})
        assert kept.all().bodies["pg-forum"].fields == {"id": "pg-forum", "name": "Neu"}

    def test_a_person_and_a_body_are_forgotten_with_all_that_hangs_on_them(self, database: Database) -> None:
        kept = full(database)
        assert kept.forget_person("p-anna") == 3
        assert kept.forget_body("pg-forum") == 1
        assert (kept.all().people, kept.all().memberships, kept.all().bodies) == ({}, (), {})

    def test_what_the_files_say_by_now_is_forgotten_but_for_what_was_decided_since(self, database: Database) -> None:
        kept = full(database)
        ole = EnrolledPerson("p-ole", "Ole", "Ort", "ole@bretten.example", "bretten", TODAY)
        kept.enrol(ole)
        seen = kept.all()
        kept.place(EnrolledMembership("p-anna", "pg-forum", Period(until=TODAY)), later(hours=1))
        assert kept.forget_settled(seen, ["p-anna", "p-ole"], ["pg-forum"]) == 2
        assert (set(kept.all().people), len(kept.all().memberships), kept.all().bodies) == ({"p-anna"}, 1, {})

    def test_what_is_written_within_one_transaction_is_kept_together_or_not_at_all(self, database: Database) -> None:
        letter = Letter(LetterKind.REQUEST, Channel.MAIL, "person:p-berta", {"request": 1})

        def act(fail: bool) -> None:
            with database.writing() as connection:
                within = Within(connection)
                EnrolmentStore(within, NETWORK).enrol(ANNA)
                Requests(within, NETWORK).ask("p-anna", "pg-forum", "bitte", NOW)
                Errands(within, NETWORK).add(Job.SYNC, "enrolment", "p-anna", NOW, only="p-anna")
                Outbox(within, NETWORK, NOW).post(letter)
                Audit(within, NETWORK).note(NOW, "p-anna", "joined", "person:p-anna")
                if fail:
                    raise KeyboardInterrupt

        def counts() -> tuple[int, ...]:
            return (
                len(store(database).all().people),
                store(database).revision(),
                len(Requests(database, NETWORK).waiting()),
                Errands(database, NETWORK).count(),
                sum(Outbox(database, NETWORK, NOW).counts().values()),
                len(Audit(database, NETWORK).latest()),
            )

        with pytest.raises(KeyboardInterrupt):
            act(fail=True)
        assert counts() == (0,) * 6
        act(fail=False)
        assert counts() == (1,) * 6


class TestRequests:
    def test_who_asks_twice_asks_once_until_it_is_decided(self, database: Database) -> None:
        requests = Requests(database, NETWORK)
        first = requests.ask("p-anna", "pg-forum", "bitte", NOW)
        assert first is not None
        assert requests.ask("p-anna", "pg-forum", "nochmal", NOW) is None
        assert requests.decide(first, RequestState.DECLINED, "p-berta", "voll", later(days=1))
        second = requests.ask("p-anna", "pg-forum", "und jetzt?", later(days=2))
        assert [(one.id, one.state) for one in requests.of_person("p-anna")] == [
            (second, RequestState.WAITING),
            (first, RequestState.DECLINED),
        ]

    def test_of_many_who_decide_at_the_same_moment_one_does(self, database: Database) -> None:
        requests = Requests(database, NETWORK)
        asked = requests.ask("p-anna", "pg-forum", "", NOW)
        assert asked is not None
        decided = at_once(6, lambda: requests.decide(asked, RequestState.APPROVED, "p-berta", "gern", NOW))
        assert sum(map(bool, decided)) == 1
        found = requests.get(asked)
        assert found is not None
        assert (found.state, found.decided_by, found.answer, found.decided_at) == ("approved", "p-berta", "gern", NOW)

    def test_those_that_wait_come_by_body_oldest_first(self, database: Database) -> None:
        requests = Requests(database, NETWORK)
        asked = [requests.ask(person, body, "", NOW) for person in ("p-a", "p-b") for body in ("pg-x", "pg-y")]
        assert [one.id for one in requests.waiting()] == asked
        assert [one.person for one in requests.waiting("pg-y")] == ["p-a", "p-b"]

    def test_a_reminder_is_remembered(self, database: Database) -> None:
        requests = Requests(database, NETWORK)
        asked = requests.ask("p-anna", "pg-forum", "", NOW)
        assert asked is not None
        requests.remind(asked, later(days=3))
        assert [one.reminded_at for one in requests.waiting()] == [later(days=3)]


class TestConfirmations:
    def test_one_goes_its_way(self, database: Database) -> None:
        kept = Confirmations(database, NETWORK)
        assert (kept.ask("pg-x", TODAY, NOW), kept.ask("pg-x", TODAY, NOW)) == (True, False)
        kept.remind("pg-x", TODAY, later(days=14))
        kept.escalate("pg-x", TODAY, later(days=28))
        (waiting,) = kept.all(waiting=True)
        assert (waiting.reminded_at, waiting.escalated_at, waiting.done_at) == (later(days=14), later(days=28), None)
        assert (kept.finish("pg-x", "p-berta", 2, later(days=30)), kept.finish("pg-x", "p-x", 0, NOW)) == (1, 0)
        (done,) = kept.of_body("pg-x")
        assert (done.done_by, done.struck, kept.all(waiting=True), len(kept.all())) == ("p-berta", 2, [], 1)


class TestAudit:
    def test_pages_go_back_in_time(self, database: Database) -> None:
        audit = Audit(database, NETWORK)
        for number in range(5):
            audit.note(later(hours=number), "p-anna", "joined", f"body:pg-{number}", {"count": number})
        first = audit.latest(2)
        assert [one.subject for one in first] == ["body:pg-4", "body:pg-3"]
        assert [dict(one.about) for one in audit.latest(9, before=first[-1].id)] == [{"count": n} for n in (2, 1, 0)]

    def test_what_is_old_is_forgotten(self, database: Database) -> None:
        audit = Audit(database, NETWORK)
        audit.note(NOW, "p-anna", "joined", "body:pg-x")
        assert (audit.forget(NOW), audit.forget(later(days=1)), audit.latest()) == (0, 1, [])
