"""Frozen, versioned records: what flows between steps, as JSON that reads the same everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from .errors import StorageError, TrunklineError, shown
from .problems import wording
from .reading import parse_json, read_json, read_text


def sha256(content: bytes) -> str:
    """Return the digest of `content` as `sha256:<64 hex digits>`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def digits(digest: str) -> str:
    """Return the 64 digits of a digest, which name its folder."""
    return digest.removeprefix("sha256:")


def short(digest: str) -> str:
    """Return the twelve digits of a digest that people read."""
    return digits(digest)[:12]


def file_sha256(path: Path) -> str:
    """Return the digest of a file, read in pieces."""
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def canonical_json(value: Any) -> bytes:
    """Return `value` as JSON with sorted keys and no white space, the form in which digests are taken."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises StorageError when the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise StorageError(
            f"Cannot write {path}: {error.strerror}.", next_step="make the folder writable, or choose another"
        ) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise StorageError(f"Cannot write {path}: {error.strerror}.", next_step="free disk space") from error


MOST_PROBLEMS = 8
"""Problems that one message names."""


def describe_problems(error: ValidationError) -> str:
    """Return what pydantic found as `key: problem (found value)`, one after the other."""
    rows = []
    problems = error.errors(include_url=False)
    for problem in problems[:MOST_PROBLEMS]:
        key = ".".join(str(part) for part in problem["loc"]) or "(whole)"
        found = "" if isinstance(problem["input"], dict | list) else f" (found {shown(problem['input'])})"
        rows.append(f"{key}: {wording(problem)}{found}")
    if len(problems) > MOST_PROBLEMS:
        rows.append(f"and {len(problems) - MOST_PROBLEMS} more")
    return "; ".join(rows)


def date_as_text(value: object) -> object:
    """Return a date as text: YAML reads an unquoted 2026-12-31 as a date."""
    return value.isoformat() if isinstance(value, date) else value


def as_utc(time: datetime) -> datetime:
    """Return a time in UTC; one without a zone is taken as UTC.

    Raises ValueError where UTC has no such time: in other zones the years 1 and 9999 begin before it, or end after it.
    """
    if time.tzinfo is None:
        return time.replace(tzinfo=UTC)
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("choose a time between the years 1 and 9999") from error


UtcTime = Annotated[datetime, AfterValidator(as_utc)]
"""A time of a record, which others may have written without a zone."""


class Record(BaseModel):
    """A frozen value with a schema name; keys that it does not know are refused.

    `SCHEMA` is `<name>/<version>`; it is written as the key `schema` and checked on reading.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    SCHEMA: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON types, with its schema name first."""
        head = {"schema": self.SCHEMA} if self.SCHEMA else {}
        return head | self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, value: object, *, origin: str, error: type[TrunklineError] = StorageError) -> Self:
        """Return the record that `value` holds; `origin` names it in the error.

        Raises `error` when it is no mapping, the schema is another one, or a key is missing, unknown or of the wrong
        type.
        """
        if not isinstance(value, dict):
            raise error(f"{origin} does not hold a record.", value=value)
        body = dict(value)
        schema = body.pop("schema", cls.SCHEMA)
        if schema != cls.SCHEMA:
            raise error(
                f"{origin} has schema {str(schema)[:80]}, and this version of Trunkline reads {cls.SCHEMA}.",
                next_step="write it again with the installed version",
            )
        try:
            return cls.model_validate(body)
        except ValidationError as problem:
            raise error(f"{origin}: {describe_problems(problem)}.") from problem

    def canonical(self) -> bytes:
        """Return the bytes that the record's digest is taken over."""
        return canonical_json(self.to_dict())

    def write(self, path: Path) -> None:
        """Write the record as indented JSON, atomically."""
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        write_atomically(path, text.encode())

    def line(self) -> str:
        """Return the record as one line of JSON."""
        # Escaped, because U+2028 and its like end a line for some readers.
        return json.dumps(self.to_dict(), ensure_ascii=True, allow_nan=False) + "\n"

    @classmethod
    def read_lines(
        cls, path: Path, *, error: type[TrunklineError] = StorageError, complete: bool = False
    ) -> tuple[Self, ...]:
        """Return the records of a file with one a line; a last line without an end was never written whole.

        `complete` says that the file is nobody's log: then such a line counts too, and empty lines do not.
        Raises `error` that names the line when the file cannot be read or a line is no record.
        """
        lines = read_text(path, error=error).split("\n")
        found = []
        for place, line in enumerate(lines if complete else lines[:-1], 1):
            if complete and not line.strip():
                continue
            origin = f"{path}, line {place}"
            advice = f"correct or delete line {place} of {path.name}"
            value = parse_json(line, origin=origin, error=error, next_step=advice)
            found.append(cls.from_dict(value, origin=origin, error=error))
        return tuple(found)

    @classmethod
    def read(cls, path: Path, *, error: type[TrunklineError] = StorageError) -> Self:
        """Return the record that the file holds.

        Raises `error` when the file is missing, is not JSON, or holds another record.
        """
        return cls.from_dict(read_json(path, error=error), origin=str(path), error=error)
