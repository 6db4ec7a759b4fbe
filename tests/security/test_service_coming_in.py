"""Coming in, with ill will: a domain like another, others' mailboxes, one mailbox as many people, one place as many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.app.joining.reception import Reply
from provisioner.app.joining.refusing import Refused
from provisioner.messages.addresses import is_usable, on_the_wire
from provisioner.model.messages import LetterState
from provisioner.registry.domains import domain_of
from provisioner.registry.supplying import same_address
from tests.support.desk import Desk, desks, small_network
from tests.support.site import Wish


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def with_guest(address: str) -> Wish:
    wish = small_network()
    guest = {
        "id": "p-gabi",
        "given_name": "Gabi",
        "family_name": "Gast",
        "email": address,
        "guest": {"sponsor": "p-rita", "until": "2099-12-31"},
    }
    wish.add(guest)
    return wish


def to_whom(desk: Desk) -> list[str]:
    return [letter.to for letter in desk.letters(LetterState.WAITING)]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("gabi@giessen.example", "gabi@gießen.example"),
        ("gabi@gießen.example", "gabi@giessen.example"),
        ("gabi@giessen.example", "gabi@xn--gieen-nqa.example"),
        ("gabi@firma.example", "gabi@ﬁrma.example"),
    ],
)
def test_a_domain_that_only_looks_like_a_persons_is_not_theirs(tmp_path: Path, ours: str, theirs: str) -> None:
    (desk,) = desks(tmp_path, with_guest(ours))
    assert desk.picture.person_with(ours) == "p-gabi"
    assert desk.reception.ask(theirs, "198.51.100.7") in (Reply.UNKNOWN_DOMAIN, Reply.MALFORMED)
    assert to_whom(desk) == []
    assert desk.picture.person_with(theirs) is None
    assert desk.session(theirs).person is None
    desk.site.close()


def test_the_same_domain_in_large_letters_still_is() -> None:
    assert same_address("Anna@BÜHL.example") == same_address("anna@bu\u0308hl.example") == "anna@bühl.example"
    assert domain_of("x@GIEẞEN.example") == "gießen.example"


def test_a_mail_goes_to_the_domain_that_was_written_and_not_to_one_like_it() -> None:
    assert on_the_wire("anna@gießen.example") == "anna@xn--gieen-nqa.example"
    assert on_the_wire("anna@BÜHL.example") == "anna@xn--bhl-hoa.example"
    assert not is_usable("anna@bühl..example")
    assert not is_usable(f"anna@{'ü' * 63}.example")


def test_all_addresses_of_one_ipv6_network_are_one_place(desk: Desk) -> None:
    answers = [desk.reception.ask(f"n{n}@bretten.example", f"2001:db8:1:2::{n:x}") for n in range(21)]
    assert answers == [Reply.SENT] * 20 + [Reply.TOO_OFTEN]
    assert desk.reception.ask("m@bretten.example", "2001:db8:1:3::1") is Reply.SENT


@pytest.mark.parametrize("places", [("198.51.100.7", "::ffff:198.51.100.7"), ("", ""), ("nonsense", "nonsense")])
def test_one_place_is_one_place_however_it_is_written(desk: Desk, places: tuple[str, str]) -> None:
    for number in range(20):
        assert desk.reception.ask(f"n{number}@bretten.example", places[number % 2]) is Reply.SENT
    assert desk.reception.ask("m@bretten.example", places[1]) is Reply.TOO_OFTEN


def test_one_mailbox_is_written_to_five_times_an_hour_whatever_is_added_to_its_name(desk: Desk) -> None:
    answers = [desk.reception.ask(f"ben+{n}@bretten.example", f"198.51.100.{n}") for n in range(6)]
    assert answers == [Reply.SENT] * 5 + [Reply.TOO_OFTEN]
    assert desk.reception.ask("ben@bretten.example", "198.51.100.9") is Reply.TOO_OFTEN
    assert desk.reception.ask("+ben@bretten.example", "198.51.100.9") is Reply.SENT, "a name of its own"


def test_whoever_is_kept_out_by_others_who_type_their_address_has_a_link_that_works(desk: Desk) -> None:
    """Else five requests an hour would be enough to lock anybody out."""
    joining = desk.picture.policy.joining
    assert joining.link_minutes * 60 >= 3600, "as long as the hour in which five were sent"


@pytest.mark.parametrize("second", ["neu+2@bretten.example", "neu@bretten.example", "NEU+3@Bretten.example"])
def test_one_mailbox_is_one_newcomer(desk: Desk, second: str) -> None:
    desk.reception.register(desk.session("neu+1@bretten.example"), "Nina", "Neu")
    with pytest.raises(Refused):
        desk.reception.register(desk.session(second), "Nora", "Neu")
    assert sum("neu" in one.email for one in desk.picture.registry.people.values()) == 1


def test_nobody_of_the_network_comes_a_second_time_under_a_longer_address(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.reception.register(desk.session("ben+x@bretten.example"), "Ben", "Zwei")
