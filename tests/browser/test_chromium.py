"""The browser itself disturbs nobody, and finds what it is there to find."""

import asyncio

import pytest

from tests.support.browser import Chromium, visit

ORIGIN = "http://readi.example"


async def _nothing() -> str:
    return "done"


@pytest.fixture
def beside(chromium: Chromium) -> str:
    """Made where all other tests run, while the browser is up."""
    return asyncio.run(_nothing())


def test_whoever_is_not_the_browser_has_an_event_loop_of_their_own(beside: str) -> None:
    assert beside == "done"


def test_what_cannot_be_read_or_is_too_wide_is_found(chromium: Chromium) -> None:
    with visit(chromium, ORIGIN, width=320) as visited:
        visited.page.set_content("<!doctype html><title>x</title><img src='data:,'><pre>" + "weit" * 100 + "</pre>")
        assert any(line.startswith("image-alt") for line in visited.violations())
        assert any(line.startswith("html-has-lang") for line in visited.violations())
        assert any("PRE" in line for line in visited.sideways())


def test_what_the_browser_complains_of_is_kept(chromium: Chromium) -> None:
    with visit(chromium, ORIGIN) as visited:
        visited.context.route("**", lambda route: route.fulfill(body="<!doctype html><title>x</title><p>x"))
        visited.go("/")
        visited.page.evaluate("() => { console.error('broken'); setTimeout(() => { throw new Error('thrown') }) }")
        visited.page.evaluate("() => fetch('http://elsewhere.example/').catch(() => null)")
        visited.page.wait_for_function("() => true")
        told = " ".join(visited.complaints)
        assert "error: broken" in told
        assert "exception: thrown" in told
        assert "another origin: http://elsewhere.example/" in told
