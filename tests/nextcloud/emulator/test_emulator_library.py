"""Through nc-py-api, and with ten thousand accounts."""

import asyncio
import base64
import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import Request
from provisioner.transport.portal import load_nc_py_api
from tests.nextcloud.emulator.client import GOOD, SERVICE


def with_library(emulator: NextcloudEmulator, work: Callable[[Any], Any]) -> Any:
    async def run() -> Any:
        nc = load_nc_py_api().AsyncNextcloud(
            nextcloud_url=emulator.url, nc_auth_user=SERVICE[0], nc_auth_pass=SERVICE[1]
        )
        try:
            return await work(nc)
        finally:
            await nc._session.adapter.close()
            await nc._session.adapter_dav.close()

    return asyncio.run(run())


def test_nc_py_api_reads_and_writes(emulator: NextcloudEmulator) -> None:
    async def work(nc: Any) -> Any:
        await nc.ocs("POST", "/ocs/v2.php/cloud/users", json={"userid": "new", "password": GOOD, "groups": ["team-a"]})
        await nc.ocs("PATCH", "/ocs/v2.php/cloud/users/new", json={"displayName": "New"})
        return await nc.ocs("GET", "/ocs/v2.php/cloud/users/details", params={"limit": 500})

    users = with_library(emulator, work)["users"]
    assert (users["new"]["displayname"], users["new"]["groups"]) == ("New", ["team-a"])


def test_nc_py_api_raises_with_the_code(emulator: NextcloudEmulator) -> None:
    async def work(nc: Any) -> Any:
        with pytest.raises(load_nc_py_api().NextcloudException) as refusal:
            await nc.ocs("GET", "/ocs/v1.php/cloud/users/ghost")
        return refusal.value.status_code

    assert with_library(emulator, work) == 404


def test_ten_thousand_accounts_are_loaded_in_a_second_and_read_at_30_ms_of_work_a_page() -> None:
    emulator = NextcloudEmulator(service=SERVICE)
    begun = time.process_time()
    for number in range(200):
        emulator.add_group(f"group-{number}")
    for number in range(10_000):
        groups = [f"group-{(number * 7 + step * 31) % 200}" for step in range(6)]
        emulator.add_user(f"user{number:05}", display_name=f"Person {number % 977}", groups=groups)
    loaded = time.process_time() - begun
    assert sum(len(group.members) for group in emulator.groups.values()) == 60_002
    assert loaded < 2  # about 0.15 s on two slow cores; the bound is for a machine that is busy otherwise
    begun = time.process_time()
    target = "/ocs/v2.php/cloud/users/details?limit=500&offset=5000"
    headers = {"host": "127.0.0.1", "ocs-apirequest": "true", "accept": "application/json"}
    headers["authorization"] = "Basic " + base64.b64encode(":".join(SERVICE).encode()).decode()
    answers = [emulator.handle(Request("GET", target, headers)) for _ in range(10)]
    a_page = (time.process_time() - begun) / 10
    assert all(answer.status == 200 and len(answer.body) > 300_000 for answer in answers)
    assert a_page < 0.06  # about 0.015 s alone
