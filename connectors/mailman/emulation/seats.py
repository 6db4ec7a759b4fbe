"""Who is on lists, over HTTP: subscriptions with their requests, owners, and those who go."""

from typing import Any

from connectors.kit.emulation import route
from connectors.mailman.emulation import parameters
from connectors.mailman.emulation.calls import Call, Calls
from connectors.mailman.emulation.config import boolean, is_address
from connectors.mailman.emulation.refusing import Refused, no_such_path, not_found
from connectors.mailman.emulation.rooms import list_of
from connectors.mailman.emulation.state import Address, List, Member, Pending, User
from connectors.mailman.emulation.views import Shape, tagged
from provisioner.emulation import Response

ROLES = ("member", "owner", "moderator", "nonmember")
_ACTIONS = ("hold", "reject", "discard", "accept", "defer")
_STATUSES = ("enabled", "by_user", "by_bounces", "by_moderator", "unknown")
_PRE = ("pre_verified", "pre_confirmed", "pre_approved")
_MEMBER = "/members/{member}"


class Seats(Calls):
    """Everything below /members, and of lists what is about people."""

    welcome_is_lost = False
    """Lists have a welcome that can't be fetched: who is subscribed with it is subscribed, and answered with 400."""

    @route("GET", "/members")
    def everybody(self, call: Call) -> Response:
        if not all(one.has_address for one in self.world.members.values()):
            raise Refused(500)
        return self.page(call, self.world.find(), self.views.member)

    @route("POST", "/members")
    def add(self, call: Call) -> Response:
        given = call.parameters
        role = parameters.one_of(given, "role", ROLES) or "member"
        subscriber = given.get("subscriber")
        named = isinstance(subscriber, str) and (is_address(subscriber) or _is_id(subscriber))
        if subscriber is not None and not named:
            raise Refused(400, 'Invalid Parameter "subscriber": .')
        optional = (*_PRE, "display_name", "role", "invitation", "send_welcome_message", "delivery_mode")
        parameters.known(given, ("list_id", "subscriber"), (*optional, "delivery_status"))
        place = self.world.lists.get(str(given["list_id"]))
        if place is None:
            raise Refused(400, "No such list")
        who = self._subscriber(str(subscriber), str(given.get("display_name", "")))
        address = self._address_of(who)
        if role != "member":
            return self._seat_other(place, role, address)
        if self._is_in(place, address):
            raise Refused(409, "Member already subscribed")
        if isinstance(who, User) and who.preferred is None:
            raise Refused(400, "User has no preferred address")
        if address.email in place.bans:
            raise Refused(400, "Membership is banned")
        if address.email == f"{place.name}@{place.host}":
            raise Refused(400, "List posting address cannot subscribe")
        return self._subscribe(place, who, given)

    @route("GET", "/members/find")
    def find(self, call: Call) -> Response:
        given = dict(call.query)
        role = parameters.one_of(given, "role", ROLES)
        status = parameters.one_of(given, "delivery_status", _STATUSES)
        parameters.known(given, (), ("list_id", "role", "subscriber", "delivery_status", "page", "count"))
        asked = [given.get("list_id"), role, given.get("subscriber"), status]
        found = self.world.find(given.get("list_id"), role, given.get("subscriber")) if any(asked) else []
        if status is not None:
            found = [one for one in found if (one.delivery_status or "enabled") == status]
        return self.page(call, found, self.views.member)

    @route("GET", _MEMBER)
    def member(self, call: Call) -> Response:
        return self.told(self.views.member(self._member(call)))

    @route("PATCH", _MEMBER)
    def move(self, call: Call) -> Response:
        member, given = self._member(call), call.parameters
        parameters.known(given, (), ("address", "delivery_mode", "moderation_action"))
        if "address" in given:
            address = self.world.address(str(given["address"]))
            if address is None:
                raise Refused(400, "Address not registered")
            if isinstance(member.subscriber, User):
                raise Refused(400, "Membership is via preferred address")
            if not address.verified_on:
                raise Refused(400, "Unverified address")
            if address.user is not member.user:
                raise Refused(400, "Address is not controlled by user")
            member.subscriber = address
        return self.nothing()

    @route("DELETE", _MEMBER)
    def remove(self, call: Call) -> Response:
        """The one way off a list that says goodbye, and tells its owners."""
        member = self._member(call)
        place = self.world.lists[member.list_id]
        del self.world.members[member.id]
        if member.role == "member" and place.config is not None:
            if place.config["send_goodbye_message"]:
                self.world.tell(place, "goodbye", member.address.email)
            self.world.tell_owners(place)
        return self.nothing()

    @route("GET", _MEMBER + "/preferences")
    def preferences(self, call: Call) -> Response:
        member = self._member(call)
        said = {"delivery_status": member.delivery_status} if member.delivery_status else {}
        return self.told({**said, "self_link": self.views.link(f"members/{member.id}/preferences")})

    @route("PATCH", _MEMBER + "/preferences")
    def prefer(self, call: Call) -> Response:
        status = parameters.one_of(call.parameters, "delivery_status", _STATUSES)
        self._member(call).delivery_status = status or ""
        return self.nothing()

    @route("GET", "/lists/{list}/roster/{role}")
    def roster(self, call: Call) -> Response:
        place, role = self._place(call)
        return self.page(call, self.world.find(place.id, role), self.views.member)

    @route("DELETE", "/lists/{list}/roster/{role}")
    def remove_many(self, call: Call) -> Response:
        """Silently. Whatever role is asked for, it takes subscribers; and it knows small letters alone."""
        place, _ = self._place(call)
        parameters.known(call.parameters, ("emails",))
        emails = call.parameters["emails"]
        gone: Shape = {}
        for email in emails if isinstance(emails, list) else [emails]:
            those = [one for one in self._in(place, "member") if one.address.email == email]
            for one in those:
                del self.world.members[one.id]
            gone[str(email)] = bool(those)
        return self.told(gone)

    @route("GET", "/lists/{list}/requests")
    def requests(self, call: Call) -> Response:
        place = self._list(call)
        return self.page(call, list(self.world.pending_of(place)), self.views.pending)

    @route("GET", "/lists/{list}/requests/{token}")
    def request(self, call: Call) -> Response:
        return self.told(self.views.pending(self._pending(call)))

    @route("POST", "/lists/{list}/requests/{token}")
    def decide(self, call: Call) -> Response:
        action = parameters.one_of(call.parameters, "action", _ACTIONS)
        parameters.known(call.parameters, ("action",), ("reason",))
        pending = self._pending(call)
        if action in ("accept", "reject", "discard"):
            del self.world.pending[pending.token]
        if action == "accept":
            self._enter(self._list(call), pending.address, None)
        return self.nothing()

    @route("GET", "/lists/{list}/{role:member|owner|moderator|nonmember}/{email}")
    def seat(self, call: Call) -> Response:
        place = self._list(call)
        found = self.world.find(place.id, call.places["role"], call.places["email"])
        if not found:
            raise no_such_path()
        if len(found) > 1:
            raise Refused(500)
        return self.told(self.views.member(found[0]))

    def _subscriber(self, said: str, shown: str) -> Address | User:
        if _is_id(said):
            user = self.world.users.get(said)
            if user is None:
                raise Refused(400, "No such user")
            return user
        return self.world.address(said) or self.world.add_address(said, shown)

    def _seat_other(self, place: List, role: str, address: Address) -> Response:
        if address.email in place.bans:
            raise Refused(400, "Membership is banned")
        if address.email == f"{place.name}@{place.host}":
            raise Refused(400, "List posting address cannot be added")
        if any(one.address is address for one in self._in(place, role)):
            said = f"{address.email} is already an {role} of {place.name}@{place.host}"
            raise Refused(400, said)
        return self.created(f"members/{self.world.seat(place, role, address).id}")

    def _subscribe(self, place: List, who: Address | User, given: dict[str, Any]) -> Response:
        """At once when everything is said to be settled beforehand; else it waits for somebody."""
        address = self._address_of(who)
        if any(one.address is address for one in self.world.pending_of(place)):
            raise Refused(409, "Subscription request already pending")
        pre = {name: boolean(given.get(name, False)) for name in _PRE}
        policy = (place.config or {}).get("subscription_policy", "confirm")
        if pre["pre_verified"]:
            self.world.verify(address)
        unverified = not pre["pre_verified"] and not address.verified_on
        owner = ""
        if unverified or (not pre["pre_confirmed"] and policy in ("confirm", "confirm_then_moderate")):
            owner = "subscriber"
        elif not pre["pre_approved"] and policy in ("moderate", "confirm_then_moderate"):
            owner = "moderator"
        if owner:
            token = self.world.wait(place, address, owner)
            answer = Response.json(tagged({"token": token.token, "token_owner": owner}), 202)
            answer.content_type = "application/json"
            return answer
        welcome = given.get("send_welcome_message")
        member = self._enter(place, who, None if welcome is None else boolean(welcome))
        return self.created(f"members/{member.id}")

    def _enter(self, place: List, who: Address | User, welcome: bool | None) -> Member:
        member = self.world.seat(place, "member", who)
        for one in self.world.find(place.id, "nonmember", user=member.user):
            del self.world.members[one.id]
        wanted = (place.config or {}).get("send_welcome_message", False) if welcome is None else welcome
        if wanted:
            if self.welcome_is_lost:
                raise Refused(400, "404 Client Error: Not Found for url")
            self.world.tell(place, "welcome", member.address.email)
        self.world.tell_owners(place)
        return member

    def _address_of(self, who: Address | User) -> Address:
        """Of a user the preferred one, else the first: what is asked for, before it turns out that it won't do."""
        if isinstance(who, Address):
            return who
        addresses = self.world.addresses_of(who)
        if who.preferred is None and not addresses:
            raise Refused(400, "User has no preferred address")
        return who.preferred or addresses[0]

    def _is_in(self, place: List, address: Address) -> bool:
        """By this very address, or by following a preferred one that is this."""
        user = address.user
        subscribers = [one.subscriber for one in self._in(place, "member")]
        follows = user is not None and user.preferred is address and any(one is user for one in subscribers)
        return follows or any(one is address for one in subscribers)

    def _in(self, place: List, role: str) -> list[Member]:
        return self.world.find(place.id, role)

    def _member(self, call: Call) -> Member:
        found = self.world.members.get(call.places["member"])
        if found is None:
            raise not_found()
        return found

    def _place(self, call: Call) -> tuple[List, str]:
        if call.places["role"] not in ROLES:
            raise no_such_path()
        return self._list(call), call.places["role"]

    def _list(self, call: Call) -> List:
        found = list_of(self, call)
        if found is None:
            raise no_such_path()
        return found

    def _pending(self, call: Call) -> Pending:
        found = self.world.pending.get(call.places["token"])
        if found is None or found.list_id != self._list(call).id:
            raise not_found()
        return found


def _is_id(said: str) -> bool:
    return len(said) == 32 and "@" not in said
