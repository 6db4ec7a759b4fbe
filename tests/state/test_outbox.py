"""Letters on their way, and what the service has to do next."""

from datetime import timedelta
from typing import Any

import pytest

from provisioner.model.errands import Job
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState, Posted
from provisioner.state import Database, Errands, Outbox, Within
from tests.state.samples import NETWORK, NOW, later
from tests.state.test_admission import at_once

WELCOME = Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-anna", {"body": "pg-forum", "days": 3}, "welcome:p-anna")


def outbox(database: Database, **span: float) -> Outbox:
    return Outbox(database, NETWORK, later(**span))


def post(database: Database, count: int = 1, **span: float) -> None:
    for number in range(count):
        letter = Letter(LetterKind.TO_BODY, Channel.MAIL, f"person:p-{number}", {"mail": 7})
        assert outbox(database, **span).post(letter)


def take(database: Database, **span: float) -> Posted:
    found = outbox(database, **span).take()
    assert found is not None
    return found


class TestOutbox:
    def test_a_letter_comes_back_as_it_was_posted(self, database: Database) -> None:
        outbox(database).post(WELCOME)
        taken = take(database)
        assert (taken.letter, taken.state, taken.tries, taken.created) == (WELCOME, LetterState.SENDING, 1, NOW)
        assert outbox(database).take() is None

    def test_what_waits_for_its_moment_can_be_hurried_and_what_was_tried_waits_on(self, database: Database) -> None:
        outbox(database).post(WELCOME, later(minutes=5))
        assert outbox(database).take() is None
        outbox(database).hurry(["welcome:p-ben"])
        assert outbox(database).take() is None
        outbox(database).hurry(["welcome:p-anna"])
        outbox(database).again(take(database).id, "messages.busy", later(minutes=1))
        outbox(database).hurry(["welcome:p-anna"])
        assert outbox(database).take() is None

    def test_who_waits_to_log_in_does_not_wait_for_a_mailing(self, database: Database) -> None:
        post(database, 3)
        outbox(database, minutes=1).post(WELCOME)
        outbox(database, minutes=2).post(Letter(LetterKind.LOGIN_LINK, Channel.MAIL, "address:anna@bretten.example"))
        outbox(database, minutes=2).post(Letter(LetterKind.LOGIN_LINK, Channel.MAIL, "address:ben@bretten.example"))
        taken = [take(database, minutes=3).letter for _ in range(6)]
        assert [(str(one.kind), one.to) for one in taken] == [
            ("login_link", "address:anna@bretten.example"),
            ("login_link", "address:ben@bretten.example"),
            ("welcome", "person:p-anna"),
            *(("to_body", f"person:p-{number}") for number in range(3)),
        ]

    def test_of_two_with_one_word_the_first_is_taken_also_when_it_went(self, database: Database) -> None:
        assert outbox(database).post(WELCOME)
        assert not outbox(database).post(WELCOME)
        outbox(database).sent(take(database).id)
        assert not outbox(database, days=3).post(WELCOME)

    def test_letters_without_a_word_are_all_taken(self, database: Database) -> None:
        post(database, 2)
        assert take(database).id < take(database).id

    def test_one_waits_for_its_time(self, database: Database) -> None:
        outbox(database).post(WELCOME, later(hours=2))
        assert outbox(database, hours=1).take() is None
        assert take(database, hours=2).letter == WELCOME

    def test_many_who_take_at_the_same_moment_get_each_letter_once(self, database: Database) -> None:
        post(database, 6)

        def drain() -> list[int]:
            found = []
            while (letter := outbox(database).take()) is not None:
                found.append(letter.id)
            return found

        taken = [one for each in at_once(4, drain) for one in each]  # type: ignore[attr-defined]
        assert (len(taken), len(set(taken))) == (6, 6)

    def test_what_did_not_go_for_certain_is_tried_again(self, database: Database) -> None:
        outbox(database).post(WELCOME)
        outbox(database).again(take(database).id, "messages.busy", later(minutes=5))
        assert outbox(database, minutes=4).take() is None
        again = take(database, minutes=5)
        assert (again.tries, again.error) == (2, "messages.busy")

    def test_what_a_clock_put_off_that_was_ahead_is_due_when_it_is_set_right(self, database: Database) -> None:
        outbox(database, days=30).post(WELCOME)
        first = take(database)
        outbox(database, days=30).again(first.id, "messages.busy", later(days=30, minutes=5))
        assert take(database, minutes=1).id == first.id

    def test_a_clock_that_is_set_back_a_little_sends_nothing_too_early(self, database: Database) -> None:
        outbox(database).post(WELCOME, later(days=1))
        assert outbox(database, minutes=-30).take() is None

    @pytest.mark.parametrize("outcome", ["refused", "unknown"])
    def test_what_is_given_up_or_doubtful_is_not_sent_again(self, database: Database, outcome: str) -> None:
        outbox(database).post(WELCOME)
        letter = take(database).id
        getattr(outbox(database), outcome)(letter, "messages.no_such_address")
        assert outbox(database, days=3).take() is None
        found = outbox(database).get(letter)
        assert found is not None
        assert (str(found.state), found.error) == (outcome, "messages.no_such_address")

    def test_after_a_crash_nobody_knows_what_was_being_sent(self, database: Database) -> None:
        post(database, 3)
        sent, open_ = take(database), take(database)
        outbox(database).sent(sent.id)
        assert [len(outbox(database).settle()) for _ in range(2)] == [1, 0]
        found = outbox(database).get(open_.id)
        assert found is not None
        assert (found.state, found.error) == (LetterState.UNKNOWN, "messages.interrupted")
        assert outbox(database).counts() == {LetterState.SENT: 1, LetterState.UNKNOWN: 1, LetterState.WAITING: 1}

    def test_the_newest_are_shown_first(self, database: Database) -> None:
        post(database, 3)
        found = outbox(database).find(LetterState.WAITING, LetterState.SENT, limit=2)
        assert [one.letter.to for one in found] == ["person:p-2", "person:p-1"]

    def test_only_what_is_done_with_is_forgotten(self, database: Database) -> None:
        post(database, 4)
        for outcome in (outbox(database).sent, lambda one: outbox(database).refused(one, "messages.x")):
            outcome(take(database).id)
        outbox(database).unknown(take(database).id, "messages.interrupted")
        assert outbox(database).forget(NOW) == 0
        assert outbox(database).forget(later(days=1)) == 2
        assert outbox(database).counts() == {LetterState.UNKNOWN: 1, LetterState.WAITING: 1}


class TestErrands:
    def add(self, database: Database, **options: Any) -> int:
        options = {"only": "p-anna", **options}
        return Errands(database, NETWORK).add(Job.SYNC, "enrolment", "p-anna", options.pop("now", NOW), **options)

    def due(self, database: Database, **span: float) -> list[int]:
        return [one.id for one in Errands(database, NETWORK).due(later(**span))]

    def test_one_comes_back_as_it_was_put_down_until_it_is_done(self, database: Database) -> None:
        errand = self.add(database, about={"digest": "d" * 64})
        errands = Errands(database, NETWORK)
        (found,) = errands.due(NOW)
        assert (found.id, found.job, found.only, found.actor) == (errand, Job.SYNC, "p-anna", "p-anna")
        assert (dict(found.about), found.tries, found.created) == ({"digest": "d" * 64}, 0, NOW)
        assert (errands.waits(errand), errands.count(), self.due(database)) == (True, 1, [errand])
        errands.done([errand])
        assert (errands.waits(errand), errands.count(), self.due(database)) == (False, 0, [])

    def test_they_come_in_the_order_in_which_they_were_put_down(self, database: Database) -> None:
        put = [self.add(database, only=f"p-{number}") for number in range(3)]
        assert self.due(database) == put

    def test_one_waits_for_its_time(self, database: Database) -> None:
        errand = self.add(database, not_before=later(hours=1))
        assert (self.due(database), self.due(database, hours=1)) == ([], [errand])

    def test_what_failed_is_tried_again(self, database: Database) -> None:
        errand = self.add(database)
        Errands(database, NETWORK).again([errand], later(minutes=1))
        assert self.due(database) == []
        (found,) = Errands(database, NETWORK).due(later(minutes=1))
        assert found.tries == 1

    @pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=300)])
    def test_what_a_clock_put_down_that_was_ahead_is_not_left_lying(self, database: Database, ahead: timedelta) -> None:
        errand = self.add(database, now=NOW + ahead)
        assert self.due(database) == [errand]

    def test_ids_are_never_used_again(self, database: Database) -> None:
        first = self.add(database)
        Errands(database, NETWORK).done([first])
        assert self.add(database) > first

    def test_thousands_are_done_with_at_once(self, database: Database) -> None:
        with database.writing() as connection:
            errands = Errands(Within(connection), NETWORK)
            put = [errands.add(Job.SYNC, "enrolment", "p-anna", NOW, only=f"p-{number}") for number in range(2_000)]
        Errands(database, NETWORK).done(put)
        assert Errands(database, NETWORK).count() == 0
