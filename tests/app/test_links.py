"""Who may be one human twice: decided by whoever may, and until then nobody gets or loses an account."""

import pytest

from provisioner.registry.linking import Proposal
from tests.support.site import Installation, person
from tests.support.sources import Handmade, somebody, use

AD = "bretten-ad"
ANNA = somebody("k1", "Anna Muster", email="anna@bretten.example")


@pytest.fixture
def directory(small: Installation) -> Handmade:
    """Bretten's directory, which has Anna and somebody whom nobody resembles; read already."""
    made = Handmade()
    made.put(ANNA, somebody("k9", "Ole Ort"))
    small.source_types = dict(made.types)
    use(small.wish, AD, brings="everybody")
    small.wish.add(person("Rosa", roles=["ranger"]), person("Adam", roles=["city-administrator"]))
    small.apply()
    return made


def link(installation: Installation) -> str:
    (found,) = installation.run("links", "--json", write=False).json["links"]
    return str(found["id"])


def test_a_proposal_is_shown_with_its_evidence_and_the_words_to_decide_it(
    small: Installation, directory: Handmade
) -> None:
    (found,) = small.run("links", "--json").json["links"]
    assert (found["source"], found["key"], found["person"], found["accounts"]) == (AD, "k1", "p-anna", ["cloud"])
    assert [text["text"] for text in found["evidence"]] == [
        "the same address: anna@bretten.example",
        "the same name: Anna Muster",
        "the same organisation: Stadt Bretten",
    ]
    assert "1 proposal of who is who" in small.run("plan").err
    ran = small.run("--lang", "de", "links")
    assert ran.code == 2
    assert "Anna Muster (bretten-ad) könnte Anna Muster (p-anna) sein" in ran.out
    assert f"→ readi links confirm {found['id']} --by ID" in ran.out
    assert len([user for user in small.cloud.users.values() if user.email == "anna@bretten.example"]) == 1
    assert "ole.ort" in small.cloud.users


def test_confirmed_the_person_keeps_the_account_and_the_directory_counts(
    small: Installation, directory: Handmade
) -> None:
    small.write()
    ran = small.run("links", "confirm", link(small), "--by", "p-rosa", write=False)
    assert (ran.code, "p-anna is now linked in bretten-ad" in ran.out) == (0, True)
    small.cloud.log.clear()
    assert small.run("links", write=False).code == 0
    assert small.run("plan", write=False).code == 0, "they say the same so far"
    directory.put(somebody("k1", "Anna Neu", email="neu@bretten.example"))
    assert small.run("apply", "--yes", write=False).code == 0
    assert (small.cloud.users["anna.muster"].name, small.cloud.users["anna.muster"].email) == (
        "Anna Neu",
        "neu@bretten.example",
    )
    told = small.run("--lang", "de", "explain", "p-anna", write=False).out
    assert "Identität: bretten-ad, Schlüssel k1" in told
    assert "E-Mail aus bretten-ad: neu@bretten.example" in told
    assert "Organisation aus people/all.yaml:2: bretten" in told
    explained = small.run("explain", "p-anna", "--json", write=False).json
    assert explained["identities"] == [{"source": AD, "key": "k1"}]
    assert (explained["origins"]["family_name"], explained["origins"]["organisation"]) == (AD, "people/all.yaml:2")


def test_told_apart_they_are_never_proposed_again_and_share_an_address_as_an_ordinary_mistake(
    small: Installation, directory: Handmade
) -> None:
    ran = small.run("links", "reject", link(small), "--by", "p-adam")
    assert (ran.code, "Anna Muster (p-anna) are two humans" in ran.out) == (0, True)
    assert "belongs to somebody else already" in ran.out
    assert small.run("links").code == 0
    assert small.run("validate").code == 1
    directory.put(somebody("k1", "Anna Muster", email="anna.muster@bretten.example"))
    small.apply()
    assert {user.email for user in small.cloud.users.values() if user.name == "Anna Muster"} == {
        "anna@bretten.example",
        "anna.muster@bretten.example",
    }


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("p-nobody", "There is no person"),
        ("p-ben", "can't decide this"),
        ("p-gone", "is not active today"),
    ],
)
def test_nobody_decides_who_may_not(small: Installation, directory: Handmade, by: str, why: str) -> None:
    small.wish.add(person("Gone", roles=["ranger"], leaves="2020-01-31"))
    small.write()
    for word in ("confirm", "reject"):
        ran = small.run("links", word, link(small), "--by", by, write=False)
        assert (ran.code, why in ran.err) == (1, True)
    assert small.run("links", write=False).code == 2


def test_a_citys_administrator_decides_about_the_citys_own_alone(small: Installation, directory: Handmade) -> None:
    small.wish.people["p-anna"]["roles"] = ["ranger"]
    small.write()
    ran = small.run("links", "confirm", link(small), "--by", "p-adam", write=False)
    assert (ran.code, "needs a ranger" in ran.err) == (1, True)
    del small.wish.people["p-anna"]["roles"]
    small.write()
    assert small.run("links", "confirm", link(small), "--by", "p-adam", write=False).code == 0


def test_a_guest_is_no_citys_to_take_by_an_address(small: Installation, directory: Handmade) -> None:
    del small.wish.people["p-anna"]["organisation"]
    small.wish.people["p-anna"]["guest"] = {"sponsor": "p-ben", "until": "2099-12-31"}
    small.write()
    ran = small.run("links", "confirm", link(small), "--by", "p-adam", write=False)
    assert (ran.code, "needs a ranger" in ran.err) == (1, True)


def test_a_ranger_whose_entry_is_malformed_is_still_one(small: Installation, directory: Handmade) -> None:
    small.wish.people["p-anna"] |= {"roles": ["ranger"], "joined": "2026-02-01", "leaves": "2026-01-01"}
    small.write()
    ran = small.run("links", "confirm", link(small), "--by", "p-adam", write=False)
    assert (ran.code, "needs a ranger" in ran.err) == (1, True)


def test_an_id_that_means_nothing_changes_nothing(small: Installation, directory: Handmade) -> None:
    ran = small.run("links", "confirm", "abcdefgh", "--by", "p-rosa")
    assert (ran.code, "no open proposal" in ran.err) == (1, True)


def test_whoever_the_directory_no_longer_has_waits_for_a_ranger_and_comes_back_unasked(
    small: Installation, directory: Handmade
) -> None:
    del directory.people["k9"]
    assert small.run("apply", "--yes").code == 2
    assert small.cloud.users["ole.ort"].enabled, "nobody has read it yet"
    (leaver,) = small.run("leavers", "--json").json["people"]
    assert (leaver["rung"], leaver["last_day"], leaver["command"]) == ("left", None, "readi plans list")
    assert leaver["waits_for"]["code"] == "lifecycle.source_lost"
    told = small.run("explain", "Ole Ort").out
    assert "bretten-ad no longer has the person" in told
    assert "a suspension of the account waits for an approval" in told
    (waiting,) = small.run("plans", "list", "--json").json["waiting"]
    assert small.run("plans", "approve", waiting["digest"]).code == 0
    assert not small.cloud.users["ole.ort"].enabled
    small.clock.sleep(86_400.0 * 3)
    assert small.run("leavers", "--json").json["people"][0]["rung"] == "waiting"
    directory.put(somebody("k9", "Ole Ort"))
    small.apply()
    assert small.cloud.users["ole.ort"].enabled
    assert small.run("leavers", "--json").json["people"] == []


def test_a_successor_gets_an_account_of_their_own_and_the_old_one_stays_whose_it_was(
    small: Installation, directory: Handmade
) -> None:
    small.write()
    assert small.run("links", "confirm", link(small), "--by", "p-rosa", write=False).code == 0
    directory.people.pop("k1")
    directory.put(somebody("k2", "Anna Muster", email="anna@bretten.example"))
    assert small.run("apply", "--yes", write=False).code == 2
    groups = {name: user.groups for name, user in small.cloud.users.items() if user.name == "Anna Muster"}
    assert len(groups) == 2
    old = groups.pop("anna.muster")
    (new,) = groups.values()
    assert (len(old), len(new)) == (3, 0), "every place stays with the old one, until a ranger has read that they go"
    ran = small.run("validate", write=False)
    assert "Somebody else has the address of p-anna" in ran.out


def test_whoever_writes_somebody_a_source_brought_already_is_told_at_once(
    small: Installation, directory: Handmade
) -> None:
    small.write()
    arguments = ("Ole", "Ort", "ole.ort@bretten.example", "bretten")
    directory.people.pop("k1")  # else one proposal is told of already
    assert small.run("sources", "read", write=False).code == 0
    ran = small.run("person", "add", *arguments, write=False)
    assert (ran.code, "1 entry resembles somebody" in ran.out, "readi links" in ran.out) == (0, True, True)
    (found,) = small.run("links", "--json", write=False).json["links"]
    assert found["key"] == "k9"


def test_an_id_that_two_proposals_have_decides_nothing(
    small: Installation, directory: Handmade, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.put(somebody("k2", "Ben Muster", email="ben@bretten.example"))
    assert small.run("sources", "read").code == 0
    monkeypatch.setattr(Proposal, "id", "aaaaaaaa")
    ran = small.run("links", "confirm", "aaaaaaaa", "--by", "p-rosa")
    assert (ran.code, "no coincidence" in ran.err) == (1, True)


def test_many_are_decided_by_one_command(small: Installation, directory: Handmade) -> None:
    directory.put(somebody("k2", "Ben Muster", email="ben@bretten.example"))
    assert small.run("sources", "read").code == 0
    ids = [found["id"] for found in small.run("links", "--json").json["links"]]
    assert (len(ids), small.run("links", "confirm", *ids, "--by", "p-rosa", write=False).code) == (2, 0)
    assert small.run("links", write=False).code == 0
