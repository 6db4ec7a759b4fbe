"""Pictures of pages, made small: as few colours as a palette holds, packed as tightly as PNG allows."""

import base64
import struct
import zlib
from typing import Final

from playwright.sync_api import Page

_COLOURS: Final = """async picture => {
    const answer = await fetch(`data:image/png;base64,${picture}`);
    const bitmap = await createImageBitmap(await answer.blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), pen = canvas.getContext('2d');
    pen.drawImage(bitmap, 0, 0);
    const pixels = pen.getImageData(0, 0, bitmap.width, bitmap.height).data;
    const colours = new Uint32Array(pixels.length / 4), often = new Map();
    for (let at = 0; at < colours.length; at++) {
        colours[at] = pixels[4 * at] << 16 | pixels[4 * at + 1] << 8 | pixels[4 * at + 2];
        often.set(colours[at], (often.get(colours[at]) || 0) + 1);
    }
    const byUse = (one, other) => often.get(other) - often.get(one) || one - other;
    const palette = [...often.keys()].sort(byUse).slice(0, 256);
    const places = new Map(palette.map((colour, place) => [colour, place]));
    const apart = (one, other) => [16, 8, 0].reduce(
        (sum, bits) => sum + ((one >> bits & 255) - (other >> bits & 255)) ** 2, 0);
    const nearest = colour => palette.reduce(
        (best, one, place) => apart(one, colour) < apart(palette[best], colour) ? place : best, 0);
    for (const colour of often.keys()) if (!places.has(colour)) places.set(colour, nearest(colour));
    const found = Uint8Array.from(colours, colour => places.get(colour));
    let text = '';
    for (let at = 0; at < found.length; at += 32768) text += String.fromCharCode(...found.subarray(at, at + 32768));
    return {width: bitmap.width, height: bitmap.height, palette, pixels: btoa(text)};
}"""


def small(page: Page, picture: bytes) -> bytes:
    """The same PNG in its 256 most frequent colours; rare ones (edges of letters) become the nearest of these.

    ``page``: any; it only lends its canvas.
    """
    found = page.evaluate(_COLOURS, base64.b64encode(picture).decode())
    width, pixels = found["width"], base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, found["height"], 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(struct.pack(">I", colour)[1:] for colour in found["palette"])),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
