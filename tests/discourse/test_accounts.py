"""Accounts: tied before the first visit, one a person, never somebody else's, and nobody mailed."""

from dataclasses import replace

import pytest

from connectors.discourse.emulation.state import User
from connectors.discourse.emulator import DiscourseEmulator
from provisioner.model.errors import NotAllowed, OutcomeUnknown, Permanent
from provisioner.model.inventory import UNKNOWN, Present
from provisioner.model.ports import Interest
from provisioner.model.resources import Kind, Value
from provisioner.model.steps import Step
from tests.support.discourse import Forum, account, forum, group


def made(site: Forum, key: str = "anna") -> User:
    return site.world.users[int(site.ids[account(key)])]


def creation(site: Forum, key: str = "anna", **more: Value) -> Step:
    fields = {"display_name": key.capitalize(), "email": f"{key}@stadt.example", "login_id": f"sub-{key}", **more}
    (step,) = site.compile(site.create(account(key), f"{key}.muster", fields))  # type: ignore[arg-type]
    return step


def test_an_account_is_made_with_its_tie_and_ready_for_the_first_visit(site: Forum) -> None:
    site.person("anna")
    user = made(site)
    assert (user.username, user.email, user.name) == ("anna.muster", "anna@stadt.example", "Anna")
    assert (user.active, user.admin, user.associations) == (True, False, {"oidc": "sub-anna"})


def test_a_welcome_is_counted_as_the_mail_that_it_is(site: Forum, emulator: DiscourseEmulator) -> None:
    step = creation(site)
    site.perform(step)
    assert (step.cost.mails, emulator.mails) == (1, [("anna@stadt.example", "welcome_user")])


def test_a_thousand_people_are_mailed_nothing_where_the_site_welcomes_nobody() -> None:
    with forum(welcomes=False) as site:
        site.world.site.send_welcome_message = False
        site.person("anna")
        site.circle("lora", "anna")
        step = creation(site, "ben")
        site.perform(step)
        site.apply(site.suspend(account("anna"), site.remote(account("anna"))))
        assert (step.cost.mails, site.emulator.mails) == (0, [])


def test_who_logs_in_with_an_account_already_gets_no_second_one(site: Forum) -> None:
    """They came before us, under a name that the forum made of theirs."""
    there = site.world.add_user("anna_m", "anna@privat.example", associations={"oidc": "sub-anna"})
    done = site.perform(creation(site))
    assert done.remote_id == str(there.id)
    assert done.note is not None
    assert done.note.code == "discourse.had_account"
    assert [one.username for one in site.world.users.values() if one.is_human] == ["anna_m"]


def test_the_tie_of_somebody_else_is_never_moved(site: Forum) -> None:
    """The server would: it hands an id that it knows to whoever is made with it."""
    ben = site.world.add_user("ben.muster", "ben@stadt.example", associations={"oidc": "sub-anna"})
    site.perform(creation(site))
    assert ben.associations == {"oidc": "sub-anna"}
    assert len([one for one in site.world.users.values() if one.is_human]) == 1


def test_nobody_is_made_before_the_login_knows_them(site: Forum) -> None:
    with pytest.raises(Permanent, match="no_login"):
        site.perform(creation(site, login_id=None))
    assert site.emulator.log.writes == []


def test_without_a_login_of_its_own_accounts_are_tied_to_nothing() -> None:
    with forum(login_provider=None) as site:
        assert "login_id" not in site.connector.capabilities().fields[Kind.ACCOUNT]
        assert site.connector.capabilities().before_login is False
        site.person("anna")
        assert made(site).associations == {}


def test_an_address_that_somebody_has_makes_nobody(site: Forum) -> None:
    site.world.add_user("eva", "anna@stadt.example")
    with pytest.raises(Permanent, match="refused"):
        site.perform(creation(site))


def test_a_success_that_made_nobody_is_none(site: Forum) -> None:
    """A site that hides which addresses it knows answers 200 and success all the same."""
    site.world.site.hide_email_address_taken = True
    site.world.add_user("eva", "anna@stadt.example")
    with pytest.raises(Permanent, match="address_taken"):
        site.perform(creation(site))
    site.person("ben")
    assert made(site, "ben").username == "ben.muster"


@pytest.mark.parametrize("username", ["anna.muster", "ANNA.Muster"])
def test_a_name_that_somebody_has_makes_nobody_with_a_suffix(site: Forum, username: str) -> None:
    site.world.add_user(username, "eva@stadt.example")
    with pytest.raises(Permanent, match="refused"):
        site.perform(creation(site))


def test_accounts_and_groups_share_their_names(site: Forum) -> None:
    site.circle("anna", name="anna.muster")
    with pytest.raises(Permanent, match="refused"):
        site.perform(creation(site))


def test_no_value_of_a_person_stands_in_what_is_logged_of_a_refusal(site: Forum) -> None:
    site.world.add_user("eva", "anna@stadt.example")
    with pytest.raises(Permanent) as caught:
        site.perform(creation(site))
    assert "email" in str(caught.value)
    assert "stadt.example" not in str(caught.value)
    assert "muster" not in str(caught.value)


def test_whoever_once_wrote_a_mail_becomes_a_whole_account(site: Forum) -> None:
    staged = site.world.add_user("anna1", "anna@stadt.example", staged=True)
    assert str(staged.id) not in site.observe().of(Kind.ACCOUNT).objects
    site.person("anna")
    assert site.ids[account("anna")] == str(staged.id)
    assert (staged.username, staged.staged, staged.associations) == ("anna.muster", False, {"oidc": "sub-anna"})


def test_an_account_whose_answer_was_lost_is_found_and_not_made_twice(site: Forum, emulator: DiscourseEmulator) -> None:
    step = creation(site)
    emulator.faults.reset_after(path="/users.json")
    with pytest.raises(OutcomeUnknown):
        site.perform(step)
    found = site.connector.look_up(step.id, step.name)
    assert isinstance(found, Present)
    again = site.perform(step)  # and whoever tries again comes to the same one
    assert again.remote_id == found.remote.remote_id


def test_an_answer_that_is_lost_after_the_account_was_made_is_no_failure(
    site: Forum, emulator: DiscourseEmulator
) -> None:
    emulator.faults.status(503, path="/u/by-external", nth=2, times=None)
    with pytest.raises(OutcomeUnknown):
        site.perform(creation(site))


def test_who_leaves_is_suspended_without_a_word_and_keeps_the_tie(site: Forum, emulator: DiscourseEmulator) -> None:
    site.person("anna")
    site.world.mails.clear()
    (step,) = site.compile(site.suspend(account("anna"), site.remote(account("anna"))))
    site.perform(step)
    site.perform(replace(step, expects={}))  # again, as after a lost answer
    user = made(site)
    assert (user.suspended_till, user.associations) == ("3020-01-01T00:00:00.000Z", {"oidc": "sub-anna"})
    assert emulator.mails == []


def test_who_is_erased_becomes_nameless_and_their_posts_stay(site: Forum) -> None:
    site.person("anna")
    user = made(site)
    user.posts = 12
    site.apply(site.erase(account("anna"), site.remote(account("anna"))))
    assert (user.username.startswith("anon"), user.name, user.associations, user.posts) == (True, "", {}, 12)
    assert "stadt.example" not in user.email


def test_nobody_who_administers_the_forum_is_ever_suspended_or_made_nameless(site: Forum) -> None:
    """And that ends no run for others, as a lack of rights would: the server says the same of both."""
    site.person("anna")
    remote = site.remote(account("anna"))
    made(site).admin = True
    for change in (site.erase(account("anna"), remote), site.suspend(account("anna"), remote)):
        step, *_ = site.compile(change)
        with pytest.raises(Permanent, match="staff_stays") as caught:
            site.connector.verify(step, site.resolve)
        assert not isinstance(caught.value, NotAllowed)
    assert made(site).suspended_till is None


def test_what_the_login_knows_of_somebody_is_read_where_they_may_be_adopted(site: Forum) -> None:
    eva = site.world.add_user("Eva.Muster", "eva@stadt.example", associations={"oidc": "sub-eva"})
    ben = site.world.add_user("ben.muster", "ben@stadt.example")
    wanted = frozenset({(Kind.ACCOUNT, "eva.muster"), (Kind.ACCOUNT, "ben.muster")})
    objects = site.observe(interest=Interest(names=wanted)).of(Kind.ACCOUNT).objects
    assert objects[str(eva.id)].fields["login_id"] == "sub-eva"
    assert objects[str(ben.id)].fields["login_id"] is None
    assert objects[str(ben.id)].fields["email"] == "ben@stadt.example"
    others = site.observe(interest=Interest()).of(Kind.ACCOUNT).objects
    assert (others[str(eva.id)].fields["login_id"], others[str(eva.id)].fields["email"]) == (UNKNOWN, UNKNOWN)


def test_bots_and_those_who_only_wrote_a_mail_are_nobody(site: Forum) -> None:
    site.world.add_user("rundbrief", "rundbrief@stadt.example", staged=True)
    assert site.observe().of(Kind.ACCOUNT).objects == {}


def test_when_somebody_was_last_seen_is_not_taken_over(site: Forum) -> None:
    site.person("anna")
    site.circle("lora", "anna")
    inventory = site.observe()
    assert "2026-01-01" not in repr(inventory)
    assert inventory.rosters[Kind.GROUP, site.ids[group("lora")]].accounts == {site.ids[account("anna")]}
