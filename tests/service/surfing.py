"""A browser without a screen: pages, links, forms as they are sent when somebody fills them in, cookies, redirects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


@dataclass
class Form:
    """One form of a page, as a browser would send it when nothing is typed."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    """Boxes and buttons that are not pressed: name and value."""


class _Reader(HTMLParser):
    """Finds forms, and links with their words."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._inside: Form | None = None
        self._area = self._select = self._href = ""
        self._first_option = True

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._inside = Form(given["action"])
            self.forms.append(self._inside)
        elif tag == "a":
            self._href = given.get("href", "")
            self.links.append((self._href, ""))
        elif self._inside is not None:
            self._field(self._inside, tag, given)

    def _field(self, form: Form, tag: str, given: Mapping[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and given.get("type") in ("checkbox", "radio"):
            (form.fields if "checked" in given else form.choices).append((name, value))
        elif tag == "input" and name:
            form.fields.append((name, value))
        elif tag == "textarea":
            self._area = name
            form.fields.append((name, ""))
        elif tag == "select":
            self._select, self._first_option = name, True
        elif tag == "option" and self._select:
            if not self._first_option and "selected" in given:
                form.fields[-1] = (self._select, value)
            elif self._first_option:
                form.fields.append((self._select, value))
            else:
                form.choices.append((self._select, value))
            self._first_option = False
        elif tag == "button" and name:
            form.choices.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "a":
            self._href = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._area and self._inside is not None:
            name, before = self._inside.fields[-1]
            self._inside.fields[-1] = (name, (before + data).removeprefix("\n"))
        if self._href:
            href, before = self.links[-1]
            self.links[-1] = (href, before + data)


class Browser:
    """One person's browser: cookies, pages, forms. Redirects are followed; what answers with an error is a failure."""

    def __init__(self, origin: str, network: str = "redi") -> None:
        self.origin, self.network = origin, network
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Language"] = "de"
        self.answer = requests.Response()

    def url(self, path: str) -> str:
        """Of a page of the network; whole addresses and paths of the server stay what they are."""
        return urljoin(f"{self.origin}/{self.network}/", path)

    def open(self, path: str, status: int = 200) -> str:
        """Look at a page: its HTML."""
        return self._came(self.session.get(self.url(path), timeout=60), status)

    def send(self, action: str, *, press: Sequence[tuple[str, str]] = (), status: int = 200, **typed: str) -> str:
        """Send the form of this page whose action ends so, filled in: the HTML of what comes next.

        ``press``: boxes that are ticked and the button that is pressed. Whatever is typed or pressed has to be there.
        """
        page = urlsplit(self.answer.url)
        fits = [one for one in self.read().forms if one.action.endswith(action)]
        assert fits, f"no form {action} on {page.path}: {[one.action for one in self.read().forms]}"
        form, fields = fits[0], dict(fits[0].fields)
        known = {*fields, *(name for name, _ in form.choices)}
        assert known >= set(typed), f"{set(typed) - known} can't be typed on {page.path}"
        assert {*form.choices, *form.fields} >= set(press), f"{press} can't be pressed on {page.path}"
        sent = [(name, typed.get(name, value)) for name, value in form.fields]
        sent += [(name, value) for name, value in typed.items() if name not in fields]
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        answer = self.session.post(self.url(form.action), data=[*sent, *press], headers=headers, timeout=60)
        return self._came(answer, status)

    def read(self) -> _Reader:
        """What stands on the page."""
        reader = _Reader()
        reader.feed(self.answer.text)
        return reader

    @property
    def path(self) -> str:
        """Where the browser is, below the network."""
        return urlsplit(self.answer.url).path.removeprefix(f"/{self.network}")

    @property
    def text(self) -> str:
        """What one reads on the page."""
        return " ".join(" ".join(self.read().words).split())

    def links(self, within: str = "") -> list[str]:
        """Where the page's links that hold these letters lead."""
        return [href for href, _ in self.read().links if within in href]

    def _came(self, answer: requests.Response, status: int) -> str:
        self.answer = answer
        assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code}\n{self.text}"
        return answer.text
