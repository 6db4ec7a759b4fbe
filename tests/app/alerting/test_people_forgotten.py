"""What is kept of alerts of one person: shown to them, and gone with them."""

from typing import Final

from provisioner.model.alerts import SayingKind
from provisioner.state import Persons
from tests.support.alert_rooms import Rooms

ALERTING: Final = ("alert", "alert_outbox", "alert_silence", "sensor_state")
NAMES: Final = ("Ben", "ben.muster", "ben@bretten.example")
DAY: Final = 86_400.0


def tables(rooms: Rooms) -> dict[str, str]:
    """All rows of the database, by table."""
    with rooms.site.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {table: repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in found}


def kept(rooms: Rooms) -> str:
    """All rows about alerts."""
    found = tables(rooms)
    return "".join(found[table] for table in ALERTING)


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


def test_the_command_that_erases_somebody_leaves_nothing_of_what_they_did_about_alerts(rooms: Rooms) -> None:
    found = rooms.installation
    rooms.level(1, 250)
    rooms.poster.turn()
    (first,) = rooms.messages()
    ben = rooms.account("p-ben")
    assert rooms.call(rooms.react(ben, first))
    for words in ("gib ab", "übernehme 2h", "stumm 2h"):
        assert rooms.command(ben, f"@bot {words}", answers=first.id)
    rooms.say(kind=SayingKind.ESCALATED, people=["p-ben"])
    rooms.poster.turn()
    rooms.poster.stop()
    assert found.run("alerts", "silence", "all", "2 h", "--reason", "Ben Muster baut um").code == 0
    named = {table for table, rows in tables(rooms).items() if "p-ben" in rows or "Ben Muster" in rows}
    assert named >= {"alert", "alert_outbox", "alert_silence", "outbox", "audit", "step"}, "else nothing is proven"
    found.wish.people["p-ben"]["leaves"] = found.clock.now().date().isoformat()
    found.clock.sleep(DAY)
    found.apply()
    found.clock.sleep(31 * DAY)
    assert found.run("person", "handed-over", "p-ben", "--nothing").code == 0
    ran = found.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    for table, rows in tables(rooms).items():
        assert not any(name in rows for name in NAMES), table
        assert "p-ben" not in rows or table in ("audit", "step"), f"{table}: history alone keeps the registry's id"
    files = [file.read_bytes() for file in found.database.parent.iterdir()]
    assert not any(name.encode() in content for content in files for name in NAMES[1:])
    assert len(rooms.alerts.going_on()) == 1, "the alert itself goes on"
