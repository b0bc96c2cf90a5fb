"""Image: a JPEG or PNG file in base64. The log keeps its digest and measures, never the image."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from trunkline.core.errors import ContractError

from . import png
from .counting import bins, fill, is_null
from .encoding import texts
from .image_file import MOST_PIXELS, content_of, measures, opened, text_of, thumbnail
from .parted import Parted
from .profiles import AnyProfile, PartsProfile
from .protocol import Corner, Probe, Value
from .strictly import strictly

MOST_BYTES = 5_000_000
PARTS = ("brightness", "contrast", "sharpness", "width", "height", "bytes")
"""What a profile counts; the log keeps these of each image, and its digest."""
LARGEST_THUMBNAIL = 512
COLOURS = ((0, 0, 0), (255, 255, 255), (200, 120, 40))


class Image(Parted):
    """A picture, upright by its EXIF orientation. Its limits are `longest` (of the text) and `maximum` (pixels)."""

    free = True
    summarised = False
    plain = False
    kept = False
    media = ("image/jpeg", "image/png")
    open_parts = ()
    keys = ("most_bytes", "most_pixels", "thumbnail")

    def said(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the limits that a field says, and the size of thumbnails."""
        name = self.column.name
        most = _whole(name, "most_bytes", metadata, MOST_BYTES)
        side = _whole(name, "thumbnail", metadata, 0)
        if side > LARGEST_THUMBNAIL:
            raise ContractError(
                f"{name}: a thumbnail of more than {LARGEST_THUMBNAIL} pixels is the image itself.",
                value=side,
            )
        return {
            "longest": 4 * -(-most // 3),
            "maximum": float(_whole(name, "most_pixels", metadata, MOST_PIXELS)),
            "thumbnail": side,
        }

    @property
    def bulk(self) -> int:
        """Return the most characters of an image."""
        return self.column.longest or 4 * -(-MOST_BYTES // 3)

    @property
    def most_pixels(self) -> float:
        """Return the most pixels of an image."""
        return self.column.maximum or MOST_PIXELS

    def weight(self, value: object) -> float:
        """Return the pixels that its header names; 0 where it is no image that is taken."""
        if not isinstance(value, str) or len(value) > self.bulk:
            return 0
        try:
            image = opened(content_of(value), self.most_pixels)
        except ValueError:
            return 0
        return float(image.width * image.height)

    def read(self, value: object) -> str:
        """Return an image that can be read to its end; its size is asked before a pixel is decoded."""
        if not isinstance(value, str):
            raise ValueError("it is not a text: send the file in base64")
        if len(value) > self.bulk:
            raise ValueError(f"it has {len(value) * 3 // 4:,} bytes")
        measures(value, self.most_pixels)
        return value

    def exact(self, value: object) -> Value | None:
        """Return an image in base64."""
        try:
            return self.read(value)
        except ValueError:
            return None

    def noun(self) -> str:
        """Return what it is, with its limits."""
        return f"a JPEG or PNG file in base64, of at most {self.bulk * 3 // 4:,} bytes"

    def span(self) -> str:
        """Return the limit of pixels."""
        return f" and {self.most_pixels:,.0f} pixels"

    def annotation(self) -> Any:
        """Return a text whose schema says that it is a file in base64."""
        schema: dict[str, Any] = {"contentEncoding": "base64", "contentMediaType": ", ".join(self.media)}
        return Annotated[
            str, Field(max_length=self.bulk, json_schema_extra=schema), AfterValidator(strictly(self.read))
        ]

    def hint(self, value: object) -> str:
        """Return why it is not taken."""
        try:
            self.read(value)
        except ValueError as error:
            return str(error)
        return ""

    def example(self) -> str:
        """Return a picture of 2 by 2 pixels."""
        return png.plain(2, 2, COLOURS[-1])

    def drawn(self, random: Random) -> str:
        """Return a picture of 8 by 8 pixels, each of a colour of its own."""
        return text_of(png.png(8, 8, random.randbytes(192)))

    def wrong(self) -> tuple[object, ...]:
        """Return what is no file, a file that is cut off, one that claims too many pixels, and another kind."""
        cut = content_of(png.plain(16, 16, (1, 2, 3)))[:-30]
        side = int(self.most_pixels**0.5) + 1
        encoded = [text_of(content) for content in (cut, b"GIF89a\1\0\1\0\0\0\0;")]
        return ("neither of these", *encoded, png.bomb(side, side))

    def probes(self, known: Collection[object]) -> list[Probe]:  # noqa: ARG002
        """Return pictures in which there is nothing to see."""
        return [Probe(text, why) for why, text in self._edges()]

    def corners(self, seen: np.ndarray) -> list[Corner]:  # noqa: ARG002
        """Return the smallest picture, and pictures in which there is nothing to see."""
        return [Corner(words, text) for words, text in self._edges()]

    def _edges(self) -> list[tuple[str, str]]:
        sizes = (("of one pixel", 1, 1), ("very wide", 64, 1), ("very high", 1, 64), ("black", 32, 32))
        edges = [(words, png.plain(width, height, COLOURS[0])) for words, width, height in sizes]
        return [*edges, ("white", png.plain(32, 32, COLOURS[1]))]

    def logged(self, value: object) -> object:
        """Return the digest and the measures, and a thumbnail where the contract asks for one."""
        if value is None:
            return None
        found = measures(str(value), self.most_pixels)._asdict()
        if self.column.thumbnail:
            found["thumbnail"] = thumbnail(str(value), self.column.thumbnail, self.most_pixels)
        return found

    def summary(self, values: Sequence[object]) -> AnyProfile:
        """Return brightness, contrast, sharpness and sizes."""
        rows = [self._seen(value) for value in values if not is_null(value)]
        parts = {
            name: bins(
                np.array([row[name] for row in rows], dtype=float), whole=name in ("width", "height", "bytes")
            )
            for name in PARTS
        }
        return self._filled(PartsProfile(parts=parts), rows, len(values))

    def counted(self, like: AnyProfile, values: Sequence[object]) -> PartsProfile:
        """Return the same of a window of images, or of what the log keeps of them."""
        if not isinstance(like, PartsProfile):
            return super().counted(like, [])
        rows = [self._seen(value) for value in values if not is_null(value)]
        return self._filled(like, rows, len(values))

    def measured(self, values: Iterable[str], like: PartsProfile) -> Iterator[dict[str, object]]:  # noqa: ARG002
        """Return the measures of each image."""
        return (dict(self._seen(value)) for value in values)

    def size(self, value: object) -> tuple[float, float] | None:
        """Return the width and height of an upright image."""
        if is_null(value):
            return None
        found = measures(str(value), self.most_pixels)
        return float(found.width), float(found.height)

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return the files in base64; null is the empty text."""
        return texts(values)

    def _filled(self, like: PartsProfile, rows: Sequence[Mapping[str, Any]], total: int) -> PartsProfile:
        filled = {
            name: fill(cells, [row.get(name) for row in rows], self.column.name)
            for name, cells in like.parts.items()
        }
        return PartsProfile(count=len(rows), nulls=total - len(rows), parts=filled)

    def _seen(self, value: object) -> Mapping[str, Any]:
        return value if isinstance(value, Mapping) else measures(str(value), self.most_pixels)._asdict()


def _whole(name: str, key: str, metadata: Mapping[str, Any], otherwise: int) -> int:
    value = metadata.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or value < (0 if key == "thumbnail" else 1):
        raise ContractError(f"{name}: `{key}` must be a whole number.", value=value)
    return value
