"""History and audit on pages: what went wrong first, who did it by name, a page at a time."""

from provisioner.console.pages import Speech
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Step
from provisioner.model.text import Text
from provisioner.state import Audit, Journal, Outcome, Runs, StepState
from tests.support.console import RANGER, House

say = Speech("de").t


def run_with(house: House, *states: StepState, network: str = "redi") -> int:
    """A run of a ranger with a step for each state."""
    found = house.networks[network]
    runs, now = Runs(found.site.database), found.now()
    run = runs.begin(network, RANGER, "console", "d" * 64, now)
    journal = Journal(found.site.database, network, "https://cloud.example", run)
    for number, state in enumerate(states):
        resource = ResourceId(Kind.ACCOUNT, f"person:p-{number}")
        step = Step("cloud", "edit-account", resource, f"konto-{number:03}", ("c" * 64,), remote_id="x")
        why = Text.of("planning.lost", name="<b>konto</b>") if state is StepState.FAILED else None
        journal.close(journal.intend(step, now), state, why, now)
    runs.finish(run, Outcome.PARTLY, {"done": len(states)}, now)
    return run


def test_a_run_shows_what_went_wrong_first_and_why(house: House) -> None:
    ranger = house.visitor(RANGER)
    run = run_with(house, *[StepState.DONE] * 149, StepState.FAILED)
    page = ranger.get("history", run).text
    assert page.index("konto-149") < page.index("konto-000")
    assert "&lt;b&gt;konto" in page
    assert "<b>konto" not in page
    assert "konto-099" not in page
    assert "konto-099" in ranger.client.get(f"/redi/history/{run}?page=2").text
    assert "Rita Muster" in page


def test_runs_are_listed_newest_first_and_another_networks_are_not_there(house: House) -> None:
    ranger = house.visitor(RANGER)
    runs = [run_with(house) for _ in range(52)]
    foreign = run_with(house, network="ortenau")
    page = ranger.get("history").text
    assert f"/redi/history/{foreign}" not in page
    assert page.index(f'history/{runs[-1]}"') < page.index(f'history/{runs[-2]}"')
    older = f"/redi/history?before={runs[2]}"
    assert older in page
    assert f'history/{runs[0]}"' in ranger.client.get(older).text
    assert ranger.get("history", foreign).status_code == 404
    assert ranger.get("history", 10**12).status_code == 404


def test_the_audit_names_who_did_what_to_whom_and_goes_back_page_by_page(house: House) -> None:
    ranger = house.visitor(RANGER)
    network = house.networks["redi"]
    audit = Audit(network.site.database, "redi")
    audit.note(network.now(), "admin-link", "struck", "person:p-ben", {"body": "pg-sensorik"})
    for _ in range(100):
        audit.note(network.now(), RANGER, "joined", "body:pg-akte")
    page = ranger.get("audit").text
    assert "Rita Muster" in page
    assert say("audit_joined") in page
    assert "E-Akte" in page
    assert "Ben Muster" not in page
    older = ranger.client.get("/redi/audit?before=2").text
    assert all(word in older for word in ("admin-link", say("audit_struck"), "Ben Muster", "Sensorik"))


def test_an_act_of_a_later_version_is_shown_by_its_code(house: House) -> None:
    ranger = house.visitor(RANGER)
    network = house.networks["redi"]
    Audit(network.site.database, "redi").note(network.now(), "p-gone", "teleported", "person:p-gone")
    page = ranger.get("audit").text
    assert "teleported" in page
    assert "p-gone" in page
