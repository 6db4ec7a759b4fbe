"""Plans on pages: shown with their reasons, approved as they were shown, or not at all."""

from typing import Any

import pytest

from provisioner.model.errands import Job
from provisioner.state import Audit, Errands, PlanState, SavedPlans
from tests.support.console import COORDINATOR, RANGER, Browser, House
from tests.support.plans import change, keep_last, part, refusal, report, save

D = "d" * 64
WORD = "suspensions:cloud:dddddddd"


def errands(house: House) -> list[Any]:
    found = house.networks["redi"]
    return Errands(found.site.database, "redi").due(found.now())


@pytest.fixture
def ranger(house: House) -> Browser:
    return house.visitor(RANGER)


def test_before_anybody_looked_there_is_nothing_to_approve(ranger: Browser) -> None:
    page = ranger.get("plan").text
    assert "Es hat noch niemand nachgesehen" in page
    assert "approve" not in page


def test_changes_are_shown_with_reason_fields_and_people_in_the_language_of_whoever_reads(
    house: House, ranger: Browser
) -> None:
    fields = {
        "email": {"before": "alt@x.example", "after": "neu@x.example"},
        "enabled": {"before": True, "after": False},
    }
    joins = change(
        "gruppe", "join", kind="group", members=["person:p-ben", "person:p-mona"], member="account", role="member"
    )
    keep_last(house.networks["redi"].site, report(D, part(change("anna", "update", fields=fields), joins)))
    german = ranger.get("plan").text
    assert "„alt@x.example“ → „neu@x.example“" in german
    assert "ja → nein" in german
    assert "Ben Muster, Mona Muster" in german
    english = ranger.get("plan", headers={"Accept-Language": "en"}).text
    assert "Jemand hat es dort geändert." not in english
    assert "yes → no" in english


def test_what_a_plan_says_is_never_taken_for_html(house: House, ranger: Browser) -> None:
    evil = '<img src=x onerror="alert(1)">'
    fields = {"display_name": {"before": evil, "after": evil}}
    kept = part(change(evil, "update", fields=fields), notices=[])
    keep_last(house.networks["redi"].site, report(D, kept, refusals=(refusal(WORD, evil),)))
    page = ranger.get("plan").text
    assert "<img" not in page
    assert page.count("&lt;img") >= 3


def test_a_filter_shows_these_alone_and_the_pages_of_a_long_plan_show_all(house: House, ranger: Browser) -> None:
    many = [change(f"konto-{number:03}") for number in range(230)]
    keep_last(house.networks["redi"].site, report(D, part(*many, change("die-gruppe", kind="group"))))
    shown = [ranger.client.get(f"/redi/plan?page={page}").text for page in (1, 2, 3)]
    assert all(f"konto-{number:03}" in shown[number // 100] for number in range(230))
    only = ranger.client.get("/redi/plan?kind=group").text
    assert "die-gruppe" in only
    assert "konto-000" not in only
    assert max(len(page.encode()) for page in shown) < 200_000


def test_all_of_a_change_stands_on_its_own_page(house: House, ranger: Browser) -> None:
    members = [f"person:fern-{number}" for number in range(40)]
    joins = change("gruppe", "join", kind="group", members=members, role="member")
    keep_last(house.networks["redi"].site, report(D, part(joins)))
    assert "fern-39" not in ranger.get("plan").text
    assert "fern-39" in ranger.get("plans", D, "changes", joins["digest"]).text


def test_approving_asks_the_worker_for_exactly_this_plan_with_the_words_that_were_ticked(
    house: House, ranger: Browser
) -> None:
    site = house.networks["redi"].site
    keep_last(site, report(D, part(change("anna")), refusals=(refusal(WORD, "anna"), refusal("other:cloud:d"))))
    assert WORD in ranger.get("plan").text
    form = {"shown_digest": D, "allowed": [WORD, "made-up:by:somebody"]}
    answer = ranger.post("plans", D, "approve", form=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/redi/plans/{D}")
    [errand] = errands(house)
    assert (errand.job, errand.actor, errand.cause) == (Job.APPLY, RANGER, "console")
    assert errand.about == {"digest": D, "allow": WORD}
    [saved] = SavedPlans(site.database).waiting("redi")
    assert saved.body == report(D, part(change("anna")), refusals=saved.body["refusals"])
    [deed] = Audit(site.database, "redi").latest()
    assert (deed.actor, deed.action, deed.about["allowed"]) == (RANGER, "approved_plan", WORD)
    assert "hx-get" in ranger.get("plans", D).text, "the page follows what the worker does"


def test_another_plan_than_the_one_that_was_shown_is_not_approved(house: House, ranger: Browser) -> None:
    site = house.networks["redi"].site
    keep_last(site, report("e" * 64, part(change("anna"))))
    for digest, shown in ((D, D), ("e" * 64, D)):
        assert ranger.post("plans", digest, "approve", form={"shown_digest": shown}).status_code == 422
    assert errands(house) == []
    assert SavedPlans(site.database).waiting("redi") == []


def test_what_was_not_shown_whole_can_only_be_approved_by_command(house: House, ranger: Browser) -> None:
    site = house.networks["redi"].site
    keep_last(site, report(D, part(change("anna")), refusals=(refusal(WORD),)), changes=30_000)
    page = ranger.get("plan").text
    assert f"readi apply --allow {WORD}" in page
    assert "/approve" not in page
    assert ranger.post("plans", D, "approve", form={"shown_digest": D}).status_code == 422
    assert errands(house) == []


def test_a_waiting_plan_is_rejected_once_and_then_decided(house: House, ranger: Browser) -> None:
    site = house.networks["redi"].site
    save(site, report(D, part(change("anna"))))
    assert D[:12] in ranger.get("plan").text
    assert ranger.post("plans", D, "reject").headers["location"] == "/redi/plan"
    head = SavedPlans(site.database).head("redi", D)
    assert head is not None
    assert (head.state, head.decided_by) == (PlanState.DISCARDED, RANGER)
    assert ranger.post("plans", D, "reject").status_code == 422
    assert ranger.post("plans", D, "approve", form={"shown_digest": D}).status_code == 422
    assert "Rita Muster" in ranger.get("plans", D).text


def test_whoever_may_only_read_sees_the_plan_without_its_forms(house: House) -> None:
    coordinator = house.visitor(COORDINATOR)
    keep_last(house.networks["redi"].site, report(D, part(change("anna"))))
    page = coordinator.get("plan").text
    assert "anna" in page
    assert "/approve" not in page
    assert coordinator.post("plans", D, "approve", form={"shown_digest": D}).status_code == 404


def test_a_plan_of_another_version_is_none_and_breaks_no_page(house: House, ranger: Browser) -> None:
    site = house.networks["redi"].site
    keep_last(site, {**report(D), "targets": []}, changes=0)
    body = report(D, part(change("anna")))
    del body["targets"][0]["changes"][0]["verb"]
    keep_last(site, body)
    assert ranger.get("plan").status_code == 200
    assert ranger.get("overview").status_code == 200
