"""Categories and spaces that stand there already: each body is written down so that the policy means exactly them."""

from typing import Any

from policies.document import Policy
from provisioner.app.importing.drawn import DrawnBody
from provisioner.app.importing.overrides import fix_names
from provisioner.model.inventory import Inventory, Remote
from provisioner.model.registry import BodyKind
from provisioner.model.resources import Kind

BOTH = (Kind.FORUM_CATEGORY, Kind.WIKI_SPACE)


def overrides(policy: Policy, **rooms: Remote) -> dict[str, Any]:
    """What a project group of nine is given whose places are these."""
    group = Remote("g1", "PG_Messen", {"display_name": "PG_Messen"})
    moderators = Remote("g2", "PG_Messen-Administratoren", {"display_name": "PG_Messen-Administratoren"})
    found = {kind: rooms[name] for kind, name in zip(BOTH, ("forum", "wiki"), strict=True) if name in rooms}
    nobody = frozenset[str]()
    body = DrawnBody("messen", "Messen", BodyKind.PROJECT, group, moderators, nobody, nobody, None, rooms=found)
    fix_names([body], policy, BOTH, Inventory("forum", {}, {}))
    return body.overrides


def test_what_is_as_policy_means_it_needs_no_word() -> None:
    usual = {
        "forum": Remote("7", "PG Messen", {"open": False}),
        "wiki": Remote("pg_messen", "PG Messen", {"open": False}),
    }
    assert overrides(Policy(), **usual) == {}


def test_a_place_of_another_name_keeps_it_and_who_reads_it() -> None:
    found = overrides(
        Policy(), forum=Remote("7", "Messnetz", {"open": True}), wiki=Remote("m", "Messwiki", {"open": False})
    )
    assert found == {"forum_name": "Messnetz", "forum_open": True, "wiki_name": "Messwiki"}


def test_where_policy_opens_all_a_closed_place_stays_closed() -> None:
    policy = Policy.model_validate({"forum": {"open": True}, "wiki": {"open": ["project"]}})
    closed = {"forum": Remote("7", "PG Messen", {"open": False}), "wiki": Remote("m", "PG Messen", {"open": False})}
    assert overrides(policy, **closed) == {"forum_open": False, "wiki_open": False}


def test_a_body_without_a_place_gets_none_before_somebody_decides_it() -> None:
    assert overrides(Policy()) == {"forum": False, "wiki": False}
