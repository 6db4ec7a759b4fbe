"""Which of the errands that are due are done next, and together. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from provisioner.model.errands import Errand, Job

MOST_TOGETHER: Final = 200
"""Ids that one targeted sync is about."""

TRIES: Final = 5
_PAUSES: Final = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))

_ORDER: Final[Mapping[Job, int]] = {
    job: rank for rank, job in enumerate((Job.SYNC, Job.APPLY, Job.PLAN, Job.SOURCES, Job.ROOMS, Job.REMIND, Job.TIDY))
}
"""People wait for the first, nobody for the last."""


def next_job(due: Sequence[Errand], most: int = MOST_TOGETHER) -> Sequence[Errand]:
    """Errands of one job that are done in one go, oldest first; () for none.

    A sync of everything takes along those of a few. Approved plans are applied one by one. ``most``: ids that a
    targeted sync is about.
    """
    if not due:
        return ()
    job = min((errand.job for errand in due), key=_ORDER.__getitem__)
    found = sorted((errand for errand in due if errand.job is job), key=lambda errand: errand.id)
    if job is Job.APPLY:
        return found[:1]
    if job is Job.SYNC and all(errand.only is not None for errand in found):
        return _first(found, most)
    return found


def _first(errands: Iterable[Errand], most: int) -> list[Errand]:
    found: list[Errand] = []
    ids: set[str | None] = set()
    for errand in errands:
        if errand.only not in ids and len(ids) == most:
            continue
        ids.add(errand.only)
        found.append(errand)
    return found


def pause_after(tries: int) -> timedelta | None:
    """How long until the next try when so many failed, the last one included; None: it is given up."""
    return _PAUSES[tries - 1] if tries < TRIES else None
