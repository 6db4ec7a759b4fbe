"""Python's collector of garbage, in processes that keep a whole network in memory."""

import gc
from typing import Final

_RARELY: Final = (100_000, 50, 100)


def collect_rarely() -> None:
    """Look through everything once, then leave what is there by now out of all later rounds.

    What is warm is millions of objects that live on. Looking through them again and again took a third of a targeted
    sync's time, and let pages wait for a quarter of a second now and then (10,000 people). Called again, what was left
    out before and is needed no more goes.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RARELY)
