"""What people, organisations and bodies are called after an import."""

from collections.abc import Iterator, Sequence

import pytest

from policies.document import Policy
from provisioner.app.importing.bodies import BodiesDrawer
from provisioner.app.importing.drawn import DrawnBody, DrawnPerson
from provisioner.app.importing.names import FREE_MAIL, name_of_domain, slug, split_name
from provisioner.app.importing.organisations import draw_organisations
from provisioner.app.importing.people import Circumstances, PeopleDrawer
from provisioner.model.bindings import Ties
from provisioner.model.inventory import UNKNOWN, Complete, Inventory, Observation, Remote, Roster, Scope
from provisioner.model.resources import Kind

Groups = Sequence[tuple[Remote, list[str]]]
TIES = Ties({}, {}, foreign=frozenset({("account", "other"), ("group", "Other")}))
CASELESS = Circumstances(
    ties=TIES,
    canonical_name=lambda kind, name: name.lower() if kind is Kind.ACCOUNT else name,
    protected_accounts=frozenset({"admin"}),
    protected_groups=frozenset({"admin"}),
    private_domains=FREE_MAIL,
)


@pytest.mark.parametrize(
    ("shown", "given", "family"),
    [
        ("Erika Muster", "Erika", "Muster"),
        ("Hans-Jörg Karl Muster", "Hans-Jörg Karl", "Muster"),
        ("Müller, Erika", "Erika", "Müller"),
        ("von der Au, Anna", "Anna", "von der Au"),
        ("Berg, Anna von", "Anna", "von Berg"),
        ("Anna von Berg", "Anna", "von Berg"),
        ("Luca de la Cruz", "Luca", "de la Cruz"),
        ("Piet van den Broek", "Piet", "van den Broek"),
        ("von Muster", "", "von Muster"),
        ("Cher", "", "Cher"),
        ("Dr. Erika Muster", "Dr. Erika", "Muster"),
        ("Erika Muster (Bauamt)", "Erika", "Muster (Bauamt)"),
        ("Müller, Erika (Amt 10)", "Erika", "Müller (Amt 10)"),
        ("Erika Muster, Bauamt", "Erika", "Muster, Bauamt"),
        ("(Gast) Erika Muster", "(Gast) Erika", "Muster"),
        ("Müller,", "", "Müller,"),
        (", Erika", ",", "Erika"),
    ],
)
def test_a_shown_name_is_taken_apart_as_people_would(shown: str, given: str, family: str) -> None:
    assert split_name(shown) == (given, family)


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("bretten.example", "Bretten"),
        ("baden-baden.example", "Baden-Baden"),
        ("xn--bhl-hoa.example", "Bühl"),
        ("werke.bretten.example", "Werke Bretten"),
        ("xn--.example", "Xn--"),
    ],
)
def test_a_domain_proposes_a_name(domain: str, name: str) -> None:
    assert name_of_domain(domain) == name


def test_ids_are_made_of_letters_that_everybody_has() -> None:
    assert [slug(text) for text in ("Bühl & Söhne", "Łódź", "漢字", "!!!")] == ["buehl-soehne", "lodz", "hanzi", ""]


def account(name: str, **fields: object) -> Remote:
    given = {"display_name": f"{name.title()} Muster", "email": f"{name}@bretten.example", "enabled": True, **fields}
    return Remote(name, name, given)  # type: ignore[arg-type]


def group(name: str, shown: str | None = None) -> Remote:
    return Remote(name, name, {"display_name": shown or name})


def inventory(accounts: list[Remote], groups: Groups = ()) -> Inventory:
    there = {Kind.ACCOUNT: accounts, Kind.GROUP: [remote for remote, _ in groups]}
    return Inventory(
        "there",
        {
            kind: Observation(Complete(Scope("there", kind)), {remote.remote_id: remote for remote in remotes})
            for kind, remotes in there.items()
        },
        {
            (Kind.GROUP, remote.remote_id): Roster.of_accounts(
                Complete(Scope("there", Kind.GROUP, remote.remote_id)), frozenset(members)
            )
            for remote, members in groups
        },
        own_account="me",
    )


def ids() -> Iterator[str]:
    for number in range(1000):
        yield f"p-{number // 2}"  # every id comes twice: chance may do that


def people_of(accounts: list[Remote]) -> tuple[dict[str, DrawnPerson], dict[str, str]]:
    made = ids()
    people, left_out = PeopleDrawer(inventory(accounts), CASELESS, lambda: next(made)).draw()
    return {person.account: person for person in people}, {left.name: left.why.code for left in left_out}


def test_an_account_of_which_something_is_unknown_is_nobody_yet() -> None:
    accounts = [account("a", email=UNKNOWN), account("b", enabled=UNKNOWN), account("c", display_name=UNKNOWN)]
    people, left_out = people_of([*accounts, account("d", language=UNKNOWN, organisation=UNKNOWN)])
    assert set(people) == {"d"}
    assert left_out == dict.fromkeys("abc", "app.import_unread")


def test_our_own_protected_and_other_networks_accounts_are_left_out() -> None:
    _, left_out = people_of([account("me"), account("ADMIN"), account("other")])
    assert left_out == {"me": "app.import_own", "ADMIN": "app.import_protected", "other": "app.import_other_network"}


def test_a_technical_accounts_address_makes_nobody_disputed() -> None:
    people, _ = people_of([account("admin", email="a@bretten.example"), account("anna", email="A@bretten.example")])
    assert set(people) == {"anna"}


def test_names_that_a_directory_keeps_apart_are_taken_as_they_are() -> None:
    people, _ = people_of([account("a", display_name="Muster Erika", given_name="Erika", family_name="Muster")])
    assert (people["a"].given_name, people["a"].family_name) == ("Erika", "Muster")


def test_no_two_people_get_one_id() -> None:
    people, _ = people_of([account(name) for name in "abcdef"])
    assert len({person.id for person in people.values()}) == 6


def test_mail_providers_are_no_organisations() -> None:
    assert all("." in domain and domain == domain.lower() for domain in FREE_MAIL)
    provider = min(FREE_MAIL)
    _, left_out = people_of([account("a", email=f"nobody@{provider}")])
    assert left_out == {"a": "app.import_private_address"}


def test_domains_that_would_be_called_alike_are_two_organisations() -> None:
    people, _ = people_of(
        [
            account("a", email="a@bretten.example"),
            account("b", email="b@bretten.test"),
            account("c", email="c@x.example"),
        ]
    )
    assert [one.id for one in draw_organisations(people.values())] == ["bretten-example", "bretten-test", "x"]


PATTERNS = Policy.model_validate(
    {
        "groups": {
            "names": {
                "steering": {"members": "FG {name}", "administrators": "FG {name} Leitung"},
                "rangers": {"members": "FG IT {name}", "administrators": None},
                "plenum": {"members": None, "administrators": "{name}"},
            },
            "organisation": "Org_{name}",
        }
    }
)


def bodies_of(groups: Groups, policy: Policy = PATTERNS) -> tuple[dict[str, DrawnBody], dict[str, str]]:
    seen, made = inventory([account("anna"), account("ben")], groups), ids()
    people, _ = PeopleDrawer(seen, CASELESS, lambda: next(made)).draw()
    drawer = BodiesDrawer(seen, CASELESS, policy, people, [], draw_organisations(people), ())
    return {body.group.name: body for body in drawer.draw()}, {left.name: left.why.code for left in drawer.left_out}


def test_each_kind_is_known_by_its_own_pattern_the_longest_first() -> None:
    bodies, _ = bodies_of(
        [(group("FG-Digital", "FG Digital"), ["anna"]), (group("FG-IT-Netz", "FG IT Netz"), ["anna"])]
    )
    assert [(body.kind, body.name, body.overrides) for body in bodies.values()] == [
        ("steering", "Digital", {"administrators_group": False}),
        ("rangers", "Netz", {}),
    ]


def test_moderators_are_found_by_id_where_two_groups_are_shown_alike() -> None:
    bodies, _ = bodies_of(
        [
            (group("Rat", "Rat"), ["anna"]),
            (group("Rat-2", "Rat"), ["ben"]),
            (group("Rat-2-Administratoren", "Rat-Administratoren"), ["ben"]),
        ]
    )
    assert {name: body.administrators and body.administrators.name for name, body in bodies.items()} == {
        "Rat": None,
        "Rat-2": "Rat-2-Administratoren",
    }
    # Shown as "Rat-Administratoren" by the policy already, but under another id than it would make.
    assert bodies["Rat-2"].overrides == {"group_id": "Rat-2", "administrators_group_id": "Rat-2-Administratoren"}


def test_a_moderators_group_has_no_moderators_group() -> None:
    names = ("Rat", "Rat-Administratoren", "Rat-Administratoren-Administratoren")
    bodies, _ = bodies_of([(group(name), ["anna"]) for name in names])
    assert set(bodies) == {"Rat", "Rat-Administratoren-Administratoren"}


def test_an_organisations_group_is_no_body() -> None:
    bodies, left_out = bodies_of([(group("Org_Bretten"), ["anna"]), (group("Other"), ["anna"]), (group("admin"), [])])
    assert bodies == {}
    assert left_out == {
        "Org_Bretten": "app.import_organisation_group",
        "Other": "app.import_other_network",
        "admin": "app.import_protected",
    }


def test_a_group_whose_id_the_registry_cannot_hold_is_left_out_with_its_moderators() -> None:
    bodies, left_out = bodies_of([(group(" Rat", "Rat"), ["anna"]), (group("Rat-Administratoren"), ["anna"])])
    assert bodies == {}
    assert left_out == {" Rat": "app.import_unfit", "Rat-Administratoren": "app.import_unfit"}


def test_the_lead_is_where_most_come_from_and_nobody_when_that_is_not_clear() -> None:
    crowd = [
        account("a"),
        account("b"),
        account("c", email="c@rastatt.example"),
        account("d", email="d@rastatt.example"),
    ]
    groups = [
        (group("Mehr"), ["a", "b", "c"]),
        (group("Gleich"), ["a", "c"]),
        (group("Leitung"), ["a", "c"]),
        (group("Leitung-Administratoren"), ["c"]),
    ]
    seen, made = inventory(crowd, groups), ids()
    people, _ = PeopleDrawer(seen, CASELESS, lambda: next(made)).draw()
    organisations = draw_organisations(people)
    bodies = BodiesDrawer(seen, CASELESS, Policy(), people, [], organisations, ()).draw()
    assert {body.name: body.lead for body in bodies} == {"Mehr": "bretten", "Gleich": None, "Leitung": "rastatt"}
