"""The kit's client: what each answer means, what is tried again, and what is never sent."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from pydantic import SecretStr

from connectors.kit.bench import CountingLedger
from connectors.kit.client import JsonClient, Pace, Refusal, segment, text
from connectors.kit.emulation import Call, Refused, RestEmulator, require_login, route
from connectors.kit.settings import ServerSettings, WithToken
from provisioner.emulation import Credentials, Response, VirtualClock
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
    WriteRefused,
)
from provisioner.model.ports import Wiring
from provisioner.transport.answer import Answer
from provisioner.transport.gate import WriteGate, WriteToken

TOKEN = WriteToken("server", lambda: True)


class Settings(ServerSettings, WithToken):
    product = "shop"
    own_paths = ("/api/v1", "/api")


class Client(JsonClient[Settings]):
    product = "Shop"
    api = "/api"
    asks = frozenset({"/search"})

    def words(self, answer: Answer) -> str | None:
        return text(answer.value, "message") if isinstance(answer.value, dict) else None


class Shop(RestEmulator):
    name: ClassVar[str] = "shop"
    prefix = "/api"

    def __init__(self) -> None:
        super().__init__(credentials=Credentials(token="t0ken"))
        self.things = {"1": {"id": "1"}}

    @route("GET", "/things")
    def list_things(self, call: Call) -> Response:
        require_login(call)
        return Response.json(list(self.things.values()))

    @route("GET", "/things/{id}")
    def tell(self, call: Call) -> Response:
        require_login(call)
        if call.places["id"] not in self.things:
            raise Refused(404, "no such thing")
        return Response.json(self.things[call.places["id"]])

    @route("POST", "/things")
    def make(self, call: Call) -> Response:
        require_login(call)
        self.things[call.body["id"]] = call.body
        made = Response.json(call.body, 201)
        made.headers.append(("Location", f"/api/things/{call.body['id']}"))
        return made

    @route("POST", "/search")
    def search(self, call: Call) -> Response:
        return Response.json([call.user, call.body])


class Desk:
    """A client with what it was wired to."""

    def __init__(self, url: str, token: str = "t0ken", pace: Pace | None = None) -> None:
        self.gate, self.clock, self.ledger = WriteGate(), VirtualClock(), CountingLedger()
        wiring = Wiring(self.gate, self.clock, self.ledger)
        self.client = Client(Settings(url=url, token=SecretStr(token)), wiring, pace)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


@pytest.fixture
def desk(shop: Shop) -> Iterator[Desk]:
    desk = Desk(shop.url, pace=Pace("shop.requests", 60, 60.0))
    yield desk
    desk.client.close()


def test_what_is_there_is_found_and_what_the_product_calls_gone_is_gone(desk: Desk) -> None:
    assert desk.client.find("/things/1") == {"id": "1"}
    assert desk.client.find("/things/2") is None
    assert desk.client.items("/things") == [{"id": "1"}]


def test_an_address_that_nobody_knows_concludes_nothing(desk: Desk) -> None:
    with pytest.raises(Garbled):
        desk.client.find("/nothing")


@pytest.mark.parametrize(
    ("status", "body", "reading", "writing"),
    [
        (200, "<html>", Garbled, OutcomeUnknown),
        (302, "", Permanent, Permanent),
        (401, "", LoginRefused, LoginRefused),
        (403, "", NotAllowed, NotAllowed),
        (404, "<html>", Garbled, OutcomeUnknown),
        (409, '{"message": "taken"}', Refusal, Refusal),
        (429, "", RateLimited, RateLimited),
        (500, '{"message": "oh"}', Transient, OutcomeUnknown),
    ],
)
def test_each_answer_is_a_typed_error(
    shop: Shop, desk: Desk, status: int, body: str, reading: type[TargetError], writing: type[TargetError]
) -> None:
    shop.faults.status(status, body=body, times=None)
    with desk.gate.opened(TOKEN), pytest.raises(writing):
        desk.client.write("POST", "/things", {"id": "2"})
    with pytest.raises(reading):
        desk.client.get("/things")


def test_reads_are_tried_again_and_writes_are_not(shop: Shop, desk: Desk) -> None:
    shop.faults.status(503, retry_after=7, times=2)
    before = desk.clock.monotonic()
    assert desk.client.items("/things")
    assert desk.clock.monotonic() - before == 14
    shop.log.clear()
    shop.faults.status(503, times=1)
    with desk.gate.opened(TOKEN), pytest.raises(OutcomeUnknown):
        desk.client.write("POST", "/things", {"id": "2"})
    assert len(shop.log.requests) == 1


def test_a_refused_log_in_is_not_tried_twice_whatever_is_asked(shop: Shop) -> None:
    wrong = Desk(shop.url, "wrong")
    for _ in range(3):
        with pytest.raises(LoginRefused):
            wrong.client.get("/things")
    assert len(shop.log.requests) == 1
    wrong.client.close()


def test_no_secret_goes_to_another_machine_in_the_open() -> None:
    far = Desk("http://shop.example")
    with pytest.raises(Permanent, match="not_encrypted"):
        far.client.get("/things")


def test_every_request_takes_its_turn_and_a_refusal_fills_the_count(shop: Shop, desk: Desk) -> None:
    desk.client.items("/things")
    assert desk.ledger.taken == ["shop.requests"]
    shop.faults.status(429, times=1)
    desk.client.items("/things")
    assert (desk.ledger.taken, desk.ledger.full) == (["shop.requests"] * 3, ["shop.requests"])


def test_nothing_waits_its_turn_for_a_write_that_may_not_be(shop: Shop, desk: Desk) -> None:
    with pytest.raises(WriteRefused):
        desk.client.write("POST", "/things", {"id": "2"})
    assert (desk.ledger.taken, shop.log.requests) == ([], [])


def test_a_question_by_post_passes_the_closed_gate_and_no_other_post_does(shop: Shop, desk: Desk) -> None:
    shop.faults.reset_after(times=1)
    assert desk.client.ask("/search", {"q": "x"}) == ["token", {"q": "x"}]
    with pytest.raises(WriteRefused):
        desk.client.ask("/things", {"id": "2"})


def test_what_was_created_names_itself_or_nobody_knows(shop: Shop, desk: Desk) -> None:
    with desk.gate.opened(TOKEN):
        assert desk.client.create("/things", {"id": "2"}, "two").made == "2"
        shop.faults.status(201, body='{"id": "3"}', when="after", times=1)
        with pytest.raises(OutcomeUnknown):
            desk.client.create("/things", {"id": "3"}, "three")
        shop.faults.login_page(when="after", times=1)
        with pytest.raises(OutcomeUnknown):
            desk.client.create("/things", {"id": "4"}, "four")


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_what_no_path_can_hold_is_never_sent(identifier: str) -> None:
    with pytest.raises(Permanent):
        segment(identifier, "Shop")
    assert segment("a/b?ö", "Shop") == "a%2Fb%3F%C3%B6"


@pytest.mark.parametrize("url", ["https://Shop.example", "https://shop.example/", "https://shop.example/api/v1/"])
def test_a_server_is_one_however_its_address_is_written(url: str) -> None:
    assert Settings(url=url, token=SecretStr("x")).identity() == "shop:shop.example"


@pytest.mark.parametrize("wrong", [{}, {"token": "x", "token_file": "/x"}, {"token": ""}])
def test_a_token_is_given_in_one_way(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="token"):
        Settings.model_validate({"url": "https://shop.example", **wrong})
