"""Sources, after this machine's clock was wrong for a while."""

from datetime import timedelta

from provisioner.emulation import VirtualClock
from tests.support.site import Installation, run_cli
from tests.support.sources import Handmade, somebody, use


def test_after_a_clock_that_was_ahead_everybody_is_read_again(small: Installation, clock: VirtualClock) -> None:
    made = Handmade(marks=True)
    made.put(somebody("k1", "Karla Eins"))
    small.source_types = dict(made.types)
    use(small.wish, "bretten-ad", brings="everybody")
    small.write()
    ahead = VirtualClock(clock.now() + timedelta(days=4000))
    assert run_cli(["--settings", small.settings, "sources", "read"], ahead, made.types).code == 0
    small.run("sources", "read")
    small.run("sources", "read")
    assert made.asked == ["", "", "m2"]
