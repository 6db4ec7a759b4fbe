"""Every page of the console has its picture, small enough, and the docs show it."""

import base64
import re
import struct

from tests.browser.pages import templates_of
from tests.browser.screens import FOLDER, SHOTS, WITHOUT, files_of
from tests.browser.small import small
from tests.support.browser import Chromium, visit
from tests.support.served import Lived

DOCS = FOLDER.parents[1]
PICTURES = {name: width for shot in SHOTS.values() for name, width in files_of(shot)}


def _size(picture: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", picture[16:24])
    return int(width), int(height)


def test_every_page_has_a_picture_and_every_picture_a_page(example: Lived) -> None:
    assert {*SHOTS, *WITHOUT} == set(templates_of(example)), "name it in tests/browser/screens.py"
    assert {file.name for file in FOLDER.iterdir()} == PICTURES.keys(), "run scripts/screenshots"


def test_pictures_are_as_wide_as_the_window_and_small() -> None:
    for name, width in PICTURES.items():
        picture = (FOLDER / name).read_bytes()
        assert _size(picture)[0] == width, name
        assert len(picture) < 100_000, f"{name} has {len(picture)} bytes"


def test_the_docs_show_every_picture() -> None:
    shown = {
        (file.parent / target).resolve()
        for file in DOCS.rglob("*.md")
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", file.read_text(encoding="utf-8"))
    }
    assert {(FOLDER / name).resolve() for name in PICTURES} <= shown


def test_a_picture_made_small_shows_the_same(chromium: Chromium) -> None:
    with visit(chromium, "http://readi.example", width=320) as visited:
        visited.page.set_content("<body style='background: white'><h1 style='color: #0b5563'>Grüße</h1>")
        before = visited.page.screenshot()
        after = small(visited.page, before)
        assert _size(after) == _size(before) == (320, 800)
        assert len(after) < len(before)
        shown = "data => { const one = new Image(); one.src = data; return one.decode().then(() => one.naturalWidth) }"
        assert visited.page.evaluate(shown, f"data:image/png;base64,{base64.b64encode(after).decode()}") == 320
