"""A kept plan as pages show it: grouped, filtered, in pages; its sentences in the language of whoever reads.

Plans are kept as the JSON of `PlanReport`. A first sync's is tens of megabytes, so it is read into small structures
once and kept for as long as it is looked at.
"""

import logging
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from threading import Lock
from typing import Any, Final, TypeVar

import msgspec

from provisioner.app.site import Site
from provisioner.app.work.last_plan import stored_plan
from provisioner.model.errors import StateError
from provisioner.model.resources import Kind
from provisioner.model.text import Argument, Text
from provisioner.state import SavedPlans

_log = logging.getLogger(__name__)

Made = TypeVar("Made")

CLASSES: Final = ("named", "queued", "auto")
"""What has to be read most carefully comes first."""
_KINDS: Final = tuple(str(kind) for kind in Kind)
_MOST_PLANS: Final = 4
"""Plans that are kept in memory."""
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_WORD: Final = re.compile(r"(?:model|policies)\.[a-z0-9_]+")
"""Codes of words of ours: what a report has of an argument that is a text itself."""


class Said(msgspec.Struct, frozen=True):
    """A sentence as a report has it."""

    code: str
    text: str
    arguments: dict[str, Any] = {}

    def again(self) -> Text:
        """The sentence, to be put into another language."""
        return Text(self.code, {name: _argument(value) for name, value in self.arguments.items()})


class Pair(msgspec.Struct, frozen=True):
    """A field before and after."""

    before: Any
    after: Any


class OneChange(msgspec.Struct, frozen=True):
    """See `provisioner.app.reports.ChangeReport`."""

    verb: str
    change_class: str
    kind: str
    id: str
    name: str
    reason: Said
    digest: str
    fields: dict[str, Pair] = {}
    members: tuple[str, ...] = ()
    role: str | None = None
    role_before: str | None = None


class OneNotice(msgspec.Struct, frozen=True):
    """See `provisioner.app.reports.NoticeReport`."""

    kind: str
    id: str | None
    name: str
    why: Said


class Price(msgspec.Struct, frozen=True):
    """See `provisioner.app.reports.CostReport`."""

    requests: int
    mails: int
    minutes: float


class OneTarget(msgspec.Struct, frozen=True):
    """See `provisioner.app.reports.TargetReport`."""

    target: str
    error: Said | None
    changes: tuple[OneChange, ...]
    notices: tuple[OneNotice, ...]
    cost: Price


class OneRefusal(msgspec.Struct, frozen=True):
    """See `provisioner.app.reports.RefusalReport`."""

    guard: str
    target: str
    why: Said
    count: int
    limit: int
    objects: tuple[str, ...]
    word: str


class KeptPlan(msgspec.Struct, frozen=True, dict=True):
    """See `provisioner.app.reports.PlanReport`."""

    network: str
    created: datetime
    digest: str
    targets: tuple[OneTarget, ...]
    refusals: tuple[OneRefusal, ...]

    @property
    def total(self) -> int:
        """How many changes it has."""
        return sum(len(target.changes) for target in self.targets)

    @cached_property
    def rows(self) -> Sequence["Row"]:
        """All changes, target by target as in the plan, in the order of classes and kinds."""
        found: list[Row] = []
        for target in self.targets:
            rows = [Row(target.target, change) for change in target.changes]
            rows.sort(key=lambda row: (_place(CLASSES, row.change.change_class), _place(_KINDS, row.change.kind)))
            found += rows
        return found

    @cached_property
    def counts(self) -> Mapping[tuple[str, str, str], int]:
        """How many changes: by target, class and kind, in the order in which they are shown."""
        return dict(Counter(row.group for row in self.rows))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which changes somebody wants to see; empty fields ask for nothing."""

    target: str = ""
    kind: str = ""
    change_class: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One change in its target."""

    target: str
    change: OneChange

    @property
    def group(self) -> tuple[str, str, str]:
        """What it is shown under: target, class, kind."""
        return self.target, self.change.change_class, self.change.kind


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one class and kind in one target."""

    target: str
    change_class: str
    kind: str
    rows: Sequence[Row]


def read_kept(text: str) -> KeptPlan:
    """From JSON. Raises `StateError` for what another version wrote in another shape."""
    try:
        return msgspec.json.decode(text, type=KeptPlan)
    except msgspec.DecodeError:
        raise StateError(Text.of("app.unreadable_plan", digest="")) from None


def rows_of(plan: KeptPlan, wanted: Filter) -> Sequence[Row]:
    """The changes that fit, in their order."""
    if wanted == Filter():
        return plan.rows
    asked = (wanted.target, wanted.change_class, wanted.kind)
    return [row for row in plan.rows if all(not one or one == is_ for one, is_ in zip(asked, row.group, strict=True))]


def _place(order: Sequence[str], word: str) -> int:
    return order.index(word) if word in order else len(order)


def grouped(rows: Sequence[Row]) -> Iterator[Group]:
    """Rows in their order, those of one group together."""
    begin = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at].group != rows[begin].group:
            yield Group(*rows[begin].group, rows[begin:at])
            begin = at


def find_change(plan: KeptPlan, digest: str) -> Row | None:
    """The change with this digest."""
    return next((row for row in plan.rows if row.change.digest == digest), None)


def _argument(value: Any) -> Argument:
    """What a report made of an argument, undone: words of ours, days and lists of words."""
    match value:
        case bool() | int() | float():
            return value
        case str() if _WORD.fullmatch(value):
            return Text.of(value)
        case str() if _DAY.fullmatch(value):
            return _day(value)
        case {"code": str(code), "arguments": dict(arguments)}:
            return Text(code, {name: _argument(each) for name, each in arguments.items()})
        case list() | tuple():
            parts = [_argument(each) for each in value]
            return tuple(part for part in parts if isinstance(part, Text))
    return str(value)


def _day(value: str) -> date | str:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


@dataclass(frozen=True, slots=True)
class LastKept:
    """What the last look at everything left."""

    at: datetime
    changes: int
    """In all, also those that ``plan`` leaves out."""
    plan: KeptPlan

    @property
    def is_cut(self) -> bool:
        """Whether ``plan`` leaves some out: then it can't be approved as it is shown."""
        return self.plan.total < self.changes


class _Stored(msgspec.Struct, frozen=True):
    """What `provisioner.app.work.last_plan.keep_plan` wrote."""

    at: datetime
    changes: int
    report: KeptPlan


class _Kept:
    """The plans that were read last, by network and what they are: reading one takes up to half a second."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._plans: OrderedDict[tuple[str, ...], Any] = OrderedDict()

    def get(self, key: tuple[str, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            if key in self._plans:
                self._plans.move_to_end(key)
                found: Made = self._plans[key]
                return found
        made = make()
        with self._lock:
            self._plans[key] = made
            while len(self._plans) > _MOST_PLANS:
                self._plans.popitem(last=False)
        return made


_KEPT: Final = _Kept()


def last_kept(site: Site) -> LastKept | None:
    """What the last look left; None: nobody looked yet, with this version. Raises `StateError`."""
    text = stored_plan(site)
    return None if text is None else _KEPT.get((site.network, text), lambda: _last(text))


def _last(text: str) -> LastKept | None:
    try:
        stored = msgspec.json.decode(text, type=_Stored)
    except msgspec.DecodeError as error:  # another version wrote it in another shape: the next look takes its place
        _log.warning("kept plan not read", extra={"at": str(error).rpartition(" - ")[2]})
        return None
    return LastKept(stored.at, stored.changes, stored.report)


def saved_kept(site: Site, digest: str) -> KeptPlan | None:
    """The saved plan with exactly this digest, whatever became of it. Raises `StateError`."""

    def read() -> KeptPlan | None:
        text = SavedPlans(site.database).text(site.network, digest)
        return None if text is None else read_kept(text)

    return _KEPT.get((str(site.database.where), site.network, digest), read)
