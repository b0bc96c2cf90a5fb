"""Files that somebody else may have written: read whole, with errors that name them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import StorageError, TrunklineError


def read_text(path: Path, *, error: type[TrunklineError] = StorageError, next_step: str = "") -> str:
    """Return the text of a file, with every end of a line as `\\n` and without a byte order mark.

    Raises `error` when it cannot be read or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as problem:
        raise error(
            f"{path} is not UTF-8: {problem.reason} at byte {problem.start}.",
            next_step=next_step or f"write {path.name} again as UTF-8 text",
        ) from problem
    except OSError as problem:
        raise error(f"Cannot read {path}: {problem.strerror}.", next_step=next_step) from problem


def parse_json(
    text: str | bytes, *, origin: str, error: type[TrunklineError] = StorageError, next_step: str = ""
) -> Any:
    """Return the value of a JSON text; `origin` names it in the error.

    Raises `error` when it is not JSON, holds a number that JSON does not have or a key twice, or is nested too deeply.
    """
    try:
        value = json.loads(text, parse_constant=_refused, parse_float=_finite, object_pairs_hook=single)
        if "\\u" in text if isinstance(text, str) else b"\\u" in text:
            whole(json.dumps(value, ensure_ascii=False))
        return value
    except (ValueError, RecursionError) as problem:
        said = "it is nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        beginning = text if isinstance(text, str) else text.decode("utf-8", "replace")
        raise error(f"{origin} is not JSON: {said}.", value=beginning[:80], next_step=next_step) from problem


def whole(text: str) -> str:
    """Return a text with halves of letters (UTF-16's surrogates) joined; raises ValueError where one has no other."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as problem:
        raise ValueError("a text holds half of a letter (a lone surrogate)") from problem


class DoubledKey(ValueError):
    """A key that stands twice in one object; Python's reader would take the last and say nothing."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key[:80]!r} stands twice in one object")
        self.key = key


def single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, for `object_pairs_hook`; raises DoubledKey where a key stands twice."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DoubledKey(key)
        found[key] = value
    return found


def read_json(path: Path, *, error: type[TrunklineError] = StorageError) -> Any:
    """Return the JSON value of a file; raises as `read_text` and `parse_json` do."""
    return parse_json(read_text(path, error=error), origin=str(path), error=error)


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def _finite(digits: str) -> float:
    value = float(digits)
    return value if abs(value) != float("inf") else _refused(digits)
