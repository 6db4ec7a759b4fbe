"""How long something waits to be said: what monitors, and the sign of life, are told of it."""

from datetime import timedelta

from provisioner.app.alerting.status import unsaid_for
from tests.support.alert_rooms import Rooms


def test_what_fails_again_and_again_waits_all_the_time(rooms: Rooms) -> None:
    assert unsaid_for(rooms.site) == 0
    rooms.installation.cloud.faults.status(503, path="/chat/", times=None)
    rooms.say()
    for _ in range(5):
        rooms.poster.turn()
        rooms.wait(100)
    assert unsaid_for(rooms.site) == 500
    rooms.installation.cloud.faults.clear()
    rooms.wait(600)
    rooms.poster.turn()
    assert (unsaid_for(rooms.site), len(rooms.said())) == (0, 1)


def test_what_is_put_off_for_the_morning_waits_from_then_on(rooms: Rooms) -> None:
    rooms.say(not_before=rooms.site.clock.now() + timedelta(hours=8))
    rooms.wait(8 * 3600 - 1)
    assert unsaid_for(rooms.site) == 0
    rooms.wait(31)
    assert unsaid_for(rooms.site) == 30
