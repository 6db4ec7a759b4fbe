"""A real browser for the tests: Debian's Chromium, driven by playwright, which downloads none of its own."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

EXECUTABLE = "/usr/bin/chromium"
WIDE, PHONE, NARROW = 1280, 390, 320
"""Widths in CSS pixels: a desk, a telephone, and WCAG 2.1's 1.4.10 (1280 px enlarged four times)."""

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
_T = TypeVar("_T")


class Chromium:
    """One Chromium for a whole session.

    It lives in a thread of its own, and whatever touches it has to run there (`call`): as long as playwright is up, its
    event loop counts as running in its thread, and `asyncio.run` of all other tests would refuse to work beside it.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chromium")

    def __enter__(self) -> "Chromium":
        self.call(self._start)
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._stop)
        self._thread.shutdown()

    def call(self, function: Callable[[], _T]) -> _T:
        """What ``function`` gives back or raises, in the browser's thread."""
        return self._thread.submit(function).result()

    def _start(self) -> None:
        self._playwright = sync_playwright().start()
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none", "--disable-lcd-text"]
        self.browser: Browser = self._playwright.chromium.launch(executable_path=EXECUTABLE, args=arguments)

    def _stop(self) -> None:
        self.browser.close()
        self._playwright.stop()


@dataclass
class Visit:
    """One person's window: a page of its own cookies, and all that the browser complained of there."""

    context: BrowserContext
    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console (broken content security policy among them), exceptions, requests to
    others."""

    def go(self, path: str) -> int:
        """Open a page of the console; the status of the answer."""
        answer = self.page.goto(self.origin + path, wait_until="load")
        assert answer is not None, path
        return answer.status

    @property
    def path(self) -> str:
        """Where the window is now."""
        return urlsplit(self.page.url).path

    def resize(self, width: int, height: int = 800) -> None:
        """Make the window as wide as that, in CSS pixels."""
        self.page.set_viewport_size({"width": width, "height": height})

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.1 A and AA, one line a finding."""
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(AXE_SCRIPT)
        # Nothing of ours comes from elsewhere, so that nothing has to be fetched beforehand.
        options = {"runOnly": _RULES, "resultTypes": ["violations"], "preload": False, "iframes": False}
        found = self.page.evaluate(f"axe.run({json.dumps(options)}).then(results => results.violations)")
        return [_finding(violation, node) for violation in found for node in violation["nodes"]]

    def sideways(self) -> list[str]:
        """What makes the page wider than its window, so that one had to scroll sideways to read a line."""
        found: list[str] = self.page.evaluate(_SIDEWAYS)
        return found

    def focused(self) -> Mapping[str, Any]:
        """What has the keyboard now: its tag, name, and how its focus can be seen."""
        found: Mapping[str, Any] = self.page.evaluate(_FOCUSED)
        return found


_SIDEWAYS = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter(one =>
        one.getBoundingClientRect().right > root.clientWidth + 1
        || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'visible');
    return wide.slice(0, 5).map(one => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)
        .concat(`${root.scrollWidth} > ${root.clientWidth}`);
}"""

_FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    const before = window.focusedBefore;
    window.focusedBefore = one;
    const label = one.labels && one.labels.length ? one.labels[0] : one;
    return {
        tag: one.tagName.toLowerCase(),
        name: (one.getAttribute('aria-label') || label.textContent).replace(/\\s+/g, ' ').trim(),
        seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
            && box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        later: !before || !before.isConnected || before === one
            || Boolean(before.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING),
    };
}"""


def _finding(violation: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    return f"{violation['id']}: {node['html'][:160]} ({' '.join(str(node['failureSummary']).split())[:200]})"


@contextmanager
def visit(
    chromium: Chromium,
    origin: str,
    cookies: Sequence[Mapping[str, Any]] = (),
    *,
    width: int = WIDE,
    language: str = "de",
    scripts: bool = True,
) -> Iterator[Visit]:
    """A window with these cookies; ``scripts`` False: whoever has JavaScript switched off. In the browser's thread."""
    context = chromium.browser.new_context(
        viewport={"width": width, "height": 800},
        locale={"de": "de-DE", "en": "en-GB"}[language],
        timezone_id="Europe/Berlin",
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    context.add_cookies([{**cookie, "url": origin} if "path" not in cookie else dict(cookie) for cookie in cookies])
    visited = Visit(context, context.new_page(), origin)
    _listen(visited)
    try:
        yield visited
    finally:
        context.close()


def _listen(visited: Visit) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visited.complaints.append(f"{message.type}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{visited.origin}/", "data:")):
            visited.complaints.append(f"another origin: {request.url}")

    visited.page.on("console", said)
    visited.page.on("pageerror", lambda error: visited.complaints.append(f"exception: {error}"))
    visited.context.on("request", asked)
