"""Sources the whole way: read before a plan, doubted, believed on a word, forgotten."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from provisioner.emulation import VirtualClock
from provisioner.model.sources import SourcePerson, SourceRead, Unusable
from provisioner.model.text import Text
from provisioner.state import Database, Mirrors
from tests.support.postgres import shared
from tests.support.site import Installation, Wish, person
from tests.support.sources import Handmade, down, somebody, use

AD = "bretten-ad"


@pytest.fixture
def directory(small: Installation) -> Handmade:
    """Bretten's directory of twelve people, who are all in the network, which has accounts and groups alone."""
    small.wish.policy = {section: {"names": {"project": None}} for section in ("folders", "conversations")}
    made = Handmade()
    made.put(*karlas(12))
    small.source_types = dict(made.types)
    use(small.wish, AD, brings="everybody")
    return made


def karlas(count: int) -> list[SourcePerson]:
    return [somebody(f"k{number}", f"Karla K{number:02}") for number in range(count)]


def leave_out(made: Handmade, count: int) -> None:
    """So many are not in it any more."""
    for number in range(count):
        made.people.pop(f"k{number}", None)


def source_of(installation: Installation) -> dict[str, object]:
    [found] = installation.run("sources", "--json").json["sources"]
    assert isinstance(found, dict)
    return found


def accounts(installation: Installation) -> set[str]:
    return {user.id for user in installation.cloud.users.values() if user.id.startswith("karla") and user.enabled}


def test_people_of_a_source_get_accounts_with_the_next_apply(small: Installation, directory: Handmade) -> None:
    ran = small.run("plan")
    assert (ran.code, "Karla K07" in ran.out) == (2, True)
    small.apply()
    assert len(accounts(small)) == 12
    assert small.run("plan").code == 0
    assert directory.opened == directory.closed == 3
    directory.put(somebody("k3", "Karla K03", email="neu@bretten.example"))
    small.apply()
    assert small.cloud.users["karla.k03"].email == "neu@bretten.example"


def test_a_source_that_is_down_changes_nothing_and_is_no_error_of_the_plan(
    small: Installation, directory: Handmade, clock: VirtualClock
) -> None:
    small.apply()
    clock.advance(3600 * 30)
    directory.error = down()
    ran = small.run("--lang", "de", "plan")
    assert ran.code == 0
    assert "Es gilt weiter, was am" in ran.err
    assert "ad.bretten.example" in ran.err
    assert small.run("apply", "--yes").code == 0
    assert len(accounts(small)) == 12
    found = source_of(small)
    assert (found["failure"]["why"]["code"], found["command"]) == (  # type: ignore[index]
        "transport.directory_unreachable",
        f"readi sources read {AD}",
    )
    directory.error = None
    assert small.run("sources", "read").code == 0
    assert source_of(small)["failure"] is None


def test_before_the_first_whole_reading_nothing_is_taken_from_anybody(small: Installation, directory: Handmade) -> None:
    del small.wish.sources[AD]
    small.apply()
    use(small.wish, AD, brings="everybody")
    directory.error = down()
    del small.wish.people["p-cleo"]
    plan = small.run("plan", "--json")
    assert [change for target in plan.json["targets"] for change in target["changes"]] == []
    assert f"readi sources read {AD}" in plan.err
    assert small.run("validate").code == 0
    assert f"readi sources read {AD}" in small.run("validate").out
    directory.error = None
    plan = small.run("plan", "--json")
    assert "suspend" in {change["verb"] for target in plan.json["targets"] for change in target["changes"]}


def test_a_few_who_are_missing_are_put_forward_and_who_comes_back_is_not(
    small: Installation, directory: Handmade
) -> None:
    small.apply()
    leave_out(directory, 2)
    plan = small.plan()
    changes = [change for target in plan["targets"] for change in target["changes"]]
    assert [(change["verb"], change["change_class"]) for change in changes if change["verb"] == "suspend"] == [
        ("suspend", "queued")
    ] * 2
    assert small.run("apply", "--yes").code == 2
    assert len(accounts(small)) == 12
    directory.put(somebody("k0", "Karla K00"), somebody("k1", "Karla K01"))
    assert small.run("plan").code == 0


@pytest.mark.parametrize("what", ["empty", "gap", "few", "reshaped", "fields", "garbled"])
def test_a_doubtful_answer_removes_nobody_says_so_and_heals_by_itself(
    small: Installation, directory: Handmade, what: str
) -> None:
    small.apply()
    everybody = dict(directory.people)
    few = tuple(everybody.values())[:4]
    without = tuple(replace(one, fields={**one.fields, "email": None}) for one in everybody.values())
    answers = {
        "empty": SourceRead(()),
        "gap": SourceRead(few, gap=Text.of("sources.keyless", count=1)),
        "few": SourceRead(few),
        "reshaped": SourceRead(tuple(everybody.values())[:-1]),
        "fields": SourceRead(without[:-1]),
        "garbled": SourceRead((), (Unusable("line 1", Text.of("sources.empty_key")),)),
    }
    directory.next = [answers[what]] * 2
    if what == "reshaped":
        small.wish.sources[AD]["filter"] = "others"
    plan = small.run("plan", "--json")
    changes = [change for target in plan.json["targets"] for change in target["changes"]]
    assert [change["verb"] for change in changes if change["verb"] not in ("update", "join", "leave")] == []
    assert all("email" not in change["fields"] for change in changes)
    assert f"ource {AD}:" in plan.err
    assert source_of(small)["held"] is not None
    assert small.run("sources").code == 2
    assert small.run("apply", "--yes").code in (0, 2)
    assert len(accounts(small)) == 12
    assert small.run("plan").code in (0, 2)
    assert source_of(small)["held"] is None


def test_many_who_are_gone_are_believed_on_the_word_for_exactly_them(small: Installation, directory: Handmade) -> None:
    small.apply()
    leave_out(directory, 8)
    assert small.run("plan").code == 0
    told = small.run("sources")
    assert told.code == 2
    for number in range(8):
        assert f"Karla K{number:02}" in told.out
    held = source_of(small)["held"]
    command = held["command"].split()[1:]  # type: ignore[index]
    assert " ".join(command) in told.out
    assert [one["key"] for one in held["missing"]] == [f"k{number}" for number in range(8)]  # type: ignore[index]

    leave_out(directory, 9)
    refused = small.run(*command)
    assert (refused.code, "look again" in refused.err) == (3, True)
    assert source_of(small)["missing"] == 0
    again = source_of(small)["held"]["command"].split()[1:]  # type: ignore[index]
    assert again != command
    assert small.run(*again).code == 0
    found = source_of(small)
    assert (found["people"], found["missing"], found["held"], found["command"]) == (3, 9, None, None)
    plan = small.plan()
    verbs = [change["verb"] for target in plan["targets"] for change in target["changes"]]
    assert verbs.count("suspend") == 9
    assert small.run(*again).code == 0, "nothing waits any more"


def test_a_source_that_is_down_has_to_be_read_before_anything_can_be_accepted(
    small: Installation, directory: Handmade, clock: VirtualClock
) -> None:
    small.run("sources", "read")
    leave_out(directory, 8)
    small.run("sources", "read")
    clock.advance(60)
    directory.error = down()
    small.run("sources", "read")
    found = source_of(small)
    assert (found["next"]["code"], found["command"]) == ("app.source_next_reach", f"readi sources read {AD}")  # type: ignore[index]
    assert small.run(*found["held"]["command"].split()[1:]).code == 1  # type: ignore[index]


def test_a_wrong_word_believes_nothing(small: Installation, directory: Handmade) -> None:
    small.apply()
    leave_out(directory, 8)
    assert small.run("sources", "accept", AD, "--word", "ffffffff").code == 3
    assert source_of(small)["missing"] == 0
    directory.next = [SourceRead((), gap=Text.of("sources.keyless", count=1))]
    assert small.run("sources", "accept", AD, "--word", "").code == 3


def test_a_few_every_day_are_noticed_within_the_week(
    small: Installation, directory: Handmade, clock: VirtualClock
) -> None:
    directory.put(*(somebody(f"x{number}", f"Xenia X{number:03}") for number in range(200)))
    small.run("sources", "read")
    for day in range(3):
        leave_out(directory, 2 * (day + 1))
        clock.advance(timedelta(days=1).total_seconds())
        small.run("sources", "read")
    found = source_of(small)
    assert (found["missing"], [one["key"] for one in found["held"]["missing"]]) == (4, ["k4", "k5"])  # type: ignore[index]
    clock.advance(timedelta(days=5).total_seconds())
    small.run("sources", "read")
    assert (source_of(small)["missing"], source_of(small)["held"]) == (6, None)


def test_what_was_taken_on_a_word_does_not_count_against_the_week(small: Installation, directory: Handmade) -> None:
    directory.put(*(somebody(f"x{number}", f"Xenia X{number:03}") for number in range(200)))
    small.run("sources", "read")
    leave_out(directory, 8)
    small.run("sources", "read")
    small.run(*source_of(small)["held"]["command"].split()[1:])  # type: ignore[index]
    leave_out(directory, 10)
    small.run("sources", "read")
    assert (source_of(small)["missing"], source_of(small)["held"]) == (10, None)


def test_changes_alone_are_read_until_everybody_is_due_or_something_is_doubtful(
    small: Installation, directory: Handmade, clock: VirtualClock
) -> None:
    directory.marks = True
    for _ in range(2):
        small.run("sources", "read")
    clock.advance(3600 * 25)
    small.run("sources", "read")
    assert directory.asked == ["", "m1", ""]
    leave_out(directory, 1)
    small.run("sources", "read")
    assert (directory.asked[3:], source_of(small)["missing"]) == (["m3"], 1)
    leave_out(directory, 9)
    small.run("sources", "read")
    assert directory.asked[4:] == ["m4", ""], "what is doubtful is asked again, whole"
    small.run("sources", "read")
    assert directory.asked[6:] == [""], "while something is held everybody is read"
    small.wish.sources[AD]["filter"] = "others"
    directory.put(*karlas(12))
    small.run("sources", "read")
    small.run("sources", "read", "--whole")
    assert directory.asked[7:] == ["", ""]


def test_a_source_that_fails_while_it_is_read_whole_keeps_everything(small: Installation, directory: Handmade) -> None:
    directory.marks = True
    small.run("sources", "read")
    deleted = frozenset(f"k{number}" for number in range(9))
    new = somebody("new", "Neu Neu")
    directory.next = [SourceRead((new,), whole=False, deleted=deleted, mark="m9"), down()]
    ran = small.run("sources", "read")
    assert ran.code == 1
    assert (source_of(small)["people"], source_of(small)["missing"]) == (12, 0)


def test_two_readings_at_once_lose_no_change(small: Installation, directory: Handmade) -> None:
    small.run("sources", "read")
    directory.put(somebody("k0", "Karla Neu"))

    def other() -> None:
        directory.put(somebody("k1", "Karla Neuer"))
        small.run("sources", "read", write=False)

    directory.meanwhile = other
    ran = small.run("sources", "read")
    assert (ran.code, "somebody else" in ran.out) == (0, True)
    with Database.open(small.database) as database:
        _, people = Mirrors(database).of("redi", AD)
    names = {key: people[key].kept.person.fields["family_name"] for key in ("k0", "k1")}
    assert names == {"k0": "Neu", "k1": "Neuer"}


def test_a_preview_shows_what_would_change_and_keeps_nothing(small: Installation, directory: Handmade) -> None:
    directory.put(*karlas(30))
    first = small.run("sources", "read", "--preview", AD)
    assert (first.code, "30 people read" in first.out, "family name" in first.out.lower()) == (0, True, True)
    assert first.out.count("Karla") == 20
    assert source_of(small)["people"] == 0
    small.run("sources", "read")
    leave_out(directory, 9)
    directory.put(somebody("new", "Neue Nora"), somebody("k20", "Karla Anders"))
    bad = Unusable("Zeile 17", Text.of("sources.twice"), "k21")
    directory.next = [SourceRead(tuple(directory.people.values()), (bad,))] * 2
    ran = small.run("sources", "read", "--preview", AD)
    assert ran.code == 2
    for said in ("Neue Nora", "Karla Anders", "Zeile 17", "Karla K08"):
        assert said in ran.out
    report = small.run("sources", "read", "--preview", AD, "--json").json
    assert report["preview"] is True
    news = report["sources"][0]["news"]
    assert (news["new"], news["changed"], news["missing"], news["names"]["new"]) == (1, 1, 0, ["Neue Nora"])
    assert len(report["sources"][0]["held"]["missing"]) == 9
    assert (source_of(small)["people"], source_of(small)["held"]) == (30, None)


def test_a_source_that_the_settings_no_longer_name_takes_nothing_from_anybody(
    small: Installation, directory: Handmade
) -> None:
    small.apply()
    del small.wish.sources[AD]
    ran = small.run("plan", "--json")
    assert {change["verb"] for target in ran.json["targets"] for change in target["changes"]} <= {"update", "write"}
    assert f"readi sources forget {AD}" in ran.err
    assert small.run("apply", "--yes").code in (0, 2)
    assert len(accounts(small)) == 12
    told = small.run("sources")
    assert (told.code, f"readi sources forget {AD}" in told.out) == (2, True)
    assert small.run("sources", "forget", AD, "--yes").code == 0
    assert small.run("sources", "forget", AD, "--yes").code == 1
    assert small.run("sources").code == 0
    verbs = [change["verb"] for target in small.plan()["targets"] for change in target["changes"]]
    assert verbs.count("suspend") == 12


def test_two_networks_never_see_each_others_people(small: Installation, directory: Handmade) -> None:
    nord = small.networks["nord"] = Wish("nord", targets={})
    nord.add(person("Nora"))
    use(nord, AD)
    small.run("--network", "redi", "sources", "read")
    [found] = small.run("--network", "nord", "sources", "--json").json["sources"]
    assert (found["people"], found["whole_at"]) == (0, None)
    assert small.run("--network", "nord", "sources", "read").code == 0
    with Database.open(small.database) as database:
        assert Mirrors(database).forget("nord", AD) == 12
        assert len(Mirrors(database).of("redi", AD)[1]) == 12


def test_wrong_names_and_kinds_are_said(small: Installation, directory: Handmade) -> None:
    ran = small.run("sources", "read", "ulm-ad")
    assert (ran.code, AD in ran.err) == (1, True)
    small.wish.sources[AD]["source"] = "telepathy"
    ran = small.run("plan")
    assert (ran.code, "telepathy" in ran.err, "handmade" in ran.err) == (1, True, True)
    small.wish.sources[AD] = {"source": "handmade", "organisation": "bretten", "colour": "blue"}
    ran = small.run("validate")
    assert (ran.code, "colour" in ran.err) == (1, True)


def test_no_log_line_names_anybody_of_a_source(small: Installation, directory: Handmade) -> None:
    leave_out(directory, 1)
    said = [small.run("--log-format", "json", "sources", "read")]
    leave_out(directory, 20)
    said.append(small.run("--log-format", "json", "plan"))
    directory.error = down()
    said.append(small.run("--log-format", "json", "plan"))
    lines = [line for ran in said for line in ran.err.splitlines() if line.startswith("{")]
    assert [json.loads(line)["source"] for line in lines if "source" in json.loads(line)] == [AD] * 3
    assert not [line for line in lines if "karla" in line.lower()]


def test_the_whole_way_with_the_state_in_postgresql(small: Installation, directory: Handmade) -> None:
    small.state = shared().new_database()
    small.more_settings["ties_log"] = "kept/ties.jsonl"
    directory.marks = True
    small.apply()
    assert len(accounts(small)) == 12
    leave_out(directory, 8)
    assert small.run("plan").code == 0
    assert small.run(*source_of(small)["held"]["command"].split()[1:]).code == 0  # type: ignore[index]
    directory.error = down()
    assert small.run("sources", "read").code == 1
    found = source_of(small)
    assert (found["people"], found["missing"], found["held"]) == (4, 8, None)
    assert small.run("sources", "forget", AD, "--yes").code == 0
    assert source_of(small)["people"] == 0


def test_of_a_source_that_is_no_longer_named_nothing_older_is_written_to_its_people(
    small: Installation, directory: Handmade
) -> None:
    """What the files say of somebody whom it knows better may be years old."""
    old = {**person("Karla", "pg-lora"), "identities": [{"source": AD, "key": "k1"}], "email": "alt@bretten.example"}
    small.wish.add(old)
    small.apply()
    assert small.cloud.users["karla.k01"].email == "karla.k01@bretten.example"
    del small.wish.sources[AD]
    ran = small.run("apply", "--yes")
    assert f"readi sources forget {AD}" in ran.err
    assert small.cloud.users["karla.k01"].email == "karla.k01@bretten.example"


def test_a_source_under_another_name_makes_nobody_a_second_time(small: Installation, directory: Handmade) -> None:
    small.apply()
    before = set(small.cloud.users)
    directory.put(somebody("new", "Neele Neu"))
    small.wish.sources["bretten-new"] = small.wish.sources.pop(AD)
    ran = small.run("apply", "--yes")
    assert f"{AD} are known, but the settings no longer name it" in ran.err
    assert set(small.cloud.users) - before == {"neele.neu"}
    assert len(accounts(small)) == 12
