"""Runs that are cut short before or after any write, and done again: nobody sees it, and nothing is made twice."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.kit.contract import Site
from connectors.nodebb.categories.steps import CREATE, SHOW
from connectors.nodebb.emulator import PROVIDER, TOKEN, NodeBBEmulator
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.changes import Change
from provisioner.model.errors import OutcomeUnknown, TargetError, Transient
from provisioner.model.inventory import Present
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Moved, Step
from tests.support.nodebb import category, first_topic, group, person, site_of

READER, WRITER, MANAGER = EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER
ABOVE, ARCHIVE = (ResourceId(Kind.FORUM_CATEGORY, key) for key in ("bodies:project", "bodies:archive"))
PG, MEMBERS, CHIEFS, ANNA = category("co"), group("co"), group("co:administrators"), person("anna")
WORDS = "Wozu es das gibt\n\nMessen\n\nreadi:body:co"
OTHER_WORDS = "Wozu es das gibt\n\nRegeln\n\nreadi:body:co"
Making = Callable[[Site], Sequence[Change]]


def beginning(forum: Site) -> Sequence[Change]:
    return (
        forum.create(ANNA, "anna", {"email": "anna@stadt.example", "display_name": "Anna", "login_id": "sub-anna"}),
        forum.create(MEMBERS, "PG_Co", {}),
        forum.create(CHIEFS, "PG_Co-Administratoren", {}),
        forum.create(ABOVE, "Projektgruppen", {"parent": "", "open": False}),
        forum.create(PG, "PG Co", {"parent": ABOVE.key, "open": False, "description": "Messen"}),
        forum.join(MEMBERS, "PG_Co", ANNA),
        forum.join(ABOVE, "Projektgruppen", MEMBERS, role=READER),
        forum.join(PG, "PG Co", MEMBERS, role=WRITER),
        forum.join(PG, "PG Co", CHIEFS, role=MANAGER),
    )


def text(_: Site) -> Sequence[Change]:
    return (first_topic(PG, "PG Co", WORDS),)


def other_text(forum: Site) -> Sequence[Change]:
    return (forum.write(PG, forum.remote(PG), "first_topic", OTHER_WORDS),)


def renaming(forum: Site) -> Sequence[Change]:
    return (
        forum.update(MEMBERS, forum.remote(MEMBERS), {"name": "PG_Neu"}),
        forum.update(PG, forum.remote(PG), {"name": "PG Neu", "description": "Regeln"}),
        forum.update(ANNA, forum.remote(ANNA), {"email": "anna@neu.example", "display_name": "Anna Neu"}),
    )


def archiving(forum: Site) -> Sequence[Change]:
    return (
        forum.create(ARCHIVE, "Archiv", {"parent": "", "open": False}),
        forum.update(PG, forum.remote(PG), {"parent": ARCHIVE.key}),
        forum.regrade(PG, "PG Neu", MEMBERS, before=WRITER, role=READER),
        forum.leave(PG, "PG Neu", CHIEFS, role=MANAGER),
        forum.leave(MEMBERS, "PG_Neu", ANNA),
        forum.suspend(ANNA, forum.remote(ANNA)),
    )


RUNS: tuple[Making, ...] = (beginning, text, other_text, renaming, archiving)
WRITES = (30, 2, 1, 6, 21)
KEPT = ("users", "groups", "categories", "topics", "mails")


class Overlooked:
    """A forum with a look over our shoulder after every request: whom does anything of ours lie open to?"""

    def __init__(self, emulator: NodeBBEmulator) -> None:
        self.emulator = emulator
        self.world = emulator.world
        self._people = (0, -1, emulator.tokens[emulator.add_outsider()])
        self.looks = 0
        self.seen: list[str] = []
        emulator.log.hook = self._look

    def _look(self, _: object) -> None:
        self.looks += 1
        for one in self.world.categories.values():
            for uid in self._people:
                if any(self.world.allowed(what, uid, one) for what in ("find", "read", "topics:read")):
                    self.seen.append(str(one.fields["name"]))

    def kept(self) -> dict[str, Any]:
        """All that it holds, to come back to."""
        return deepcopy({name: getattr(self.world, name) for name in KEPT})

    def back(self, kept: dict[str, Any]) -> None:
        """As it was then."""
        for name, value in deepcopy(kept).items():
            setattr(self.world, name, value)
        self.world.forget_names()

    def told(self) -> object:
        """What matters of it, without numbers and moments."""
        names = {str(one.cid): one.fields["name"] for one in self.world.categories.values()}
        categories = [
            (
                names[str(one.cid)],
                names.get(str(one.parent)),
                one.fields["description"],
                one.fields["disabled"],
                one.fields.get("readiKey"),
                {what: sorted(who) for what, who in one.privileges.items() if who},
            )
            for one in self.world.categories.values()
        ]
        people = {uid: one.username for uid, one in self.world.users.items()}
        groups = [
            (one.name, one.description, one.user_title, one.hidden, sorted(people[uid] for uid in one.members))
            for one in self.world.groups.values()
        ]
        users = [
            (one.username, one.fullname, one.email, one.confirmed, one.banned, one.more)
            for one in self.world.users.values()
        ]
        topics = [(names[str(one.cid)], one.title, one.content, one.pinned) for one in self.world.topics.values()]
        return sorted(map(str, [*categories, *groups, *users, *topics])), self.world.mails


@pytest.fixture
def overlooked() -> Iterator[Overlooked]:
    with NodeBBEmulator() as running:
        running.add_template()
        over = Overlooked(running)
        yield over
        assert over.seen == []
        assert over.looks > 40


def bench(over: Overlooked, ids: dict[ResourceId, str] | None = None) -> Site:
    """A new process, that knows what the database does."""
    settings = NodeBBSettings(url=over.emulator.url, token=SecretStr(TOKEN), login_provider=PROVIDER)
    site = site_of(settings, over.emulator)
    site.ids = dict(ids or {})
    return site


def done(forum: Site, step: Step) -> bool:
    """As apply does it: looked up where it was to be made, tried again where that is allowed. False: nobody knows."""
    for _ in range(3):
        try:
            forum.perform(step)
        except TargetError as error:
            if isinstance(error, OutcomeUnknown) and not step.repeatable:
                return False
            if step.creates and step.id not in forum.ids and not isinstance(error, Transient):
                found = forum.connector.look_up(step.id, step.name)
                if isinstance(found, Present):
                    forum.ids[step.id] = found.remote.remote_id
                    return True
        except AssertionError:  # it moved: what was lost had been done
            assert isinstance(forum.connector.verify(step, forum.resolve), Moved)
            return True
        else:
            return True
    raise AssertionError(step)


def run(forum: Site, making: Making) -> None:
    """One run, and where it did not get to know what came of it the next."""
    forum.observe()
    known = [done(forum, step) for step in forum.compile(*making(forum))]
    if not all(known) and forum.remote(PG).fields["first_topic"] is None:
        forum.apply(forum.write(PG, forum.remote(PG), "first_topic", WORDS))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(len(RUNS)))
def test_a_run_that_is_cut_short_at_any_write_ends_as_one_that_is_not(
    overlooked: Overlooked, number: int, moment: str
) -> None:
    faults, log = overlooked.emulator.faults, overlooked.emulator.log
    with bench(overlooked) as forum:
        for making in RUNS[:number]:
            run(forum, making)
        before, ids = overlooked.kept(), dict(forum.ids)
        log.clear()
        run(forum, RUNS[number])
        assert len(log.writes) == WRITES[number]
        right = overlooked.told()
    for write in range(1, WRITES[number] + 1):
        overlooked.back(before)
        (faults.reset_before if moment == "before" else faults.reset_after)(nth_write=write)
        with bench(overlooked, ids) as forum:
            run(forum, RUNS[number])
            assert faults.pending == []
            assert overlooked.told() == right, write


def test_one_that_was_never_finished_gets_its_name_and_its_topic_in_the_same_run(overlooked: Overlooked) -> None:
    empty = overlooked.kept()
    with bench(overlooked) as forum:
        for making in (beginning, text):
            run(forum, making)
        right = overlooked.told()
    overlooked.back(empty)
    with bench(overlooked) as forum:
        forum.observe()
        for step in forum.compile(*beginning(forum)):
            if (step.operation, step.id) == (CREATE, PG):
                told = step.effects.fields
            if (step.operation, step.id) != (SHOW, PG):
                forum.perform(step)
        remote = forum.remote(PG)
        assert told == {"name": remote.name, "parent": ABOVE.key}, "else the name would seem changed by hand"
        assert remote.fields["first_topic"] is None
        wanted: dict[FieldName, Value] = {"name": "PG Co", "parent": ABOVE.key, "open": False, "description": "Messen"}
        forum.apply(forum.update(PG, remote, wanted))
        forum.apply(forum.write(PG, remote, "first_topic", WORDS))
        assert overlooked.told() == right


def test_after_all_of_them_the_body_is_in_the_archive_with_its_people_gone(overlooked: Overlooked) -> None:
    with bench(overlooked) as forum:
        for making in RUNS:
            run(forum, making)
        assert forum.remote(PG).fields == {
            "name": "PG Neu",
            "parent": ARCHIVE.key,
            "open": False,
            "description": "Regeln",
            "first_topic": OTHER_WORDS,
        }
        assert forum.roster(PG).members == {(READER, Kind.GROUP): {forum.ids[MEMBERS]}}
        assert forum.roster(ABOVE).members == {(READER, Kind.GROUP): {forum.ids[MEMBERS]}}
        assert forum.remote(ANNA).fields == {
            "name": "anna",
            "display_name": "Anna Neu",
            "email": "anna@neu.example",
            "enabled": False,
            "login_id": "sub-anna",
        }
    assert overlooked.emulator.mails == []
