"""The policy's sections about where bodies discuss and write together: the forum's categories, the wiki's spaces."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from policies.sections import Pattern, Section, over
from policies.templates import LATE_TEMPLATE, MESSAGE_TEMPLATE, TOPIC_TEMPLATE
from provisioner.model.registry import BodyKind
from provisioner.registry.shapes import VISIBLE_PATTERN

SpaceRole = Literal["reader", "writer", "manager"]
"""What a group may do in a category or a space; each may do all that the one before may."""
Title = Annotated[str, StringConstraints(pattern=VISIBLE_PATTERN, min_length=1, max_length=50, strip_whitespace=True)]
"""No longer than what a forum takes (Discourse: 50 characters)."""


def _of_all_or_none(given: object) -> object:
    """true and false are short for all kinds and for none."""
    if isinstance(given, str):
        if given not in ("true", "false"):
            raise PydanticCustomError("policies.bad_open", "neither true nor false, nor kinds")
        given = given == "true"
    return (tuple(BodyKind) if given else ()) if isinstance(given, bool) else given


Open = Annotated[tuple[BodyKind, ...], BeforeValidator(_of_all_or_none)]
"""The kinds of bodies of which everybody who logs in reads what they have."""

_TITLES: dict[BodyKind, str | None] = {kind: "PG {name}" if kind is BodyKind.PROJECT else "{name}" for kind in BodyKind}
_PARENTS: dict[BodyKind, str | None] = {
    BodyKind.PLENUM: None,
    BodyKind.STEERING: None,
    BodyKind.PROJECT: "Projektgruppen",
    BodyKind.CIRCLE: "Kreise",
    BodyKind.RANGERS: None,
}


class ForumPolicy(Section):
    """The forum category of each body."""

    names: Annotated[dict[BodyKind, Pattern | None], BeforeValidator(over(_TITLES))] = Field(
        default_factory=lambda: dict(_TITLES),
        description='What it is called, by kind of body, e.g. "PG {name}"; null: no category. It follows the body\'s '
        "name: a category is renamed in place. What is not named keeps its default.",
    )
    parents: Annotated[dict[BodyKind, Title | None], BeforeValidator(over(_PARENTS))] = Field(
        default_factory=lambda: dict(_PARENTS),
        description="Title of the category below which those of a kind of bodies stand; null: they stand at the top, "
        "as of kinds of which there is one body. What is not named keeps its default.",
    )
    archived: Title | None = Field(
        default="Archiv",
        description="Title of the category below which those of archived bodies move, for all their groups to read; "
        "null: they stay in place.",
    )
    open: Open = Field(
        default=(),
        description="The kinds of bodies of which everybody who logs in to the forum reads it; true: all, false: none. "
        "Strangers never read it.",
    )
    members: SpaceRole = Field(
        default="writer",
        description='What the members\' group may do: "reader", "writer" (open topics, answer) or "manager" (also '
        "moderate).",
    )
    moderators: SpaceRole = Field(default="manager", description="What the moderators' group may do; the same words.")
    guests: SpaceRole | None = Field(
        default="writer", description="What the guests' group may do; the same words, or null: no access."
    )
    description: Annotated[str, Field(max_length=1_000), MESSAGE_TEMPLATE] = Field(
        default="{purpose}",
        description='What stands below its name, with {name} and {purpose}, cut to 250 characters; "": nothing.',
    )
    first_topic: Annotated[str, Field(max_length=10_000), TOPIC_TEMPLATE] | None = Field(
        default=None,
        description="What stands first in it and is kept current: a line with its title, an empty one, its text. With "
        "{name}, {purpose}, {moderators} (the names of who moderates) and links as in the folder's note; lines of "
        'which nothing is known are left out. null: the usual one; "": none.',
    )


class WikiPolicy(Section):
    """The wiki space of each body."""

    names: Annotated[dict[BodyKind, Pattern | None], BeforeValidator(over(_TITLES))] = Field(
        default_factory=lambda: dict(_TITLES),
        description='What it is called, by kind of body, e.g. "PG {name}"; null: no space. It follows the body\'s '
        "name; the addresses of its pages stay. What is not named keeps its default.",
    )
    open: Open = Field(
        default=(),
        description="The kinds of bodies of which everybody who logs in to the wiki reads it; true: all, false: none. "
        "Strangers never read it.",
    )
    members: SpaceRole = Field(
        default="writer",
        description='What the members\' group may do: "reader", "writer" (change pages, upload files) or "manager" '
        "(also delete them).",
    )
    moderators: SpaceRole = Field(default="manager", description="What the moderators' group may do; the same words.")
    guests: SpaceRole | None = Field(
        default="reader", description="What the guests' group may do; the same words, or null: no access."
    )
    first_page: Annotated[str, Field(max_length=10_000), LATE_TEMPLATE] | None = Field(
        default=None,
        description="What the start page of a new space says, and is never written again; its first line is the "
        "heading. With {name}, {purpose} and links as in the folder's note; lines of which nothing is known are left "
        'out. null: the usual one; "": none.',
    )
    index: Title | None = Field(
        default="Alle Gremien",
        description="Title of the page that leads to all spaces; whoever logs in reads it. null: no such page.",
    )
