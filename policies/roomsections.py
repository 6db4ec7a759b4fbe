"""The policy's sections about the rooms of bodies: team folders and conversations."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from policies.sections import FolderQuota, MountPattern, Pattern, Section, over
from policies.templates import LATE_TEMPLATE, MESSAGE_TEMPLATE
from provisioner.model.registry import BodyKind
from provisioner.registry.mountpoints import is_safe, is_syncable

FolderRole = Literal["reader", "writer", "sharer", "manager"]
"""What a group may do in a folder; each may do all that the one before may."""

_MOUNT_POINTS: dict[BodyKind, str | None] = {
    BodyKind.PLENUM: "{name}",
    BodyKind.STEERING: "{name}",
    BodyKind.PROJECT: "Projektgruppen/{name}",
    BodyKind.CIRCLE: "Kreise/{name}",
    BodyKind.RANGERS: "{name}",
}
_TITLES: dict[BodyKind, str | None] = {kind: "PG {name}" if kind is BodyKind.PROJECT else "{name}" for kind in BodyKind}


def _checked_path(path: str) -> str:
    if not is_safe(path) or not is_syncable(path):
        raise PydanticCustomError("policies.bad_subfolder", "no path of a sub-folder")
    return path


class FoldersPolicy(Section):
    """The team folder of each body: where it is, and who may do what in it."""

    names: Annotated[dict[BodyKind, MountPattern | None], BeforeValidator(over(_MOUNT_POINTS))] = Field(
        default_factory=lambda: dict(_MOUNT_POINTS),
        description='Mount point by kind of body, e.g. "Projektgruppen/{name}"; null: no folder. It follows the '
        "body's name: a folder is renamed in place. What is not named keeps its default.",
    )
    archived: MountPattern | None = Field(
        default="Archiv/{name}",
        description="Where the folder of an archived body moves, for all its groups to read; null: it stays in place.",
    )
    quota: FolderQuota = Field(
        default="10 GB",
        description='Room in each folder: "10 GB", "unlimited", or "keep": never compared or changed.',
    )
    members: FolderRole = Field(
        default="writer",
        description='What the members\' group may do: "reader", "writer" (change, add, delete), "sharer" (also share '
        'with others) or "manager" (also decide who may do what in it).',
    )
    moderators: FolderRole = Field(default="manager", description="What the moderators' group may do; the same words.")
    guests: FolderRole | None = Field(
        default="reader", description="What the guests' group may do; the same words, or null: no access."
    )
    advanced_permissions: bool = Field(
        default=True,
        description="Whether rights may differ inside a folder, as its managers decide. false: folders that have this "
        "keep it, others do not get it.",
    )
    layout: tuple[Annotated[str, Field(max_length=200), AfterValidator(_checked_path)], ...] = Field(
        default=("Protokolle", "Unterlagen"),
        description='The first sub-folders of a new folder, e.g. "Protokolle/2027"; what people make of them stays.',
    )
    note: Annotated[str, Field(max_length=10_000), LATE_TEMPLATE] | None = Field(
        default=None,
        description="The text that greets people in the folder, with {name}, {purpose} and the links {folder}, "
        "{conversation}, {mailing_list}, {meeting_room}, {forum} and {wiki}; lines without purpose or link are left "
        'out. null: the usual one; "": none.',
    )


class ConversationsPolicy(Section):
    """The chat of each body."""

    names: Annotated[dict[BodyKind, Pattern | None], BeforeValidator(over(_TITLES))] = Field(
        default_factory=lambda: dict(_TITLES),
        description='What it is called, by kind of body, e.g. "PG {name}"; null: no chat. It follows the body\'s name. '
        "What is not named keeps its default.",
    )
    guests: bool = Field(default=True, description="Whether the guests' group takes part.")
    lobby: bool = Field(default=False, description="Whether only moderators enter, until they open it for the others.")
    listed: bool = Field(default=False, description="Whether people who are not in it find it, and join by themselves.")
    description: Annotated[str, Field(max_length=1_000), LATE_TEMPLATE] | None = Field(
        default=None,
        description="Its description, with {name}, {purpose} and links as in the folder's note; a line of "
        'ours is added, and what is too long is cut from the purpose. null: the usual one; "": only that line.',
    )
    first_message: Annotated[str, Field(max_length=5_000), MESSAGE_TEMPLATE] | None = Field(
        default=None,
        description="What a new conversation begins with, with {name} and {purpose}; no links, for it is posted "
        'before they are known. null: the usual one; "": none.',
    )
