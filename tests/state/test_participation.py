"""What the service keeps of one person: shown to them alone, and gone once they are erased, while others' stays."""

from datetime import date, timedelta

from provisioner.model.enrolments import EnrolledMembership, EnrolledPerson, RequestState
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.model.registry import Period
from provisioner.state import (
    Audit,
    Confirmations,
    Database,
    EnrolmentStore,
    FeedWords,
    Links,
    Meta,
    Outbox,
    Persons,
    Purpose,
    Requests,
    Sessions,
)
from provisioner.state.codec import dump, load
from provisioner.state.persons import KEPT
from provisioner.state.searching import search
from tests.state.samples import NETWORK, NOW

ADA, MAIL = "p-ada", "Ada.Muster@stadt.example"
DAY = timedelta(days=1)


def live(database: Database, network: str = NETWORK) -> None:
    """Ada came, joined, asked, moderates, wrote, and leaves; Bob does the like."""
    enrolments = EnrolmentStore(database, network)
    for one, given, mail in ((ADA, "Ada", MAIL), ("p-bob", "Bob", "bob@stadt.example")):
        enrolments.enrol(EnrolledPerson(one, given, "Müster", mail, "stadt", date(2026, 1, 1)))
        enrolments.place(EnrolledMembership(one, "pg-1", Period(date(2026, 1, 1)), by=ADA), NOW)
        enrolments.end(one, date(2026, 2, 1), ADA, NOW)
        Sessions(database, network).begin(NOW, DAY, "link", person=one)
        FeedWords(database, network).renew(one, NOW)
        requests = Requests(database, network)
        asked = requests.ask(one, "pg-2", f"Ich bin {given} Müster", NOW)
        assert asked is not None
        requests.decide(asked, RequestState.APPROVED, ADA, "willkommen", NOW)
    Sessions(database, network).begin(NOW, DAY, "link", address=MAIL.lower())
    Links(database, network).make(Purpose.LOGIN, MAIL.lower(), NOW, DAY)
    outbox = Outbox(database, network, NOW)
    outbox.post(Letter(LetterKind.LOGIN_LINK, Channel.MAIL, f"address:{MAIL.lower()}"))
    outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, f"person:{ADA}"))
    outbox.post(Letter(LetterKind.GUEST_ENDS, Channel.MAIL, "person:p-bob", {"guest": ADA}))
    outbox.post(Letter(LetterKind.GUEST_ENDS, Channel.MAIL, "person:p-bob", {"guest": "p-ada2"}))
    Confirmations(database, network).ask("pg-1", date(2026, 1, 1), NOW)
    Confirmations(database, network).finish("pg-1", ADA, 0, NOW)
    Audit(database, network).note(NOW, ADA, "joined", "body:pg-1")
    plan = {"changes": [{"id": f"person:{ADA}", "name": "ada.muster"}, {"id": "person:p-bob", "name": "bob"}]}
    Meta(database).put(network, "service.plan", dump({"report": plan, "said": "Ada Müster geht, Bob bleibt"}))


def test_all_of_it_is_shown_without_what_opens_anything_and_what_others_wrote(database: Database) -> None:
    live(database)
    shown = Persons(database).export(NETWORK, ADA)
    parts = ("enrolled", "places", "endings", "requests", "confirmed", "letters", "sessions", "links", "feeds", "deeds")
    assert {name: len(shown[name]) for name in parts} == {
        "enrolled": 1, "places": 2, "endings": 2, "requests": 2, "confirmed": 1,
        "letters": 3, "sessions": 2, "links": 1, "feeds": 1, "deeds": 1,
    }  # fmt: skip
    assert shown.keys() <= set(KEPT)
    assert "digest" not in str(shown["sessions"]) + str(shown["links"]) + str(shown["feeds"])
    assert "Ich bin Ada" in str(shown)
    assert "Ich bin Bob" not in str(shown)
    assert "bob@stadt.example" not in str(shown)


def test_once_erased_nothing_names_them_and_what_is_others_stands(database: Database) -> None:
    live(database)
    live(database, "other")
    persons = Persons(database)
    traces = persons.traces(NETWORK, ADA, ["Ada Müster"])
    assert {one.table for one in search(database, NETWORK, traces) if one.rows} >= {"enrolled_person", "outbox", "meta"}
    persons.scrub(NETWORK, ADA, names=["Ada Müster"])
    assert [one for one in search(database, NETWORK, traces) if one.rows] == []
    assert [one.table for one in search(database, "other", traces) if one.rows], "another network's is its own"
    left = Persons(database).export(NETWORK, ADA, names=[MAIL])
    assert left.keys() == {"places", "endings", "requests", "confirmed", "deeds"}
    assert {row["person"] for name in ("places", "requests") for row in left[name]} == {"p-bob"}
    assert {row["person"] for row in left["endings"]} == {ADA, "p-bob"}, "an entry in the files stays ended"
    kept = EnrolmentStore(database, NETWORK).all()
    assert kept.people.keys() == {"p-bob"}
    feeds = FeedWords(database, NETWORK)
    assert (feeds.made_at(ADA), feeds.made_at("p-bob")) == (None, NOW)
    assert [one.letter.about for one in Outbox(database, NETWORK, NOW).find(*LetterState)] == [{"guest": "p-ada2"}]
    plan = load(Meta(database).get(NETWORK, "service.plan") or "")
    assert [change["name"] for change in plan["report"]["changes"]] == ["…", "bob"]
    assert "Bob bleibt" in plan["said"]
