"""The postman: what goes, what waits, what nobody gets any more, and what is never sent twice."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from provisioner.app.joining.reception import Reply
from provisioner.app.letters.delivering import LONGEST_REST, TOO_LONG, Postman
from provisioner.app.service_settings import MailSettings
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.state import Outbox, Requests
from tests.support.desk import Desk, desks, small_network
from tests.support.mailserver import PostOffice

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    wish = small_network()
    wish.policy = {"joining": {"contact": "die Koordination, Telefon 07252 0000"}}
    (found,) = desks(tmp_path, wish)
    yield found
    found.site.close()


@pytest.fixture
def office(desk: Desk) -> Iterator[PostOffice]:
    with PostOffice() as one:
        desk.site.settings.service.mail = MailSettings.model_validate(one.settings())
        desk.site.settings.service.url = "https://netz.example/x/"
        yield one


@pytest.fixture
def postman(desk: Desk) -> Postman:
    return Postman(desk.site, desk.pictures)


def post(desk: Desk, letter: Letter) -> None:
    assert Outbox(desk.site.database, desk.site.network, desk.clock.now()).post(letter)


def mail(desk: Desk, to: str, kind: LetterKind = LetterKind.WELCOME, **about: str | int) -> None:
    post(desk, Letter(kind, Channel.MAIL, f"person:p-{to}", about))


def states(desk: Desk) -> list[tuple[LetterState, str]]:
    """Of all letters but notices, oldest first."""
    found = Outbox(desk.site.database, desk.site.network, desk.clock.now()).find(*LetterState, limit=1000)
    return [(one.state, one.error) for one in reversed(found) if one.letter.kind is not LetterKind.NOTICE]


def test_a_login_link_goes_to_the_address_and_opens_the_door_once(
    desk: Desk, office: PostOffice, postman: Postman
) -> None:
    assert desk.reception.ask("ole@rastatt.example", "192.0.2.7") is Reply.SENT
    assert postman.deliver() == 1
    (came,) = office.came
    assert came.recipients == ["ole@rastatt.example"]
    assert came.message["Message-ID"].startswith("<redi.")
    (word,) = re.findall(r"^https://netz\.example/x/redi/link/([A-Za-z0-9_-]{43})$", came.text, re.MULTILINE)
    assert "60 Minuten" in came.text
    session = desk.reception.enter(word)
    assert session is not None
    assert desk.reception.enter(word) is None
    files = list(desk.folder.glob("readi.db*"))
    assert files
    assert not [file for file in files if word.encode() in file.read_bytes()]


def test_nothing_goes_without_a_mail_server_and_all_of_it_later(desk: Desk, postman: Postman) -> None:
    mail(desk, "ben")
    mail(desk, "ole")
    for _ in range(30):
        postman.deliver()
        desk.clock.sleep(6 * 3600)
    assert {state for state, _ in states(desk)} == {LetterState.WAITING}
    assert "messages.no_mail" in {error for _, error in states(desk)}
    with PostOffice() as office:
        desk.site.settings.service.mail = MailSettings.model_validate(office.settings())
        desk.clock.sleep(3600)
        assert postman.deliver() == 2
        assert len(office.came) == 2


def test_a_server_that_is_down_for_days_delays_and_drops_nothing(desk: Desk, postman: Postman) -> None:
    with PostOffice() as office:
        settings = office.settings(timeout=2)
    desk.site.settings.service.mail = MailSettings.model_validate(settings)
    for number in range(3):
        mail(desk, ("ben", "ole", "mona")[number])
    for _ in range(10 * 2):
        postman.deliver()
        desk.clock.sleep(12 * 3600)
    assert [state for state, _ in states(desk)] == [LetterState.WAITING] * 3
    with PostOffice() as office:
        desk.site.settings.service.mail = MailSettings.model_validate(office.settings())
        postman.deliver()
        desk.clock.sleep(3600)
        postman.deliver()
        assert len(office.came) == 3


def test_a_server_that_is_down_is_tried_with_one_letter_at_a_time(desk: Desk, postman: Postman) -> None:
    with PostOffice() as office:
        settings = office.settings(timeout=2)
    desk.site.settings.service.mail = MailSettings.model_validate(settings)
    for name in ("ben", "ole", "mona"):
        mail(desk, name)
    assert [postman.deliver() for _ in range(5)] == [1, 0, 0, 0, 0]
    desk.clock.sleep(61)
    assert [postman.deliver() for _ in range(5)] == [1, 0, 0, 0, 0]
    desk.clock.moment -= timedelta(days=400)  # whatever was put off by a clock that was ahead is due
    assert [postman.deliver() for _ in range(5)] == [1, 0, 0, 0, 0]
    desk.clock.moment += LONGEST_REST
    assert postman.deliver() == 1


def test_greylisting_is_waited_out_and_given_up_after_days(desk: Desk, office: PostOffice, postman: Postman) -> None:
    mail(desk, "ben")
    office.post.at_rcpt = ["450 greylisted"] * 2
    assert postman.deliver() == 1
    assert postman.deliver() == 0
    assert states(desk) == [(LetterState.WAITING, "messages.not_now")]
    desk.clock.sleep(60)
    assert postman.deliver() == 1
    desk.clock.sleep(60)
    assert postman.deliver() == 0
    desk.clock.sleep(60)
    assert postman.deliver() == 1
    assert states(desk) == [(LetterState.SENT, "")]
    mail(desk, "ole")
    office.post.at_rcpt = ["450 never"] * 1000
    until = desk.clock.now() + TOO_LONG + 4 * HOUR
    while desk.clock.now() < until:
        postman.deliver()
        desk.clock.sleep(4 * 3600)
    assert states(desk)[1] == (LetterState.REFUSED, "messages.tried_too_long")
    assert 1000 - len(office.post.at_rcpt) == 19


def test_an_address_that_is_refused_stops_nobody_elses_mail_and_rangers_are_told(
    desk: Desk, office: PostOffice, postman: Postman
) -> None:
    mail(desk, "ben")
    mail(desk, "ole")
    office.post.at_rcpt = ["550 no such user"]
    assert postman.deliver() == 2
    assert states(desk) == [(LetterState.REFUSED, "messages.address_refused"), (LetterState.SENT, "")]
    assert postman.deliver() == 1
    notice = office.came[-1]
    assert notice.recipients == ["rita@bretten.example"]
    assert "https://netz.example/x/redi/letters" in notice.text
    assert "ben" not in notice.raw.decode().lower()
    desk.clock.sleep(7200)
    assert postman.deliver() == 0  # told once


def test_what_got_no_answer_is_never_sent_again_by_itself(desk: Desk, office: PostOffice, postman: Postman) -> None:
    mail(desk, "ben")
    office.post.at_data = ["drop"]
    postman.deliver()
    desk.clock.sleep(10 * 24 * 3600)
    postman.deliver()
    assert states(desk) == [(LetterState.UNKNOWN, "messages.no_answer")]
    assert [one.recipients for one in office.came].count(["ben@bretten.example"]) == 1


def test_what_was_being_sent_when_the_process_ended_is_unknown(desk: Desk, office: PostOffice) -> None:
    mail(desk, "ben")
    assert Outbox(desk.site.database, desk.site.network, desk.clock.now()).take() is not None
    after = Postman(desk.site, desk.pictures)
    assert after.settle() == 1
    after.deliver()
    assert states(desk) == [(LetterState.UNKNOWN, "messages.interrupted")]
    assert [one.recipients for one in office.came] == [["rita@bretten.example"]]  # rangers are told


def test_whoever_is_gone_gets_nothing(desk: Desk, office: PostOffice, postman: Postman) -> None:
    mail(desk, "udo")
    mail(desk, "niemand")
    assert postman.deliver() == 2
    assert states(desk) == [(LetterState.REFUSED, "messages.recipient_gone")] * 2
    assert office.came == []
    assert postman.deliver() == 0  # nor is anybody alarmed


def test_a_request_that_was_decided_meanwhile_bothers_nobody(desk: Desk, office: PostOffice, postman: Postman) -> None:
    desk.places.ask(desk.viewer("ole"), "pg-sensorik", "Ich baue\nSensoren.")
    request = desk.requests.waiting()[0].id
    postman.deliver()
    (came,) = office.came
    assert came.recipients == ["mona@bretten.example"]
    assert "Ole Muster (Stadt Rastatt) möchte bei Sensorik mitmachen" in came.text
    assert "Ole Muster schreibt:\n\n    Ich baue\n    Sensoren." in came.text
    (word,) = re.findall(r"^https://netz\.example/x/redi/link/([A-Za-z0-9_-]{43})$", came.text, re.MULTILINE)
    asked = desk.deciding.look(word)
    assert asked is not None
    assert (asked.request.id, asked.decider.person) == (request, "p-mona")
    assert "gilt 7 Tage" in came.text
    assert "Bei Fragen hilft: die Koordination, Telefon 07252 0000" in came.text
    mail(desk, "mona", LetterKind.REQUEST_REMINDER, request=request)
    mail(desk, "ben", LetterKind.REQUEST_REMINDER, request=request)  # who may not decide learns no names
    assert desk.places.decide(desk.viewer("mona"), request, approve=True, answer="Gern!")
    postman.deliver()
    assert states(desk)[1:3] == [
        (LetterState.REFUSED, "messages.decided"),
        (LetterState.REFUSED, "messages.decided"),
    ]
    approved = office.came[-1]
    assert approved.recipients == ["ole@rastatt.example"]
    assert "Mona Muster schreibt:\n\n    Gern!" in approved.text
    assert Requests(desk.site.database, "redi").waiting() == []


def test_only_who_may_decide_is_asked(desk: Desk, office: PostOffice, postman: Postman) -> None:
    desk.places.ask(desk.viewer("ole"), "pg-sensorik", "")
    request = desk.requests.waiting()[0].id
    mail(desk, "ben", LetterKind.REQUEST_REMINDER, request=request)
    postman.deliver()
    assert states(desk)[1] == (LetterState.REFUSED, "messages.recipient_gone")
    assert [one.recipients for one in office.came] == [["mona@bretten.example"]]


def test_a_letter_that_lacks_something_is_refused_and_the_rest_goes(
    desk: Desk, office: PostOffice, postman: Postman
) -> None:
    mail(desk, "mona", LetterKind.CONFIRM)
    mail(desk, "mona", LetterKind.LEAVING, stage="soon", last_day="gestern")
    post(desk, Letter(LetterKind.WELCOME, Channel.MAIL, "body:pg-sensorik"))
    mail(desk, "ben")
    assert postman.deliver() == 4
    assert [state for state, _ in states(desk)] == [*[LetterState.REFUSED] * 3, LetterState.SENT]
    assert {error for state, error in states(desk) if state is LetterState.REFUSED} == {"messages.incomplete"}
    assert [one.recipients for one in office.came] == [["ben@bretten.example"]]


def test_somebody_who_came_this_moment_is_waited_for(desk: Desk, office: PostOffice, postman: Postman) -> None:
    postman.deliver()
    session = desk.session("neu@bretten.example")
    person = desk.reception.register(session, "Nele", "Neu", "de")
    desk.pictures._made = None  # whoever looks now sees them, as after a moment
    post(desk, Letter(LetterKind.WELCOME, Channel.MAIL, f"person:{person}"))
    postman.deliver()
    assert [one.recipients for one in office.came] == [["neu@bretten.example"]]


def test_each_reads_their_own_language(desk: Desk, office: PostOffice, postman: Postman) -> None:
    desk.wish.people["p-ole"]["language"] = "en"
    desk.wish.people["p-ben"]["language"] = "fr"
    desk.rewrite()
    assert desk.picture.registry.people["p-ole"].language == "en"
    mail(desk, "ole")
    mail(desk, "ben")
    postman.deliver()
    assert [one.text.split()[0] for one in office.came] == ["Dear", "Guten"]


def test_a_leaver_whose_day_was_moved_gets_no_old_news(desk: Desk, office: PostOffice, postman: Postman) -> None:
    desk.wish.people["p-ben"]["leaves"] = date(2026, 1, 20)
    desk.rewrite()
    assert desk.picture.registry.people["p-ben"].period.until
    mail(desk, "ben", LetterKind.LEAVING, stage="soon", last_day="2026-01-20")
    mail(desk, "ben", LetterKind.LEAVING, stage="soon", last_day="2026-01-12")
    mail(desk, "ben", LetterKind.LEAVING, stage="ended")
    mail(desk, "udo", LetterKind.LEAVING, stage="ended")
    postman.deliver()
    assert [one.recipients for one in office.came] == [["ben@bretten.example"], ["udo@bretten.example"]]
    assert "20. Januar 2026" in office.came[0].text


def test_whose_access_ended_is_told_from_when_on_it_may_be_erased_where_that_is_known(
    desk: Desk, office: PostOffice, postman: Postman
) -> None:
    mail(desk, "udo", LetterKind.LEAVING, stage="ended", erasable_on="2026-02-03")
    mail(desk, "udo", LetterKind.LEAVING, stage="ended")
    postman.deliver()
    assert ["3. Februar 2026" in one.text for one in office.came] == [True, False]


def test_a_batch_has_an_end(desk: Desk, office: PostOffice, postman: Postman) -> None:
    for name in ("ben", "ole", "mona"):
        mail(desk, name)
    assert [postman.deliver(2), postman.deliver(2), postman.deliver(2)] == [2, 1, 0]
    assert office.post.connections == 2


def test_two_networks_never_take_each_others_letters(tmp_path: Path) -> None:
    first, second = desks(tmp_path, small_network(), small_network("ortenau"))
    with PostOffice() as office:
        for desk in (first, second):
            desk.site.settings.service.mail = MailSettings.model_validate(office.settings())
        mail(second, "ben")
        assert Postman(first.site, first.pictures).deliver() == 0
        assert Postman(second.site, second.pictures).deliver() == 1
        assert "ortenau" in office.came[0].message["Message-ID"]
    first.site.close()
    second.site.close()
