"""A toy input type: a grey picture of 2 by 2 pixels in base64. The log keeps its digest and its brightness."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator

from trunkline.core.record import sha256
from trunkline.inputs import Corner
from trunkline.inputs.counting import bins
from trunkline.inputs.encoding import texts
from trunkline.inputs.parted import Parted
from trunkline.inputs.profiles import AnyProfile, PartsProfile
from trunkline.inputs.strictly import strictly


class Picture(Parted):
    """A picture: what is logged and profiled of it is not the picture."""

    free = True
    summarised = False
    open_parts = ()

    def read(self, value: object) -> str:
        if not isinstance(value, str) or pixels(value) is None:
            raise ValueError("it is no picture of four pixels")
        return value

    def exact(self, value: object) -> str | None:
        return value if isinstance(value, str) and pixels(value) else None

    def noun(self) -> str:
        return "a grey picture of 2 by 2 pixels in base64"

    def annotation(self) -> Any:
        return Annotated[str, AfterValidator(strictly(self.read))]

    def example(self) -> str:
        return drawn_from(Random(0))  # noqa: S311 - no secret

    def drawn(self, random: Random) -> str:
        return drawn_from(random)

    def logged(self, value: object) -> object:
        return None if value is None else {"digest": sha256(str(value).encode()), "light": light(str(value))}

    def summary(self, values: Sequence[object]) -> AnyProfile:
        known = np.array([light(str(value)) for value in values if value is not None], dtype=float)
        return self.counted(PartsProfile(parts={"light": bins(known, whole=False)}), values)

    def counted(self, like: AnyProfile, values: Sequence[object]) -> PartsProfile:
        said = [str(value["light"]) if isinstance(value, dict) else value for value in values]
        return super().counted(like, said)

    def measured(self, values: Iterable[str], like: PartsProfile) -> Iterator[dict[str, object]]:
        return ({"light": light(value)} for value in values)

    def encode(self, values: Sequence[object]) -> np.ndarray:
        return texts(values)

    def corners(self, seen: np.ndarray) -> list[Corner]:
        return [Corner(name, base64.b64encode(bytes([grey] * 4)).decode()) for name, grey in ENDS]


ENDS = (("black", 0), ("white", 255))


def drawn_from(random: Random) -> str:
    return base64.b64encode(random.randbytes(4)).decode()


def pixels(text: str) -> bytes | None:
    try:
        found = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return found if len(found) == 4 else None


def light(text: str) -> float:
    """Return how bright a picture is, or what the log says of it."""
    found = pixels(text)
    return float(text) if found is None else sum(found) / 4
