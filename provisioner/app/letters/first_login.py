"""Whoever came through the service is welcomed once their accounts are there, and greeted in the bodies they joined.

What the files say of people and bodies greets nobody: the first sync of a network that exists is silent.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Final

from policies.keys import body_key, person_key
from provisioner.app.applying import Applied
from provisioner.app.letters.speaking import Speaking
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import Outbox, StepState, TiedTo, Within

_NEW: Final = timedelta(days=30)
"""For so long after somebody came they are welcomed; letters are remembered for longer."""
_JUST: Final = timedelta(days=7)
"""For so long after somebody joined a body they are greeted there."""
_LOOKING_AROUND: Final = timedelta(minutes=5)
"""For so long the welcome of somebody who joined nothing yet waits: what they join meanwhile stands in it."""
_BAD: Final = (StepState.FAILED, StepState.UNKNOWN, StepState.SKIPPED, StepState.MOVED)


def after_run(site: Site, picture: Picture, applied: Applied, cause: str) -> None:
    """Welcome and greet whoever has by now what they shall have; each once. Raises `StateError`, `SettingsError`."""
    if applied.planned.plan.refusals:
        return
    welcomes, greetings = list(_welcomes(site, picture, applied)), list(_greetings(site, picture, applied))
    if welcomes or greetings:
        now = site.clock.now()
        with site.database.writing() as connection:
            outbox = Outbox(Within(connection), site.network, now)
            for letter in welcomes:
                outbox.post(letter, now + _LOOKING_AROUND)
            outbox.hurry([one.once for one in welcomes if one.once and _joined(picture, one)])
            for letter in greetings:
                outbox.post(letter)


def _joined(picture: Picture, welcome: Letter) -> bool:
    """Whether they joined a body, or were taken in, besides those that a rule puts them in."""
    return any(not place.by_rule for place in picture.places_of(welcome.to.removeprefix("person:")))


def _welcomes(site: Site, picture: Picture, applied: Applied) -> Iterator[Letter]:
    came = [
        one.id
        for one in site.enrolments().people.values()
        if picture.today - one.joined <= _NEW and picture.active(one.id)
    ]
    for person in _complete(site, applied, came):
        yield Letter(LetterKind.WELCOME, Channel.MAIL, f"person:{person}", {}, f"welcome:{person}")


def _greetings(site: Site, picture: Picture, applied: Applied) -> Iterator[Letter]:
    if not picture.policy.mails.greet:
        return
    joined = [
        one
        for one in site.enrolments().memberships
        if one.period.since is not None
        and one.period.holds(picture.today)
        and picture.today - one.period.since <= _JUST
        and picture.active(one.person)
    ]
    if not joined:
        return
    with Speaking(site) as speaking:
        speaks = {body for body in {one.body for one in joined} if speaking.place_of(body) is not None}
    complete = _complete(site, applied, {one.person for one in joined if one.body in speaks})
    undone = _undone(applied)
    for one in joined:
        settled = undone.isdisjoint((person_key(one.person), body_key(one.body)))
        if one.body in speaks and one.person in complete and settled:
            once = f"joined:{one.person}:{one.body}:{one.period.since}"
            yield Letter(LetterKind.JOINED, Channel.CONVERSATION, f"body:{one.body}", {"person": one.person}, once)


def _complete(site: Site, applied: Applied, people: Collection[str]) -> frozenset[str]:
    """Those who have an account wherever they shall have one before they first log in."""
    if not people:
        return frozenset()
    keys = {person_key(person): person for person in people}
    desired = applied.planned.desired.resources
    tied = TiedTo(site.database, site.network, site.target_names()).find(keys, (Kind.ACCOUNT,))
    have = {(one.target, one.binding.id.key) for one in tied}
    with site.targets() as targets:
        can = {target.name: target.connector.capabilities() for target in targets}
    # Where nobody has an account who is in nothing, one comes along with the first list; elsewhere the login makes it.
    places = [name for name, one in can.items() if Kind.ACCOUNT in one.fields and not one.only_members]
    complete: set[str] = set()
    for key, person in keys.items():
        wanted = desired.get(ResourceId(Kind.ACCOUNT, key))
        if wanted is None:
            continue
        shall = [name for name in places if wanted.created_by_us or can[name].made_by_us]
        if shall and all((name, key) in have for name in shall):
            complete.add(person)
    return frozenset(complete)


def _undone(applied: Applied) -> frozenset[str]:
    """Keys of whatever a step that was not done is about."""
    found: set[str] = set()
    for result in applied.report.results(*_BAD) if applied.report is not None else ():
        found.add(result.step.id.key)
        found.update(edge.member for edge in result.step.effects.joins)
    return frozenset(found)
