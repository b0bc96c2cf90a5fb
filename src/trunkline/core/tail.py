"""Reading a line file from its end, so that the newest lines of a large file cost little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trunkline.core.errors import StorageError

BLOCK = 1 << 16


def newest_first(path: Path, *, block: int = BLOCK) -> Iterator[bytes]:
    """Yield the lines of a file from the last to the first, without their line ends; blank lines are left out.

    Holds one block and one line in memory. Lines appended after the first was asked for are not seen.
    Raises StorageError when the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            position = stream.seek(0, 2)
            # The parts of the line whose beginning has not been reached yet, last part first.
            parts: list[bytes] = []
            while position:
                start = max(0, position - block)
                stream.seek(start)
                pieces = stream.read(position - start).split(b"\n")
                position = start
                parts.append(pieces[-1])
                if len(pieces) > 1:
                    yield from _filled(b"".join(reversed(parts)))
                    for line in reversed(pieces[1:-1]):
                        yield from _filled(line)
                    parts = [pieces[0]]
            yield from _filled(b"".join(reversed(parts)))
    except OSError as error:
        raise StorageError(
            f"Cannot read {path}: {error.strerror}.", next_step="make the file readable"
        ) from error


def _filled(line: bytes) -> Iterator[bytes]:
    if line.strip():
        yield line
