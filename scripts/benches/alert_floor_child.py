"""Receives by MQTT and commits what came as it came, and does nothing with it: what that alone costs.

paho-mqtt with acknowledgement after the commit, up to 500 messages a transaction, SQLite as in
`provisioner.state.database`. Arguments: port, topic filter, path of the database. Ends when standard input does.
"""

import queue
import sqlite3
import sys
import threading
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_MOST: Final = 500
_SETTINGS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


def main() -> None:
    """One thread of paho's receives, this one commits."""
    port, topics, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    come: queue.Queue[MQTTMessage | None] = queue.Queue(10_000)
    client = Client(CallbackAPIVersion.VERSION2, "floor", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)

    def subscribe(client: Client, *_: Any) -> None:
        client.subscribe(topics, qos=1)

    def take(_: Client, __: Any, message: MQTTMessage) -> None:
        come.put(message)

    def end() -> None:
        sys.stdin.read()
        come.put(None)

    client.on_connect, client.on_message = subscribe, take
    kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    kept.SessionExpiryInterval = 3600
    client.connect("127.0.0.1", port, clean_start=False, properties=kept)
    client.loop_start()
    threading.Thread(target=end, daemon=True).start()
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in _SETTINGS:
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TABLE uplink (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL)")
    print("ready", flush=True)
    while (first := come.get()) is not None:
        batch = [first]
        while len(batch) < _MOST and not come.empty() and (message := come.get()) is not None:
            batch.append(message)
        database.execute("BEGIN IMMEDIATE")
        rows = ((message.topic, message.payload) for message in batch)
        database.executemany("INSERT INTO uplink (topic, payload) VALUES (?, ?)", rows)
        database.execute("COMMIT")
        for message in batch:
            client.ack(message.mid, message.qos)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main()
