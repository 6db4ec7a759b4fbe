"""The overview: from the database alone, with a link for each thing that waits; what runs is followed while it runs."""

from datetime import date, timedelta

import pytest

from provisioner.app.work.progress import APPLYING, JobResult, JobState, ProgressStore
from provisioner.console.pages import Speech
from provisioner.model.errands import Job
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.text import Text
from provisioner.state import Audit, Confirmations, Errands, Outbox, Requests
from tests.support.console import COORDINATOR, RANGER, Browser, House
from tests.support.plans import change, keep_last, part, report, save

NOWHERE = {"connector": "nextcloud", "url": "http://127.0.0.1:9", "user": "x", "password": "y"}
"""A target at which nobody listens: whoever asks it fails."""
say = Speech("de").t


@pytest.fixture
def ranger(house: House) -> Browser:
    house.wishes["redi"].targets = {"cloud": dict(NOWHERE), "login": dict(NOWHERE)}
    return house.visitor(RANGER)


def test_it_comes_up_with_no_target_within_reach_and_nothing_in_the_database(ranger: Browser) -> None:
    page = ranger.get("overview")
    assert page.status_code == 200
    assert page.text.count(say("target_not_looked")) == 2
    assert say("overview_nothing_waits") in page.text


def test_a_card_tells_how_the_last_look_found_the_target(house: House, ranger: Browser) -> None:
    gone = {"code": "planning.lost", "arguments": {"name": "ben"}, "text": "weg"}
    error = {"code": "app.unknown_target", "arguments": {"target": "login", "known": "cloud"}, "text": "x"}
    notices = [{"kind": "lost", "id": None, "name": "ben", "why": gone}]
    queued = change("b", "suspend", change_class="queued", reason=gone)
    cloud = part(change("a"), queued, notices=notices)
    keep_last(house.networks["redi"].site, report("d" * 64, cloud, part(target="login", error=error)))
    page = ranger.get("overview").text
    assert say("target_reachable") in page
    assert say("target_unreachable") in page
    facts = page.split("<dl", 1)[1].split("</dl>", 1)[0].replace("\n", "")
    assert facts.count("<dd>1</dd>") == 1, "one to be read by somebody"
    assert f"<dt>{say('target_drift')}</dt><dd>2</dd>" in facts, "one changed over there, one lost"
    assert say("count_changes", count=2) in facts


def test_everything_that_waits_has_its_count_and_leads_to_where_one_acts(house: House, ranger: Browser) -> None:
    network = house.networks["redi"]
    database, now = network.site.database, network.now()
    save(network.site, report("d" * 64, part(change("a"))))
    Requests(database, "redi").ask("p-ole", "pg-sensorik", "Bitte", now)
    Confirmations(database, "redi").ask("pg-sensorik", date(2026, 1, 1), now)
    outbox = Outbox(database, "redi", now)
    outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-ben"))
    taken = outbox.take()
    assert taken is not None
    outbox.unknown(taken.id, "messages.interrupted")
    page = ranger.get("overview").text
    for code, path in (
        ("plans", "plan"),
        ("requests", "requests"),
        ("confirmations", "bodies"),
        ("letters", "letters"),
    ):
        assert f'<strong>1</strong><a href="/redi/{path}">{say(f"due_{code}", count=1)}</a>' in page
    assert ranger.get("plan").status_code == 200


def test_the_buttons_put_down_what_the_worker_has_to_do_and_who_wanted_it(house: House, ranger: Browser) -> None:
    network = house.networks["redi"]
    for page, job in (("look", Job.PLAN), ("sync", Job.SYNC)):
        assert ranger.post(page).headers["location"] == "/redi/overview"
        errand = Errands(network.site.database, "redi").due(network.now())[-1]
        assert (errand.job, errand.actor, errand.cause, errand.only) == (job, RANGER, "console", None)
        assert Audit(network.site.database, "redi").latest()[0].action == f"asked_{page}"
    assert say("said_asked_sync") in ranger.get("overview").text


def test_whoever_only_reads_has_no_buttons(house: House) -> None:
    page = house.visitor(COORDINATOR).get("overview").text
    assert "/redi/sync" not in page
    assert "/redi/look" not in page


def test_the_page_asks_again_only_while_something_goes_on(house: House, ranger: Browser) -> None:
    network = house.networks["redi"]
    store, now = ProgressStore(network.site), network.now()
    assert "hx-get" not in ranger.get("overview").text
    store.put(JobState(Job.SYNC, "schedule", APPLYING, 3, 12, now, 1))
    part_of_page = ranger.get("progress", headers={"HX-Request": "true"}).text
    assert 'hx-get="/redi/progress"' in part_of_page
    assert 'max="12" value="3"' in part_of_page
    assert "<html" not in part_of_page
    assert "<html" in ranger.get("progress").text, "without JavaScript it is a page"
    store.clear()
    why = Text.of("app.unknown_target", target="<b>", known="cloud")
    store.keep(JobResult(Job.SYNC, "schedule", "failed", now, now + timedelta(minutes=1), error=why))
    ended = ranger.get("progress", headers={"HX-Request": "true"}).text
    assert "hx-get" not in ended
    assert say("outcome_failed") in ended
    assert "<b>" not in ended


def test_mistakes_in_the_registry_are_told_with_their_mend(house: House) -> None:
    house.wishes["redi"].people["p-ben"]["organisation"] = "nirgendwo"
    ranger = house.visitor(RANGER)
    assert "/redi/mistakes" in ranger.get("overview").text
    page = ranger.get("mistakes").text
    assert "people/all.yaml" in page
    assert "nirgendwo" in page


def test_letters_that_do_not_go_out_are_told_of(house: House) -> None:
    ranger = house.visitor(RANGER)
    network = house.networks["redi"]
    outbox = Outbox(network.site.database, "redi", network.now())
    outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-ben"))
    assert "im Moment nicht hinaus" not in ranger.get("overview").text
    taken = outbox.take()
    assert taken is not None
    outbox.again(taken.id, "messages.unreachable", taken.created)
    assert "im Moment nicht hinaus" in ranger.get("overview").text
