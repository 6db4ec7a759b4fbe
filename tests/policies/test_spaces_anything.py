"""Whatever registry and policy say: nobody reads a category or a space who should not, and none lacks its readers."""

from collections import Counter

from hypothesis import event, given, settings
from hypothesis import strategies as st

from policies.desire import Assigned, Tied, TiedSpaces, desire
from policies.document import Policy
from provisioner.model.registry import Body, BodyKind, BodyOverrides, Membership, Person, Role
from provisioner.model.resources import Desired, EdgeRole, Kind, ResourceId, Seats
from tests.support.planning import TODAY, TOMORROW, body, person, registry

IDS = ("a", "b", "c", "d")
KINDS = (BodyKind.PROJECT, BodyKind.PROJECT, BodyKind.CIRCLE, BodyKind.PLENUM)
MAYBE = st.sampled_from([None, True, False])
SEEN: Counter[str] = Counter()
"""What the generated registries really led to."""


@st.composite
def bodies(draw: st.DrawFn) -> list[Body]:
    def one(identity: str) -> Body:
        own = BodyOverrides(
            forum=draw(st.sampled_from([True, True, True, False])),
            forum_name=draw(st.sampled_from([None, None, "Projektgruppen", "Eigen"])),
            forum_open=draw(MAYBE),
            wiki=draw(st.sampled_from([True, True, False])),
            wiki_open=draw(MAYBE),
            administrators_group=draw(st.booleans()),
        )
        archived = draw(st.sampled_from([None, TOMORROW, None, TODAY]))
        return body(identity, "Sensorik", kind=draw(st.sampled_from(KINDS)), archived_on=archived, overrides=own)

    return [one(identity) for identity in IDS if draw(st.integers(0, 4))]


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    places = st.builds(Membership, st.sampled_from(IDS), st.sampled_from([Role.MEMBER, Role.MODERATOR, Role.GUEST]))
    found = (draw(st.lists(places, max_size=3, unique_by=lambda one: one.body)) for _ in range(3))
    return [person(f"p{number}", memberships=tuple(memberships)) for number, memberships in enumerate(found)]


def sections() -> st.SearchStrategy[dict[str, object]]:
    roles = st.sampled_from(["reader", "writer", "manager"])
    rights = {"members": roles, "moderators": roles, "guests": st.one_of(st.none(), roles)}
    rule = st.one_of(st.booleans(), st.lists(st.sampled_from([str(kind) for kind in BodyKind]), unique=True))
    titles = st.sampled_from([{}, {"project": None}, {"plenum": "Runden"}])
    no_groups = st.sampled_from(
        [{}, {}, {"project": {"members": None, "administrators": None}}, {"circle": {"guests": None}}]
    )
    return st.fixed_dictionaries(
        {
            "forum": st.fixed_dictionaries(
                {**rights, "open": rule, "parents": titles, "archived": st.sampled_from(["Archiv", None])}
            ),
            "wiki": st.fixed_dictionaries({**rights, "open": rule}),
            "groups": st.fixed_dictionaries({"names": no_groups}),
            "managed": st.one_of(st.none(), st.none(), st.lists(st.sampled_from(IDS), unique=True)),
        }
    )


def ties() -> st.SearchStrategy[Assigned]:
    places = st.sampled_from(["bodies:project", "bodies:circle", "bodies:archive", ""])
    applied = st.fixed_dictionaries({"parent": places, "open": st.booleans()})
    of_bodies = st.sampled_from([*(f"body:{one}" for one in IDS), "body:gone"])
    categories = st.dictionaries(of_bodies, st.builds(Tied, st.just("PG Sensorik"), applied), max_size=3)
    common = st.lists(st.sampled_from(["bodies:project", "bodies:archive"]), unique=True)
    spaces = st.dictionaries(of_bodies, st.just("PG Sensorik"), max_size=3)
    return st.builds(_assigned, categories, common, spaces)


def _assigned(categories: dict[str, Tied], common: list[str], spaces: dict[str, str]) -> Assigned:
    above = {key: Tied("Alt", {"parent": "", "open": False}) for key in common}
    return Assigned(spaces=TiedSpaces({**categories, **above}, spaces))


def readers(found: Desired, place: ResourceId) -> frozenset[str]:
    """Keys of all groups that may do anything there; each has one role."""
    roles = [found.edges.get(Seats(place, role, Kind.GROUP), frozenset()) for role in EdgeRole]
    assert sum(map(len, roles)) == len(frozenset().union(*roles))
    return frozenset().union(*roles)


@settings(max_examples=200, deadline=None)
@given(bodies(), people(), sections(), ties())
def wants_what_may_be_read(
    of_bodies: list[Body], of_people: list[Person], policy: dict[str, object], assigned: Assigned
) -> None:
    found = desire(registry(*of_bodies, *of_people), Policy.model_validate(policy), TODAY, assigned)
    there = {identity for identity in found.resources if identity.kind is Kind.GROUP}
    below: dict[str, list[ResourceId]] = {}
    for identity, one in found.resources.items():
        if identity.kind not in (Kind.FORUM_CATEGORY, Kind.WIKI_SPACE) or not identity.key.startswith("body:"):
            continue
        groups = {ResourceId(Kind.GROUP, group) for group in readers(found, identity)}
        assert groups, "somebody reads it"
        assert groups <= there, "and exists"
        assert groups <= set(one.needs), "before it does"
        assert all(group.key.startswith(identity.key) for group in groups), "and is of that very body"
        if one.fields.get("parent"):
            below.setdefault(str(one.fields["parent"]), []).append(identity)
    for parent, children in below.items():
        above = ResourceId(Kind.FORUM_CATEGORY, parent)
        assert all(above in found.resources[child].needs for child in children)
        assert above in found.resources
    for identity, one in found.resources.items():
        if identity.kind is Kind.FORUM_CATEGORY and identity.key.startswith("bodies:"):
            assert_neither_more_closed_nor_opener(found, identity, below.get(identity.key, []), assigned)
            assert not one.needs


def assert_neither_more_closed_nor_opener(
    found: Desired, parent: ResourceId, children: list[ResourceId], assigned: Assigned
) -> None:
    categories = assigned.spaces.categories
    alone = {
        key: tied
        for key, tied in categories.items()
        if tied.fields["parent"] == parent.key and ResourceId(Kind.FORUM_CATEGORY, key) not in found.resources
    }
    assert children or alone or parent.key in categories, "nothing stands there for nothing"
    assert readers(found, parent) == frozenset().union(*(readers(found, child) for child in children))
    assert not found.edges[Seats(parent, EdgeRole.WRITER, Kind.GROUP)], "nobody writes there"
    opened = [found.resources[child].fields["open"] for child in children]
    opened += [tied.fields["open"] for tied in alone.values()]
    assert found.resources[parent].fields["open"] is (True in opened)
    what = "above some" if len(children) > 1 else "above one" if children else "above what is left alone"
    SEEN[what] += 1
    SEEN["open" if True in opened else "closed"] += 1
    event(what)


def test_no_place_is_without_its_readers_and_no_parent_other_than_its_children_need() -> None:
    wants_what_may_be_read()
    assert set(SEEN) == {"above some", "above one", "above what is left alone", "open", "closed"}
