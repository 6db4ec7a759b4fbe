"""Several deliver on one database: each letter goes once, whoever is killed, and nobody settles what others have."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioner.app.letters import delivering
from provisioner.app.letters.delivering import OF_BRIDGES, OF_OTHERS, Postman
from provisioner.app.service_settings import MailSettings
from provisioner.model.alerts import SayingKind
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.state import AlertOutbox, Outbox
from tests.support.desk import Desk, desks, small_network
from tests.support.killing import kill
from tests.support.mailserver import PostOffice
from tests.support.postgres import shared

MANY = 24
ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as one:
        yield one


@pytest.fixture
def open_desk(database: str, tmp_path: Path, office: PostOffice) -> Iterator[Callable[[], Desk]]:
    """Another instance each time; all on one database."""
    state = shared().new_database() if database == "postgresql" else "readi.db"
    opened = []

    def one_more() -> Desk:
        (desk,) = desks(tmp_path, small_network(), state=state)
        desk.site.settings.service.mail = MailSettings.model_validate(office.settings())
        opened.append(desk)
        return desk

    yield one_more
    for desk in opened:
        desk.site.close()


def outbox(desk: Desk) -> Outbox:
    return Outbox(desk.site.database, desk.site.network, desk.clock.now())


def alert(desk: Desk, person: str = "ben") -> None:
    about = {"severity": "warning", "rule": "flut", "count": 1, "members": [{"about": {}, "sensor": "Alb"}]}
    said = AlertOutbox(desk.site.database, "redi")
    saying = said.add(None, SayingKind.FIRST, "pg-sensorik", about, desk.clock.now())
    letter = Letter(LetterKind.ALERT, Channel.MAIL, f"person:p-{person}", {"saying": saying, "why": "member"})
    assert outbox(desk).post(letter)


def states(desk: Desk, *kinds: LetterKind) -> list[LetterState]:
    return [one.state for one in outbox(desk).find(*LetterState) if one.letter.kind in kinds]


def bridge(desk: Desk) -> Postman:
    return Postman(desk.site, desk.pictures, kinds=OF_BRIDGES)


def others(desk: Desk) -> Postman:
    return Postman(desk.site, desk.pictures, kinds=OF_OTHERS)


@ON_BOTH
def test_of_two_at_once_each_letter_is_delivered_by_one(open_desk: Callable[[], Desk], office: PostOffice) -> None:
    instances = [open_desk(), open_desk()]
    for number in range(MANY):
        alert(instances[0], ("ben", "ole", "mona")[number % 3])
    gate, counts = threading.Barrier(2), [0, 0]
    postmen = [bridge(one) for one in instances]
    for postman in postmen:
        postman.settle()

    def deliver(number: int) -> None:
        gate.wait(60)
        counts[number] = postmen[number].deliver()

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(counts) == MANY
    assert set(Counter(one.message["Message-ID"] for one in office.came).values()) == {1}
    assert len(office.came) == MANY
    assert states(instances[0], LetterKind.ALERT) == [LetterState.SENT] * MANY


@ON_BOTH
def test_each_delivers_and_settles_its_own_kinds_alone(open_desk: Callable[[], Desk], office: PostOffice) -> None:
    desk = open_desk()
    for _ in range(2):
        alert(desk)
    assert outbox(desk).post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-ole"))
    assert outbox(desk).take(kinds=OF_BRIDGES) is not None  # the bridge has one in hand
    service = others(desk)
    assert (service.settle(), service.deliver()) == (0, 1)
    assert [one.recipients for one in office.came] == [["ole@rastatt.example"]]
    assert states(desk, LetterKind.ALERT) == [LetterState.WAITING, LetterState.SENDING]
    assert outbox(desk).post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-mona"))
    assert outbox(desk).take(kinds=OF_OTHERS) is not None
    after = bridge(desk)
    assert (after.settle(), after.deliver()) == (1, 1)
    assert states(desk, LetterKind.ALERT) == [LetterState.SENT, LetterState.UNKNOWN]
    assert states(desk, LetterKind.WELCOME) == [LetterState.SENDING, LetterState.SENT]


@ON_BOTH
@pytest.mark.parametrize("moment", ["before", "after"])
def test_whoever_is_killed_with_a_letter_in_hand_the_next_one_sends_it_never_again(
    open_desk: Callable[[], Desk], office: PostOffice, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    desk = open_desk()
    for person in ("ben", "ole"):
        alert(desk, person)
    ready, go = os.pipe()
    child = os.fork()
    if not child:
        os.read(ready, 1)
        if moment == "before":  # it is claimed, and not handed over
            monkeypatch.setattr(delivering, "open_line", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        bridge(open_desk()).deliver()
        os._exit(0)
    office.post.when_kept = lambda: kill(child)
    os.write(go, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    office.post.when_kept = lambda: None
    assert len(office.came) == (moment == "after")
    assert states(desk, LetterKind.ALERT) == [LetterState.WAITING, LetterState.SENDING]
    after = bridge(desk)
    assert after.deliver() == 1
    desk.clock.sleep(10 * 24 * 3600)
    assert after.deliver() == 0
    assert states(desk, LetterKind.ALERT) == [LetterState.SENT, LetterState.UNKNOWN]
    to = Counter(one.recipients[0] for one in office.came)
    assert to == {"ole@rastatt.example": 1, **({"ben@bretten.example": 1} if moment == "after" else {})}


@ON_BOTH
def test_who_goes_on_after_its_lead_was_lost_still_says_what_became_of_its_letter(
    open_desk: Callable[[], Desk], office: PostOffice
) -> None:
    first, second = open_desk(), open_desk()
    alert(first)
    took_over = bridge(second)
    settled: list[int] = []
    office.post.when_kept = lambda: settled.append(took_over.settle())
    assert bridge(first).deliver() == 1
    assert settled == [1]
    assert took_over.deliver() == 0
    assert len(office.came) == 1
    assert states(first, LetterKind.ALERT) == [LetterState.SENT]
