"""All pages of the console, found by asking the application: a new one is tried by itself."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from provisioner.app.demo.demo_service import NETWORK
from provisioner.app.joining.deciding import make_decision_link
from provisioner.app.pages.alert_pages import alerts_going_on
from provisioner.model.registry import Person, Role
from provisioner.state import Alerts, Invitations, Requests, SavedPlans
from tests.support.meetings import invite
from tests.support.served import Lived

_PREFIX: Final = "/{network}"
_NO_PAGES: Final = ("/static/", "/openid", "/room", "/join/{body}/")
"""Files, and the ways to other servers."""


def templates_of(example: Lived) -> list[str]:
    """Paths of all pages below the network, with their parameters: ``/bodies/{body}``."""
    paths = example.app.openapi()["paths"]
    found = [path for path, methods in paths.items() if "get" in methods and path.startswith(_PREFIX)]
    pages = (path for path in found if "text/html" in paths[path]["get"]["responses"]["200"].get("content", {}))
    return [path.removeprefix(_PREFIX) for path in pages if not path.removeprefix(_PREFIX).startswith(_NO_PAGES)]


def places_of(example: Lived) -> list[str]:
    """Addresses of all pages, and of one that there is not."""
    templates = templates_of(example)
    return [*(place for one in templates for place in places_of_template(example, one)), f"/{NETWORK}/nowhere"]


def places_of_template(example: Lived, template: str) -> list[str]:
    """Addresses of one page: of every thing of a kind that it can be about."""
    kinds = {kind: find(example) for kind, find in _THERE_IS.items()}
    return list(_filled(template, {**kinds, **_ONLY.get(template, {})}))


def _filled(template: str, kinds: Mapping[str, list[str]]) -> Iterator[str]:
    """Every thing of a kind for the page about it, one for pages below that. Raises KeyError for an unknown kind."""
    parts = template.split("/")
    for index, part in enumerate(parts):
        if part.startswith("{"):
            there_is = kinds[parts[index - 1]]
            assert there_is, f"nothing to show on {template}"
            if index == len(parts) - 1:
                yield from ("/".join([f"/{NETWORK}", *parts[1:-1], one]) for one in there_is)
                return
            parts[index] = there_is[0]
    yield f"/{NETWORK}{'/'.join(parts)}"


def _bodies(example: Lived) -> list[str]:
    """On approval, open to all, an archive, one by rule."""
    return ["pg-mobilitaet", "pg-sensorik", "pg-recht", "plenum"]


def _people(example: Lived) -> list[str]:
    wanted = (Role.MODERATOR, Role.GUEST, Role.RANGER)
    return [guise.person.id for role in wanted for guise in example.demo.tour.guises if guise.role is role]


def _requests(example: Lived) -> list[str]:
    return [str(one.id) for one in Requests(example.network.site.database, NETWORK).waiting()][:1]


def _plans(example: Lived) -> list[str]:
    return [plan.digest for plan in SavedPlans(example.network.site.database).waiting(NETWORK)]


def _changes(example: Lived) -> list[str]:
    [plan] = SavedPlans(example.network.site.database).waiting(NETWORK)
    return [change["digest"] for part in plan.body["targets"] for change in part["changes"]][:1]


def _links(example: Lived) -> list[str]:
    """To log in; to decide on a request; one that is over."""
    login = example.demo.tour.guises[0].link.rpartition("/")[2]
    [moderator] = (guise.person.id for guise in example.demo.tour.guises if guise.role is Role.MODERATOR)
    site = example.network.site
    decide = make_decision_link(site, int(_requests(example)[0]), moderator, site.clock.now(), timedelta(days=7))
    return [login, decide, "used-or-too-old"]


def _moderates(person: Person, body: str) -> bool:
    return any(one.body == body and one.role is Role.MODERATOR for one in person.memberships)


def _guests(example: Lived) -> list[str]:
    """A guest's link, and one that is over."""
    network, identity, word = example.network, "i-example", "a-guests-link"
    if Invitations(network.site.database, NETWORK).get(identity) is None:
        until = network.now() + timedelta(days=7)
        registry = network.pictures.now().registry
        by = next(one.id for one in registry.people.values() if _moderates(one, "pg-mobilitaet"))
        invite(network, "Ingenieurbüro Sommer", until, "body:pg-mobilitaet", by, id=identity, word=word)
    return [word, "withdrawn-or-too-old"]


def _alerts(example: Lived) -> list[str]:
    """The worst that goes on, and one that is over."""
    site = example.network.site
    over = [row for row in Alerts(site.database, NETWORK).history() if row.closed is not None]
    return [str(row.id) for row in (*alerts_going_on(site, None)[:1], *over[:1])]


_ONLY: Final = {"/bodies/{identity}/change": {"bodies": ["pg-klimaanpassung"]}}
"""What a page is about when that can't be just anything: a body that the files don't hold."""

_THERE_IS: Final[Mapping[str, Callable[[Lived], list[str]]]] = {
    "bodies": _bodies,
    "people": _people,
    "requests": _requests,
    "plans": _plans,
    "changes": _changes,
    "history": lambda _: ["1", "2"],
    "link": _links,
    "join": _bodies,
    "guest": _guests,
    "alerts": _alerts,
}
"""What stands in a path behind this word."""
