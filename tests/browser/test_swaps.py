"""What changes on a page by itself leaves the keyboard where it is, and is told to who can't see it."""

from datetime import timedelta

from provisioner.console.pages import Speech
from provisioner.model.errands import Job
from provisioner.state import Errands
from tests.support.browser import Chromium, Visit, visit
from tests.support.console import RANGER, House

t = Speech("de").t
_WATCH = "node => { window.heard = node; }"
"""A screen reader tells what changes within what was there before; what is put in its place whole, it may miss."""


def _ranger(house: House) -> list[dict[str, str]]:
    network = house.networks["redi"]
    word = network.sessions.begin(network.now(), timedelta(hours=1), "link", RANGER)
    return [{"name": network.cookie(), "value": word, "url": f"{network.origin}{network.base}/"}]


def _same(visited: Visit, selector: str) -> bool:
    found: bool = visited.page.evaluate(
        "selector => window.heard === document.querySelector(selector) && window.heard.isConnected", selector
    )
    return found


def test_what_is_found_while_one_types_is_told_and_the_field_keeps_the_keyboard(
    chromium: Chromium, house: House
) -> None:
    origin = house.networks["redi"].origin
    with visit(chromium, origin, _ranger(house)) as visited:
        visited.go("/redi/people")
        visited.page.get_by_role("status").evaluate(_WATCH)
        field = visited.page.get_by_role("searchbox")
        field.focus()
        visited.page.keyboard.type("Mona")
        visited.page.get_by_role("status").get_by_text(t("people_found", count=1)).wait_for()
        assert visited.page.get_by_role("row").count() == 2
        assert _same(visited, "[role=status]")
        assert field.evaluate("node => node === document.activeElement")
        assert visited.page.locator("[aria-busy]").count() == 0
        assert not visited.complaints


def test_progress_is_told_in_one_place_and_what_had_the_keyboard_keeps_it(chromium: Chromium, house: House) -> None:
    network = house.networks["redi"]
    errands = Errands(network.site.database, "redi")
    errands.add(Job.SYNC, "console", RANGER, network.now())
    with visit(chromium, network.origin, _ranger(house)) as visited:
        visited.go("/redi/progress")
        status = visited.page.get_by_role("status")
        status.evaluate(_WATCH)
        again = visited.page.get_by_role("link", name=t("progress_again"))
        again.focus()
        errands.add(Job.PLAN, "console", RANGER, network.now())
        status.get_by_text(t("progress_waits", count=2)).wait_for()
        assert _same(visited, "[role=status]")
        assert again.evaluate("node => node === document.activeElement")
        errands.done([one.id for one in errands.due(network.now())])
        again.wait_for(state="detached")
        assert not visited.complaints
