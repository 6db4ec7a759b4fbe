"""Ties and enrolments a second time, in a file that outlives the database: compared before a run, replayed when lost.

A fact is numbered in the transaction that makes it true, and waits in the database until the file has it. So a
process killed between the two leaves the file behind, and the next run makes up for it; a file that is *ahead*
means that the database is an old copy, or was made anew.

Lines only ever are added, so the names of what was tied stand in the file for good; unless something was erased: then
the file is written anew from the database, which does not know that name any more.

What it costs: one line a tie, written without waiting for the disk (a killed process loses nothing: the kernel has
it), and one fsync a run that changed ties. A power cut may take lines of the last run away, but they are still waiting
in the database: they are forgotten there after that fsync only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, select

from provisioner.model.text import Text
from provisioner.state.database import Database
from provisioner.state.enrolment_facts import decided
from provisioner.state.errors import StateBehind
from provisioner.state.schema import BINDING, TOMBSTONE
from provisioner.state.tie_facts import (
    Bound,
    Fact,
    Head,
    Numbered,
    Retired,
    anything_waits,
    forget,
    head_of,
    identity_of,
    line,
    retires,
    secret_of,
    waiting,
)
from provisioner.state.ties_file import Header, TiesFile, Tip


class Standing(StrEnum):
    """How the database and its file stand to each other."""

    OFF = "off"  # no file is wanted
    EQUAL = "equal"
    BEHIND = "behind"  # the file lacks what the database still keeps for it: the next run appends it
    MISSING = "missing"  # the file, or too much of it, is not there: the next run writes it anew
    AHEAD = "ahead"  # the database is the older one: nothing may be written
    STRANGE = "strange"  # the file is another database's: nothing may be written


@dataclass(frozen=True, slots=True)
class Known:
    """What the database has."""

    head: Head
    secret: str
    lines: tuple[tuple[int, str], ...]
    """What waits in the database and the file does not have."""
    waits: bool
    """Whether anything waits, the file's own included: it may not be on disk yet."""
    retires: bool
    """Whether something was erased since."""
    holds_ties: bool


class TiesLog:
    """The file of one database; ``path`` None: there is none, and facts are forgotten. Raises `StateError`."""

    def __init__(self, database: Database, path: Path | None) -> None:
        self._database = database
        self.path = path
        self.file = None if path is None else TiesFile(path)

    def standing(self) -> Standing:
        """Compare, and write nothing."""
        if self.file is None:
            return Standing.OFF
        tip = self.file.tip()  # first: the file never overtakes the database
        return _standing(tip, self._known(tip))

    def check(self) -> None:
        """Before a run: bring the file up to date, or raise `StateBehind` when the database is the older one."""
        if self.standing() is not Standing.EQUAL:
            self.keep()

    def append(self, upto: int) -> None:
        """Add the facts up to this number, without waiting for the disk."""
        self._bring_up(upto, durable=False)

    def keep(self) -> None:
        """After a run: add what is missing, wait for the disk once, and forget what waited in the database."""
        kept = self._bring_up(None, durable=True)
        if kept:
            with self._database.writing(durable=False) as connection:
                forget(connection, kept)

    def write_whole(self) -> None:
        """Write the file anew from the database, whatever is there."""
        if self.file is not None:
            with self.file.alone():
                self._write_whole(self.file)

    def _bring_up(self, upto: int | None, *, durable: bool) -> int:
        """The last number that needs to wait no longer; 0: none does."""
        if self.file is None:
            known = self._known(None)
            return known.head.seq if known.waits else 0
        with self.file.alone():
            tip = self.file.tip()
            known = self._known(tip)
            standing = _standing(tip, known)
            self._refuse(standing, tip, known)
            if standing is Standing.MISSING or (durable and known.retires):
                return self._write_whole(self.file)
            if tip is None or not known.waits:
                return 0
            lines = [text for number, text in known.lines if upto is None or number <= upto]
            if lines or durable:
                self.file.append(tip, lines, durable=durable)
        return known.head.seq

    def _refuse(self, standing: Standing, tip: Tip | None, known: Known) -> None:
        if tip is None or standing not in (Standing.AHEAD, Standing.STRANGE):
            return
        arguments: dict[str, str | int] = {"file": str(self.path), "database": self._database.where}
        if standing is Standing.STRANGE:
            raise StateBehind(Text.of("state.ties_strange", **arguments))
        arguments |= {"file_epoch": tip.head.epoch, "file_seq": tip.head.seq}
        arguments |= {"epoch": known.head.epoch, "seq": known.head.seq}
        raise StateBehind(Text.of("state.behind", **arguments))

    def _known(self, tip: Tip | None) -> Known:
        with self._database.reading() as connection:
            head, lines = head_of(connection), tuple(waiting(connection, 0 if tip is None else tip.head.seq))
            return Known(
                head,
                secret_of(connection),
                lines,
                anything_waits(connection),
                retires(connection),
                _holds_ties(connection),
            )

    def _write_whole(self, file: TiesFile) -> int:
        with self._database.reading() as connection:
            head, secret = head_of(connection), secret_of(connection)
            lines = [line(Numbered(head.seq, head.epoch, fact)) for fact in _all(connection)]
        file.write(Header("ties/1", identity_of(secret), secret, head.seq, head.epoch, len(lines)), lines)
        return head.seq


def _standing(tip: Tip | None, known: Known) -> Standing:
    if tip is None:
        return Standing.MISSING if known.holds_ties or known.head.seq else Standing.EQUAL
    if tip.header.database != identity_of(known.secret):
        return Standing.STRANGE if known.holds_ties else Standing.AHEAD
    if tip.head.seq >= known.head.seq:
        return Standing.EQUAL if tip.head == known.head else Standing.AHEAD
    contiguous = len(known.lines) == known.head.seq - tip.head.seq
    return Standing.BEHIND if contiguous else Standing.MISSING


def _holds_ties(connection: Connection) -> bool:
    return any(connection.execute(select(table).limit(1)).first() is not None for table in (BINDING, TOMBSTONE))


def _all(connection: Connection) -> list[Fact]:
    ties = connection.execute(select(BINDING).order_by(*BINDING.primary_key.columns))
    retired = connection.execute(select(TOMBSTONE).order_by(*TOMBSTONE.primary_key.columns))
    facts: list[Fact] = [
        Bound(
            row.network,
            row.target,
            row.server,
            row.kind,
            row.key,
            row.remote_id,
            row.name,
            row.fingerprint,
            row.bound_at.timestamp(),
        )
        for row in ties
    ]
    facts += [Retired(row.server, row.kind, row.digest, row.at.timestamp()) for row in retired]
    return [*facts, *decided(connection)]
