"""The barest way to do the same: no code of this project, one connection that is kept, cookies kept, plain JSON."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import requests

_PASSWORD: Final = "only-for-Measuring-1"  # noqa: S105 - the log hides the one that was sent
PAGE: Final = 500


def session(address: Mapping[str, str]) -> requests.Session:
    """A session of `requests` that is logged in."""
    made = requests.Session()
    made.trust_env = False  # asking the environment for proxies with each request costs a millisecond
    made.auth = (address["user"], address["password"])
    made.headers.update({"OCS-APIRequest": "true", "Accept": "application/json"})
    return made


def write(address: Mapping[str, str], log: Sequence[Mapping[str, Any]]) -> float:
    """Send the writes of a request log one after another; seconds. Raises RuntimeError for one that fails."""
    bodies = [entry["body"].replace('"***"', f'"{_PASSWORD}"').encode() for entry in log]
    with session(address) as client:
        started = time.perf_counter()
        for entry, body in zip(log, bodies, strict=True):
            answer = client.request(
                entry["method"], address["url"] + entry["path"], data=body, headers={"Content-Type": "application/json"}
            )
            if answer.json()["ocs"]["meta"]["statuscode"] != 200:
                raise RuntimeError(f"{entry['method']} {entry['path']}: {answer.text[:200]}")
        return time.perf_counter() - started


def read(address: Mapping[str, str]) -> tuple[int, int, int, float]:
    """Read all pages of accounts and groups: accounts, groups, requests, seconds."""
    started, counts, asked = time.perf_counter(), [], 0
    with session(address) as client:
        for kind in ("users", "groups"):
            count = 0
            while True:
                path = f"{address['url']}/ocs/v2.php/cloud/{kind}/details"
                page = client.get(path, params={"limit": PAGE, "offset": count}).json()["ocs"]["data"][kind]
                asked += 1
                if not page:
                    break
                count += len(page)
            counts.append(count)
    return counts[0], counts[1], asked, time.perf_counter() - started
