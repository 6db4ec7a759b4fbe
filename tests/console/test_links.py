"""Sources on pages: how each is, who may be one human twice, and news that somebody has to look at first."""

import pytest

from provisioner.app.sources import accept, refresh
from provisioner.app.work.jobs import ACCEPT
from provisioner.console.pages import Speech
from provisioner.model.errands import Job
from provisioner.state import Apart, Audit, Errands
from tests.support.console import ADMIN, ADMIN_BRETTEN, ADMIN_BRUCHSAL, RANGER, House
from tests.support.sources import KIND, Handmade, down, somebody

say = Speech("de").t


@pytest.fixture
def source() -> Handmade:
    """Knows a Ben Muster, too, and many others."""
    found = Handmade()
    found.put(somebody("k-ben", "Ben Muster", email="ben@bretten.example"))
    found.put(*(somebody(f"k-{number}", f"Nora Neu{number}") for number in range(40)))
    return found


@pytest.fixture
def city(house: House, source: Handmade) -> House:
    """Bretten's people come from the source, read once."""
    house.more["redi"] = {"sources": {"stadt": {"source": KIND, "organisation": "bretten", "brings": "everybody"}}}
    _ = house.app
    house.networks["redi"].site.source_types = source.types
    read(house)
    return house


def read(house: House) -> None:
    network = house.networks["redi"]
    refresh(network.site, whole=True)
    network.pictures.now(fresh=True)


def link(house: House) -> str:
    [proposal] = house.networks["redi"].pictures.now().proposals
    return proposal.id


def errands(house: House) -> list[tuple[Job, dict[str, str]]]:
    network = house.networks["redi"]
    return [(errand.job, dict(errand.about)) for errand in Errands(network.site.database, "redi").due(network.now())]


def test_a_proposal_is_shown_with_its_evidence_to_those_who_may_decide(city: House) -> None:
    page = city.visitor(ADMIN_BRETTEN).get("links").text
    assert "Ben Muster = Ben Muster?" in page
    assert f"/redi/links/{link(city)}/confirm" in page
    other = city.visitor(ADMIN_BRUCHSAL).get("links").text
    assert "Ben Muster" not in other
    assert "stadt" not in other.split("<main", 1)[1].split("</main>")[0]


def test_one_human_is_written_into_the_files_and_asked_about_no_more(city: House) -> None:
    ranger, proposal = city.visitor(RANGER), link(city)
    assert ranger.post("links", proposal, "confirm").headers["location"] == "/redi/links"
    assert "k-ben" in (city.folder / "redi" / "registry" / "people" / "all.yaml").read_text(encoding="utf-8")
    assert city.networks["redi"].pictures.now(fresh=True).proposals == ()
    assert say("proposals_none") in ranger.get("links").text
    [deed] = Audit(city.networks["redi"].site.database, "redi").latest()
    assert (deed.actor, deed.action, deed.subject) == (RANGER, "confirmed_link", "person:p-ben")
    assert (Job.SYNC, {}) in errands(city)
    assert ranger.post("links", proposal, "confirm").status_code == 404


def test_two_humans_are_noted_for_good(city: House) -> None:
    ranger = city.visitor(RANGER)
    assert ranger.post("links", link(city), "reject").status_code == 303
    assert Apart(city.networks["redi"].site.database).of("redi") == {"stadt": {("k-ben", "p-ben")}}


def test_nobody_decides_about_another_citys_people_and_the_first_start_about_none(city: House) -> None:
    proposal = link(city)
    assert city.visitor(ADMIN_BRUCHSAL).post("links", proposal, "reject").status_code == 404
    answer = city.visitor(ADMIN).post("links", proposal, "reject")
    assert answer.status_code == 422
    assert say("link_needs_person") in answer.text
    assert link(city) == proposal


def test_a_source_that_does_not_answer_says_so_and_what_to_do(city: House, source: Handmade) -> None:
    source.error = down()
    city.clock.sleep(60)
    read(city)
    page = city.visitor(RANGER).get("links").text
    assert "ad.bretten.example" in page
    assert "readi sources read stadt" in page


def test_held_news_are_taken_for_true_by_their_word_in_the_worker(city: House, source: Handmade) -> None:
    ranger, network = city.visitor(RANGER), city.networks["redi"]
    for number in range(30):
        del source.people[f"k-{number}"]
    read(city)
    page = ranger.get("links").text
    assert "Nora Neu7" in page
    word = page.split('name="word" value="')[1].split('"')[0]
    for wrong in ("", "x", word[:-1]):
        assert ranger.post("sources", "stadt", "accept", form={"word": wrong}).status_code == 422, wrong
    assert errands(city) == []
    assert ranger.post("sources", "stadt", "accept", form={"word": word}).status_code == 303
    assert errands(city) == [(Job.SOURCES, {ACCEPT: "stadt", "word": word})]
    news = accept(network.site, "stadt", word)
    assert news.judgement is not None
    assert news.judgement.accepted
