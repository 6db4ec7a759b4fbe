"""What is kept of alerts of one person: shown to them, and gone with them."""

from provisioner.state import Persons
from tests.support.alert_rooms import Rooms


def kept(rooms: Rooms) -> str:
    """All rows about alerts."""
    with rooms.site.database.reading() as connection:
        tables = ("alert", "alert_outbox", "alert_silence", "sensor_state")
        return repr([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])


def test_who_had_an_alert_and_muted_one_is_shown_that_and_forgotten_with_all_else(rooms: Rooms) -> None:
    rooms.level(1, 250)
    rooms.poster.turn()
    (first,) = rooms.messages()
    anna = rooms.account("p-anna")
    assert rooms.command(anna, "@bot übernehme", answers=first.id)
    assert rooms.command(anna, "@bot stumm 2h", answers=first.id)
    rooms.poster.turn()
    assert kept(rooms).count("p-anna") >= 3
    rooms.poster.stop()
    shown = rooms.installation.run("person", "show", "p-anna", "--json", write=False).json["kept"]
    assert [one["rule"] for one in shown["alerts"]] == ["hochwasser"]
    assert [one["scope"] for one in shown["silences"]] == ["body:pg-sensorik/rule:hochwasser"]
    Persons(rooms.site.database).scrub("redi", "p-anna", names=["Anna Muster"])  # as `readi person erase` does
    assert "p-anna" not in kept(rooms)
    assert "Anna" not in kept(rooms)
    assert len(rooms.alerts.going_on()) == 1, "the alert itself goes on"
