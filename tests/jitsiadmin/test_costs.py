"""How many requests, writes and mails it takes: as many as are counted before the first write."""

import pytest

from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from provisioner.model.ports import Interest
from provisioner.model.resources import Kind
from tests.support.jitsiadmin import (
    Bench,
    conference,
    create_account,
    create_conference,
    erase,
    join,
    leave,
    person,
    traffic,
    update,
)


def test_people_cost_nothing(emulator: JitsiAdminEmulator, bench: Bench) -> None:
    steps = bench.apply(create_account("dora"), create_account("emil"))
    assert sum(step.cost.requests for step in steps) == 0
    assert bench.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT).objects.keys() == {
        bench.ids[person(key)] for key in ("mona", "anna", "ben", "max", "dora", "emil")
    }
    assert traffic(emulator) == (0, 0)


@pytest.mark.parametrize("people", [["mona"], ["anna", "ben", "mona"], ["anna", "ben"], []])
def test_a_new_conference_costs_what_was_counted(emulator: JitsiAdminEmulator, bench: Bench, people: list[str]) -> None:
    joins = [join("pg", *people)] if people else []
    steps = bench.apply(create_conference("pg", "anna", "mona"), *joins)
    requests, writes = traffic(emulator)
    assert (requests, writes) == (5 + 2 * len(people) - ("mona" in people), 1 + len(people) - ("mona" in people))
    assert sum(step.cost.requests for step in steps) >= requests
    assert len(emulator.mails) == len({*people, "mona"})
    assert sum(step.cost.mails for step in steps) == len(people) + (not {"anna", "mona"} & set(people))


def test_a_look_costs_one_request_for_each_conference_to_come(emulator: JitsiAdminEmulator, bench: Bench) -> None:
    for key in ("pg", "lora", "akte"):
        bench.apply(create_conference(key, "mona"))
    emulator.log.clear()
    bench.observe()
    assert traffic(emulator) == (3, 0)
    bench.observe(interest=Interest())
    assert traffic(emulator) == (3, 0)


def test_whatever_changes_at_once_is_one_write_and_one_mail_to_each(emulator: JitsiAdminEmulator, bench: Bench) -> None:
    bench.apply(create_conference("pg", "mona"), join("pg", "anna", "ben", "mona"))
    seen = bench.remote(conference())
    emulator.log.clear()
    with emulator.lock:
        emulator.world.mails.clear()
    steps = bench.apply(update(conference(), seen, name="Anders"), update(conference(), seen, minutes=30))
    assert [(step.cost.requests, step.cost.mails) for step in steps] == [(2, 3)]
    assert len(steps[0].changes) == 2
    assert traffic(emulator) == (2, 1)
    assert len(emulator.mails) == 3


def test_who_is_taken_out_hears_of_no_change_and_who_comes_of_none_either(
    emulator: JitsiAdminEmulator, bench: Bench
) -> None:
    bench.apply(create_conference("pg", "mona"), join("pg", "anna", "mona"))
    seen, uid = bench.remote(conference()), bench.ids[conference()]
    with emulator.lock:
        emulator.world.mails.clear()
    steps = bench.apply(join("pg", "ben"), update(conference(), seen, minutes=30), leave("pg", uid, "anna"))
    told = [(mail.to.partition("@")[0], mail.about) for mail in emulator.mails]
    assert told == [("anna", "called off"), ("mona", "changed"), ("ben", "invited")]
    assert sum(step.cost.mails for step in steps) == 3


def test_a_new_address_costs_two_mails_a_conference(emulator: JitsiAdminEmulator, bench: Bench) -> None:
    for key in ("pg", "lora"):
        bench.apply(create_conference(key, "mona"), join(key, "anna"))
    seen = bench.remote(person("anna"))
    bench.observe()
    before = len(emulator.mails)
    emulator.log.clear()
    (step,) = bench.apply(update(person("anna"), seen, email="neu@stadt.example"))
    assert (step.cost.mails, step.repeatable) == (4, False)
    assert len(emulator.mails) - before == 4
    assert traffic(emulator)[0] <= step.cost.requests


def test_a_body_that_is_erased_has_its_conferences_called_off(emulator: JitsiAdminEmulator, bench: Bench) -> None:
    bench.apply(create_conference("pg", "mona"), join("pg", "anna", "mona"))
    remote = bench.remote(conference())
    before = len(emulator.mails)
    steps = bench.apply(erase(conference(), remote))
    assert [(step.cost.requests, step.cost.mails) for step in steps] == [(2, 2)]
    assert len(emulator.mails) - before == 2


def test_whoever_is_erased_costs_nothing_and_it_is_said_what_stays(emulator: JitsiAdminEmulator, bench: Bench) -> None:
    remote = bench.remote(person("anna"))
    steps = bench.apply(erase(person("anna"), remote))
    assert [step.cost.requests for step in steps] == [0]
    assert [note.code for note in bench.notes] == ["jitsiadmin.account_stays"]
    assert traffic(emulator) == (0, 0)
