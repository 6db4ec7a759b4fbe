"""How many requests, writes and mails it takes."""

from collections.abc import Iterator
from math import ceil

import pytest
from pydantic import SecretStr

from connectors.mailman.emulator import SERVICE, MailmanEmulator
from connectors.mailman.settings import MailmanSettings
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind
from tests.support.mailman import (
    OWNER,
    Bench,
    Tamperer,
    adopt,
    create_account,
    create_list,
    join,
    leave,
    mailing_list,
    person,
    traffic,
    update,
)


@pytest.fixture
def emulator() -> Iterator[MailmanEmulator]:
    with MailmanEmulator() as running:
        yield running


def settings(emulator: MailmanEmulator, page_size: int = 10) -> MailmanSettings:
    secret = SecretStr(SERVICE[1])
    return MailmanSettings(url=emulator.url, password=secret, domain=emulator.domain, page_size=page_size)


@pytest.fixture
def bench(emulator: MailmanEmulator) -> Iterator[Bench]:
    made = Bench(settings(emulator))
    yield made
    made.close()


def filled(bench: Bench, people: int, lists: int) -> list[str]:
    keys = [f"p{number:03}" for number in range(people)]
    bench.apply(*(create_account(key, f"{key}@stadt.example") for key in keys))
    for number in range(lists):
        name = f"pg-{number:02}"
        bench.apply(create_list(name), join(name, *keys[: people - number]), join(name, *keys[:2], role=OWNER))
    return keys


@pytest.mark.parametrize(("people", "lists"), [(1, 1), (10, 3), (35, 12)])
def test_a_look_without_changes_costs_what_is_promised_and_writes_nothing(
    emulator: MailmanEmulator, bench: Bench, people: int, lists: int
) -> None:
    keys = filled(bench, people, lists)
    emulator.log.clear()
    bench.observe()
    of_members = sum(ceil((len(keys) - number) / 10) for number in range(lists))
    promised = 1 + ceil(people / 10) + ceil(lists / 10) + lists + of_members + lists
    assert traffic(emulator) == (promised, 0)


def test_nobody_costs_a_request_whose_list_nobody_asked_about(emulator: MailmanEmulator, bench: Bench) -> None:
    filled(bench, 10, 5)
    emulator.log.clear()
    bench.observe(interest=Interest())
    assert traffic(emulator) == (3, 0)


def test_whoever_has_several_addresses_costs_one_request_more(emulator: MailmanEmulator, bench: Bench) -> None:
    filled(bench, 2, 0)
    Tamperer(settings(emulator)).do("POST", f"/users/{bench.ids[person('p000')]}/addresses", {"email": "p@x.example"})
    emulator.log.clear()
    bench.observe([Kind.ACCOUNT])
    assert traffic(emulator) == (3, 0)


def test_a_first_sync_of_a_list_is_one_write_a_person_and_two_for_the_list(
    emulator: MailmanEmulator, bench: Bench
) -> None:
    people = [f"p{number}" for number in range(20)]
    made = [create_account(key, f"{key}@stadt.example") for key in people]
    steps = bench.apply(*made, create_list("pg"), join("pg", *people), join("pg", "p0", role=OWNER))
    requests, writes = traffic(emulator)
    assert writes == 20 + 2 + 20 + 1
    assert requests - writes == 20 + 4
    assert sum(step.cost.requests for step in steps) <= requests
    assert emulator.mails == []


def test_joining_people_who_were_just_read_is_one_request_each(emulator: MailmanEmulator, bench: Bench) -> None:
    filled(bench, 5, 0)
    bench.apply(create_list("pg"))
    bench.observe()
    emulator.log.clear()
    bench.apply(join("pg", "p000", "p001", "p002"))
    assert traffic(emulator) == (3, 3)


def test_a_narrow_look_at_one_person_is_four_requests_however_many_lists_there_are(
    emulator: MailmanEmulator, bench: Bench
) -> None:
    filled(bench, 8, 4)
    bound = frozenset((identity.kind, remote_id) for identity, remote_id in bench.ids.items())
    emulator.log.clear()
    sought = Sought(person("p000"), "p000", bench.ids[person("p000")])
    inventory = bench.observe(interest=Interest(bound=bound, only=(sought,)))
    assert traffic(emulator) == (4, 0)
    assert len(inventory.rosters) == 4


def test_a_person_s_new_address_costs_a_few_writes_and_one_a_membership(
    emulator: MailmanEmulator, bench: Bench
) -> None:
    filled(bench, 4, 3)
    remote = bench.remote(person("p000"))
    emulator.log.clear()
    bench.apply(update(person("p000"), remote, email="neu@stadt.example"))
    assert traffic(emulator)[1] == 5 + 6
    assert emulator.mails == []


def test_nobody_is_told_that_they_were_taken_off(emulator: MailmanEmulator, bench: Bench) -> None:
    list_id = f"alt.{emulator.domain}"
    Tamperer(settings(emulator)).do("POST", "/lists", {"fqdn_listname": f"alt@{emulator.domain}"})
    filled(bench, 3, 0)
    remote = bench.observe().of(Kind.MAILING_LIST).objects[list_id]
    bench.ids[mailing_list("alt")] = list_id
    bench.apply(adopt(mailing_list("alt"), remote), join("alt", "p000", "p001", "p002"))
    bench.apply(leave("alt", list_id, "p000", "p001"))
    assert emulator.world.lists[list_id].config is not None
    assert emulator.world.lists[list_id].config["send_goodbye_message"] is True
    assert emulator.mails == []


def test_owners_who_want_to_hear_of_changes_are_counted_before_they_do(emulator: MailmanEmulator, bench: Bench) -> None:
    filled(bench, 4, 1)
    list_id = bench.ids[mailing_list("pg-00")]
    Tamperer(settings(emulator)).do("PATCH", f"/lists/{list_id}/config", {"admin_notify_mchanges": True})
    bench.observe()
    bench.apply(create_account("neu", "neu@stadt.example"))
    steps = bench.apply(join("pg-00", "neu"))
    assert [(step.cost.mails, step.repeatable) for step in steps] == [(2, False)]
    assert [mail.to for mail in emulator.mails] == ["p000@stadt.example", "p001@stadt.example"]
    bench.apply(leave("pg-00", list_id, "neu"))
    assert len(emulator.mails) == 2
