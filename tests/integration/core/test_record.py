"""Records as files: written whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import ClassVar

import pytest

from trunkline.core.errors import BundleError, StorageError
from trunkline.core.record import Record, file_sha256, sha256, write_atomically


class Sample(Record):
    SCHEMA: ClassVar[str] = "test/sample/1"

    name: str


def test_a_record_is_readable_json_with_its_schema(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "sample.json"
    Sample(name="é").write(file)
    assert file.read_text() == '{\n  "schema": "test/sample/1",\n  "name": "é"\n}\n'
    assert Sample.read(file) == Sample(name="é")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b"[]", "does not hold a record"),
        (b'{"schema": "other/1", "name": "a"}', "has schema other/1"),
        (b'{"name": "a", "age": 3}', "age: it is not known"),
    ],
)
def test_a_file_that_holds_something_else_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "sample.json"
    file.write_bytes(content)
    with pytest.raises(BundleError, match=words) as caught:
        Sample.read(file, error=BundleError)
    assert str(file) in caught.value.what


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"Cannot read .*sample\.json: No such file"):
        Sample.read(tmp_path / "sample.json")


def test_writing_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"a long content")
    write_atomically(file, b"short")
    assert file.read_bytes() == b"short"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        write_atomically(file, b"new")
    assert caught.value.next_step == "free disk space"
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"Cannot write .*record\.json"):
        Sample(name="a").write(tmp_path / "file" / "record.json")


def test_a_files_digest_is_that_of_its_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(json.dumps(list(range(100_000))).encode())
    assert file_sha256(file) == sha256(file.read_bytes())
