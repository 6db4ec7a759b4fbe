"""Gateways that are asked after: absence means that one is down, an error means nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from provisioner.emulation import VirtualClock
from provisioner.model.errors import Garbled, LoginRefused, NotAllowed, TargetError, Transient
from provisioner.model.sensors import GatewayNews
from provisioner.senders.emulation import KEY, ThingsStackEmulator
from provisioner.senders.gateways import GatewayWatch
from provisioner.senders.settings import GatewaySettings


@pytest.fixture
def stack(clock: VirtualClock) -> Iterator[ThingsStackEmulator]:
    with ThingsStackEmulator(clock=clock) as emulator:
        emulator.gateways = {"dach-rastatt": True, "wasserturm": False}
        yield emulator


Open = Callable[..., GatewayWatch]


@pytest.fixture
def watch() -> Iterator[Open]:
    """Watches that are closed in the end."""
    with ExitStack() as closing:

        def opened(stack: ThingsStackEmulator, *ids: str, key: str = KEY) -> GatewayWatch:
            settings = {"url": stack.url, "ids": ids or ("dach-rastatt", "wasserturm"), "key": key}
            made = GatewayWatch("ttn", GatewaySettings.model_validate(settings), stack.clock)
            closing.callback(made.close)
            return made

        yield opened


def states(news: list[GatewayNews]) -> dict[str, bool]:
    return {one.gateway: one.online for one in news}


def test_what_the_answer_leaves_out_is_down(watch: Open, stack: ThingsStackEmulator, clock: VirtualClock) -> None:
    looking = watch(stack)
    found = looking.look()
    assert states(found) == {"dach-rastatt": True, "wasserturm": False}
    assert {(one.sender, one.at) for one in found} == {("ttn", clock.now())}
    stack.gateways = dict.fromkeys(stack.gateways, False)
    assert states(looking.look()) == {"dach-rastatt": False, "wasserturm": False}


def test_many_are_asked_after_in_few_questions(watch: Open, stack: ThingsStackEmulator) -> None:
    stack.gateways = {f"gateway-{number}": number % 2 == 0 for number in range(250)}
    assert states(watch(stack, *stack.gateways).look()) == stack.gateways
    assert (stack.log.counts()["requests"], stack.log.writes) == (3, [])


def test_one_that_went_and_is_still_remembered_is_down(watch: Open, stack: ThingsStackEmulator) -> None:
    come, gone = "2026-01-05T07:00:00Z", "2026-01-05T07:30:00.123456789Z"
    stack.faults.status(
        200,
        body=json.dumps(
            {
                "entries": {
                    "dach-rastatt": {"connected_at": come, "disconnected_at": gone},
                    "wasserturm": {"connected_at": gone, "disconnected_at": come},
                }
            }
        ),
    )
    assert states(watch(stack).look()) == {"dach-rastatt": False, "wasserturm": True}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, "{}", Transient),
        (429, "{}", Transient),
        (200, "<html></html>", Garbled),
        (200, "[]", Garbled),
        (200, '{"entries": []}', Garbled),
        (200, '{"code": 14, "message": "unavailable"}', Garbled),
        (404, "", Garbled),
        (403, '{"code": 7, "message": "no rights"}', NotAllowed),
    ],
)
def test_an_error_concludes_nothing(
    watch: Open, stack: ThingsStackEmulator, status: int, body: str, error: type[TargetError]
) -> None:
    stack.faults.status(status, body=body, times=100)
    with pytest.raises(error):
        watch(stack).look()


def test_a_broken_connection_concludes_nothing(watch: Open, stack: ThingsStackEmulator) -> None:
    stack.faults.reset_after(times=100)
    with pytest.raises(TargetError):
        watch(stack).look()


def test_a_gateway_that_the_key_may_not_ask_about_and_a_wrong_key_are_told(
    watch: Open, stack: ThingsStackEmulator
) -> None:
    with pytest.raises(NotAllowed):
        watch(stack, "dach-rastatt", "of-somebody-else").look()
    with pytest.raises(LoginRefused):
        watch(stack, key="wrong").look()
