"""What one entry can be like, and entries among each other. A malformed one blocks itself, not everybody."""

from datetime import date

import pytest

from provisioner.model.registry import Period, Role
from provisioner.registry import Loaded, load
from tests.registry.conftest import ORGANISATIONS, PEOPLE, Write

SECOND = """\
  - id: p-second
    given_name: Bernd
    family_name: Beispiel
    email: bernd.beispiel@rastatt.example
    organisation: rastatt
"""


def codes(loaded: Loaded) -> list[str]:
    return [problem.what.code.removeprefix("registry.") for problem in loaded.problems]


def only(loaded: Loaded) -> tuple[str, str]:
    (problem,) = loaded.problems
    return problem.what.code.removeprefix("registry."), str(problem.where)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("id: p-second", "id: P-second", "bad_id"),
        ("id: p-second", "id: p/second", "bad_id"),
        ("id: p-second", "id: p#second", "bad_id"),
        ("id: p-second", "id: p?second", "bad_id"),
        ("id: p-second", "id: ..", "bad_id"),
        ("id: p-second", "id: 012", "needs_quotes"),
        ("id: p-second", "id: pä", "bad_id"),
        ("id: p-second", "id: " + "p" * 65, "bad_id"),
        ("Beispiel", "B" * 300, "too_long"),
        ("Beispiel", '"Bei\\u200Bspiel"', "invisible"),
        ("Beispiel", '"Bei\\u202Espiel"', "invisible"),
        ("Beispiel", '"Bei\\0spiel"', "invisible"),
        ("Beispiel", "Bei\u2066spiel", "invisible"),
        ("Beispiel", '"Bei\\nspiel"', "invisible"),
        ("Beispiel", "", "empty_value"),
        ("Beispiel", "Null", "empty_value"),
        ("Beispiel", "012", "needs_quotes"),
        ("Beispiel", "True", "needs_quotes"),
        ("Beispiel", "1e3", "needs_quotes"),
        ("Beispiel", "[a, b]", "not_text"),
        ("Beispiel", "!!str x", "tag"),
        ("Beispiel", "Beispiel\n    family_name: Muster", "duplicate_key"),
        ("    family_name: Beispiel\n", "", "unnamed"),
        ("bernd.beispiel@rastatt.example", "bernd", "bad_email"),
        ("bernd.beispiel@rastatt.example", "Bernd <bernd@rastatt.example>", "bad_email"),
        ("bernd.beispiel@rastatt.example", "b@x@rastatt.example", "bad_email"),
        ("bernd.beispiel@rastatt.example", "b..x@rastatt.example", "bad_email"),
        ("organisation: rastatt", "organisation: rastat", "unknown_organisations"),
        ("organisation: rastatt", "organisation: [rastatt]", "not_text"),
        ("    organisation: rastatt\n", "", "no_organisation"),
        ("organisation: rastatt", "organisation: rastatt\n    organization: x", "unknown_field"),
        ("organisation: rastatt", "organisation: rastatt\n    affiliations: [{organisation: bretten}]", "two_forms"),
        ("organisation: rastatt", "organisation: rastatt\n    roles: ranger", "not_list"),
        ("organisation: rastatt", "organisation: rastatt\n    roles: [moderator]", "role_elsewhere"),
        ("organisation: rastatt", "organisation: rastatt\n    roles: [guest]", "guest_without_section"),
        ("organisation: rastatt", "organisation: rastatt\n    guest: {sponsor: p-anna}", "guest_without_end"),
        (
            "organisation: rastatt",
            "organisation: rastatt\n    guest: {sponsor: p-second, until: 2026-01-01}",
            "own_sponsor",
        ),
        ("organisation: rastatt", "guest: {sponsor: p-nobody, until: 2026-01-01}", "unknown_people"),
        ("organisation: rastatt", "organisation: rastatt\n    bodies: [pg-sensori]", "unknown_bodies"),
        ("organisation: rastatt", "organisation: rastatt\n    bodies: [pg-sensorik, pg-sensorik]", "twice_at_once"),
        (
            "organisation: rastatt",
            "organisation: rastatt\n    bodies: [{id: pg-sensorik, role: coordinator}]",
            "role_elsewhere",
        ),
        (
            "organisation: rastatt",
            "organisation: rastatt\n    joined: 2026-02-01\n    leaves: 2026-01-31",
            "backwards",
        ),
        (
            "organisation: rastatt",
            "organisation: rastatt\n    absences: [{since: 2026-02-01, until: 2026-01-31}]",
            "backwards",
        ),
        (
            "organisation: rastatt",
            "organisation: rastatt\n    bodies: [{id: pg-sensorik, since: 2026-02-01, until: 2026-01-31}]",
            "backwards",
        ),
        ("organisation: rastatt", "organisation: rastatt\n    leaves: 31.12.2026", "bad_day"),
        ("organisation: rastatt", "organisation: rastatt\n    leaves: 2026-02-30", "bad_day"),
        ("organisation: rastatt", "organisation: rastatt\n    leaves: 20261231", "bad_day"),
        ("organisation: rastatt", "organisation: rastatt\n    language: deutsch", "bad_language"),
        ("organisation: rastatt", "organisation: rastatt\n    user_id: a/b", "bad_value"),
    ],
)
def test_a_malformed_person_is_shown_and_nobody_else_suffers(write: Write, old: str, new: str, code: str) -> None:
    assert old in SECOND
    loaded = load(write(people=PEOPLE + SECOND.replace(old, new)))
    (problem,) = loaded.errors
    assert problem.what.code == f"registry.{code}"
    assert problem.where.file == "people.yaml"
    assert problem.where.line >= 8
    assert set(loaded.registry.people) == {"p-anna"}
    assert loaded.registry.complete == bool(loaded.registry.blocked), "who is missing is known, or nothing is concluded"


def test_no_is_a_name_and_a_quoted_number_is_a_text(write: Write) -> None:
    loaded = load(write(people=PEOPLE.replace("Änne", "NO").replace("Müßig", '"012"')))
    assert loaded.problems == ()
    assert loaded.registry.people["p-anna"].display_name == "NO 012"


@pytest.mark.parametrize(
    "name",
    ["O'Neill", "D'Angelo", "von der Höh-Süß", "Şükrü", "مريم", "שָׂרָה", "Nguyễn", "王", "Ł", "Müller (geb. Maier)"],
)
def test_names_of_any_script_are_welcome(write: Write, name: str) -> None:
    loaded = load(write(people=PEOPLE.replace("Müßig", name)))
    assert loaded.problems == ()
    assert loaded.registry.people["p-anna"].family_name == name


def test_two_spellings_of_an_umlaut_are_one_name(write: Write) -> None:
    decomposed = load(write(people=PEOPLE.replace("Müßig", "Mu\u0308ßig")))
    assert decomposed.registry.people["p-anna"].family_name == "Müßig"
    assert decomposed.digest == load(write()).digest


def test_an_unknown_field_comes_with_what_was_probably_meant(write: Write) -> None:
    loaded = load(write(people=PEOPLE + SECOND + "    bodys: [pg-sensorik]\n"))
    (problem,) = loaded.problems
    assert (problem.mend.code, problem.mend.arguments) == ("registry.did_you_mean", {"suggestion": "bodies"})


def test_an_unknown_field_deep_inside_is_compared_with_the_fields_there(write: Write) -> None:
    loaded = load(write(people=PEOPLE + SECOND + "    guest: {sponsor: p-anna, untill: 2026-01-01}\n"))
    mends = [problem.mend.arguments.get("suggestion") for problem in loaded.problems]
    assert "until" in mends


def test_a_number_that_should_be_a_text_is_shown_as_it_was_written(write: Write) -> None:
    loaded = load(write(people=PEOPLE + SECOND.replace("Beispiel", "0x1F", 1)))
    (problem,) = loaded.problems
    assert problem.mend.arguments["value"] == "0x1F"


def test_two_people_with_one_address_are_both_blocked_whatever_its_case(write: Write) -> None:
    second = SECOND.replace("bernd.beispiel@rastatt.example", "Aenne.Muessig@BRETTEN.example")
    third = SECOND.replace("p-second", "p-third").replace("bernd", "c")
    loaded = load(write(people=PEOPLE + second + third))
    assert "same_email" in codes(loaded)
    assert loaded.registry.blocked == {"p-anna", "p-second"}
    assert set(loaded.registry.people) == {"p-third"}
    assert loaded.registry.complete


def test_an_id_given_twice_blocks_both(write: Write) -> None:
    loaded = load(write(people=PEOPLE, more="people:\n" + SECOND.replace("p-second", "p-anna")))
    assert only(loaded) == ("same_id", "people.yaml:2:9")
    assert loaded.problems[0].what.arguments["first"] == "more.yaml:2:9"
    assert loaded.registry.blocked == {"p-anna"}
    assert not loaded.registry.people


def test_an_entry_with_two_ids_makes_the_registry_incomplete(write: Write) -> None:
    loaded = load(write(people=PEOPLE + SECOND + "    id: p-other\n"))
    assert only(loaded) == ("duplicate_key", "people.yaml:13:5")
    assert not loaded.registry.complete


def test_two_people_with_one_identity_or_user_id_are_blocked(write: Write) -> None:
    identity = "    identities: [{source: keycloak, key: k-1}]\n    user_id: %s\n"
    loaded = load(write(people=PEOPLE + identity % "Anna" + SECOND + identity % "anna"))
    assert codes(loaded) == ["same_identity", "same_user_id"]
    assert loaded.registry.blocked == {"p-anna", "p-second"}


def test_an_address_that_is_not_of_the_organisation_is_only_a_warning(write: Write) -> None:
    loaded = load(write(people=PEOPLE.replace("@bretten", "@freemail")))
    assert only(loaded) == ("other_domain", "people.yaml:5:12")
    assert not loaded.errors
    assert set(loaded.registry.people) == {"p-anna"}


def test_a_guest_may_have_any_address_and_needs_no_organisation(write: Write) -> None:
    guest = SECOND.replace("rastatt.example", "buero.example").replace(
        "organisation: rastatt", "guest: {sponsor: p-anna, until: 2027-03-31}"
    )
    loaded = load(write(people=PEOPLE + guest))
    assert loaded.problems == ()
    person = loaded.registry.people["p-second"]
    assert person.roles == {Role.GUEST}
    assert person.period_in_network() == Period(None, date(2027, 3, 31))


def test_the_short_form_sorts_roles_to_where_they_belong(write: Write) -> None:
    loaded = load(write(people=PEOPLE + "    roles: [ranger, coordinator]\n"))
    person = loaded.registry.people["p-anna"]
    assert loaded.problems == ()
    assert person.roles == {Role.RANGER}
    assert person.affiliations[0].roles == {Role.COORDINATOR}


def test_when_an_organisation_has_left_its_peoples_affiliations_are_over(write: Write) -> None:
    organisations = ORGANISATIONS + "    joined: 2020-01-01\n    leaves: 2026-06-30\n"
    people = (
        PEOPLE
        + SECOND
        + SECOND.replace("p-second", "p-third")
        .replace("bernd", "c")
        .replace(
            "organisation: rastatt",
            "affiliations: [{organisation: rastatt, until: 2025-12-31}, {organisation: bretten, since: 2026-01-01}]",
        )
    )
    registry = load(write(organisations=organisations, people=people)).registry
    assert registry.people["p-second"].affiliations[0].period == Period(date(2020, 1, 1), date(2026, 6, 30))
    assert [one.period for one in registry.people["p-third"].affiliations] == [
        Period(date(2020, 1, 1), date(2025, 12, 31)),
        Period(date(2026, 1, 1), None),
    ]


def test_an_affiliation_that_lies_outside_its_organisations_stay_never_holds(write: Write) -> None:
    people = PEOPLE + SECOND.replace(
        "organisation: rastatt", "affiliations: [{organisation: rastatt, since: 2027-01-01}]"
    )
    registry = load(write(organisations=ORGANISATIONS + "    leaves: 2026-06-30\n", people=people)).registry
    period = registry.people["p-second"].affiliations[0].period
    assert not any(period.holds(day) for day in (date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1)))


def test_what_refers_to_a_malformed_entry_waits_with_it_and_nobody_else(write: Write) -> None:
    organisations = ORGANISATIONS.replace("name: Stadt Rastatt", "nahme: Stadt Rastatt")
    loaded = load(write(organisations=organisations, people=PEOPLE + SECOND))
    assert codes(loaded) == ["missing_field", "unknown_field", "waiting"]
    assert loaded.registry.blocked == {"rastatt", "p-second"}
    assert set(loaded.registry.people) == {"p-anna"}
    assert loaded.registry.complete


def test_a_membership_may_name_a_blocked_body_so_that_the_person_does_not_wait(write: Write) -> None:
    loaded = load(write(bodies="bodies: [{id: pg-sensorik, name: Sensorik, kind: projekt}]\n"))
    assert loaded.registry.blocked == {"pg-sensorik"}
    assert loaded.registry.people["p-anna"].memberships[0].body == "pg-sensorik"


def test_what_stands_in_an_unreadable_file_is_reported_once_not_for_everybody_who_names_it(write: Write) -> None:
    loaded = load(write(organisations="organisations: [", people=PEOPLE + SECOND + SECOND.replace("second", "b")))
    assert codes(loaded).count("unread_organisations") == 2
    assert not loaded.registry.complete


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("lead: brettten", "unknown_organisations"),
        ("members: [{}]", "empty_selector"),
        ("members: [{everybody: true, roles: [ranger]}]", "everybody_alone"),
        ("members: [{everybody: yes}]", "not_boolean"),
        ("members: [{bodies: [pg]}]", "selects_itself"),
        ("members: [{bodies: [pg-x]}]", "unknown_bodies"),
        ("members: [{organisations: [x]}]", "unknown_organisations"),
        ("members: [{roles: [moderator]}]", "role_elsewhere"),
        ("members: [{everybody: true, as_role: ranger}]", "role_elsewhere"),
        ("meetings: {}", "no_meetings"),
        ("meetings: {rule: every week}", "bad_value"),
        ("meetings: {times_a_year: 0}", "not_number"),
        ("meetings: [weekly]", "not_mapping"),
        ("join: everybody", "unknown_choice"),
        ("archived: soon", "bad_day"),
        ("overrides: {guards: off}", "unknown_field"),
        ("overrides: {member_quota: much}", "bad_value"),
        ("overrides: {folder_quota: default}", "bad_value"),
        ("overrides: {folder: perhaps}", "not_boolean"),
        ("overrides: {conversation_name: ''}", "empty_value"),
        ("overrides: {forum_name: ''}", "empty_value"),
        ("overrides: {wiki_open: perhaps}", "not_boolean"),
        ("overrides: {folder_name: /}", "unsafe_folder_name"),
        ("overrides: {folder_name: /x}", "unsafe_folder_name"),
        ("overrides: {folder_name: x/}", "unsafe_folder_name"),
        ("overrides: {folder_name: a//b}", "unsafe_folder_name"),
        ("overrides: {folder_name: a/../b}", "unsafe_folder_name"),
        ("overrides: {folder_name: a / b}", "unsafe_folder_name"),
        ("overrides: {folder_name: ' '}", "empty_value"),
    ],
)
def test_a_malformed_body_is_shown_and_blocks_itself(write: Write, body: str, code: str) -> None:
    loaded = load(write(more=f"bodies:\n  - id: pg\n    name: PG\n    kind: project\n    {body}\n"))
    (problem,) = loaded.errors
    assert problem.what.code == f"registry.{code}"
    assert problem.where.line >= 2
    assert loaded.registry.blocked == {"pg"}
    assert set(loaded.registry.bodies) == {"pg-sensorik"}


def test_an_unsafe_folder_name_is_shown_where_it_stands(write: Write) -> None:
    body = "bodies:\n  - id: pg\n    name: PG\n    kind: project\n    overrides:\n      folder_name: ../x\n"
    assert only(load(write(more=body))) == ("unsafe_folder_name", "more.yaml:6:20")


def test_a_folder_that_not_every_computer_can_sync_is_a_warning(write: Write) -> None:
    overrides = "{folder_name: 'Projekte/Wo?', folder_quota: 50 GB, conversation_name: Wir, conversation: false}"
    body = f"bodies:\n  - id: pg\n    name: PG\n    kind: project\n    overrides: {overrides}\n"
    loaded = load(write(more=body))
    assert codes(loaded) == ["unsyncable_folder_name"]
    own = loaded.registry.bodies["pg"].overrides
    assert (own.folder, own.folder_name, own.folder_quota) == (True, "Projekte/Wo?", "50 GB")
    assert (own.conversation, own.conversation_name) == (False, "Wir")


def test_a_body_says_whether_it_has_a_category_and_a_space_how_they_are_called_and_who_reads_them(write: Write) -> None:
    overrides = "{forum_name: Messen, forum_open: true, wiki: false, wiki_open: null}"
    body = f"bodies:\n  - id: pg\n    name: PG\n    kind: project\n    overrides: {overrides}\n"
    own = load(write(more=body)).registry.bodies["pg"].overrides
    assert (own.forum, own.forum_name, own.forum_open) == (True, "Messen", True)
    assert (own.wiki, own.wiki_name, own.wiki_open) == (False, None, None)


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("", True),
        (", archived: 2026-12-31", False),
        (", archived: 2027-01-01", False),
        (", archived: 2027-01-02", True),
    ],
)
def test_a_body_whose_lead_leaves_the_network_needs_another(write: Write, body: str, warned: bool) -> None:
    organisations = (
        "organisations:\n"
        "  - {id: bretten, name: Stadt Bretten, kind: city, domains: [bretten.example]}\n"
        "  - {id: rastatt, name: Stadt Rastatt, kind: city, leaves: 2026-12-31}\n"
    )
    bodies = f"bodies:\n  - {{id: pg-sensorik, name: Sensorik, kind: project, lead: rastatt{body}}}\n"
    loaded = load(write(organisations=organisations, bodies=bodies))
    told = [problem for problem in loaded.warnings if problem.what.code == "registry.lead_leaves"]
    assert len(told) == (1 if warned else 0)
    for problem in told:
        assert problem.what.arguments == {
            "body": "Sensorik",
            "organisation": "Stadt Rastatt",
            "last": date(2026, 12, 31),
        }
        assert str(problem.where) == "bodies.yaml:2:60"
    assert "pg-sensorik" in loaded.registry.bodies


def test_a_body_is_five_lines(write: Write) -> None:
    body = load(write()).registry.bodies["pg-sensorik"]
    assert (body.name, body.lead, body.join, body.overrides.group_name) == ("Sensorik", "bretten", "open", None)


def test_members_of_an_archived_body_are_one_warning_a_body(write: Write) -> None:
    bodies = "bodies: [{id: pg-sensorik, name: Sensorik, kind: project, archived: 2026-01-01}]\n"
    people = PEOPLE + SECOND + "    bodies: [{id: pg-sensorik, until: 2025-12-31}]\n"
    loaded = load(write(bodies=bodies, people=people))
    assert only(loaded) == ("member_of_archived", "people.yaml:7:14")
    assert loaded.problems[0].what.arguments["count"] == 1


@pytest.mark.parametrize(
    ("network", "code"),
    [
        (None, "no_network"),
        ("network: {id: redi, name: re@di, time_zone: Europe/Berlyn}\n", "unknown_time_zone"),
        ("network: {id: redi}\n", "missing_field"),
        ("network: redi\n", "not_mapping"),
    ],
)
def test_without_a_sound_network_the_registry_is_not_complete(write: Write, network: str | None, code: str) -> None:
    loaded = load(write(network=network))
    assert code in codes(loaded)
    assert set(loaded.registry.people) == {"p-anna"}


def test_two_networks_in_one_folder_are_refused(write: Write) -> None:
    loaded = load(write(more="network: {id: ortenau, name: Ortenau}\n"))
    assert "two_networks" in codes(loaded)
    assert not loaded.registry.complete
