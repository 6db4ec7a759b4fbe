"""Looks again, after somebody was erased: every target, table and file, and which copies still hold them until when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from provisioner.app.connectors import Target
from provisioner.app.leavers import account_of
from provisioner.app.site import Site
from provisioner.app.work.backups import backups
from provisioner.model.errors import TargetError
from provisioner.model.inventory import Inventory, Partial, Remote
from provisioner.model.ports import Interest, Sought
from provisioner.model.registry import Person
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.state import Bindings, Persons, Remembered
from provisioner.state.searching import in_file, search
from provisioner.state.traces import Traces


@dataclass(frozen=True, slots=True)
class Looked:
    """One place that was looked through. ``left``: what is still there, and why; None: nothing."""

    where: Text
    left: Text | None = None
    fails: bool = False
    """What is left should not be: an account that still stands, a place that could not be read."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it was known before."""

    name: str
    remote_id: str
    borrowed: bool
    """It is another network's, which keeps it."""


@dataclass(frozen=True, slots=True)
class Known:
    """By what somebody is to be looked for, taken down before they are erased."""

    traces: Traces
    accounts: dict[str, Account]
    """By target."""
    email: str | None


def known_of(site: Site, targets: Sequence[Target], person: str, entry: Person | None) -> Known:
    """To be asked before anything is deleted. Raises `StateError`."""
    bindings, key, accounts = Bindings(site.database), account_of(person), dict[str, Account]()
    for target in targets:
        ties = bindings.ties(site.network, target.name, target.server)
        borrowed = ties.borrowed.get(key)
        tied = ties.bindings.get(key) or borrowed
        if tied is not None:
            accounts[target.name] = Account(tied.name, tied.remote_id, tied is borrowed)
    names = () if entry is None else (entry.display_name, entry.email)
    return Known(Persons(site.database).traces(site.network, person, names), accounts, entry.email if entry else None)


def look_again(
    site: Site, targets: Sequence[Target], person: str, known: Known, also: Sequence[Path] = ()
) -> tuple[Looked, ...]:
    """Everything, in an order to be read: targets, tables, files, copies. Writes nothing. Raises `StateError`.

    ``also``: further files that people name, e.g. of a log.
    """
    return (
        *(_target(site, target, person, known) for target in targets if Kind.ACCOUNT in target.type.kinds),
        *_tables(site, known.traces),
        *_files(site, known.traces, also),
        *_copies(site),
    )


def _target(site: Site, target: Target, person: str, known: Known) -> Looked:
    """By the account's own id, then as if there had never been one: by name and address."""
    where, account = Text.of("app.proof_target", target=target.name), known.accounts.get(target.name)
    left_behind = target.connector.capabilities().left_behind
    name = known.email if account is None else account.name
    if left_behind is not None:
        return Looked(where) if name is None else _by_rooms(site, target, where, name, left_behind(name))
    names = [one.name for one in known.accounts.values()] + [known.email or ""]
    anew = Sought(account_of(person), names[0] if account is None else account.name, None, known.email)
    by_id = None if account is None else replace(anew, remote_id=account.remote_id, email=None)
    found = dict[str, Remote]()
    for sought in (by_id, anew):
        try:
            found |= {} if sought is None else _read(target, sought)
        except TargetError as error:
            why = Text.of("app.proof_unread", why=error.text)
            return Looked(where, why, fails=account is not None)
    if account is not None and account.remote_id in found:
        if account.borrowed:
            return Looked(where, Text.of("app.proof_borrowed", name=account.name))
        still = found[account.remote_id]
        if not _resembles(still, account.name, known.email):
            return Looked(where, Text.of("app.proof_nameless", name=still.name))
        return Looked(where, Text.of("app.proof_account", name=account.name), fails=True)
    others = sorted(one.name for one in found.values() if _resembles(one, anew.name, known.email))
    return Looked(where, Text.of("app.proof_others", names=", ".join(others)) if others else None)


def _by_rooms(site: Site, target: Target, where: Text, name: str, left_behind: Text) -> Looked:
    """By what is tied there and not over: nothing tells of the account itself, nor can what is over be changed."""
    ties = Bindings(site.database).ties(site.network, target.name, target.server)
    bound = frozenset((one.kind, binding.remote_id) for one, binding in ties.bindings.items())
    called = {(Kind.ACCOUNT, name): name}  # any id will do to be told of whoever has this address
    known = Remembered(site.database, site.network, target.name).all()
    try:
        found = target.connector.observe(target.type.kinds, Interest(bound=bound, called=called, known=known))
    except TargetError as error:
        return Looked(where, Text.of("app.proof_unread", why=error.text), fails=True)
    to_come = {container: roster for container, roster in found.rosters.items() if container not in known}
    still = sum(
        1 for container, roster in to_come.items() if name in roster.accounts and not _is_over(found, container)
    )
    if still:
        return Looked(where, Text.of("app.proof_still_in", count=still), fails=True)
    for roster in to_come.values():
        if isinstance(roster.completeness, Partial):  # also of what was called off: it is told no more
            return Looked(where, Text.of("app.proof_unread", why=roster.completeness.why))
    return Looked(where, left_behind)


def _is_over(found: Inventory, container: tuple[Kind, str]) -> bool:
    """Nothing can be changed about it any more."""
    remote = found.of(container[0]).objects.get(container[1])
    return remote is not None and remote.writable == frozenset()


def _read(target: Target, sought: Sought) -> Mapping[str, Remote]:
    """Raises `TargetError`, also when nothing can be concluded from what was read."""
    observation = target.connector.observe((Kind.ACCOUNT,), Interest(only=(sought,))).of(Kind.ACCOUNT)
    if isinstance(observation.completeness, Partial):
        raise TargetError(observation.completeness.why)
    return observation.objects


def _resembles(remote: Remote, name: str, email: str | None) -> bool:
    """Made by somebody else, for the same human or for another one."""
    address = str(remote.fields.get("email") or "")
    return remote.name == name or (email is not None and address.casefold() == email.casefold())


def _tables(site: Site, traces: Traces) -> Iterator[Looked]:
    clean = 0
    for found in search(site.database, site.network, traces):
        if found.rows:
            where = Text.of("app.proof_table", table=found.table)
            yield Looked(where, Text.of("app.proof_rows", count=found.rows))
        else:
            clean += 1
    yield Looked(Text.of("app.proof_tables", count=clean))


def _files(site: Site, traces: Traces, also: Sequence[Path]) -> Iterator[Looked]:
    path = site.database.path
    if path is not None:
        for file in (path, path.with_name(f"{path.name}-wal")):
            yield from _file(file, traces, "app.proof_in_database")
    if site.ties_log.path is not None:
        yield from _file(site.ties_log.path, traces, "app.proof_lines")
    folder = site.registry_folder
    written = [file for file in sorted(folder.rglob("*")) if file.is_file() and ".git" not in file.parts]
    holding = [looked for file in written for looked in _file(file, traces, "app.proof_entry") if looked.left]
    yield from holding or [Looked(Text.of("app.proof_registry", folder=str(folder)))]
    for file in also:
        yield from _file(file, traces, "app.proof_lines", wanted=True)


def _file(file: Path, traces: Traces, code: str, *, wanted: bool = False) -> Iterator[Looked]:
    where = Text.of("app.proof_file", file=str(file))
    try:
        count = in_file(file, traces)
    except FileNotFoundError:
        if wanted:
            yield Looked(where, Text.of("app.proof_no_file"), fails=True)
    except OSError as error:
        yield Looked(where, Text.of("app.proof_file_unread", why=error.strerror or ""), fails=True)
    else:
        yield Looked(where, Text.of(code, count=count) if count else None)


def _copies(site: Site) -> Iterator[Looked]:
    """What is in a copy stays there until it expires: nobody can take somebody out of it."""
    if site.database.path is None:
        yield Looked(Text.of("app.proof_copies"), Text.of("app.proof_dumps"))
    for backup in backups(site):
        yield Looked(
            Text.of("app.proof_file", file=str(backup.file)), Text.of("app.proof_copy", expires=backup.expires)
        )
    yield Looked(Text.of("app.proof_log"), Text.of("app.proof_log_ids"))
