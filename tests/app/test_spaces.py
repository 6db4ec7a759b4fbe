"""A login, two forums and a wiki, whole: made in one run, renamed and archived in place, nobody twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.site import LONG_AGO, body, person
from tests.support.spaces import Spaces, categories, spaces

LORA = "body:pg-lora"


@pytest.fixture
def unmade(tmp_path: Path) -> Iterator[Spaces]:
    with spaces(tmp_path) as setup:
        yield setup


@pytest.fixture
def setup(unmade: Spaces) -> Spaces:
    """After the first sync."""
    unmade.apply()
    for log in unmade.logs:
        log.clear()
    return unmade


def nothing_to_do(setup: Spaces) -> bool:
    ran = setup.run("plan")
    assert ran.code == 0, ran.all
    assert (setup.forum.mails, setup.board.mails, setup.keycloak.mails) == ([], [], [])
    return "Nothing to do" in ran.out


def levels(setup: Spaces, scope: str) -> dict[str, int]:
    return {who: level for where, who, level in setup.wiki.acl.lines if where == scope}


def test_one_run_makes_everything_and_ties_every_account_to_the_login_it_made(unmade: Spaces) -> None:
    unmade.apply()
    for given in ("anna", "ben", "cleo"):
        sub = unmade.sub(f"{given}.muster")
        assert unmade.discourse_user(f"{given}.muster").associations == {"oidc": sub}
        assert unmade.nodebb_user(f"{given}.muster").more["keycloakId"] == sub
    assert nothing_to_do(unmade)
    assert unmade.run("drift").code == 0


def test_forums_and_the_wiki_link_each_other(setup: Spaces) -> None:
    place = categories(setup)["board"]["PG LoRaWAN"]
    topics = [topic.content for topic in setup.board.world.topics.values() if topic.cid == place]
    assert len(topics) == 1
    assert f"{setup.wiki.url}/doku.php?id=pg_lorawan:start" in topics[0]
    assert f"{setup.board.url}/category/{place}" in setup.wiki.pages.texts["pg_lorawan:start"]
    assert (
        "[[" + f"{setup.wiki.url}/doku.php?id=pg_lorawan:start|PG LoRaWAN]]" in setup.wiki.pages.texts["alle_gremien"]
    )


def test_a_renamed_body_is_renamed_in_place_everywhere(setup: Spaces) -> None:
    before, groups = categories(setup), {one.name: one.id for one in setup.forum.world.groups.values()}
    topics = {topic.tid for topic in setup.board.world.topics.values()}
    pages = set(setup.wiki.pages.texts)
    setup.wish.bodies["pg-lora"]["name"] = "Funknetze"
    setup.apply()
    after = categories(setup)
    for target, known in before.items():
        assert after[target] == {name.replace("LoRaWAN", "Funknetze"): at for name, at in known.items()}
    assert setup.nodebb_category("PG Funknetze").fields["description"] == before_description(setup)
    assert {one.name: one.id for one in setup.forum.world.groups.values()} == groups
    assert "PG_Funknetze" in {one.full_name for one in setup.forum.world.groups.values()}
    assert {topic.tid for topic in setup.board.world.topics.values()} == topics
    assert set(setup.wiki.pages.texts) == pages
    assert "PG Funknetze]]" in setup.wiki.pages.texts["alle_gremien"]
    assert nothing_to_do(setup)


def before_description(setup: Spaces) -> object:
    return setup.wish.bodies["pg-lora"].get("purpose", "")


def test_an_archived_body_stands_below_the_archive_for_its_groups_to_read(setup: Spaces) -> None:
    before = categories(setup)
    setup.wish.bodies["pg-lora"]["archived"] = LONG_AGO
    setup.apply()
    after = categories(setup)
    for target, known in before.items():
        assert known.items() <= after[target].items()
    of_forum = setup.forum.world.categories[after["forum"]["PG LoRaWAN"]]
    assert of_forum.parent == after["forum"]["Archiv"]
    assert set(of_forum.permissions.values()) == {3}
    of_board = setup.nodebb_category("PG LoRaWAN")
    assert of_board.parent == after["board"]["Archiv"]
    assert "PG_LoRaWAN" not in of_board.privileges["groups:topics:create"]
    assert "PG_LoRaWAN" in of_board.privileges["groups:read"]
    assert set(levels(setup, "pg_lorawan:*").values()) == {0, 1}
    assert nothing_to_do(setup)


def test_a_wiki_page_that_people_changed_is_never_overwritten(setup: Spaces) -> None:
    setup.wiki.pages.texts["pg_lorawan:start"] = "Unser Wissen"
    setup.wish.bodies["pg-lora"] |= {"name": "Funknetze", "purpose": "Anders"}
    setup.apply()
    assert setup.wiki.pages.texts["pg_lorawan:start"] == "Unser Wissen"
    del setup.wiki.pages.texts["pg_lorawan:start"]
    assert nothing_to_do(setup)


def test_a_leaver_is_suspended_in_both_forums_and_a_returner_gets_the_same_account(setup: Spaces) -> None:
    theirs = setup.discourse_user("ben.muster").id, setup.nodebb_user("ben.muster").uid
    setup.wish.people["p-ben"]["leaves"] = LONG_AGO
    setup.apply()
    assert setup.discourse_user("ben.muster").suspended_till is not None
    assert setup.nodebb_user("ben.muster").banned
    assert theirs[1] not in setup.board.world.groups["PG_Sensorik"].members
    assert nothing_to_do(setup)
    del setup.wish.people["p-ben"]["leaves"]
    setup.apply()
    assert (setup.discourse_user("ben.muster").id, setup.nodebb_user("ben.muster").uid) == theirs
    assert setup.discourse_user("ben.muster").suspended_till is None
    assert not setup.nodebb_user("ben.muster").banned
    assert theirs[1] in setup.board.world.groups["PG_Sensorik"].members
    assert nothing_to_do(setup)


@pytest.mark.parametrize(("name", "email"), [("dora.muster", "d@anderswo.example"), ("dodo", "dora@bretten.example")])
def test_somebody_elses_account_is_taken_in_no_forum_and_no_second_one_is_made(
    setup: Spaces, name: str, email: str
) -> None:
    setup.forum.world.add_user(name, email)
    setup.board.world.add_user(name, email=email, confirmed=True)
    setup.wish.add(person("Dora", "pg-lora"))
    ran = setup.run("apply", "--yes")
    assert "but not both" in setup.run("plan").out, ran.all
    assert {one.username for one in setup.board.world.users.values() if "do" in one.username} == {name}
    assert {one.username for one in setup.forum.world.users.values() if one.email == email} == {name}
    assert not any(one.more.get("keycloakId") for one in setup.board.world.users.values() if one.username == name)
    assert setup.sub("dora.muster")


def test_a_newcomer_costs_few_requests_and_no_category_is_read(setup: Spaces) -> None:
    setup.wish.add(person("Dora", "pg-lora"))
    ran = setup.run("apply", "--only", "p-dora", "--yes")
    assert ran.code == 0, ran.all
    assert setup.nodebb_user("dora.muster").more["keycloakId"] == setup.sub("dora.muster")
    asked = {name: len(server.log.requests) for name, server in setup.servers.items()}
    assert {name: count for name, count in asked.items() if count > 12} == {}
    assert not [one for log in (setup.forum.log, setup.board.log) for one in log.requests if "categor" in one.path]


def test_a_body_can_be_made_alone_with_what_it_stands_below(setup: Spaces) -> None:
    setup.wish.add(body("k-netze", "Netze", kind="circle"), person("Dora", "k-netze"))
    ran = setup.run("apply", "--only", "k-netze", "--yes")
    assert ran.code == 0, ran.all
    for known in categories(setup).values():
        assert {"Netze", "Kreise"} <= known.keys()
    assert "|Netze]]" in setup.wiki.pages.texts["alle_gremien"]
    assert nothing_to_do(setup)


def test_strangers_in_categories_and_what_they_wrote_stay_as_they_are(setup: Spaces) -> None:
    setup.forum.world.add_category("Plauderecke", {})
    setup.board.world.add_category("Plauderecke")
    setup.wiki.pages.texts["plauderecke:start"] = "Hallo"
    assert nothing_to_do(setup)


def test_a_login_that_comes_later_is_tied_to_the_accounts_that_are_there_in_one_run(unmade: Spaces) -> None:
    login = unmade.wish.targets["login"]
    unmade.only("board")
    unmade.apply()
    before = unmade.nodebb_user("anna.muster").uid
    assert not unmade.nodebb_user("anna.muster").more.get("keycloakId")
    unmade.wish.targets["login"] = login
    unmade.apply()
    assert unmade.nodebb_user("anna.muster").more["keycloakId"] == unmade.sub("anna.muster")
    assert unmade.nodebb_user("anna.muster").uid == before
    assert nothing_to_do(unmade)


def test_a_target_that_is_planned_alone_keeps_the_links_of_an_archived_body(setup: Spaces) -> None:
    setup.apply()
    setup.wish.bodies["pg-sensorik"]["archived"] = LONG_AGO
    setup.apply()
    for target in setup.wish.targets:
        ran = setup.run("plan", "--target", target)
        assert ran.code == 0, ran.all


def test_plans_and_explanations_say_in_plain_words_what_people_may_do_there(unmade: Spaces) -> None:
    unmade.wish.policy["forum"] = {"open": ["project"]}
    plan = unmade.run("plan").out
    assert "PG_LoRaWAN-Administratoren (writes and moderates)" in plan
    assert "PG_LoRaWAN-Administratoren (writes and deletes)" in plan
    assert "+ forum category PG LoRaWAN: open to the network yes" in plan
    assert "account anna.muster: is tied to the login as soon as the person has an account there" in plan
    unmade.apply()
    told = unmade.run("explain", "pg-lora").out
    assert "writes and moderates: PG_LoRaWAN-Administratoren" in told
    assert "wiki: PG_LoRaWAN\n" in told  # who is in it, the directory knows
    unmade.wish.bodies["pg-lora"]["archived"] = LONG_AGO
    assert "parent category the project groups' → the archive's" in unmade.run("plan").out
