"""JSON lines: an object a line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from trunkline.core.contract import Column
from trunkline.core.reading import DoubledKey, single

from ..found import Found
from ..pieces import BATCH, Piece
from ..places import Place
from .protocol import Raw, Writer
from .text import MARK, cut, newlines


class JsonLines:
    """JSON lines."""

    apart: ClassVar[bool] = False

    def header(self, place: Place, name: str) -> tuple[str, ...] | None:
        """Return None: each row names its own columns."""
        return None

    def pieces(self, place: Place, file: Found, most: int) -> Iterator[Piece]:
        """Yield stretches of whole lines."""
        return cut(place, file, newlines, most)

    def rows(
        self, place: Place, name: str, piece: Piece, header: Sequence[str], columns: Mapping[str, Column]
    ) -> Iterator[list[Raw]]:
        """Yield the rows; a line of white space is none."""
        content = place.read(name, piece.start, piece.length)
        if not piece.start:
            content = content.removeprefix(MARK)
        batch: list[Raw] = []
        for place_, line in enumerate(content.split(b"\n")):
            if not line.strip():
                continue
            batch.append(Raw(piece.first + place_, _object(line)))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def writer(self, path: Path, fields: Mapping[str, str]) -> Writer:
        """Return what writes an object a line."""
        return _Lines(path)

    def join(self, parts: Iterator[Path], path: Path, fields: Mapping[str, str]) -> None:
        """Write one part after the other."""
        with path.open("wb") as target:
            for part in parts:
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, target, 2**20)


class _Lines:
    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", encoding="utf-8")

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._stream.writelines(json.dumps(row) + "\n" for row in rows)

    def close(self) -> None:
        self._stream.close()


def _object(line: bytes) -> Mapping[str, Any] | str:
    try:
        row = json.loads(line, parse_constant=str, object_pairs_hook=single)
    except DoubledKey as error:
        return f"the field {error.key[:80]} stands twice"
    except UnicodeDecodeError:
        return "the line is not UTF-8 text"
    except (ValueError, RecursionError):
        return "the line is not JSON"
    return row if isinstance(row, dict) else "the line holds no names and values"
