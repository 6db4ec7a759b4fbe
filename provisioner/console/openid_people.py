"""From what a provider says to somebody of the network. Names are never compared."""

from dataclasses import dataclass

from policies.keys import person_key
from provisioner.app.joining.reception import normalised
from provisioner.app.picture import Picture
from provisioner.app.service_settings import OpenIdSettings
from provisioner.app.site import Site
from provisioner.console.openid import Claims, OpenIdRefused
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.registry.supplying import same_address
from provisioner.state import TiedTo


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who logged in: a person of the network, or the address of a newcomer."""

    person: str | None = None
    address: str | None = None


def arrived(site: Site, picture: Picture, settings: OpenIdSettings, claims: Claims) -> Arrived:
    """Who it is. Raises `OpenIdRefused` in words for them.

    The account itself decides where we know whose it is; else an address that the provider has verified.
    """
    ties = None if settings.target is None else TiedTo(site.database, site.network, [settings.target])
    key = None if ties is None else ties.account_key(claims.subject)
    if key is not None:
        return Arrived(person=_active(picture, key.removeprefix(person_key(""))))
    # A provider's word for whose it is, but not for what an address may look like: newcomers are written down with it.
    address = None if claims.email is None else normalised(claims.email, picture)
    if address is None:
        raise OpenIdRefused(Text.of("console.openid_no_address"))
    known = picture.person_with(address)
    if known is None:
        return Arrived(address=_newcomer(picture, address))
    if ties is not None and ties.find((person_key(known),), (Kind.ACCOUNT,)):
        # Their account is another one: whoever has this one only came by the address.
        raise OpenIdRefused(Text.of("console.openid_other_account"))
    if _how_many(picture, address) > 1:
        raise OpenIdRefused(Text.of("console.openid_several"))
    return Arrived(person=_active(picture, known))


def _active(picture: Picture, person: str) -> str:
    if not picture.active(person):
        raise OpenIdRefused(Text.of("console.openid_not_here"))
    return person


def _newcomer(picture: Picture, address: str) -> str:
    if not picture.policy.joining.enabled or picture.organisation_of_address(address) is None:
        raise OpenIdRefused(Text.of("console.openid_unknown"))
    return address


def _how_many(picture: Picture, address: str) -> int:
    """Active people with an address, in whatever letters."""
    wanted, people = same_address(address), picture.registry.people.values()
    return sum(same_address(one.email) == wanted and picture.active(one.id) for one in people)
