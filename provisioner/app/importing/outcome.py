"""What every import ends with: files that are proved before they are written, and what is told about them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from policies.document import Policy
from provisioner.app.importing.drawn import Drawing, LeftOut, Remark
from provisioner.app.importing.files import FROM_TARGET, Files, Headers, Say
from provisioner.app.importing.foresight import Foresight
from provisioner.app.importing.names import FREE_MAIL
from provisioner.app.site import Site
from provisioner.model.errors import ReadiError, SettingsError
from provisioner.model.text import Text
from provisioner.registry.editfiles import Files as RegistryFiles
from provisioner.registry.folder import YamlFolder
from provisioner.registry.fresh import write_fresh
from provisioner.registry.loading import Loaded, load_sources


class ImportRefused(ReadiError):
    """Nothing was written, since only a part, or nothing at all, could have been."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written, what was left out, and what the first plan will show."""

    target: str
    """Or what else was read."""
    folder: Path
    files: tuple[Path, ...]
    organisations: int
    people: int
    bodies: int
    memberships: int
    moderators: int
    warnings: int
    """Of `readi validate`."""
    left_out: tuple[LeftOut, ...]
    remarks: tuple[Remark, ...]
    foresight: Foresight | None
    """None where no target was read."""


def finish(
    site: Site,
    drawing: Drawing,
    read_from: str,
    folder: Path,
    say: Say,
    foresee: Callable[[Loaded], Foresight] | None = None,
    headers: Headers = FROM_TARGET,
) -> Imported:
    """Prove what was drawn up, look ahead, and write it. Raises `ImportRefused`, `FolderNotEmpty`, `WriteFailed`."""
    if not drawing.people:
        raise ImportRefused(Text.of("app.import_nobody", target=read_from, count=len(drawing.left_out)))
    texts = Files(drawing, site.network, read_from, say, headers).texts()
    loaded = _loaded(texts)
    foresight = None if foresee is None else foresee(loaded)
    files = write_fresh(folder, texts)
    memberships = [moderates for person in drawing.people for moderates in person.memberships.values()]
    return Imported(
        target=read_from,
        folder=folder,
        files=files,
        organisations=len(drawing.organisations),
        people=len(drawing.people),
        bodies=len(drawing.bodies),
        memberships=len(memberships),
        moderators=sum(memberships),
        warnings=len(loaded.warnings),
        left_out=drawing.left_out,
        remarks=drawing.remarks,
        foresight=foresight,
    )


def policy_of(site: Site) -> Policy:
    """The network's policy. Raises `SettingsError`."""
    read = site.read_policy()
    if read.policy is None:
        raise SettingsError(Text.of("app.bad_policy"))
    return read.policy


def private(domains: Iterable[str]) -> frozenset[str]:
    """The usual mail providers, and these: addresses there belong to no organisation."""
    return FREE_MAIL | {domain.lower().removeprefix("@") for domain in domains}


def new_ids() -> Callable[[], str]:
    """Makes opaque ids of people for a registry in which nobody is yet."""
    with TemporaryDirectory(prefix="readi-") as nothing:
        return RegistryFiles(Path(nothing)).new_person_id


def usual_language(languages: Iterable[str | None]) -> str:
    """What most people have; German where nothing tells."""
    counts = Counter(language for language in languages if language is not None)
    return max(counts, key=lambda language: (counts[language], language == "de", language), default="de")


def _loaded(texts: Mapping[str, str]) -> Loaded:
    """The registry as the files will give it; an error in them would be a defect of ours, and is not written."""
    with TemporaryDirectory(prefix="readi-") as nothing:
        loaded = load_sources([YamlFolder(Path(nothing), texts)])
    if loaded.errors:
        first = loaded.errors[0]
        raise ImportRefused(Text.of("app.import_defect", count=len(loaded.errors)), f"{first.where}: {first.what.code}")
    return loaded
