"""What people come for, from the first page to the last: by keyboard alone, and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from provisioner.app.joining.deciding import make_decision_link
from provisioner.console.pages import Speech
from provisioner.model.enrolments import RequestState
from provisioner.model.errands import Job
from provisioner.state import Errands, Links, Purpose, Requests
from tests.browser.hands import Hands, Keyboard, Pointer
from tests.support import plans
from tests.support.browser import Chromium, Visit, visit
from tests.support.console import MEMBER, MODERATOR_SENSORIK, OTHER, RANGER, House

DIGEST = "d" * 64
t = Speech("de").t


def log_in_by_link(house: House, visited: Visit, hands: Hands) -> None:
    network = house.networks["redi"]
    links = Links(network.site.database, "redi")
    visited.go(f"/redi/link/{links.make(Purpose.LOGIN, 'ben@bretten.example', network.now(), timedelta(minutes=15))}")
    hands.press(t("log_in_now"))
    assert visited.path == "/redi/me"


def join_an_open_body(house: House, visited: Visit, hands: Hands) -> None:
    visited.go("/redi/me")
    hands.press(t("nav_join"))
    hands.press(f"{t('join_now')} E-Akte")
    assert visited.path == "/redi/me"
    visited.page.get_by_role("status").first.wait_for()
    assert "E-Akte" in visited.page.get_by_role("main").inner_text()


def ask_to_join(house: House, visited: Visit, hands: Hands) -> None:
    visited.go("/redi/join")
    hands.press(f"{t('join_ask')} Sensorik")
    hands.write(t("ask_word"), "Guten Tag, ich messe gern.")
    hands.press(t("ask_now"))
    [waiting] = Requests(house.networks["redi"].site.database, "redi").waiting()
    assert (waiting.person, waiting.word) == (OTHER, "Guten Tag, ich messe gern.")


def approve_a_request(house: House, visited: Visit, hands: Hands) -> None:
    requests = Requests(house.networks["redi"].site.database, "redi")
    number = requests.ask(OTHER, "pg-sensorik", "Bitte", house.networks["redi"].now())
    visited.go("/redi/me")
    hands.press(t("nav_requests"))
    hands.press(f"{t('look_at')} Ole Muster")
    hands.write(t("your_answer"), "Willkommen!")
    hands.press(t("approve"))
    decided = requests.get(number or 0)
    assert decided is not None
    assert (decided.state, decided.answer) == (RequestState.APPROVED, "Willkommen!")


def decline_from_the_mail(house: House, visited: Visit, hands: Hands) -> None:
    """Nobody has to log in for that."""
    site, now = house.networks["redi"].site, house.networks["redi"].now()
    requests = Requests(site.database, "redi")
    number = requests.ask(OTHER, "pg-sensorik", "Bitte", now) or 0
    visited.go(f"/redi/link/{make_decision_link(site, number, MODERATOR_SENSORIK, now, timedelta(days=1))}")
    hands.write(t("your_answer"), "Gerade nicht.")
    hands.press(t("decline"))
    decided = requests.get(number)
    assert decided is not None
    assert (decided.state, decided.answer) == (RequestState.DECLINED, "Gerade nicht.")


def confirm_a_list(house: House, visited: Visit, hands: Hands) -> None:
    visited.go("/redi/bodies/pg-sensorik/members")
    hands.press(t("confirm_list"))
    hands.tick("Ben Muster, Stadt Bretten")
    hands.press(t("confirm_now"))
    assert "Ben Muster" not in visited.page.get_by_role("main").inner_text()


def make_a_body(house: House, visited: Visit, hands: Hands) -> None:
    visited.go("/redi/bodies")
    hands.press(t("body_new"))
    hands.write(t("body_name"), "Starkregen")
    hands.tick(t("join_mode_open"))
    hands.write(t("body_moderators"), "ben@bretten.example")
    hands.press(t("body_make"))
    assert visited.path == "/redi/bodies/pg-starkregen/progress", visited.page.get_by_role("main").inner_text()


def approve_a_plan(house: House, visited: Visit, hands: Hands) -> None:
    network = house.networks["redi"]
    plans.save(network.site, plans.report(DIGEST, plans.part(plans.change("anna", change_class="queued"))))
    visited.go(f"/redi/plans/{DIGEST}")
    hands.press(t("plan_approve"))
    [errand] = Errands(network.site.database, "redi").due(network.now())
    assert (errand.job, errand.about["digest"], errand.actor) == (Job.APPLY, DIGEST, RANGER)


def log_out_in_english(house: House, visited: Visit, hands: Hands) -> None:
    visited.go("/redi/me")
    hands.press("English")
    assert visited.page.locator("html").get_attribute("lang") == "en"
    hands.press(Speech("en").t("log_out"))
    assert visited.go("/redi/me") == 200
    assert visited.path == "/redi/login"


PATHS: list[tuple[Callable[[House, Visit, Hands], None], str | None]] = [
    (log_in_by_link, None),
    (join_an_open_body, MEMBER),
    (ask_to_join, OTHER),
    (approve_a_request, MODERATOR_SENSORIK),
    (decline_from_the_mail, None),
    (confirm_a_list, MODERATOR_SENSORIK),
    (make_a_body, RANGER),
    (approve_a_plan, RANGER),
    (log_out_in_english, MEMBER),
]


@pytest.mark.parametrize("scripts", [True, False], ids=["by keyboard", "without JavaScript"])
@pytest.mark.parametrize(("path", "who"), PATHS, ids=lambda one: getattr(one, "__name__", ""))
def test_everybody_gets_there(
    chromium: Chromium,
    house: House,
    path: Callable[[House, Visit, Hands], None],
    who: str | None,
    scripts: bool,
) -> None:
    network = house.networks["redi"]
    cookies = []
    if who is not None:
        word = network.sessions.begin(network.now(), timedelta(hours=1), "link", who)
        cookies = [{"name": network.cookie(), "value": word, "url": f"{network.origin}{network.base}/"}]
    with visit(chromium, network.origin, cookies, scripts=scripts) as visited:
        path(house, visited, Keyboard(visited) if scripts else Pointer(visited))
        assert not visited.complaints
