"""PNG: small pictures written without a library, for examples, tests and edges."""

from __future__ import annotations

import base64
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB = 2


def png(width: int, height: int, pixels: bytes) -> bytes:
    """Return a PNG of red, green and blue bytes, row by row."""
    size = 3 * width
    rows = b"".join(b"\0" + pixels[row * size : (row + 1) * size] for row in range(height))
    return _file(width, height, rows)


def plain(width: int, height: int, colour: tuple[int, int, int]) -> str:
    """Return a picture of one colour in base64."""
    return base64.b64encode(png(width, height, bytes(colour) * (width * height))).decode()


def bomb(width: int, height: int) -> str:
    """Return, in base64, the head of a picture that claims a size and holds a single pixel."""
    return base64.b64encode(_file(width, height, b"\0\0\0\0")).decode()


def _file(width: int, height: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, RGB, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
