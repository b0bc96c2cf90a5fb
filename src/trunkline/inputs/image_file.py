"""Image files: a JPEG or PNG is read only once its size is known to be small enough. Needs Pillow."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trunkline.core.errors import ProjectError
from trunkline.core.record import sha256

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("JPEG", "PNG")
MOST_PIXELS = 25_000_000
"""What is decoded where the contract names no limit: 75 MB in memory."""
REDUCED = 512
"""Pixels of the longer side of what brightness, contrast and sharpness are measured on."""
ORIENTATION = 0x0112
REMEMBERED = 4096
Pixels = NDArray[np.uint8]


class Measures(NamedTuple):
    """What is known of an image without looking at it: grey levels from 0 to 255, pixels, bytes."""

    digest: str
    brightness: float
    contrast: float
    """Standard deviation of the grey levels."""
    sharpness: float
    """Standard deviation of the Laplacian: how abruptly grey levels change."""
    width: int
    height: int
    bytes: int


def content_of(text: str) -> bytes:
    """Return the file that a text holds in base64. Raises ValueError where it holds none."""
    if text.startswith("data:"):
        raise ValueError("it begins with `data:`: send what follows the comma")
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("it is not base64, in one line") from error


def text_of(content: bytes) -> str:
    """Return a file in base64, as the contract's column of images holds it."""
    return base64.b64encode(content).decode()


def opened(content: bytes, most_pixels: float = MOST_PIXELS) -> Picture:
    """Return an image of which nothing but its header was read.

    Raises ValueError where it is no JPEG or PNG, or has more pixels; ProjectError without Pillow.
    """
    image_module = _pillow()
    if not content:
        raise ValueError("it is empty")
    try:
        with warnings.catch_warnings():
            # Pillow only warns of what it takes for a bomb; the limit is below.
            warnings.simplefilter("ignore")
            image: Picture = image_module.open(io.BytesIO(content), formats=FORMATS)
    except image_module.DecompressionBombError as error:
        raise ValueError("it has too many pixels") from error
    except Exception as error:  # a damaged header fails in many ways
        raise ValueError("it is no JPEG or PNG file") from error
    if image.width * image.height > most_pixels:
        raise ValueError(f"it has {image.width:,} x {image.height:,} pixels")
    return image


def pixels(text: str, most_pixels: float = MOST_PIXELS) -> Pixels:
    """Return an image, upright by its EXIF orientation, as red, green and blue; shape (height, width, 3).

    Raises ValueError where it cannot be read.
    """
    return np.asarray(upright(text, most_pixels), dtype=np.uint8)


def upright(text: str, most_pixels: float = MOST_PIXELS) -> Picture:
    """Return an image in RGB, turned as its EXIF orientation says. Raises ValueError where it cannot be read."""
    from PIL import ImageOps

    image = opened(content_of(text), most_pixels)
    try:
        return _coloured(ImageOps.exif_transpose(image))
    except Exception as error:
        raise ValueError("it is damaged, or cut off") from error


def measures(text: str, most_pixels: float = MOST_PIXELS) -> Measures:
    """Return what is measured of an image; what was measured last is remembered.

    Raises ValueError where it cannot be read to its end.
    """
    content = content_of(text)
    key = sha256(content)
    known = _known.get(key)
    if known is not None and known.width * known.height <= most_pixels:
        return known
    found = _measured(content, key, most_pixels)
    _known[key] = found
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return found


def thumbnail(text: str, side: int, most_pixels: float = MOST_PIXELS) -> str:
    """Return a JPEG of at most `side` pixels a side, in base64."""
    small = upright(text, most_pixels)
    small.thumbnail((side, side))
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=70)
    return text_of(stream.getvalue())


_known: OrderedDict[str, Measures] = OrderedDict()
"""By digest: a request is checked and logged, a row read several times."""


def _measured(content: bytes, digest: str, most_pixels: float) -> Measures:
    image = opened(content, most_pixels)
    width, height = image.size
    try:
        turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
        # A JPEG is decoded at a smaller scale right away, and still read to its end.
        image.draft("L", (REDUCED, REDUCED))
        grey = _grey(image)
    except Exception as error:  # what a decoder raises on damaged data has no common base
        raise ValueError("it is damaged, or cut off") from error
    step = max(1, max(grey.shape) // REDUCED)
    grey = grey[::step, ::step].astype(np.float32)
    inner = grey[1:-1, 1:-1]
    edges = 4 * inner - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return Measures(
        digest=digest,
        brightness=round(float(grey.mean()), 2),
        contrast=round(float(grey.std()), 2),
        sharpness=round(float(edges.std()), 2) if edges.size else 0.0,
        width=height if turned else width,
        height=width if turned else height,
        bytes=len(content),
    )


def _grey(image: Picture) -> NDArray[Any]:
    return np.asarray(_deep(image).convert("L"))


def _coloured(image: Picture) -> Picture:
    return _deep(image).convert("RGB")


def _deep(image: Picture) -> Picture:
    """Return an image of 16 bits a pixel in 8: Pillow would cut off what is brighter than 255."""
    if not image.mode.startswith("I"):
        return image
    levels = np.asarray(image).astype(np.int64) >> 8
    made: Picture = _pillow().fromarray(levels.clip(0, 255).astype(np.uint8))
    return made


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise ProjectError(
            "The contract has an image, and Pillow, which reads images, is not installed.",
            next_step="pip install 'trunkline[image]'",
        ) from error
    return Image
