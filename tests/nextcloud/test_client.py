from collections.abc import Callable

import pytest
from pydantic import SecretStr

from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, group_segment, segment
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import Faults, VirtualClock
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
)
from provisioner.transport.patience import ATTEMPTS
from tests.support.nextcloud import SERVICE, TOKEN, Bench

USER = f"{CLOUD}/user"
GROUPS = f"{CLOUD}/groups"


def client_of(bench: Bench) -> Client:
    return bench.connector._client


def write(bench: Bench, method: str = "POST", path: str = GROUPS, body: dict[str, object] | None = None) -> object:
    with bench.gate.opened(TOKEN):
        return client_of(bench).write(method, path, {"groupid": "neu"} if body is None else body)


def with_password(cloud: NextcloudEmulator, clock: VirtualClock, password: str) -> Bench:
    return Bench(NextcloudSettings(url=cloud.url, user=SERVICE[0], password=SecretStr(password)), clock)


@pytest.mark.parametrize("unusable", ["", ".", ".."])
def test_an_id_that_a_path_can_not_hold_is_refused_before_the_wire(unusable: str) -> None:
    with pytest.raises(Permanent, match="unusable_id"):
        segment(unusable)
    with pytest.raises(Permanent, match="unusable_id"):
        group_segment(unusable)


def test_an_id_is_one_segment_whatever_it_holds() -> None:
    assert segment("a/b?c#d&e f%g") == "a%2Fb%3Fc%23d%26e%20f%25g"
    assert group_segment("A&B") == "A%26B"
    assert group_segment("A+B") == "A%252BB"


def test_a_wrong_password_is_sent_once_and_never_again(cloud: NextcloudEmulator, clock: VirtualClock) -> None:
    bench = with_password(cloud, clock, "falsch")
    for _ in range(5):
        with pytest.raises(LoginRefused):
            client_of(bench).get(USER)
        with pytest.raises(LoginRefused):
            write(bench)
    with pytest.raises(LoginRefused):
        bench.observe()
    bench.close()
    assert len(cloud.log.requests) == 1


def test_a_locked_address_is_told_from_the_rate_limit_and_not_knocked_at_again(
    cloud: NextcloudEmulator, clock: VirtualClock, bench: Bench
) -> None:
    for number in range(12):
        wrong = with_password(cloud, clock, f"falsch{number}")
        with pytest.raises(LoginRefused):
            client_of(wrong).get(USER)
        wrong.close()
    before = len(cloud.log.requests)
    for _ in range(3):
        with pytest.raises(LoginRefused, match="address_locked"):
            client_of(bench).get(USER)
    assert len(cloud.log.requests) == before + 1


def test_an_app_password_reads_and_its_write_is_refused_with_the_mend(
    cloud: NextcloudEmulator, clock: VirtualClock
) -> None:
    bench = with_password(cloud, clock, cloud.app_password(SERVICE[0]))
    client_of(bench).get(USER)
    with pytest.raises(NotAllowed, match="needs_real_password"):
        write(bench)
    bench.close()
    assert [entry.status for entry in cloud.log.writes] == [403, 403]
    assert "neu" not in cloud.groups


def test_a_run_longer_than_the_password_confirmation_goes_on(
    cloud: NextcloudEmulator, clock: VirtualClock, bench: Bench
) -> None:
    client_of(bench).get(USER)
    for number in range(4):
        clock.advance(31 * 60)
        write(bench, body={"groupid": f"nach {number}"})
    assert {f"nach {number}" for number in range(4)} <= cloud.groups.keys()
    assert 403 in [entry.status for entry in cloud.log.writes]  # the confirmation did run out


def test_without_the_right_a_write_is_not_allowed(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.set_rights(SERVICE[0], "none")
    with pytest.raises(NotAllowed, match="not_allowed"):
        write(bench)


def test_a_refusal_carries_the_products_code_and_words(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.add_group("neu")
    with pytest.raises(OcsRefusal, match="400/102 group exists") as caught:
        write(bench)
    assert (caught.value.code, caught.value.status) == (102, 400)


def test_a_read_is_tried_again_after_a_while_and_then_given_up(
    cloud: NextcloudEmulator, clock: VirtualClock, bench: Bench
) -> None:
    cloud.faults.status(503, times=ATTEMPTS - 1)
    started = clock.monotonic()
    client_of(bench).get(USER)
    assert clock.monotonic() - started == 1 + 2 + 4
    cloud.faults.status(503, times=ATTEMPTS)
    with pytest.raises(Transient):
        client_of(bench).get(USER)


@pytest.mark.parametrize(("told", "waited"), [(7, 7), (86_400, 60)])
def test_a_read_waits_as_long_as_it_is_told_but_not_for_ever(
    cloud: NextcloudEmulator, clock: VirtualClock, bench: Bench, told: int, waited: int
) -> None:
    cloud.faults.status(503, retry_after=told)
    started = clock.monotonic()
    client_of(bench).get(USER)
    assert clock.monotonic() - started == waited


@pytest.mark.parametrize("strike", [lambda faults: faults.reset_before(), lambda faults: faults.truncate()])
def test_a_read_that_breaks_off_is_tried_again(
    cloud: NextcloudEmulator, bench: Bench, strike: Callable[[Faults], object]
) -> None:
    strike(cloud.faults)
    assert isinstance(client_of(bench).get(USER), dict)


def test_maintenance_is_called_so_for_reads_and_writes(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.world.maintenance = True
    for attempt in (lambda: client_of(bench).get(USER), lambda: write(bench)):
        with pytest.raises(Transient) as caught:
            attempt()
        assert caught.value.text.code == "nextcloud.maintenance"


def test_a_write_is_never_repeated_by_the_transport(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.faults.status(503, times=5)
    with pytest.raises(Transient):
        write(bench)
    assert len(cloud.log.writes) == 1


@pytest.mark.parametrize(
    ("strike", "read", "written"),
    [
        (lambda faults: faults.maintenance_page(200), Garbled, OutcomeUnknown),
        (lambda faults: faults.login_page(200), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(404, body="<html>gone</html>"), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(404), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(400), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(200, body='{"ocs":[]}'), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(200, body='{"ocs":{"meta":{"status":"ok"}}}'), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(200, body="[]"), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(200, body='{"ocs":{"meta":{"status":"ok","statusc'), Garbled, OutcomeUnknown),
        (lambda faults: faults.status(302), Permanent, Permanent),
        (lambda faults: faults.status(401), LoginRefused, LoginRefused),
        (lambda faults: faults.status(429, times=9), RateLimited, RateLimited),
        (lambda faults: faults.status(502, times=9), Transient, Transient),
        (lambda faults: faults.reset_after(times=9), Transient, OutcomeUnknown),
    ],
)
def test_an_answer_that_is_not_the_products_proves_nothing(
    cloud: NextcloudEmulator,
    settings: NextcloudSettings,
    clock: VirtualClock,
    strike: Callable[[Faults], object],
    read: type[TargetError],
    written: type[TargetError],
) -> None:
    for attempt, expected in ((lambda bench: client_of(bench).get(USER), read), (write, written)):
        bench = Bench(settings, clock)
        strike(cloud.faults)
        with pytest.raises(TargetError) as caught:
            attempt(bench)
        assert type(caught.value) is expected
        cloud.faults.clear()
        bench.close()


def test_the_connection_and_the_cookies_are_kept(cloud: NextcloudEmulator, bench: Bench) -> None:
    for _ in range(5):
        client_of(bench).get(USER)
    assert len(cloud._server._connections) == 1
