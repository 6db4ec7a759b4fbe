"""WebDAV's answers about several things at once. Pure."""

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from connectors.nextcloud.client import garbled
from provisioner.transport.answer import Answer

DAV: Final = "{DAV:}"


def parsed(answer: Answer, path: str) -> ElementTree.Element:
    """An answer's XML. Raises `Garbled` when it is none."""
    try:
        # Of the server we are logged in to; expat itself limits what entities grow to.
        return ElementTree.fromstring(answer.body)  # noqa: S314
    except ElementTree.ParseError as error:
        raise garbled(path) from error


def responses(answer: Answer, path: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """Each thing's address as it stands there, with those of its properties that it has. Raises `Garbled`."""
    root = parsed(answer, path)
    if root.tag != f"{DAV}multistatus":
        raise garbled(path)
    for response in root.findall(f"{DAV}response"):
        href = response.findtext(f"{DAV}href")
        if not href:
            raise garbled(path)
        had = ElementTree.Element("had")
        for propstat in response.findall(f"{DAV}propstat"):
            properties = propstat.find(f"{DAV}prop")
            if properties is not None and " 200 " in propstat.findtext(f"{DAV}status", ""):
                had.extend(properties)
        yield href, had
