"""A drawn registry as files that are pleasant to read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from provisioner.app.importing.drawn import TITLES, Drawing, DrawnBody, DrawnOrganisation, DrawnPerson, LeftOut
from provisioner.app.importing.names import slug
from provisioner.app.importing.people import shown_of
from provisioner.model.resources import Kind
from provisioner.model.text import Argument, Text
from provisioner.registry.fresh import FreshEntry, FreshFile, comment, commented_entry

Say = Callable[[Text], str]
LEFT_OUT = "people/_left-out.yaml"
"""Nothing but comments, with names: so it lies where git does not look."""


_LEFT_OUT: Final[Mapping[Kind, str]] = {
    Kind.GROUP: "app.import_file_groups_left_out",
    Kind.TEAM_FOLDER: "app.import_file_folders_left_out",
    Kind.CONVERSATION: "app.import_file_conversations_left_out",
    Kind.FORUM_CATEGORY: "app.import_file_categories_left_out",
    Kind.WIKI_SPACE: "app.import_file_spaces_left_out",
}


@dataclass(frozen=True, slots=True)
class Headers:
    """Codes of what stands above each file."""

    network: str
    organisations: str
    bodies: str
    people: str
    left_out: str


FROM_TARGET: Final = Headers(
    "app.import_file_network",
    "app.import_file_organisations",
    "app.import_file_bodies",
    "app.import_file_people",
    "app.import_file_left_out",
)
FROM_COCKPIT: Final = Headers(
    "app.import_file_network",
    "app.import_file_organisations",
    "app.cockpit_file_bodies",
    "app.cockpit_file_people",
    "app.cockpit_file_left_out",
)


class Files:
    """Puts a drawing into files; ``say`` speaks the language of the comments."""

    def __init__(self, drawing: Drawing, network: str, target: str, say: Say, headers: Headers = FROM_TARGET) -> None:
        self._headers = headers
        self._drawing = drawing
        self._network = network
        self._target = target
        self._say = say

    def texts(self) -> dict[str, str]:
        """Name → text. The network comes last: without that file nothing in the folder counts."""
        files: dict[str, FreshFile] = {}
        for organisation in self._drawing.organisations:
            files[f"people/{organisation.id}.yaml"] = self._people(organisation)
        if self._drawing.remarks or any(left.kind is Kind.ACCOUNT for left in self._drawing.left_out):
            files[LEFT_OUT] = self._left_out()
        files["bodies.yaml"] = self._bodies()
        files["organisations.yaml"] = self._organisations()
        files["network.yaml"] = self._file_of_network()
        return {name: file.render(name) for name, file in files.items()}

    def _header(self, code: str) -> list[str]:
        return [self._say(Text.of(code, target=self._target))]

    def _tell(self, what: str, **arguments: Argument) -> str:
        return self._say(Text.of(f"app.import_{what}", **arguments))

    def _file_of_network(self) -> FreshFile:
        fields = {
            "id": slug(self._network) or "network",
            "name": self._network,
            "language": self._drawing.language,
            "time_zone": "Europe/Berlin",
        }
        return FreshFile("network", [FreshEntry(fields)], self._header(self._headers.network))

    def _organisations(self) -> FreshFile:
        entries = [
            FreshEntry(organisation.fields(), self._note_of_organisation(organisation))
            for organisation in self._drawing.organisations
        ]
        return FreshFile("organisations", entries, self._header(self._headers.organisations))

    def _note_of_organisation(self, organisation: DrawnOrganisation) -> str:
        if organisation.is_named:
            return self._tell("organisation_note", count=organisation.people, domain=organisation.domain)
        return self._tell("organisation_note_unnamed", count=organisation.people, domain=organisation.domain)

    def _bodies(self) -> FreshFile:
        entries = [FreshEntry(body.fields(), self._note_of_body(body)) for body in self._drawing.bodies]
        footer: list[str] = []
        for kind, code in _LEFT_OUT.items():
            if left_out := [left for left in self._drawing.left_out if left.kind is kind]:
                footer += [*([""] if footer else []), *comment(self._say(Text.of(code))), *self._list(left_out)]
        return FreshFile("bodies", entries, self._header(self._headers.bodies), footer)

    def _note_of_body(self, body: DrawnBody) -> str:
        group = "-" if body.group is None else shown_of(body.group)
        note = self._tell("body_note", group=group, count=len(body.members), moderators=len(body.moderators))
        return f"{note} · {body.address}" if body.address else note

    def _people(self, organisation: DrawnOrganisation) -> FreshFile:
        people = [person for person in self._drawing.people if person.organisation == organisation.id]
        people.sort(key=lambda person: (person.family_name.casefold(), person.given_name.casefold(), person.email))
        entries = [FreshEntry(person.fields(self._drawing.language), self._note_of(person)) for person in people]
        header = self._say(Text.of(self._headers.people, organisation=organisation.name))
        return FreshFile("people", entries, [header])

    def _note_of(self, person: DrawnPerson) -> str:
        return "" if person.note is None else self._say(person.note)

    def _left_out(self) -> FreshFile:
        accounts = [left for left in self._drawing.left_out if left.kind is Kind.ACCOUNT]
        others = [left for left in accounts if left.guest is None]
        lines = list(self._list(others))
        guests = [left.guest for left in accounts if left.guest is not None]
        if guests:
            lines += ["#", *comment(self._tell("file_guests", count=len(guests)), wrapped=True), "# people:"]
            for guest in guests:
                lines += commented_entry(guest.guest_fields("p-", self._tell("guest_until")))
        for remark in self._drawing.remarks:
            lines += ["#", *comment(self._say(remark.what), wrapped=True)]
            lines += (line for about in remark.about for line in comment(f"- {about}"))
        return FreshFile(header=self._header(self._headers.left_out), footer=lines)

    def _list(self, left_out: Iterable[LeftOut]) -> Iterator[str]:
        """By reason, and under each the names."""
        by_reason: defaultdict[str, list[LeftOut]] = defaultdict(list)
        for left in left_out:
            by_reason[left.why.code].append(left)
        for code, alike in by_reason.items():
            yield "#"
            yield from comment(f"{self._say(TITLES[code])} ({len(alike)})")
            for left in alike:
                shown = "" if left.shown == left.name else f" · {left.shown}"
                detail = f" · {self._say(left.why)}" if left.why.arguments else ""
                yield from comment(f"- {left.name}{shown}{detail}")
