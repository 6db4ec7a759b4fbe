"""Which measured fields could say where a person is: they are neither kept nor mapped by any model of sensors."""

import re
from functools import lru_cache
from typing import Final

_WORDS: Final = re.compile(
    r"lat|latitudes?|lon|lng|longitudes?|altitude|geo|geohash|geoloc|geolocation|gps|gnss|positions?|locations?|coords?"
    r"|coordinates?|wifi|wlan|[be]?ssid|ble|bluetooth|i?beacons?|macs?|accesspoints?"
)
_ALONE: Final = frozenset({"long", "latlng", "latlon", "lonlat", "latlong", "alt", "pos", "loc"})
"""Words that mean a place only where the whole name is that word."""
_LETTERS: Final = re.compile(r"[A-Za-z]+")
_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=4096)
def tells_where(name: str) -> bool:
    """Whether a field of this name (one part of a path, or a path with dots) tells a place or what is near it.

    Words are found in ``gps_lat``, ``gpsLat``, ``GPS.Latitude`` alike: ``latency`` is none of them.
    """
    return any(part.lower() in _ALONE or _has_word(part) for part in name.split("."))


def _has_word(part: str) -> bool:
    words = (part.replace("_", ""), *_PART.findall(part), *_LETTERS.findall(part))
    return any(_WORDS.fullmatch(word.lower()) for word in words)
