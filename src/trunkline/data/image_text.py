"""A picture as the contract's column of images holds it."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.errors import DataError
from trunkline.inputs.image_file import text_of


def image_text(picture: bytes | Path | str) -> str:
    """Return a JPEG or PNG file, by its content or its path, in base64; whether it can be read, the contract asks.

    Raises DataError where there is no such file.
    """
    if isinstance(picture, bytes):
        return text_of(picture)
    try:
        return text_of(Path(picture).read_bytes())
    except OSError as error:
        raise DataError(f"The picture {picture} cannot be read: {error.strerror or error}.") from error
