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
    for (let levels = 255; ; levels = levels >> 1) {
        // Of so many shades of red, green and blue each, white stays white and black stays black.
        const shade = Array.from({length: 256}, (_, one) => Math.round(Math.round(one * levels / 255) * 255 / levels));
        const known = new Map(), found = new Uint8Array(pixels.length / 4);
        for (let at = 0; at < pixels.length && known.size <= 256; at += 4) {
            const colour = shade[pixels[at]] << 16 | shade[pixels[at + 1]] << 8 | shade[pixels[at + 2]];
            if (!known.has(colour)) known.set(colour, known.size);
            found[at / 4] = known.get(colour);
        }
        if (known.size > 256) continue;
        let text = '';
        for (let at = 0; at < found.length; at += 32768) text += String.fromCharCode(...found.subarray(at, at + 32768));
        return {width: bitmap.width, height: bitmap.height, palette: [...known.keys()], pixels: btoa(text)};
    }
}"""


def small(page: Page, picture: bytes) -> bytes:
    """The same PNG with at most 256 colours. ``page``: any; it only lends its canvas."""
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
