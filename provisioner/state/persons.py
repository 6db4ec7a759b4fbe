"""Everything that the database holds about one person: shown, and made unreadable once their accounts are gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, delete, false, or_, select, update

from provisioner.model.resources import Kind
from provisioner.state import participation
from provisioner.state.codec import dump, dump_held, load, load_effects, load_held, sort_of
from provisioner.state.database import Database
from provisioner.state.runs import StepState
from provisioner.state.schema import (
    APART,
    BINDING,
    BORROWED,
    DEPARTURE,
    EDGE,
    MIRROR,
    MIRRORED,
    OPEN,
    RUN,
    SAVED_PLAN,
    STEP,
)
from provisioner.state.service_schema import ENROLLED_PERSON
from provisioner.state.traces import BLANK, Traces, without_strings

KEPT: Final = (
    *("sources", "apart", "ties", "borrowed", "memberships", "departures", "steps", "mentioned", "plans", "runs"),
    *("enrolled", "places", "endings", "requests", "confirmed", "sessions", "links", "feeds", "deeds", "letters"),
    *("guest_rooms", "invitations", "alerts", "sayings", "silences"),
)
"""What `Persons.export` calls what there is."""

_NAMES: Final = ("name", "display_name", "email")
"""Fields by which somebody is known wherever they stand."""

_Rows = list[dict[str, Any]]

Identities = Collection[tuple[str, str]]
"""(source, key) of one person."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """How much was made unreadable, and what could not be yet."""

    steps: int
    plans: int
    kept: int
    """Ties that still stand, and creations and erasures whose outcome is open: these need the names."""


class Persons:
    """By network and the registry's id. All methods raise `StateError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def traces(self, network: str, person: str, names: Collection[str] = ()) -> Traces:
        """All words by which the database knows the person, and ``names``: what to look for once they are erased."""
        with self._database.reading() as connection:
            return _traces(connection, network, person).with_names(names)

    def export(
        self, network: str, person: str, identities: Identities = frozenset(), names: Collection[str] = ()
    ) -> Mapping[str, _Rows]:
        """As plain data, by what it is; empty when there is nothing. Of what others are in too, their part alone.

        ``sources`` (what is believed of them there), ``apart`` (that they are somebody else), ``ties``, ``borrowed``,
        ``memberships``, ``departures``, ``steps`` (writes to their own accounts), ``mentioned`` (writes to containers),
        ``plans`` (saved ones) and ``runs`` (that they started). Of the service: ``enrolled`` (how they came),
        ``places``, ``endings``, ``requests``, ``confirmed`` (lists), ``letters``, ``sessions``, ``links``, ``feeds``,
        ``deeds``, ``guest_rooms`` (that they opened), ``invitations`` (that they made, or of a guest of that name),
        ``alerts`` and ``sayings`` (that name who has one, or whom to tell), ``silences`` (that they made).
        ``names``: further ones of theirs, addresses among them.
        """
        with self._database.reading() as connection:
            traces = _traces(connection, network, person).with_names(names)
            found = {
                "sources": _rows(connection, _mirrored(network, identities)),
                "apart": _rows(connection, _apart(network, person, identities)),
                "ties": _rows(connection, _ties(network, traces.key)),
                "borrowed": _rows(connection, _borrowed(network, traces.key)),
                "memberships": _rows(connection, _memberships(network, traces.key)),
                "departures": _rows(connection, _departures(network, person)),
                "steps": [_shown(row) for row in connection.execute(_own_steps(network, traces.key))],
                "mentioned": [_mentioned(row, traces) for row in _mentioning(connection, network, traces)],
                "plans": list(_plans(connection, network, traces, person)),
                "runs": _rows(connection, _started(network, person)),
                **participation.shown(connection, network, person, addresses_in(traces.names), traces),
            }
        return {name: rows for name, rows in found.items() if rows}

    def scrub(
        self, network: str, person: str, identities: Identities = frozenset(), names: Collection[str] = ()
    ) -> Scrubbed:
        """Make names, payloads, errors and saved plans unreadable. To be done once the accounts are erased.

        What is believed of them in sources is dropped; who is still there comes back with a whole reading. So is what
        the service kept of them: how they came, what they joined and asked, letters to them and about them, sessions.

        Ids of the registry, kinds, states, moments, counts and tombstones stay: history and guards need them. Of
        an SQLite file nothing can be read any more afterwards, either, unless somebody else is reading just then.
        """
        with self._database.writing() as connection:
            traces = _traces(connection, network, person).with_names(names)
            participation.forget(connection, network, person, addresses_in(traces.names), traces)
            steps, open_ = _scrub_own_steps(connection, network, traces)
            steps += _scrub_mentions(connection, network, traces)
            plans = _scrub_plans(connection, network, traces)
            _drop_from_sources(connection, network, person, identities)
            ties = [
                *connection.execute(_ties(network, traces.key)),
                *connection.execute(_borrowed(network, traces.key)),
            ]
        self._database.fold()
        return Scrubbed(steps, plans, len(ties) + open_)


def addresses_in(names: Collection[str]) -> frozenset[str]:
    """Those of the names that are e-mail addresses."""
    return frozenset(name for name in names if "@" in name)


def _ties(network: str, key: str) -> Any:
    return select(BINDING).where(BINDING.c.network == network, BINDING.c.kind == Kind.ACCOUNT, BINDING.c.key == key)


def _borrowed(network: str, key: str) -> Any:
    return select(BORROWED).where(BORROWED.c.network == network, BORROWED.c.key == key)


def _accounts(connection: Connection, network: str, key: str) -> Sequence[Row[Any]]:
    """Of the person, ours or borrowed."""
    return [*connection.execute(_ties(network, key)), *connection.execute(_borrowed(network, key))]


def _memberships(network: str, key: str) -> Any:
    mine = (EDGE.c.network == network, EDGE.c.account == key, EDGE.c.sort.endswith(f"/{Kind.ACCOUNT}", autoescape=True))
    return select(EDGE).where(*mine)


def _departures(network: str, person: str) -> Any:
    columns = (DEPARTURE.c.person, DEPARTURE.c.handed_to, DEPARTURE.c.handed_by)
    return select(DEPARTURE).where(DEPARTURE.c.network == network, or_(*(column == person for column in columns)))


def _is_one_of(table: Any, network: str, identities: Identities) -> Any:
    pairs = [and_(table.c.source == source, table.c.key == key) for source, key in sorted(identities)]
    return and_(table.c.network == network, or_(false(), *pairs))


def _mirrored(network: str, identities: Identities) -> Any:
    statement = select(MIRRORED).where(_is_one_of(MIRRORED, network, identities))
    return statement.order_by(MIRRORED.c.source, MIRRORED.c.key)


def _apart(network: str, person: str, identities: Identities) -> Any:
    statement = select(APART).where(_is_told_apart(network, person, identities))
    return statement.order_by(APART.c.source, APART.c.key, APART.c.person)


def _is_told_apart(network: str, person: str, identities: Identities) -> Any:
    mine = and_(APART.c.network == network, or_(APART.c.person == person, APART.c.said_by == person))
    return or_(mine, _is_one_of(APART, network, identities))


def _drop_from_sources(connection: Connection, network: str, person: str, identities: Identities) -> None:
    """Also from what is held there; a reading that began before keeps nothing."""
    connection.execute(delete(MIRRORED).where(_is_one_of(MIRRORED, network, identities)))
    mine = and_(_is_told_apart(network, person, identities), APART.c.said_by != person)
    connection.execute(delete(APART).where(mine))
    for source in {source for source, _ in identities}:
        keys = {key for known, key in identities if known == source}
        where = and_(MIRROR.c.network == network, MIRROR.c.source == source)
        held = load_held(connection.scalar(select(MIRROR.c.held).where(where)))
        if held is not None:
            missing, off = (tuple(key for key in had if key not in keys) for had in (held.missing, held.off))
            held = replace(held, missing=missing, off=off)
        values = {"held": dump_held(held), "revision": MIRROR.c.revision + 1}
        connection.execute(update(MIRROR).where(where).values(values))


def _own_steps(network: str, key: str) -> Any:
    mine = (STEP.c.network == network, STEP.c.kind == Kind.ACCOUNT, STEP.c.key == key)
    return select(STEP).where(*mine).order_by(STEP.c.id)


def _started(network: str, person: str) -> Any:
    columns = (RUN.c.id, RUN.c.started, RUN.c.ended, RUN.c.cause)
    return select(*columns).where(RUN.c.network == network, RUN.c.actor == person).order_by(RUN.c.id)


def _traces(connection: Connection, network: str, person: str) -> Traces:
    """By all names that the person's ties and steps know.

    A mere number, as forums number their accounts, names nobody by itself: it stands everywhere and means all sorts.
    """
    key = f"person:{person}"
    names: set[str] = set()
    for row in _accounts(connection, network, key):
        names |= {row.name, row.remote_id}
    applied = [load(row.applied) for row in connection.execute(_ties(network, key))]
    for row in connection.execute(_own_steps(network, key)):
        names |= {row.name, row.remote_id or ""}
        applied.append(load(row.effects)["fields"])
    names = {name for name in names if not name.isdecimal()}
    names |= {str(fields[name]) for fields in applied for name in _NAMES if fields.get(name)}
    mine = (ENROLLED_PERSON.c.network == network, ENROLLED_PERSON.c.person == person)
    for row in connection.execute(select(ENROLLED_PERSON).where(*mine)):
        names |= {row.email, f"{row.given_name} {row.family_name}"}
    return Traces(key, frozenset(names) - {"", BLANK})


def _rows(connection: Connection, statement: Any) -> _Rows:
    return [_plain(row) for row in connection.execute(statement)]


def _plain(row: Row[Any]) -> dict[str, Any]:
    """Days and moments as ISO texts; what is stored as JSON as what it means."""
    found = dict(row._mapping)
    for name, value in found.items():
        if hasattr(value, "isoformat"):
            found[name] = value.isoformat()
        elif name in ("applied", "payload", "effects", "error", "changes", "fields") and value is not None:
            found[name] = load(value)
    return found


_HIDDEN: Final = frozenset(("identity", "changes", "suspends", "updates", "removes"))
"""Of a step: digests and sums of ours."""


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in _plain(row).items() if name not in _HIDDEN}


def _mentioning(connection: Connection, network: str, traces: Traces) -> Iterator[Row[Any]]:
    """Writes to containers that name the person. Reads a network's whole history: a second or two for a big one."""
    statement = select(STEP).where(STEP.c.network == network, STEP.c.kind != Kind.ACCOUNT).order_by(STEP.c.id)
    for row in connection.execute(statement.execution_options(yield_per=10_000)):
        if any(traces.are_in(text) for text in (row.payload, row.effects, row.error)):
            yield row


def _mentioned(row: Row[Any], traces: Traces) -> dict[str, Any]:
    effects = load_effects(row.effects)
    edges = {"joins": effects.joins, "leaves": effects.leaves}
    seats = {
        name: [f"{edge.seats.container.key} {sort_of(edge.seats)}" for edge in found if edge.member == traces.key]
        for name, found in edges.items()
    }
    told = _plain(row)
    columns = ("id", "run", "target", "operation", "kind", "key", "name", "state", "intent_at", "outcome_at")
    said = [part for name in ("payload", "error") for part in traces.parts(told[name])]
    return {**{name: told[name] for name in columns}, **seats, "said": said}


def _plans(connection: Connection, network: str, traces: Traces, person: str) -> Iterator[dict[str, Any]]:
    statement = select(SAVED_PLAN).where(SAVED_PLAN.c.network == network).order_by(SAVED_PLAN.c.created)
    for row in connection.execute(statement):
        if row.decided_by == person or traces.are_in(row.body):
            said = list(traces.parts(load(row.body)))
            shown = {name: value for name, value in _plain(row).items() if name not in ("body", "decided_by")}
            yield {**shown, "decided_by_them": row.decided_by == person, "said": said}


def _scrub_own_steps(connection: Connection, network: str, traces: Traces) -> tuple[int, int]:
    """How many were made unreadable, and how many had to stay as they are."""
    key = traces.key
    still_open = connection.execute(_own_steps(network, key).where(OPEN)).all()
    kept = {row.id for row in still_open if row.creates or load_effects(row.effects).erased}
    scrubbed = 0
    for row in connection.execute(_own_steps(network, key)).all():
        if row.id in kept:
            continue
        effects = load(row.effects)
        values = {
            "name": BLANK,
            "remote_id": None if row.remote_id is None else BLANK,
            "payload": dump({}),
            "effects": dump({**effects, "fields": without_strings(effects["fields"])}),
            "error": None if row.error is None else dump(without_strings(load(row.error))),
            # Anybody could work out what they are digests of.
            "identity": "",
            "changes": dump([]),
        }
        if row.state in (StepState.INTENT, StepState.UNKNOWN):  # there is nothing left that could be settled
            values["state"] = str(StepState.SUPERSEDED)
        connection.execute(update(STEP).where(STEP.c.id == row.id).values(values))
        scrubbed += 1
    return scrubbed, len(kept)


_BLANK: Final = (
    update(STEP)
    .where(STEP.c.id == bindparam("step"))
    .values({name: bindparam(f"to_{name}") for name in ("payload", "effects", "error")})
)


def _scrub_mentions(connection: Connection, network: str, traces: Traces) -> int:
    rows: list[dict[str, object]] = []
    for row in _mentioning(connection, network, traces):
        effects = load(row.effects)
        blank = {
            "to_payload": dump(traces.blanked(load(row.payload))),
            "to_effects": dump({**effects, "fields": traces.blanked(effects["fields"])}),
            "to_error": None if row.error is None else dump(traces.blanked(load(row.error))),
        }
        if [*blank.values()] != [row.payload, row.effects, row.error]:
            rows.append({"step": row.id, **blank})
    if rows:
        connection.execute(_BLANK, rows)
    return len(rows)


def _scrub_plans(connection: Connection, network: str, traces: Traces) -> int:
    """A plan that waits can still be approved: its digests stay."""
    scrubbed = 0
    for row in connection.execute(select(SAVED_PLAN).where(SAVED_PLAN.c.network == network)).all():
        body = dump(traces.blanked(load(row.body)))
        if body != row.body:
            mine = (SAVED_PLAN.c.network == network, SAVED_PLAN.c.digest == row.digest)
            connection.execute(update(SAVED_PLAN).where(*mine).values(body=body))
            scrubbed += 1
    return scrubbed
