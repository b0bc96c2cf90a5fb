"""Images: what is refused before a pixel is decoded, what is logged, and which way is up."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from trunkline.core.contract import Column
from trunkline.inputs import input_of
from trunkline.inputs.image_file import pixels, text_of
from trunkline.inputs.png import bomb, plain
from trunkline.inputs.profiles import PartsProfile

HELD = input_of(Column(name="x", type="image"))
PICTURE = np.random.default_rng(1).integers(0, 255, (60, 80, 3), dtype=np.uint8)


def encoded(image: Any, kind: str, **options: Any) -> str:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return text_of(stream.getvalue())


JPEG = encoded(Pillow.fromarray(PICTURE), "JPEG")


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "I;16", "LA"])
def test_a_png_of_any_kind_is_read(mode: str) -> None:
    image = Pillow.fromarray(PICTURE)
    made = (
        Pillow.fromarray(PICTURE[:, :, 0].astype(np.uint16) * 256) if mode == "I;16" else image.convert(mode)
    )
    text = encoded(made, "PNG")
    assert HELD.check(text) == text
    assert pixels(text).shape == (60, 80, 3)


def test_a_jpeg_in_the_colours_of_print_is_read() -> None:
    text = encoded(Pillow.fromarray(PICTURE).convert("CMYK"), "JPEG")
    assert HELD.check(text) == text
    assert pixels(text).shape == (60, 80, 3)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "empty"),
        (7, "not a text"),
        ("no base64!", "base64"),
        (f"data:image/jpeg;base64,{JPEG}", "comma"),
        (base64.encodebytes(base64.b64decode(JPEG)).decode(), "one line"),
        (text_of(base64.b64decode(JPEG)[:1500]), "cut off"),
        (text_of(base64.b64decode(encoded(Pillow.fromarray(PICTURE), "PNG"))[:-900]), "cut off"),
        (text_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "no JPEG or PNG"),
        (encoded(Pillow.fromarray(PICTURE), "GIF"), "no JPEG or PNG"),
        (encoded(Pillow.fromarray(PICTURE), "TIFF"), "no JPEG or PNG"),
        (text_of(b"\xff\xd8\xff\xe0" + b"\0" * 40), "JPEG"),
        (bomb(30_000, 30_000), "pixels"),
        (bomb(2**31 - 1, 2**31 - 1), "pixels"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_what_is_no_image_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        HELD.check(value)
    assert HELD.exact(value) is None
    assert HELD.hint(value)


def test_limits_of_the_contract_hold() -> None:
    small = input_of(Column(name="x", type="image", longest=1000, maximum=100))
    with pytest.raises(ValueError, match="bytes"):
        small.check(JPEG)
    with pytest.raises(ValueError, match="12 x 12 pixels"):
        small.check(plain(12, 12, (0, 0, 0)))
    assert "1,000" not in small.rule()
    assert "750 bytes and 100 pixels" in small.rule()
    # What another contract let through is remembered, and refused here all the same.
    assert HELD.check(plain(12, 12, (9, 9, 9)))
    with pytest.raises(ValueError, match="pixels"):
        small.check(plain(12, 12, (9, 9, 9)))


def test_the_log_keeps_a_digest_and_measures_and_by_the_contract_a_thumbnail() -> None:
    kept: Any = HELD.logged(JPEG)
    assert kept["digest"].startswith("sha256:")
    assert (kept["width"], kept["height"], kept["bytes"]) == (80, 60, len(base64.b64decode(JPEG)))
    assert JPEG not in json.dumps(kept)
    assert "thumbnail" not in kept
    with_picture: Any = input_of(Column(name="x", type="image", thumbnail=32)).logged(JPEG)
    assert pixels(with_picture["thumbnail"]).shape == (24, 32, 3)


def test_brightness_contrast_and_sharpness_tell_images_apart() -> None:
    flat: Any = HELD.logged(plain(64, 64, (200, 200, 200)))
    noisy: Any = HELD.logged(encoded(Pillow.fromarray(PICTURE), "PNG"))
    blurred: Any = HELD.logged(encoded(Pillow.fromarray(PICTURE).resize((8, 6)).resize((80, 60)), "PNG"))
    assert (flat["brightness"], flat["contrast"], flat["sharpness"]) == (200, 0, 0)
    assert noisy["sharpness"] > 5 * blurred["sharpness"] > 0


def test_an_image_is_turned_as_its_exif_orientation_says() -> None:
    image = Pillow.fromarray(PICTURE)
    exif = image.getexif()
    exif[0x0112] = 6
    text = encoded(image, "JPEG", exif=exif, quality=95)
    found = pixels(text)
    assert found.shape == (80, 60, 3)
    assert np.abs(found.astype(int) - np.rot90(PICTURE, -1).astype(int)).mean() < 60
    kept: Any = HELD.logged(text)
    assert (kept["width"], kept["height"]) == (60, 80)


def test_a_window_of_logged_images_is_counted_as_the_images_are() -> None:
    like = HELD.summary([JPEG, plain(8, 8, (1, 1, 1)), None])
    assert isinstance(like, PartsProfile)
    images = [JPEG, None, plain(20, 8, (1, 1, 1))]
    assert HELD.counted(like, images) == HELD.counted(like, [HELD.logged(one) for one in images])
