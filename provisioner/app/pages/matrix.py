"""How many people of which organisation are in which body."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final

from provisioner.app.pages.paging import OncePerPicture
from provisioner.app.pages.people_pages import NO_ORGANISATION
from provisioner.app.picture import Picture, sorted_as
from provisioner.model.registry import Body, Organisation


@dataclass(frozen=True, slots=True)
class Matrix:
    """Bodies that are not archived, by organisations; both by name. Who is in two organisations counts in both rows."""

    bodies: Sequence[Body]
    organisations: Sequence[Organisation]
    cells: Mapping[tuple[str, str], int]
    """(body, organisation) → people; cells of nobody are missing. `NO_ORGANISATION` stands for who is in none."""
    of_body: Mapping[str, int]
    """Its people, each once."""
    of_organisation: Mapping[str, int]
    """Its people who are in at least one of the bodies, each once."""
    total: int
    """People who are in at least one of the bodies, each once."""

    def row(self, body: str, organisations: Iterable[str]) -> list[int]:
        """A body's numbers, in the order of the organisations."""
        return [self.cells.get((body, organisation), 0) for organisation in organisations]

    @property
    def columns(self) -> list[str]:
        """Ids of the organisations; last `NO_ORGANISATION`, where somebody is in none."""
        more = [NO_ORGANISATION] if self.of_organisation.get(NO_ORGANISATION) else []
        return [*(organisation.id for organisation in self.organisations), *more]


def matrix_of(picture: Picture) -> Matrix:
    """Counted from the whole registry."""
    registry = picture.registry
    bodies = [body for body in registry.bodies.values() if not body.is_archived(picture.today)]
    nowhere = (NO_ORGANISATION,)
    homes = {person: tuple(picture.organisations_of(person)) or nowhere for person in registry.people}
    cells: Counter[tuple[str, str]] = Counter()
    of_body: dict[str, int] = {}
    everybody: set[str] = set()
    belongings = picture.belongings.of_bodies()
    for body in bodies:
        members = belongings[body.id].members
        of_body[body.id] = len(members)
        everybody |= members
        counts = Counter(organisation for person in members for organisation in homes[person])
        for organisation, count in counts.items():
            cells[body.id, organisation] = count
    of_organisation = Counter(organisation for person in everybody for organisation in homes[person])
    open_today = (one for one in registry.organisations.values() if one.period.holds(picture.today))
    return Matrix(
        sorted(bodies, key=lambda body: sorted_as(body.name)),
        sorted(open_today, key=lambda one: sorted_as(one.name)),
        cells,
        of_body,
        of_organisation,
        len(everybody),
    )


def as_csv(matrix: Matrix, heading: str, without: str, total: str) -> str:
    """The whole of it for a spreadsheet, with semicolons as spreadsheets in German expect them.

    ``heading``: over the bodies; ``without``: over people of no organisation; ``total``: over the sums.
    """
    names = {one.id: one.name for one in matrix.organisations} | {NO_ORGANISATION: without}
    columns, text = matrix.columns, StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in _rows(matrix, columns, [heading, *(names[one] for one in columns), total], total):
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet would take a name that begins so for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _rows(matrix: Matrix, columns: Sequence[str], head: list[str], total: str) -> Iterator[list[str | int]]:
    yield [*head]
    for body in matrix.bodies:
        yield [body.name, *matrix.row(body.id, columns), matrix.of_body[body.id]]
    yield [total, *(matrix.of_organisation.get(one, 0) for one in columns), matrix.total]


MATRICES: Final = OncePerPicture(matrix_of)
"""The matrix of each network's newest picture."""
