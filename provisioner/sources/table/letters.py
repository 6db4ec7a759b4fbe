"""From bytes to letters. What can't be told for sure is marked as doubtful, never guessed: a name is not a guess."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from provisioner.model.errors import Garbled
from provisioner.model.text import Text
from provisioner.sources.table.settings import Encoding

BROKEN: Final = "\N{REPLACEMENT CHARACTER}"
_MARKS: Final[tuple[tuple[bytes, Encoding], ...]] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDEST: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_SAME: Final[dict[str, frozenset[str]]] = {
    "utf-8": frozenset({"utf-8"}),
    "utf-16-le": frozenset({"utf-16", "utf-16-le"}),
    "utf-16-be": frozenset({"utf-16", "utf-16-be"}),
}
_CODECS: Final[dict[Encoding, str]] = {"windows-1252": "cp1252", "macintosh": "mac-roman"}
_NEVER_IN_NAMES: Final = (
    b"\x82\x83\x84\x85\x86\x87\x88\x89\x8b\x93\x94\x95\x98\x99\x9b\x9f\xd7\xf7"
    + bytes(one for one in range(0xA1, 0xC0) if one != 0xB4)  # an acute accent in place of an apostrophe
).decode("cp1252")
"""What no name has. Where a guessed Windows-1252 shows such a thing, the file is of another code page: in that of DOS
ö is 0x94, in that of old Macs ü is 0x9F."""
_SHAKEN: Final = re.compile(rf"[A-Za-z][{re.escape(_NEVER_IN_NAMES)}{BROKEN}][a-z]")
"""Amid a word it speaks against the guess for the whole file: other letters of it are then others, too (ß is á)."""


@dataclass(frozen=True, slots=True)
class Letters:
    """The text of a file."""

    text: str
    encoding: Encoding
    guessed: bool = False
    """Windows-1252 was taken because nothing else fits."""
    shaken: bool = False
    """And something in the text speaks against it."""

    def is_doubtful(self, cell: str) -> bool:
        """Whether these are probably not the letters that were meant."""
        if cell.isascii():
            return False
        odd = self.guessed and any(letter in _NEVER_IN_NAMES for letter in cell)
        return self.shaken or odd or BROKEN in cell or is_twice_encoded(cell)


def read_letters(data: bytes, wanted: Encoding | None) -> Letters:
    """By the mark at the beginning, else as wanted, else UTF-8 where it is that, else Windows-1252.

    Bytes that mean nothing become U+FFFD, so that only the rows they stand in are doubtful. Raises `Garbled`.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark) and not data.startswith(_WIDEST):
            if wanted is not None and wanted not in _SAME[encoding]:
                raise Garbled(Text.of("table.other_encoding", found=encoding, wanted=wanted))
            return Letters(data[len(mark) :].decode(encoding, "replace"), encoding)
    if wanted == "utf-16":
        raise Garbled(Text.of("table.no_mark"))
    if wanted is not None:
        return Letters(data.decode(_CODECS.get(wanted, wanted), "replace"), wanted)
    if data.startswith(_WIDEST) or data.count(0) * 4 > len(data):  # one of a few NUL bytes spoils its row alone
        raise Garbled(Text.of("table.wide"))
    try:
        return Letters(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
        return Letters(text, "windows-1252", guessed=True, shaken=_SHAKEN.search(text) is not None)


def is_twice_encoded(text: str) -> bool:
    """ "MÃ¼ller": UTF-8 that was once taken for Windows-1252. No language writes such pairs of letters."""
    try:
        raw = b"".join(_as_byte(letter) for letter in text)
        return raw.decode("utf-8") != text
    except UnicodeError:
        return False


def _as_byte(letter: str) -> bytes:
    """Windows-1252, whose five holes most programs take for the control characters of the same number."""
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")
