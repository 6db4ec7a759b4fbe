"""Every page, for everybody, in both languages, on a desk and at 320 px: WCAG 2.1 AA, and nothing to complain of."""

import re

import pytest

from tests.browser.pages import places_of
from tests.support.browser import NARROW, WIDE, Chromium, visit
from tests.support.served import WHO, Lived

_OF_THE_PAGE = re.compile(r'<title>[^<]+</title>| aria-current="page"|<input type="hidden" [^>]+>')
"""What is another thing on every page around the same contents, and nothing to look at."""


class Examined:
    """What was looked at already. Two who are shown the same do not need two looks: a look takes half a second."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def is_new(self, page: str) -> bool:
        """Whether the contents, or what stands around them, were never seen before."""
        before, _, rest = _OF_THE_PAGE.sub("", page).partition("<main")
        contents, _, after = rest.partition("</main>")
        parts = {("contents", contents), ("around", before + after)}
        new = not parts <= self._seen
        self._seen |= parts
        return new


@pytest.fixture(scope="module")
def examined() -> Examined:
    """Of all who visit."""
    return Examined()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("who", WHO)
def test_every_page_can_be_used_by_everybody(
    chromium: Chromium, example: Lived, examined: Examined, who: str, language: str
) -> None:
    faults: list[str] = []
    with visit(chromium, example.origin, example.cookies(who, language), language=language) as visited:
        for path in places_of(example):
            answer = visited.context.request.get(example.origin + path, max_redirects=0)
            assert answer.status < 500, path
            if answer.status == 303 or not examined.is_new(answer.text()):
                continue  # where it leads to is looked at by itself
            visited.complaints.clear()
            visited.go(path)
            found = _unexpected(visited.complaints, answer.status)
            if visited.page.locator("html").get_attribute("lang") != language:
                found.append("another language")
            found += visited.violations()
            visited.resize(NARROW)
            found += [f"at 320 px: {fault}" for fault in (*visited.violations(), *visited.sideways())]
            visited.resize(WIDE)
            faults += [f"{path}: {fault}" for fault in dict.fromkeys(found)]
    assert not faults, "\n".join(faults)


def _unexpected(complaints: list[str], status: int) -> list[str]:
    """Without the browser's own line about the page's status."""
    return [line for line in complaints if status == 200 or f"status of {status}" not in line]
