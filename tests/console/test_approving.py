"""From a look to an approved plan that is applied: through the pages and the worker, on an emulated cloud."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from provisioner.app.pages.plan_pages import last_kept
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.app.work.jobs import perform
from provisioner.app.work.progress import ProgressStore
from provisioner.console.application import build
from provisioner.console.csrf import csrf_word
from provisioner.console.network import Network
from provisioner.model.errands import Job
from provisioner.state import Errands, PlanState, SavedPlans
from tests.support.site import Installation, person

RANGER = "p-rita"


class Desk:
    """A ranger's browser on a small installation, and the worker beside it."""

    def __init__(self, small: Installation) -> None:
        small.wish.add(person("Rita", roles=["ranger"]))
        small.apply()
        self.small, self.site = small, Site.open(small.settings, clock=small.clock)
        self.pictures = Pictures(self.site)
        network = Network(self.site, self.pictures)
        app = build({"redi": network}, self.site.settings.service, small.clock)
        self.client = TestClient(app, base_url=network.origin, follow_redirects=False)
        self._word = network.sessions.begin(network.now(), timedelta(hours=8), "link", RANGER)
        self.client.cookies.set(network.cookie(), self._word)

    def post(self, path: str, **form: object) -> None:
        answer = self.client.post(f"/redi/{path}", data={"csrf": csrf_word(self._word), **form})
        assert answer.status_code == 303, answer.text

    def page(self, path: str) -> str:
        answer = self.client.get(f"/redi/{path}")
        assert answer.status_code == 200
        return answer.text

    def work(self) -> None:
        """What the service does with what was put down."""
        errands = Errands(self.site.database, "redi")
        for errand in errands.due(self.site.clock.now()):
            report = perform(self.site, self.pictures, [errand])
            assert report.done == {errand.id}, report
            errands.done(report.done)


@pytest.fixture
def desk(small: Installation) -> Iterator[Desk]:
    found = Desk(small)
    yield found
    found.site.close()


def vanish(desk: Desk, *people: str) -> None:
    """Their entries are deleted from the registry: their accounts are suspended once somebody agreed."""
    for one in people:
        del desk.small.wish.people[one]
    desk.small.write()
    desk.pictures.now(fresh=True)


def test_what_a_look_found_is_approved_on_its_page_and_done_by_the_worker(desk: Desk) -> None:
    vanish(desk, "p-ben")
    desk.post("look")
    desk.work()
    assert desk.small.cloud.users["ben.muster"].enabled
    page = desk.page("plan")
    [digest] = set(re.findall(r"/redi/plans/([0-9a-f]{64})/approve", page))
    desk.post(f"plans/{digest}/approve", shown_digest=digest)
    desk.work()
    assert not desk.small.cloud.users["ben.muster"].enabled
    head = SavedPlans(desk.site.database).head("redi", digest)
    assert head is not None
    assert (head.state, head.decided_by) == (PlanState.APPLIED, RANGER)
    kept = last_kept(desk.site)
    assert kept is not None
    assert kept.plan.total == 0, "what was done waits no more"
    result = ProgressStore(desk.site).last()[Job.APPLY]
    assert f"/redi/history/{result.run}" in desk.page(f"plans/{digest}")


def test_a_guards_word_that_is_ticked_lets_exactly_this_plan_through(desk: Desk) -> None:
    desk.small.wish.policy = {"guards": {"suspensions": {"count": 0}}}
    vanish(desk, "p-ben")
    desk.post("sync")
    desk.work()
    page = desk.page("plan")
    [word] = set(re.findall(r'name="allowed" value="([^"]+)"', page))
    [digest] = set(re.findall(r"/redi/plans/([0-9a-f]{64})/approve", page))
    desk.post(f"plans/{digest}/approve", shown_digest=digest)
    desk.work()
    assert desk.small.cloud.users["ben.muster"].enabled, "without the word the guard says no again"
    desk.post(f"plans/{digest}/approve", shown_digest=digest, allowed=[word])
    desk.work()
    assert not desk.small.cloud.users["ben.muster"].enabled
