"""What follows the words: pictures below critical alerts, the bot that hears, mails to whoever is not in Talk."""

import pytest

from provisioner.app.alerting.picturing import TOO_LATE
from provisioner.app.letters.delivering import Postman
from provisioner.app.service_settings import MailSettings
from provisioner.state import AlertOutbox
from tests.support.alert_rooms import SECRET, SENSORIK, Rooms
from tests.support.mailserver import PostOffice
from tests.support.rooms import room_of


def rise(rooms: Rooms, sensor: int = 1) -> None:
    """Hours in which the river rises."""
    for level in (90, 110, 150, 190):
        rooms.level(sensor, level)
        rooms.wait(900)
    rooms.level(sensor, 250)


def pictures(rooms: Rooms, name: str = "Sensorik") -> list[str]:
    """Their captions."""
    return [one.text for one in room_of(rooms.installation, name).messages if one.picture is not None]


def test_a_critical_alert_is_followed_by_a_picture_that_says_in_words_what_it_shows(rooms: Rooms) -> None:
    rise(rooms)
    rooms.poster.turn()
    first = rooms.messages()[0]
    (shown,) = [one for one in room_of(rooms.installation, "Sensorik").messages if one.picture is not None]
    assert shown.text.startswith("Wasserstand, Alb, Brücke 1: 90,0\xa0cm um 09:00 Uhr, jetzt 250,0\xa0cm")
    assert shown.text.endswith("Grenze: 200,0\xa0cm.")
    assert shown.parent is first
    assert shown.id > first.id
    outbox = AlertOutbox(rooms.site.database, "redi")
    room = room_of(rooms.installation, "Sensorik").token
    assert outbox.of_message(room, shown.id) == outbox.of_message(room, first.id) != [], "a thumb on it counts, too"


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "truncate", "maintenance_page"])
@pytest.mark.parametrize("path", ["/dav/", "/shares"])
def test_whatever_becomes_of_a_picture_the_words_stand_there_and_it_is_shown_once(
    rooms: Rooms, fault: str, path: str
) -> None:
    getattr(rooms.installation.cloud.faults, fault)(path=path, writes=True)
    rise(rooms)
    rooms.poster.turn()
    assert "Hochwasser" in rooms.said()[0]
    for _ in range(4):
        rooms.wait(60)
        rooms.poster.turn()
    assert len(pictures(rooms)) == 1


def test_a_picture_that_comes_too_late_is_left_out(rooms: Rooms) -> None:
    fault = rooms.installation.cloud.faults.status(503, path="/dav/", times=None)
    rise(rooms)
    rooms.poster.turn()
    rooms.wait(TOO_LATE.total_seconds())
    rooms.installation.cloud.faults.clear()
    rooms.poster.turn()
    assert fault.fired
    assert pictures(rooms) == []


def test_what_is_not_critical_or_was_measured_once_has_no_picture(rooms: Rooms) -> None:
    rooms.level(1, 250)
    rooms.say(picture=False)
    rooms.poster.turn()
    assert pictures(rooms) == []


def test_a_picture_that_was_owed_when_the_process_ended_is_shown_by_the_next(rooms: Rooms) -> None:
    rooms.installation.cloud.faults.reset_before(path="/dav/", writes=True)
    rise(rooms)
    rooms.poster.turn()
    assert pictures(rooms) == []
    rooms.anew()
    rooms.poster.start()
    rooms.until(lambda: len(pictures(rooms)) == 1)
    rooms.poster.stop()
    rooms.anew()
    rooms.poster.start()
    rooms.poster.stop()
    assert len(pictures(rooms)) == 1


def test_where_something_is_said_the_bot_hears_from_then_on(rooms: Rooms) -> None:
    bot = rooms.installation.cloud.talk.install_bot("re@di", SECRET, "http://127.0.0.1:9/never")
    rooms.say()
    rooms.poster.turn()
    assert bot.id in room_of(rooms.installation, "Sensorik").bots
    assert bot.id not in room_of(rooms.installation, "LoRaWAN").bots


def test_a_bot_that_is_not_installed_keeps_nobody_from_reading(rooms: Rooms) -> None:
    rooms.say()
    rooms.poster.turn()
    assert len(rooms.said()) == 1


def without_account(rooms: Rooms, person: str) -> None:
    with rooms.site.database.writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM binding WHERE key = 'person:{person}'")


def test_who_has_no_account_reads_it_by_mail_without_markup(rooms: Rooms) -> None:
    without_account(rooms, "p-ben")
    rooms.level(1, 250)
    rooms.poster.turn()
    assert rooms.mails() == [("person:p-ben", "member")]
    with PostOffice() as office:
        rooms.site.settings.service.mail = MailSettings.model_validate(office.settings())
        Postman(rooms.site, rooms.pictures).deliver()
        (came,) = office.came
    assert came.recipients == ["ben@bretten.example"]
    assert "Sensorik: 🔴 Hochwasser (kritisch): Alb, Brücke 1" in str(came.message["Subject"])
    assert "Der Uferweg wird überflutet." in came.text
    assert "**" not in came.text
    assert "@bot" not in came.text
    assert "weil Sie zu Sensorik gehören" in " ".join(came.text.split())


def test_mail_tells_the_beginning_and_the_end_and_not_each_word_between(rooms: Rooms) -> None:
    without_account(rooms, "p-ben")
    rooms.level(1, 250)
    rooms.poster.turn()
    for _ in range(5):
        rooms.wait(3600)
        rooms.tick()
        rooms.poster.turn()
    rooms.level(1, 100)
    rooms.poster.turn()
    assert rooms.mails() == [("person:p-ben", "member")] * 2


def test_whom_a_rule_names_is_written_to_once(rooms: Rooms) -> None:
    without_account(rooms, "p-ben")
    rooms.say(people=("p-rita", "p-ben"))
    rooms.poster.turn()
    assert sorted(rooms.mails()) == [("person:p-ben", "member"), ("person:p-rita", "named")]


def test_a_conversation_that_fails_holds_up_no_mail(rooms: Rooms) -> None:
    without_account(rooms, "p-ben")
    rooms.installation.cloud.faults.status(503, path="/chat/", times=None)
    rooms.say()
    for _ in range(5):
        rooms.poster.turn()
        rooms.wait(100)
    assert rooms.said() == []
    assert rooms.mails() == [("person:p-ben", "member")]


def test_a_mail_about_an_alert_that_was_forgotten_is_not_sent(rooms: Rooms) -> None:
    without_account(rooms, "p-ben")
    rooms.say(body=SENSORIK)
    rooms.poster.turn()
    assert rooms.outbox.forget(rooms.site.clock.now() + TOO_LATE) == 1
    with PostOffice() as office:
        rooms.site.settings.service.mail = MailSettings.model_validate(office.settings())
        Postman(rooms.site, rooms.pictures).deliver()
        assert office.came == []
