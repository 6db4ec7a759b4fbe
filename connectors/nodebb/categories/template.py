"""The category that new ones begin as a copy of: only the forum's own chiefs may enter it.

A new category is public from its first moment, and switching it off hides it from lists alone: by its number every
stranger is told its name (read in NodeBB's source, seen on 4.15). As a copy of a locked one it is locked, too. We make
the template ourselves, once; it is nobody's, and shows administrators what new categories look like (icon, colours).
"""

from typing import Final

from connectors.nodebb.categories.reading import Categories
from connectors.nodebb.categories.shape import KEY, category_of
from connectors.nodebb.client import Client, part
from connectors.nodebb.privileges import OUTSIDERS
from provisioner.model.errors import OutcomeUnknown, Transient
from provisioner.model.text import Text

MARK: Final = "readi:template"
NAME: Final = "Vorlage (re@di)"
"""What administrators see among their categories."""
MAKING: Final = 37
"""Requests that it costs once: looked for, made, looked at, 32 privileges taken, shown."""


class Template:
    """Of one forum."""

    def __init__(self, client: Client, categories: Categories) -> None:
        self._client = client
        self._categories = categories
        self._cid: str | None = None
        self._is_locked = False
        self.is_missing = False
        """Whether the last look at all categories did not show it."""

    def seen(self, marks: dict[str, str]) -> None:
        """What a look at all categories told: number by mark."""
        self._cid = marks.get(MARK)
        self._is_locked = False
        self.is_missing = self._cid is None

    def cid(self) -> str:
        """Its number; found, made and locked if need be. Raises `TargetError`."""
        if self._cid is None:
            self._cid = self._marked() or self._finished(self._begun() or self._made())
        if not self._is_locked:
            self._lock(self._cid)
            self._is_locked, self.is_missing = True, False
        return self._cid

    def _lock(self, cid: str) -> None:
        """Take everything from everybody whom nobody put anywhere."""
        matrix = self._categories.matrix(cid)
        for group in OUTSIDERS:
            for privilege in sorted(matrix.of(group)):
                path = f"/categories/{part(cid)}/privileges/groups:{privilege}/{part(group)}"
                self._client.change("DELETE", path)

    def _marked(self) -> str | None:
        """Also where somebody switched it off."""
        for cid in self._categories.called(NAME):
            category = self._categories.read(cid)
            if category is not None and category.marker == MARK:
                return cid
        return None

    def _begun(self) -> str | None:
        """Where our making it was cut short."""
        return next(self._categories.called(MARK), None)

    def _finished(self, cid: str) -> str:
        self._lock(cid)
        self._client.change("PUT", f"/categories/{part(cid)}", {"name": NAME, KEY: MARK, "disabled": 0})
        self._is_locked, self.is_missing = True, False
        return cid

    def _made(self) -> str:
        """An answer that is lost is no doubt about what the template is needed for: it is looked for the next time."""
        try:
            made = category_of(self._client.make("/categories", {"name": MARK, "disabled": 1}, NAME))
        except OutcomeUnknown as error:
            raise Transient(error.text, error.detail) from error
        if made is None:
            raise Transient(Text.of("kit.perhaps_created", name=NAME))
        return made.cid
