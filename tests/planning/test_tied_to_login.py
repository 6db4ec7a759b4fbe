"""Where accounts belong to a login, one is hers by its id there: never by an address, a name or a suffix alone."""

from dataclasses import replace

import pytest

from provisioner.model.resources import Desired, FieldName, Kind, LateText, Mode, ResourceId, Value
from provisioner.planning.late import with_late_texts
from tests.support.planning import World, account_id, capabilities, noticed, person, told

ERIKA = person("p1", "Erika Muster")
SUB = "5f0c-erika"
P1 = account_id("p1")


def world(login_id: str | None = SUB, mode: Mode = Mode.MANAGED) -> World:
    """A forum; ``login_id``: Erika's at the login, None: she has no account there yet."""
    made = World(capabilities=replace(capabilities(account={"login_id": mode}), before_login=True))
    made.put(ERIKA)
    made.wish = tied(made.desired(), login_id)
    return made


def tied(desired: Desired, login_id: str | None) -> Desired:
    wanted = desired.resources[P1]
    if login_id is None:
        wanted = replace(wanted, late={"login_id": LateText(((P1,),))})
    else:
        wanted = replace(wanted, fields={**wanted.fields, "login_id": login_id})
    return replace(desired, resources={**desired.resources, P1: wanted})


def stands(made: World, name: str, email: str | None = "p1@bretten.example", login_id: Value = None) -> None:
    made.server.add(Kind.ACCOUNT, name, email=email, login_id=login_id)


def about_her(made: World) -> list[str]:
    return [line for line in told(made.plan()) if "person:p1" in line]


def test_a_new_one_is_made_with_the_id_and_keeps_it() -> None:
    made = world()
    made.apply()
    assert made.remote(P1).fields["login_id"] == SUB
    assert told(made.plan()) == []


def test_the_one_with_the_id_is_hers_under_whatever_name_and_address() -> None:
    made = world()
    stands(made, "erika.muster")
    stands(made, "anders", "privat@example.org", SUB)
    adopted, updated = about_her(made)
    assert adopted == "adopt person:p1 (queued)"
    assert "email=p1@bretten.example" in updated
    assert (made.plan().changes[0].name, made.plan().changes[0].reason.code) == ("anders", "planning.same_login")


def test_two_with_the_id_are_for_a_ranger_to_tell_apart() -> None:
    made = world()
    stands(made, "eins", None, SUB)
    stands(made, "zwei", None, SUB)
    assert (about_her(made), noticed(made.plan())) == ([], [("person:p1", "planning.several_alike")])


def test_one_of_her_name_and_address_to_which_nobody_logs_in_is_hers_once_a_ranger_agrees() -> None:
    made = world()
    stands(made, "erika.muster")
    assert about_her(made)[0] == "adopt person:p1 (queued)"


@pytest.mark.parametrize(
    ("name", "email", "login_id", "why"),
    [
        ("erika.muster", "p1@bretten.example", "other", "planning.account_of_other_login"),
        ("erika.muster", "erika@example.org", None, "planning.account_perhaps_hers"),
        ("erika.muster", None, None, "planning.account_perhaps_hers"),
        ("erika.muster 0", "p1@bretten.example", None, "planning.account_perhaps_hers"),
    ],
)
def test_somebody_elses_is_never_taken_and_no_second_one_made(
    name: str, email: str | None, login_id: str | None, why: str
) -> None:
    made = world()
    stands(made, name, email, login_id)
    assert (about_her(made), noticed(made.plan())) == ([], [("person:p1", why)])


def test_one_that_a_login_we_do_not_know_opens_waits_for_hers_to_be_taken_over() -> None:
    made = world(login_id=None)
    stands(made, "erika.muster", login_id="unknown")
    assert (about_her(made), noticed(made.plan())) == ([], [("person:p1", "planning.account_of_other_login")])


def late(made: World, login: str | None) -> list[tuple[FieldName, str]]:
    """What is written late when the login's account has this id (None: it has none yet)."""
    part = made.plan()
    given = (made.desired(), made.server.inventory(), made.ties, made.capabilities, made.rules)

    def address(identity: ResourceId) -> str | None:
        return login if identity == P1 else None

    planned = with_late_texts(replace(part, changes=()), *given, address)
    return [(change.field, change.written) for change in planned.changes]  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", [Mode.MANAGED, Mode.WRITE_ONLY])
def test_an_id_that_becomes_known_is_written_and_one_that_is_not_empties_nothing(mode: Mode) -> None:
    made = world(login_id=None, mode=mode)
    made.apply()
    assert late(made, None) == []
    assert late(made, SUB) == [("login_id", SUB)]
    made.server.edit(Kind.ACCOUNT, made.remote_id(P1), login_id=SUB)
    made.bindings[P1] = replace(made.bindings[P1], applied={**made.bindings[P1].applied, "login_id": SUB})
    assert (late(made, SUB), late(made, None)) == ([], [])
    made.wish = tied(made.desired(), SUB)
    assert told(made.plan()) == []


def test_who_gets_another_account_to_log_in_with_keeps_the_one_here() -> None:
    made = world()
    made.apply()
    made.wish = tied(made.desired(), "another")
    assert told(made.plan()) == ["update person:p1: login_id=another"]


def test_what_somebody_tied_to_another_login_over_there_is_asked_about() -> None:
    made = world()
    made.apply()
    made.server.edit(Kind.ACCOUNT, made.remote_id(P1), login_id="intruder")
    assert told(made.plan()) == [f"update person:p1: login_id={SUB} (queued)"]
