"""Two ways of using a page: by keyboard alone, and without JavaScript."""

from typing import Final, Protocol

from tests.support.browser import Visit

_MOST: Final = 120
"""Presses of Tab; no page has more to stop at."""


class Hands(Protocol):
    """Somebody at a page. Things are called what people read, or hear, there."""

    def press(self, name: str) -> None:
        """A link or a button."""

    def write(self, label: str, text: str) -> None:
        """Into a field, in the place of what stood there."""

    def tick(self, label: str) -> None:
        """A box, or one of a few choices."""


class Keyboard:
    """Tab, Enter, Space, arrows, letters. Every stop has to be seen, and to come after the one before."""

    def __init__(self, visited: Visit) -> None:
        self._visited, self._page = visited, visited.page

    def press(self, name: str) -> None:
        """Wherever it leads, the page is there afterwards."""
        self._reach(name, "a, button")
        with self._page.expect_navigation():
            self._page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        self._reach(label, "input, textarea")
        self._page.keyboard.press("Control+A")
        self._page.keyboard.type(text)

    def tick(self, label: str) -> None:
        """Of several choices Tab reaches the first one or the chosen one; the arrows go on from there."""
        wanted = self._page.get_by_label(label, exact=True)
        if wanted.get_attribute("type") == "checkbox":
            self._reach(label, "input")
            self._page.keyboard.press("Space")
        else:
            group = wanted.get_attribute("name")
            self._reach(None, f"input[type=radio][name={group}]")
            while self._visited.focused()["name"] != label:
                self._page.keyboard.press("ArrowDown")
            if not wanted.is_checked():
                self._page.keyboard.press("Space")
        assert wanted.is_checked(), label

    def _reach(self, name: str | None, kind: str) -> None:
        """Press Tab until the keyboard is there."""
        passed: list[str] = []
        for _ in range(_MOST):
            self._page.keyboard.press("Tab")
            focus = self._visited.focused()
            assert focus["tag"] != "body", f"no {name} on the page: {passed}"
            assert focus["seen"], f"nobody sees that the keyboard is on {focus}"
            assert focus["later"], f"{focus} comes after {passed[-1:]}, but stands before it"
            # What need not be filled in says so behind its name.
            named = name is None or focus["name"] == name or focus["name"].startswith(f"{name} (")
            if named and self._page.evaluate("kind => document.activeElement.matches(kind)", kind):
                return
            passed.append(focus["name"])
        raise AssertionError(f"no {name} within {_MOST} stops: {passed}")


class Pointer:
    """Clicks and letters; asks nothing of scripts."""

    def __init__(self, visited: Visit) -> None:
        self._page = visited.page

    def press(self, name: str) -> None:
        link, button = (self._page.get_by_role(role, name=name, exact=True) for role in ("link", "button"))
        link.or_(button).click()

    def write(self, label: str, text: str) -> None:
        self._page.get_by_role("textbox", name=label, exact=False).fill(text)

    def tick(self, label: str) -> None:
        self._page.get_by_label(label, exact=True).check()
