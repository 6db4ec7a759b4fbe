"""The order of steps: as given, save where a step would come before what it needs."""

import heapq
from collections import defaultdict
from collections.abc import Sequence

from provisioner.model.steps import Step


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Creations before what refers to them, and ``after`` kept; else unchanged. Raises `ValueError` for a circle."""
    by_resource: dict[object, list[int]] = defaultdict(list)
    for number, step in enumerate(steps):
        by_resource[step.id].append(number)
    waits_for: list[set[int]] = [set() for _ in steps]
    for number, step in enumerate(steps):
        for resource in step.refers:
            waits_for[number].update(n for n in by_resource.get(resource, ()) if steps[n].creates and n != number)
        for resource in step.after:
            if resource != step.id:
                waits_for[number].update(by_resource.get(resource, ()))
    followers: dict[int, list[int]] = defaultdict(list)
    for number, others in enumerate(waits_for):
        for other in others:
            followers[other].append(number)
    ready = [number for number, others in enumerate(waits_for) if not others]
    heapq.heapify(ready)
    ordered: list[Step] = []
    while ready:
        number = heapq.heappop(ready)
        ordered.append(steps[number])
        for follower in followers[number]:
            waits_for[follower].discard(number)
            if not waits_for[follower]:
                heapq.heappush(ready, follower)
    if len(ordered) < len(steps):
        stuck = next(steps[number].id for number, others in enumerate(waits_for) if others)
        raise ValueError(f"steps wait for each other in a circle, {stuck} among them")
    return ordered
