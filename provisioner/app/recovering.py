"""The state as a thing to look after: where it is, how it stands to its file of ties, and the way back when lost."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from provisioner.app.site import Site
from provisioner.model.errors import SettingsError, StateError
from provisioner.model.text import Text
from provisioner.state import Recovered, Run, Runs, Standing, TiesFile, recover
from provisioner.state.backup import back_up
from provisioner.state.schema import BINDING
from provisioner.state.tie_facts import head_of


@dataclass(frozen=True, slots=True)
class Shown:
    """What `readi state show` tells."""

    where: str
    size: int | None
    """Bytes, write-ahead log included; None: a database server knows."""
    epoch: int
    seq: int
    file: Path | None
    file_size: int | None
    """Bytes; None: there is no such file."""
    standing: Standing
    ties: Mapping[tuple[str, str], int]
    """By network and target."""
    last: Run | None


def show(site: Site) -> Shown:
    """Look at the state; no target is asked. Raises `SettingsError`, `StateError`."""
    database, log = site.database, site.ties_log
    with database.reading() as connection:
        head = head_of(connection)
        grouped = select(BINDING.c.network, BINDING.c.target, func.count()).group_by(
            BINDING.c.network, BINDING.c.target
        )
        ties = {(network, target): count for network, target, count in connection.execute(grouped.order_by("network"))}
    last = Runs(database).latest(site.network, 1)
    return Shown(
        where=database.where,
        size=None if database.path is None else _sizes(database.path),
        epoch=head.epoch,
        seq=head.seq,
        file=log.path,
        file_size=None if log.path is None or not log.path.exists() else log.path.stat().st_size,
        standing=log.standing(),
        ties=ties,
        last=last[0] if last else None,
    )


def recover_state(site: Site, source: Path | None = None) -> tuple[Recovered, Mapping[tuple[str, str], int]]:
    """Replay the file of ties (or ``source``) into the database; what it did, and ties by network and target then.

    Asks no target. Raises `SettingsError`: no such file, or one of other networks; `StateError`: the database is not
    behind, a run is under way, the file is damaged.
    """
    path = source or site.ties_log.path
    if path is None or not path.is_file():
        raise SettingsError(Text.of("app.no_ties_file", file=str(path or "")))
    found = TiesFile(path).replay()
    networks = {fact.network for fact in found.ties.values()} | {fact.network for fact in found.decided.values()}
    if networks and not networks & site.settings.networks.keys():
        known = ", ".join(sorted(site.settings.networks))
        raise SettingsError(
            Text.of("app.ties_of_other_networks", file=str(path), found=", ".join(sorted(networks)), known=known)
        )
    own = site.ties_log.file.tip() if site.ties_log.file is not None else None
    if own is not None and own.header.database == found.header.database and own.head.seq > found.head.seq:
        raise SettingsError(Text.of("app.own_ties_file_newer", file=str(path), own=str(site.ties_log.path)))
    with ExitStack() as stack:
        now = site.clock.now()
        for server in sorted({fact.server for fact in found.ties.values()}):
            stack.enter_context(site.database.lock(server, now))
        recovered = recover(site.database, found, str(path))
        if path != site.ties_log.path:
            site.ties_log.write_whole()
    return recovered, Counter((fact.network, fact.target) for fact in found.ties.values())


def back_up_state(site: Site, to: Path) -> None:
    """A consistent copy of the database, also during a run. Raises `StateError`; of PostgreSQL pg_dump makes one."""
    if site.database.path is None:
        raise StateError(Text.of("app.backup_by_server", database=site.database.where))
    back_up(site.database, to)


def _sizes(path: Path) -> int:
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
