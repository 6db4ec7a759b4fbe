"""The section of a settings file that describes one list, and what its columns mean."""

from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.registry.files import read_document
from provisioner.sources.types import CommonSettings

FAMILY_FIRST: Final = "{family_name}, {given_name}"

Delimiter = Literal[";", ",", "|", "tab"]
Encoding = Literal["utf-8", "windows-1252", "iso-8859-15", "utf-16", "utf-16-le", "utf-16-be", "cp850", "macintosh"]
Header = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Columns(BaseModel):
    """What stands in which column: a field's name and the header over it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    given_name: Header | None = None
    family_name: Header | None = None
    name: Header | None = Field(default=None, description="Both names in one column, as `name_pattern` says.")
    email: Header | None = None
    language: Header | None = None
    joined: Header | None = Field(default=None, description="First day.")
    leaves: Header | None = Field(default=None, description="Last day.")
    active: Header | None = Field(default=None, description="Whether the account is on: aktiv/inaktiv, ja/nein, 1/0.")


class Mapping(BaseModel):
    """How a list is to be read. What is left out is found by the usual German and English words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Header | None = Field(
        default=None,
        description="Header of the column with what never changes of a person, e.g. `Personalnummer`. `email` takes "
        "the address, and then a new address is a new person.",
    )
    columns: Columns = Field(
        default=Columns(), description="Field: header. `null` leaves a column alone that would be found by its name."
    )
    name_pattern: str = Field(
        default=FAMILY_FIRST, description="How both names stand in one column, e.g. `{given_name} {family_name}`."
    )
    delimiter: Delimiter | None = Field(default=None, description="`;`, `,`, `|` or `tab`; else it is found.")
    encoding: Encoding | None = Field(default=None, description="How letters are stored; else it is found.")
    slash_dates: Literal["day/month", "month/day"] | None = Field(
        default=None, description="What 01/02/2026 means; without it such a date is not read."
    )
    active_words: tuple[Word, ...] = Field(default=(), description="Further words for somebody who is active.")
    inactive_words: tuple[Word, ...] = Field(default=(), description="Further words for somebody who is not.")
    ends_with_newline: bool = Field(
        default=True,
        description="`false`: what writes the list never ends its last line. A list that was cut off in the middle "
        "can then hardly be told from a whole one.",
    )

    @field_validator("name_pattern")
    @classmethod
    def _both_once(cls, pattern: str) -> str:
        rest = pattern
        for part in ("{given_name}", "{family_name}"):
            if pattern.count(part) != 1:
                raise ValueError("{given_name} and {family_name}, each once")
            rest = rest.replace(part, "")
        if "{" in rest or "}" in rest or not rest:
            raise ValueError("{given_name} and {family_name} with something between them, and no other braces")
        return pattern


class CsvSettings(CommonSettings, Mapping):
    """Where the list is, and what its columns mean: here, or in a file of its own."""

    reads_all: ClassVar[bool] = True

    csv_file: Path = Field(description="The list. Links are followed.")
    mapping_file: Path | None = Field(
        default=None, description="A YAML file with what else would stand here: `key`, `columns`, `delimiter` …"
    )

    @model_validator(mode="after")
    def _one_mapping(self) -> Self:
        twice = sorted(self.model_fields_set & Mapping.model_fields.keys())
        if self.mapping_file is not None and twice:
            raise ValueError(f"{', '.join(twice)}: either here or in the mapping_file")
        return self

    def mapping(self) -> Mapping:
        """How to read the list. Raises `SettingsError` that names the first mistake in the mapping file."""
        if self.mapping_file is None:
            return Mapping(**{name: getattr(self, name) for name in Mapping.model_fields})
        read, problems = read_document(self.mapping_file, Mapping)
        wrong = next((problem for problem in problems if problem.is_error), None)
        if read is None or wrong is not None:
            detail = "" if wrong is None else str(wrong.where)
            what = Text.of("table.unread_mapping") if wrong is None else wrong.what
            raise SettingsError(Text.of("table.bad_mapping", file=str(self.mapping_file), what=what), detail)
        return read
