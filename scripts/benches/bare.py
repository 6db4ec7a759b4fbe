"""The barest way to do the same: no code of this project, one connection that is kept, cookies kept, plain JSON."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import requests

_PASSWORD: Final = "only-for-Measuring-1"  # noqa: S105 - the log hides the one that was sent
PAGE: Final = 500
_ROOMS: Final = "/ocs/v2.php/apps/spreed/api/v4/room"
_GROUP_ROOM: Final = 2
_FILES: Final = "/remote.php/dav/files"


def session(address: Mapping[str, str]) -> requests.Session:
    """A session of `requests` that is logged in."""
    made = requests.Session()
    made.trust_env = False  # asking the environment for proxies with each request costs a millisecond
    made.auth = (address["user"], address["password"])
    made.headers.update({"OCS-APIRequest": "true", "Accept": "application/json"})
    return made


def write(address: Mapping[str, str], log: Sequence[Mapping[str, Any]]) -> float:
    """Send the writes of a request log one after another; seconds. Raises RuntimeError for one that fails.

    Numbers and tokens that the server draws are the same again when it starts as empty and is asked in the same order;
    whoever looks at their chats for the first time draws some, too. And nobody writes below a folder's path before
    having looked at it once (observed).
    """
    bodies = [entry["body"].replace('"***"', f'"{_PASSWORD}"').encode() for entry in log]
    with session(address) as client:
        client.get(f"{address['url']}{_ROOMS}").raise_for_status()
        started = time.perf_counter()
        looked = False
        for entry, body in zip(log, bodies, strict=True):
            is_file = entry["path"].startswith("/remote.php")
            if is_file and not looked:
                client.request("PROPFIND", f"{address['url']}{_FILES}/{address['user']}").raise_for_status()
                looked = True
            headers = {} if is_file else {"Content-Type": "application/json"}
            answer = client.request(entry["method"], address["url"] + entry["path"], data=body, headers=headers)
            if answer.status_code != entry["status"] or (headers and answer.json()["ocs"]["meta"]["status"] != "ok"):
                raise RuntimeError(f"{entry['method']} {entry['path']}: {answer.text[:200]}")
        return time.perf_counter() - started


@dataclass(frozen=True, slots=True)
class Read:
    """What was found, and what that took."""

    accounts: int
    groups: int
    conversations: int
    requests: int
    seconds: float


def read(address: Mapping[str, str]) -> Read:
    """Read all there is: pages of accounts and groups, folders, conversations and who is in each."""
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
        client.get(f"{address['url']}/index.php/apps/groupfolders/folders").json()
        rooms = client.get(f"{address['url']}{_ROOMS}").json()["ocs"]["data"]
        made = [room["token"] for room in rooms if room["type"] == _GROUP_ROOM and not room["objectType"]]
        for token in made:
            client.get(f"{address['url']}{_ROOMS}/{token}/participants").json()
    return Read(counts[0], counts[1], len(made), asked + 2 + len(made), time.perf_counter() - started)
