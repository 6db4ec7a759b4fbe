"""Writes what was decided through the service into the files: for those who keep all of the registry there.

Afterwards the files alone say exactly what both said before; that is proved before anything is written.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import yaml

from provisioner.model.enrolments import EnrolledPerson, Enrolments
from provisioner.model.registry import Membership, Person, Registry, Role
from provisioner.model.text import Text
from provisioner.registry.editfiles import EditRefused, Files, new_problems
from provisioner.registry.folder import YamlFolder
from provisioner.registry.loading import load_sources
from provisioner.registry.parsing import parse
from provisioner.registry.reading import ReadFile
from provisioner.registry.splicing import Change, change_entry, short
from provisioner.registry.writing import replace_file


@dataclass(frozen=True, slots=True)
class Settled:
    """``files`` that were, or are to be, written, and whose enrolments they hold."""

    files: tuple[str, ...]
    people: frozenset[str]
    bodies: frozenset[str]


@dataclass(frozen=True, slots=True)
class New:
    """Entries of people and bodies of whom no file knows."""

    people: tuple[dict[str, Any], ...]
    bodies: tuple[dict[str, Any], ...]

    def text(self) -> str:
        """As a file of the registry; "" for nothing."""
        sections = {"bodies": list(self.bodies), "people": list(self.people)}
        return _yaml({name: entries for name, entries in sections.items() if entries})


def new_entries(files: Files) -> New:
    """Whoever and whatever stands in no file, as the files would have it. Who waits for something is left out."""
    return _new(files, files.loaded().registry)


def settle(files: Files, today: date) -> Settled:
    """Write everything into the files: new entries into files of their own, all else into the entries there are.

    Raises `EditRefused`, and nothing is written, where the files would then say anything else than now; `WriteFailed`.
    """
    old = files.loaded()
    new = _new(files, old.registry)
    written, changes = _written(files), defaultdict[str, list[tuple[ReadFile, int, Change]]](list)
    people = _people_to_write(files, old.registry)
    for identity in people & written.keys():
        file, index = written[identity]
        changes[file.file].append((file, index, _change(old.registry.people[identity], files.enrolments)))
    texts: dict[str, tuple[bytes | None, str]] = {}
    for name, made in changes.items():
        texts[name] = files.edited(name, name, lambda text, made=made: _all_changed(text, made))  # type: ignore[misc]
    for section, entries in (("bodies", new.bodies), ("people", new.people)):
        if entries:
            texts[_free_name(files, section, today)] = None, _yaml({section: list(entries)})
    bodies = frozenset(one for one in files.enrolments.bodies if one in old.registry.bodies)
    settled = Settled(tuple(texts), frozenset(people), bodies)
    if texts:
        _prove(files, {name: after for name, (_, after) in texts.items()}, settled, old.digest)
    for name, (before, after) in texts.items():
        replace_file(files.folder / name, before, after.encode())
    return settled


def _prove(files: Files, texts: Mapping[str, str], settled: Settled, digest: str) -> None:
    enrolments = files.enrolments
    rest = replace(
        enrolments,
        people={key: one for key, one in enrolments.people.items() if key not in settled.people},
        memberships=tuple(one for one in enrolments.memberships if one.person not in settled.people),
        endings={key: one for key, one in enrolments.endings.items() if key not in settled.people},
        bodies={key: one for key, one in enrolments.bodies.items() if key not in settled.bodies},
    )
    after = load_sources([YamlFolder(files.folder, texts)], files.supplies, enrolments=rest)
    if after.digest != digest:
        errors = new_problems(files.loaded().errors, after)
        raise EditRefused(Text.of("registry.settling_differs"), tuple(errors))


def _people_to_write(files: Files, registry: Registry) -> set[str]:
    """Everybody of whom something was decided, but who waits, or joined what is not there."""
    enrolments = files.enrolments
    nowhere = {one.person for one in enrolments.memberships if one.body not in registry.bodies}
    concerned = {*enrolments.people, *enrolments.endings, *(one.person for one in enrolments.memberships)}
    return (concerned & registry.people.keys()) - nowhere


def _written(files: Files) -> dict[str, tuple[ReadFile, int]]:
    return {str(entry.get("id")): (file, index) for file, index, entry in files.entries("people")}


def _new(files: Files, registry: Registry) -> New:
    written = _written(files)
    people = []
    for identity in sorted(_people_to_write(files, registry) - written.keys()):
        entry: dict[str, Any] = {"id": identity}
        if (brought := files.brought(identity)) is not None and identity not in files.enrolments.people:
            entry["identities"] = [{"source": brought.source, "key": brought.key}]
        _change(registry.people[identity], files.enrolments)(entry)
        people.append(entry)
    known = {str(entry.get("id")) for _, _, entry in files.entries("bodies")}
    made = sorted(files.enrolments.bodies.items())
    bodies = [dict(body.fields) for key, body in made if key not in known and key in registry.bodies]
    return New(tuple(people), tuple(bodies))


def _change(person: Person, enrolments: Enrolments) -> Change:
    decided = {one.body for one in enrolments.memberships if one.person == person.id}
    came = enrolments.people.get(person.id)

    def change(entry: Any) -> None:
        if came is not None:
            _fill(entry, came)
        if person.id in enrolments.endings:
            entry["leaves"] = person.period.until
        places = [_place(one) for one in person.memberships if one.body in decided]
        if "bodies" not in entry:
            if places:
                entry["bodies"] = places
            return
        listed = entry["bodies"]
        for index in reversed(range(len(listed))):
            if (listed[index]["id"] if isinstance(listed[index], dict) else listed[index]) in decided:
                del listed[index]
        listed.extend(places)

    return change


def _fill(entry: Any, came: EnrolledPerson) -> None:
    """As `provisioner.registry.enrolling` does."""
    for name in ("given_name", "family_name", "email", "language", "joined"):
        if name not in entry and (value := getattr(came, name)) is not None:
            entry[name] = value
    if not {"organisation", "affiliations", "guest"} & entry.keys():
        entry["organisation"] = came.organisation


def _place(membership: Membership) -> Any:
    role = None if membership.role is Role.MEMBER else str(membership.role)
    period = membership.period
    if role is None and period.since is None and period.until is None:
        return membership.body
    return short(id=membership.body, role=role, since=period.since, until=period.until)


def _all_changed(text: str, changes: list[tuple[ReadFile, int, Change]]) -> str:
    for file, index, change in changes:
        text = change_entry(text, parse(text, file.file), "people", index, change)
    return text


def _free_name(files: Files, section: str, today: date) -> str:
    """people/service-2027-03-01.yaml, or with a number behind it."""
    names = [f"{section}/service-{today}.yaml"]
    while (files.folder / names[-1]).exists():
        names.append(f"{section}/service-{today}-{len(names) + 1}.yaml")
    return names[-1]


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_multi_representer(dict, lambda dumper, data: dumper.represent_dict(data.items()))
_Dumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign]


def _yaml(document: Mapping[str, Any]) -> str:
    text: str = (
        yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1 << 30) if document else ""
    )
    return text
