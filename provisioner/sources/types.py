"""What every source has in its section of the settings, and how a kind of source is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from provisioner.model.ports import Clock, Gate
from provisioner.model.sources import PERSON_FIELDS, Brings, PersonField, Source

GROUP = "readi.sources"
"""The entry points under which kinds of sources are found, so that a third party can add one."""


class MostMissing(BaseModel):
    """From how many on absences wait for a ranger: either refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(default=5, ge=0, description="More than so many wait.")
    share: float = Field(default=0.05, gt=0, le=1, description="More than this share of all waits, above two people.")


class CommonSettings(BaseModel):
    """A source's section of the settings file, without ``source``; each kind adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reads_all: ClassVar[bool] = False
    """Of a kind of source that can't tell changes apart: every reading is whole, and the last believed one's mark is
    always given to it, so that it knows an older copy of what was read."""

    organisation: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Id of the organisation it knows.")
    brings: Brings = Field(
        default=Brings.LINKED,
        description='"linked": only people who are linked to somebody in the registry; "everybody": all whom it has.',
    )
    authoritative: frozenset[PersonField] = Field(
        default=frozenset(PERSON_FIELDS),
        description="Fields in which it counts more than the registry's files; in others it fills what is empty.",
    )
    decides_existence: bool = Field(
        default=True, description="Whether somebody whom it no longer has is gone from the organisation."
    )
    most_missing: MostMissing = Field(
        default=MostMissing(), description="From how many on absences wait for a ranger's word."
    )
    whole_every_hours: Annotated[float, Field(gt=0)] = Field(
        default=24.0, description="How old the last whole reading may be before changes alone do not suffice."
    )


@dataclass(frozen=True, slots=True)
class SourceType:
    """What a kind of source registers under the entry point group ``readi.sources``."""

    kind: str
    settings: type[CommonSettings]
    open: Callable[[str, Any, Gate, Clock], Source]
    """(source's name, settings, gate, clock) → source. Makes no request yet."""
    texts: str = ""
    """The package that holds its ``texts.yaml``."""
