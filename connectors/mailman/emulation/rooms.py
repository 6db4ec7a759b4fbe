"""Domains and lists over HTTP."""

import re

from connectors.kit.emulation import route
from connectors.mailman.emulation import parameters
from connectors.mailman.emulation.calls import Call, Calls
from connectors.mailman.emulation.config import DEFAULT_STYLE, LANGUAGES, STYLES, is_address, taken, words
from connectors.mailman.emulation.refusing import Refused, no_such_path, not_found
from connectors.mailman.emulation.state import List
from connectors.mailman.emulation.views import Shape
from provisioner.emulation import Response

_NAME = re.compile(r"[-_.0-9a-z]+", re.IGNORECASE)
_DOMAIN = "/domains/{host}"
_LIST = "/lists/{list}"

_SECTIONS = words(
    """
    ARC antispam archiver.mail_archive archiver.master archiver.mhonarc archiver.prototype bounces database
    devmode digests dmarc
    """
)
_MORE_SECTIONS = words(
    """
    logging.archiver logging.bounce logging.config logging.database logging.debug logging.error
    logging.fromusenet logging.http logging.locks logging.mischief logging.plugins logging.root
    logging.runner logging.smtp logging.subscribe logging.task logging.vette mailman mta nntp passwords
    paths.dev paths.fhs paths.here paths.local plugin.master runner.archive runner.bad runner.bounces
    runner.command runner.digest runner.in runner.lmtp runner.nntp runner.out runner.pipeline runner.rest
    runner.retry runner.shunt runner.task runner.virgin shell styles webservice
    """
)


class Rooms(Calls):
    """Everything below /system, /domains and /lists, but for who is on them."""

    @route("GET", "/system/versions")
    def versions(self, _: Call) -> Response:
        shape = {
            "mailman_version": "GNU Mailman 3.3.8 (Tom Sawyer)",
            "python_version": "3.11.2 (emulated)",
            "api_version": "3.1",
            "self_link": self.views.link("system/versions"),
        }
        return self.told(shape)

    @route("GET", "/system/configuration")
    def configuration(self, _: Call) -> Response:
        languages = [f"language.{code}" for code in LANGUAGES]
        sections = [*_SECTIONS, *languages, *_MORE_SECTIONS]
        return self.told({"sections": sections, "self_link": self.views.link("system/configuration")})

    @route("GET", "/domains")
    def domains(self, call: Call) -> Response:
        return self.page(call, sorted(self.world.domains), self.views.domain)

    @route("POST", "/domains")
    def add_domain(self, call: Call) -> Response:
        parameters.known(call.parameters, ("mail_host",), ("description", "owner", "alias_domain"))
        host = str(call.parameters["mail_host"])
        self.world.add_domain(host)
        return self.created(f"domains/{host}")

    @route("GET", _DOMAIN)
    def domain(self, call: Call) -> Response:
        if call.places["host"] not in self.world.domains:
            raise not_found()
        return self.told(self.views.domain(call.places["host"]))

    @route("DELETE", _DOMAIN)
    def remove_domain(self, call: Call) -> Response:
        self.world.remove_domain(call.places["host"])
        return self.nothing()

    @route("GET", _DOMAIN + "/lists")
    def lists_of_domain(self, call: Call) -> Response:
        host = call.places["host"]
        if host not in self.world.domains:
            raise no_such_path()
        return self.page(call, [one for one in self._sorted() if one.host == host], self._view)

    @route("GET", "/lists/styles")
    def styles(self, _: Call) -> Response:
        styles = [{"name": name, "description": what} for name, what in STYLES.items()]
        return self.told({"style_names": list(STYLES), "styles": styles, "default": DEFAULT_STYLE})

    @route("GET", "/lists")
    def lists(self, call: Call) -> Response:
        return self.page(call, self._sorted(), self._view)

    @route("POST", "/lists")
    def add_list(self, call: Call) -> Response:
        """An unknown style is no error: it makes a broken list."""
        given = call.parameters
        parameters.known(given, ("fqdn_listname",), ("style_name",))
        address = str(given["fqdn_listname"])
        if not is_address(address):
            raise Refused(400, f"Invalid list posting address: {address}")
        name, _, host = address.partition("@")
        if not _NAME.fullmatch(name):
            raise Refused(400, f"Invalid list name: {name}")
        if host not in self.world.domains:
            raise Refused(400, f"Domain does not exist: {host}")
        made = self.world.add_list(name, host, str(given.get("style_name", DEFAULT_STYLE)))
        return self.created(f"lists/{made.id}")

    @route("GET", _LIST)
    def one_list(self, call: Call) -> Response:
        return self.told(self._view(self._list(call)))

    @route("DELETE", _LIST)
    def remove_list(self, call: Call) -> Response:
        self.world.remove_list(self._list(call))
        return self.nothing()

    @route("GET", _LIST + "/config")
    def config(self, call: Call) -> Response:
        return self.told(_config(self._below(call)))

    @route("GET", _LIST + "/config/{attribute}")
    def attribute(self, call: Call) -> Response:
        config, name = _config(self._below(call)), call.places["attribute"]
        if name not in config:
            raise Refused(404, f"Unknown attribute: {name}")
        return self.told({name: config[name]})

    @route("PATCH", _LIST + "/config")
    def configure(self, call: Call) -> Response:
        config = _config(self._below(call))
        config |= taken(config, call.parameters)
        return self.nothing()

    @route("POST", _LIST + "/bans")
    def ban(self, call: Call) -> Response:
        place = self._below(call)
        parameters.known(call.parameters, ("email",))
        email = str(call.parameters["email"])
        place.bans.add(email.lower())
        return self.created(f"lists/{place.id}/bans/{email}")

    def _sorted(self) -> list[List]:
        return sorted(self.world.lists.values(), key=lambda one: one.id)

    def _view(self, place: List) -> Shape:
        return self.views.mailing_list(place, len(self.world.find(place.id, "member")))

    def _list(self, call: Call) -> List:
        found = list_of(self, call)
        if found is None:
            raise not_found()
        return found

    def _below(self, call: Call) -> List:
        found = list_of(self, call)
        if found is None:
            raise no_such_path()
        return found


def list_of(calls: Calls, call: Call) -> List | None:
    """By its id or its address, in small letters alone."""
    identifier = call.places["list"]
    by_address = {f"{one.name}@{one.host}": one for one in calls.world.lists.values()}
    return calls.world.lists.get(identifier) or by_address.get(identifier)


def _config(place: List) -> Shape:
    if place.config is None:
        raise Refused(500)
    return place.config
