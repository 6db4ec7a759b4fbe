"""Uplinks as The Things Stack tells them, of as many devices as wanted; the same numbers give the same bytes."""

from datetime import UTC, datetime
from typing import Final

APPLICATION: Final = "messnetz"
TENANT: Final = "ttn"
TOPIC: Final = f"v3/{APPLICATION}@{TENANT}/devices/%s/up"
MOUNT: Final = 500.0
"""Centimetres: every device hangs so high above what it looks at, and tells the distance to it."""
CALM: Final = 400.0
"""A distance at which nobody has to be told anything."""
FLOOD: Final = 20.0
"""A distance at which every rule about the level fires."""
DEVICES_A_CITY: Final = 100
"""Devices whose ids begin alike: one pattern of the registry stands for them."""

# What a device tells besides, as in real uplinks; 1.4 KB in all.
_UPLINK: Final = (
    b'{"end_device_ids":{"device_id":"%(device)b","application_ids":{"application_id":"%(application)b"},'
    b'"dev_eui":"%(eui)b","join_eui":"800000000000000C","dev_addr":"00BCB929"},'
    b'"correlation_ids":["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ","gs:conn:01E0WDEC6T5T4XXBAX7S1VMFKE",'
    b'"gs:uplink:01E0WZGSZWT07NE5TS2APTV1Z9","ns:uplink:01E0WZGSZXZXZS8RFAWZX0F2FY",'
    b'"rpc:/ttn.lorawan.v3.GsNs/HandleUplink:01E0WZGSZXGE1KS577PFBWRJEE"],"received_at":"%(at)b",'
    b'"uplink_message":{"session_key_id":"AXA50tHUGUucuzS/bCGMNw==","f_port":2,"f_cnt":%(counter)d,'
    b'"frm_payload":"gkHe","decoded_payload":{"distance":%(distance).1f,"temperature":%(temperature).1f,'
    b'"humidity":61.5,"battery_voltage":3.42},"rx_metadata":[{"gateway_ids":{"gateway_id":"gtw-%(gateway)d",'
    b'"eui":"9C5C8E00001A05C4"},"time":"%(at)b","timestamp":2463457000,"rssi":-35,"channel_rssi":-35,"snr":5,'
    b'"uplink_token":"ChIKEAoEZ3R3MRIInFyOAAAaBcQQ6L3Vlgk=","channel_index":2}],"settings":{"data_rate":{"lora":'
    b'{"bandwidth":125000,"spreading_factor":7}},"coding_rate":"4/6","frequency":"868300000","timestamp":2463457000,'
    b'"time":"%(at)b"},"consumed_airtime":"0.056576s","version_ids":{"brand_id":"the-things-products","model_id":'
    b'"the-things-uno","hardware_version":"1.0","firmware_version":"quickstart","band_id":"EU_863_870"},'
    b'"network_ids":{"net_id":"000013","tenant_id":"ttn","cluster_id":"eu1"},"last_battery_percentage":'
    b'{"value":%(battery).1f},"received_at":"%(at)b"}}'
)


def device_id(number: int) -> str:
    """``pegel-000-07``: devices of a city begin alike."""
    city, within = divmod(number, DEVICES_A_CITY)
    return f"pegel-{city:03d}-{within:02d}"


def device_eui(number: int) -> str:
    """16 hexadecimal digits, as the network server writes them."""
    return f"{0xA81758FFFE000000 + number:016X}"


def topic(number: int) -> str:
    """Where the network server publishes this device's uplinks."""
    return TOPIC % device_id(number)


def uplink(number: int, counter: int, at: float, distance: float = CALM, battery: float = 91.0) -> bytes:
    """One message of a device. ``at``: seconds since 1970."""
    # From the counter and not drawn: it differs from message to message, and costs nothing.
    return _UPLINK % {
        b"device": device_id(number).encode(),
        b"application": APPLICATION.encode(),
        b"eui": device_eui(number).encode(),
        b"at": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f789Z").encode(),
        b"counter": counter,
        b"distance": distance + (number + counter) % 7,
        b"temperature": 11.0 + (number * 7 + counter) % 50 / 10,
        b"gateway": number % 40,
        b"battery": battery,
    }


def stored(message: bytes) -> bytes:
    """The same as a line of the Storage Integration."""
    return b'{"result":%b}\n' % message
