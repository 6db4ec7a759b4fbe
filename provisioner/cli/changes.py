"""What one change says of itself beside its object's name: fields, members and their roles, texts and their links."""

from collections.abc import Iterable, Mapping, Sequence

from provisioner.app.reports import ChangeReport, PlanReport
from provisioner.app.values import beginning, shown_value, word_of_field
from provisioner.cli.names import Names
from provisioner.model.changes import Adopt, Change, Create, Join, Leave, Regrade, Update, Write
from provisioner.model.inventory import Unknown
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value
from provisioner.model.text import Text
from provisioner.model.words import edge_word, field_word, resource_word
from provisioner.planning.late import IDENTIFIERS
from provisioner.texts import Catalogue

NAMES_SHOWN = 6
"""How many members of a container are named before "and N more"."""

_ELSEWHERE = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for an address in a text."""

_SHOWN_OF_NEW: tuple[FieldName, ...] = ("quota", "layout", "open")
"""Fields that are worth reading before a container is made; the others are as for all of them."""


class ChangeText:
    """Says changes in one language. ``created``: what this plan makes, so that its address is not known yet."""

    def __init__(self, say: Catalogue, names: Names, created: Mapping[ResourceId, str] | None = None) -> None:
        self._say = say
        self._names = names
        self._created = created or {}

    def detail(self, change: Change) -> str:
        """Of a change that was just planned; "" where its verb and name say all."""
        if isinstance(change, Update):
            return self.fields(change.id.kind, ((name, change.before[name], to) for name, to in change.after.items()))
        if isinstance(change, Join | Leave):
            return self.members(change.members, change.role, change.id.kind)
        if isinstance(change, Regrade):
            return self.regraded(change.members, change.before, change.role, change.id.kind)
        if isinstance(change, Write):
            return self.written(change.field, change.text.written(lambda _: _ELSEWHERE), change.text.links())
        if isinstance(change, Create) and change.id.kind is not Kind.ACCOUNT:
            given = change.wanted.fields
            return ", ".join(self._field_of_new(name, given[name]) for name in _SHOWN_OF_NEW if given.get(name))
        if change.id.kind is not Kind.ACCOUNT:
            return ""
        called = self._names(change.id.key)
        if isinstance(change, Create | Adopt):
            return called if change.id.key.startswith("person:") else ""
        return "" if called == change.name else called  # who is in no registry any more has no other name

    def detail_of_saved(self, change: ChangeReport) -> str:
        """The same of a change that was saved."""
        members, kind = change.members, Kind(change.kind)
        if change.role is not None and change.role_before is not None:
            return self.regraded(members, EdgeRole(change.role_before), EdgeRole(change.role), kind)
        if members:
            return self.members(members, EdgeRole(change.role or EdgeRole.MEMBER), kind)
        if change.verb == "write":
            links = map(_resource, change.links)
            return ", ".join(self.written(name, str(field.after), links) for name, field in change.fields.items())
        if change.verb == "create" and kind is Kind.ACCOUNT:
            return self._names(change.id)
        fields = change.fields.items()
        return self.fields(kind, ((name, _value(field.before), _value(field.after)) for name, field in fields))

    def fields(self, kind: Kind, fields: Iterable[tuple[str, Value | Unknown, Value]]) -> str:
        """ "Speicherplatz 5 GB → 10 GB" for each."""
        return ", ".join(
            f"{self._say(word_of_field(kind, name))} "
            f"{shown_value(name, before, self._say)} → {shown_value(name, after, self._say)}"
            for name, before, after in fields
        )

    def members(self, keys: Sequence[str], role: EdgeRole, container: Kind) -> str:
        """Who they are, and what they may do there; of a group there is only one role."""
        shown = self.listed(keys, NAMES_SHOWN)
        return shown if container is Kind.GROUP else self._tell("in_role", names=shown, role=edge_word(role, container))

    def regraded(self, keys: Sequence[str], before: EdgeRole, role: EdgeRole, container: Kind) -> str:
        """Who they are, and from which role to which."""
        words = {"before": edge_word(before, container), "after": edge_word(role, container)}
        return self._tell("regraded", names=self.listed(keys, NAMES_SHOWN), **words)

    def written(self, field: str, text: str, links: Iterable[ResourceId]) -> str:
        """How a text begins, and which links in it are known only once they exist."""
        if field in IDENTIFIERS:
            return self._tell("tied_to_login")
        said = f"{self._field(field)} {self._say(Text.of('app.quoted', text=beginning(text)))}"
        unknown = [
            f"{self._say(resource_word(link.kind))} {self._created[link]}"
            for link in sorted(links)
            if link in self._created
        ]
        return f"{said} {self._tell('links_to_come', links=', '.join(unknown))}" if unknown else said

    def listed(self, keys: Sequence[str], most: int) -> str:
        """Their names, and how many more there are."""
        shown = ", ".join(self._names(key) for key in keys[:most])
        return f"{shown} {self._tell('and_more', count=len(keys) - most)}" if len(keys) > most else shown

    def _field_of_new(self, name: FieldName, value: Value) -> str:
        return f"{self._field(name)} {shown_value(name, value, self._say)}"

    def _field(self, name: str) -> str:
        return self._say(field_word(name))  # type: ignore[arg-type]

    def _tell(self, code: str, **arguments: str | int | Text) -> str:
        return self._say(Text.of(f"cli.{code}", **arguments))


def created_by(report: PlanReport) -> dict[ResourceId, str]:
    """What a saved plan makes, with its names."""
    changes = (change for target in report.targets for change in target.changes if change.verb == "create")
    return {ResourceId(Kind(change.kind), change.id): change.name for change in changes}


def _resource(text: str) -> ResourceId:
    """The other way round than ``str`` of it."""
    kind, _, key = text.partition("/")
    return ResourceId(Kind(kind), key)


def _value(value: object) -> Value:
    return value if isinstance(value, str | int | bool) else None
