"""Several networks share one database: whatever a store is asked in one, nothing of another is seen or moved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select

from provisioner.model.bindings import Binding
from provisioner.model.enrolments import EnrolledBody, EnrolledMembership, EnrolledPerson, RequestState
from provisioner.model.errands import Job
from provisioner.model.gatherings import Count, Told
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.model.registry import Period
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import (
    Attempts,
    Audit,
    BindingWriter,
    Confirmations,
    Database,
    EnrolmentStore,
    Errands,
    FeedWords,
    Gatherings,
    GuestRoom,
    GuestRooms,
    Invitations,
    Links,
    Outbox,
    Purpose,
    Requests,
    Reservations,
    RoomAccesses,
    RoomNames,
    Sessions,
)
from provisioner.state.admission import digest_of
from provisioner.state.schema import METADATA
from tests.state.samples import NETWORK, NOW, later

FOREIGN: Final = "other"
TODAY, HOUR, FAR = date(2026, 1, 5), timedelta(hours=1), later(days=9_000)
LETTER = Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-anna", {}, "welcome:p-anna")


@dataclass
class Kept:
    """What lies in our network, by which another might ask for it."""

    link: str
    session: str
    request: int
    letter: int
    errand: int
    feed: str
    invitation: str
    invited: str
    reservation: int


Ask = Callable[[Database, Kept], object]


def enrolments(ask: Callable[[EnrolmentStore], object]) -> Ask:
    return lambda database, kept: ask(EnrolmentStore(database, FOREIGN))


def outbox(ask: Callable[[Outbox, int], object]) -> Ask:
    return lambda database, kept: ask(Outbox(database, FOREIGN, FAR), kept.letter)


def requests(ask: Callable[[Requests, int], object]) -> Ask:
    return lambda database, kept: ask(Requests(database, FOREIGN), kept.request)


def errands(ask: Callable[[Errands, int], object]) -> Ask:
    return lambda database, kept: ask(Errands(database, FOREIGN), kept.errand)


def confirmations(ask: Callable[[Confirmations], object]) -> Ask:
    return lambda database, kept: ask(Confirmations(database, FOREIGN))


def links(ask: Callable[[Links, str], object]) -> Ask:
    return lambda database, kept: ask(Links(database, FOREIGN), kept.link)


def sessions(ask: Callable[[Sessions, str], object]) -> Ask:
    return lambda database, kept: ask(Sessions(database, FOREIGN), kept.session)


def audit(ask: Callable[[Audit], object]) -> Ask:
    return lambda database, kept: ask(Audit(database, FOREIGN))


def feeds(ask: Callable[[FeedWords, str], object]) -> Ask:
    return lambda database, kept: ask(FeedWords(database, FOREIGN), kept.feed)


def accesses(ask: Callable[[RoomAccesses], object]) -> Ask:
    return lambda database, kept: ask(RoomAccesses(database, FOREIGN))


def gatherings(ask: Callable[[Gatherings], object]) -> Ask:
    return lambda database, kept: ask(Gatherings(database, FOREIGN))


def reservations(ask: Callable[[Reservations, int], object]) -> Ask:
    return lambda database, kept: ask(Reservations(database, FOREIGN), kept.reservation)


def room_names(ask: Callable[[RoomNames], object]) -> Ask:
    return lambda database, kept: ask(RoomNames(database, FOREIGN))


def guest_rooms(ask: Callable[[GuestRooms], object]) -> Ask:
    return lambda database, kept: ask(GuestRooms(database, FOREIGN))


def invitations(ask: Callable[[Invitations, Kept], object]) -> Ask:
    return lambda database, kept: ask(Invitations(database, FOREIGN), kept)


NOTHING: Final[Mapping[tuple[type, str], Ask]] = {
    (EnrolmentStore, "revision"): enrolments(lambda one: one.revision()),
    (EnrolmentStore, "all"): enrolments(lambda one: one.all().people or one.all().memberships or one.all().bodies),
    (EnrolmentStore, "person_with"): enrolments(lambda one: one.person_with("anna@bretten.example")),
    (EnrolmentStore, "person"): enrolments(lambda one: one.person("p-anna")),
    (EnrolmentStore, "places_of"): enrolments(lambda one: one.places_of("p-anna")),
    (EnrolmentStore, "ending_of"): enrolments(lambda one: one.ending_of("p-anna")),
    (EnrolmentStore, "resume"): enrolments(lambda one: one.resume("p-anna")),
    (EnrolmentStore, "change_body"): enrolments(lambda one: one.change_body("pg-x", {})),
    (EnrolmentStore, "forget_person"): enrolments(lambda one: one.forget_person("p-anna")),
    (EnrolmentStore, "forget_stay"): enrolments(lambda one: one.forget_stay("p-anna")),
    (EnrolmentStore, "forget_place"): enrolments(lambda one: one.forget_place("p-anna", "pg-x")),
    (EnrolmentStore, "forget_settled"): lambda database, kept: EnrolmentStore(database, FOREIGN).forget_settled(
        EnrolmentStore(database, NETWORK).all(), ["p-anna"], ["pg-x"]
    ),
    (EnrolmentStore, "forget_body"): enrolments(lambda one: one.forget_body("pg-x")),
    (Requests, "get"): requests(lambda one, key: one.get(key)),
    (Requests, "waiting"): requests(lambda one, key: one.waiting() or one.waiting("pg-x")),
    (Requests, "of_person"): requests(lambda one, key: one.of_person("p-anna")),
    (Requests, "decide"): requests(lambda one, key: one.decide(key, RequestState.APPROVED, "p-x", "", NOW)),
    (Requests, "remind"): requests(lambda one, key: one.remind(key, NOW)),
    (Requests, "forget"): requests(lambda one, key: one.forget(FAR)),
    (Links, "look"): links(lambda one, word: one.look(word, NOW)),
    (Links, "recall"): links(lambda one, word: one.recall(word)),
    (Links, "use"): links(lambda one, word: one.use(word, NOW)),
    (Links, "forget"): links(lambda one, word: one.forget(FAR)),
    (Sessions, "find"): sessions(lambda one, word: one.find(word, NOW)),
    (Sessions, "become"): sessions(lambda one, word: one.become(digest_of(word), "p-x")),
    (Sessions, "end"): sessions(lambda one, word: one.end(digest_of(word))),
    (Sessions, "end_all_of"): sessions(lambda one, word: one.end_all_of("p-anna")),
    (Sessions, "forget"): sessions(lambda one, word: one.forget(FAR)),
    (Attempts, "forget"): lambda database, kept: Attempts(database, FOREIGN).forget(FAR),
    (Outbox, "hurry"): lambda database, kept: Outbox(database, FOREIGN, later(days=-1)).hurry(["welcome:p-anna"]),
    (Outbox, "take"): outbox(lambda one, key: one.take() or one.take(Channel.MAIL)),
    (Outbox, "sent"): outbox(lambda one, key: one.sent(key)),
    (Outbox, "again"): outbox(lambda one, key: one.again(key, "messages.x", NOW)),
    (Outbox, "refused"): outbox(lambda one, key: one.refused(key, "messages.x")),
    (Outbox, "unknown"): outbox(lambda one, key: one.unknown(key, "messages.x")),
    (Outbox, "decide"): outbox(lambda one, key: one.decide(key, again=True) or one.decide(key, again=False)),
    (Outbox, "settle"): outbox(lambda one, key: one.settle()),
    (Outbox, "get"): outbox(lambda one, key: one.get(key)),
    (Outbox, "find"): outbox(lambda one, key: one.find(*LetterState)),
    (Outbox, "counts"): outbox(lambda one, key: one.counts()),
    (Outbox, "forget"): outbox(lambda one, key: one.forget(FAR)),
    (Errands, "due"): errands(lambda one, key: one.due(FAR)),
    (Errands, "all"): errands(lambda one, key: one.all()),
    (Errands, "waits"): errands(lambda one, key: one.waits(key)),
    (Errands, "count"): errands(lambda one, key: one.count()),
    (Errands, "done"): errands(lambda one, key: one.done([key])),
    (Errands, "again"): errands(lambda one, key: one.again([key], FAR)),
    (Audit, "latest"): audit(lambda one: one.latest()),
    (Audit, "counts"): audit(lambda one: one.counts(later(days=-9), FAR)),
    (Audit, "forget"): audit(lambda one: one.forget(FAR)),
    (Confirmations, "all"): confirmations(lambda one: one.all()),
    (Confirmations, "of_body"): confirmations(lambda one: one.of_body("pg-x")),
    (Confirmations, "remind"): confirmations(lambda one: one.remind("pg-x", TODAY, NOW)),
    (Confirmations, "escalate"): confirmations(lambda one: one.escalate("pg-x", TODAY, NOW)),
    (Confirmations, "finish"): confirmations(lambda one: one.finish("pg-x", "p-x", 1, NOW)),
    (Confirmations, "forget"): confirmations(lambda one: one.forget(FAR)),
    (FeedWords, "person_of"): feeds(lambda one, word: one.person_of(word)),
    (FeedWords, "made_at"): feeds(lambda one, word: one.made_at("p-anna")),
    (FeedWords, "people"): feeds(lambda one, word: sorted(one.people())),
    (FeedWords, "end"): feeds(lambda one, word: one.end("p-anna")),
    (Gatherings, "inside"): gatherings(lambda one: one.inside("body:pg-x", NOW)),
    (Gatherings, "running"): gatherings(lambda one: one.running(NOW)),
    (Gatherings, "figures"): gatherings(lambda one: one.figures(later(days=-9), FAR)),
    (Gatherings, "first"): gatherings(lambda one: one.first()),
    (Gatherings, "settle"): gatherings(lambda one: one.settle(FAR)),
    (Gatherings, "forget"): gatherings(lambda one: one.forget(FAR)),
    (Reservations, "get"): reservations(lambda one, key: one.get(key)),
    (Reservations, "close"): reservations(lambda one, key: one.close(key)),
    (Reservations, "forget"): reservations(lambda one, key: one.forget(FAR)),
    (RoomNames, "of"): room_names(lambda one: one.of("body:pg-x", ["meet"])),
    (RoomNames, "called"): room_names(lambda one: one.called(f"re-{NETWORK}", ["meet"])),
    (RoomNames, "all"): room_names(lambda one: one.all(["meet"])),
    (RoomAccesses, "all"): accesses(lambda one: one.all()),
    (RoomAccesses, "held"): accesses(lambda one: one.held("body:pg-x")),
    (RoomAccesses, "due"): accesses(lambda one: one.due()),
    (RoomAccesses, "heard_by"): accesses(lambda one: one.heard_by("body:pg-x", [])),
    (RoomAccesses, "make_due"): accesses(lambda one: one.make_due("body:pg-x", NOW, "access")),
    (RoomAccesses, "passed"): accesses(lambda one: one.passed("body:pg-x", FAR)),
    (RoomAccesses, "forget"): accesses(lambda one: one.forget(["body:pg-x"])),
    (GuestRooms, "get"): guest_rooms(lambda one: one.get("r-1")),
    (GuestRooms, "called"): guest_rooms(lambda one: one.called("re-guests")),
    (GuestRooms, "of_body"): guest_rooms(lambda one: one.of_body("pg-x")),
    (GuestRooms, "close"): guest_rooms(lambda one: one.close("r-1", NOW)),
    (GuestRooms, "forget"): guest_rooms(lambda one: one.forget(FAR)),
    (Invitations, "with_word"): invitations(lambda one, kept: one.with_word(kept.invitation)),
    (Invitations, "get"): invitations(lambda one, kept: one.get(kept.invited)),
    (Invitations, "to"): invitations(lambda one, kept: one.to("room:r-1")),
    (Invitations, "withdraw"): invitations(lambda one, kept: one.withdraw(kept.invited, NOW)),
    (Invitations, "forget"): invitations(lambda one, kept: one.forget(FAR)),
}
"""What another network gets when it asks for ours by the very same keys: nothing."""
BEGINNING: Final = {
    EnrolmentStore: {"enrol", "place", "end", "make_body", "hold"},
    Requests: {"ask"},
    Links: {"make"},
    Sessions: {"begin"},
    Attempts: {"count_one"},
    Outbox: {"post", "feign"},
    Errands: {"add"},
    Audit: {"note"},
    Confirmations: {"ask"},
    FeedWords: {"renew"},
    RoomNames: {"secret"},
    Gatherings: {"tell"},
    Reservations: {"open"},
    RoomAccesses: {"named"},
    GuestRooms: {"open"},
    Invitations: {"make"},
}
"""What makes rows of one's own, or asks for what is the whole database's."""


def fill(database: Database, network: str) -> Kept:
    store = EnrolmentStore(database, network)
    assert store.enrol(EnrolledPerson("p-anna", "Änne", "Müßig", "anna@bretten.example", "bretten", TODAY))
    store.place(EnrolledMembership("p-anna", "pg-x", Period(TODAY)), NOW)
    store.end("p-anna", TODAY, "p-admin", NOW)
    assert store.make_body(EnrolledBody("pg-x", {"id": "pg-x"}), "p-admin", NOW)
    asked = Requests(database, network).ask("p-anna", "pg-x", "bitte", NOW)
    assert asked is not None
    assert Outbox(database, network, NOW).post(LETTER)
    (letter,) = Outbox(database, network, NOW).find(LetterState.WAITING)
    Audit(database, network).note(NOW, "p-anna", "joined", "body:pg-x")
    assert Confirmations(database, network).ask("pg-x", TODAY, NOW)
    for _ in range(3):
        assert Attempts(database, network).count_one("address", "anna", NOW, 3, HOUR)
    with database.writing() as connection:
        room = Binding(ResourceId(Kind.MEETING_ROOM, "body:pg-x"), f"re-{network}", "X", "", {})
        BindingWriter(connection, network, "meet", "https://meet.example").bind(room, NOW)
    RoomAccesses(database, network).named("body:pg-x", ["a", "b"], NOW)
    assert RoomAccesses(database, network).make_due("body:pg-x", NOW, "access")
    gatherings, second = Gatherings(database, network), int(NOW.timestamp())
    gatherings.tell("body:pg-x", 0, Count(Told.DESTROYED, second - 90_000, second - 99_000, 3, 2))
    assert gatherings.settle(NOW) == 1
    gatherings.tell("body:pg-x", 0, Count(Told.JOINED, second, second, 1))
    guests = GuestRoom("r-1", "pg-x", "re-guests", "Besuch", "p-anna", NOW, later(days=1))
    GuestRooms(database, network).open(guests)
    invited, word = Invitations(database, network).make(guests.key, "Jörg", "p-anna", NOW, later(days=1))
    return Kept(
        Links(database, network).make(Purpose.LOGIN, "anna@bretten.example", NOW, HOUR),
        Sessions(database, network).begin(NOW, HOUR, "link", "p-anna"),
        asked,
        letter.id,
        Errands(database, network).add(Job.SYNC, "enrolment", "p-anna", NOW),
        FeedWords(database, network).renew("p-anna", NOW),
        word,
        invited.id,
        Reservations(database, network).open("body:pg-x", "re-x", NOW, later(days=1)).id,
    )


def ours(database: Database) -> list[tuple[Any, ...]]:
    """Every row of our network."""
    with database.reading() as connection:
        return [
            tuple(row)
            for table in METADATA.sorted_tables
            for column in (table.columns.get("network"), table.columns.get("scope"))
            if column is not None
            for row in connection.execute(select(table).where(column == NETWORK))
        ]


def test_nothing_of_another_network_is_seen_or_moved(database: Database) -> None:
    kept = fill(database, NETWORK)
    before = ours(database)
    seen = {
        f"{store.__name__}.{name}": found
        for (store, name), ask in NOTHING.items()
        if (found := ask(database, kept)) not in (None, False, 0, [], {}, ())
    }
    assert seen == {}
    assert ours(database) == before


def test_two_networks_can_have_the_same_of_everything(database: Database) -> None:
    fill(database, NETWORK)
    before = ours(database)
    fill(database, FOREIGN)
    assert ours(database) == before


@pytest.mark.parametrize("store", BEGINNING)
def test_every_method_is_tried(store: type) -> None:
    public = {name for name in vars(store) if not name.startswith("_")}
    assert public - BEGINNING[store] == {name for owner, name in NOTHING if owner is store}
