"""The user's package: the files of it that shape a model, their digest, and how its modules are read."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.abc import PathEntryFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

from .errors import ProjectError
from .record import file_sha256

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_COMPILED = (".pyc", ".pyo")


def files_in(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by their path within it, with `/`, in the same order everywhere.

    Left out is what cannot shape a model (`counts`). A link is what it leads to. Raises ProjectError for what has no
    content to take a digest of, and for names that are not UTF-8.
    """
    found = dict(_walk(folder, "", (folder.resolve(),)))
    return {name: found[name] for name in sorted(found, key=lambda name: name.split("/"))}


def files_digest(files: Mapping[str, Path]) -> str:
    """Return the digest of files, by path and content, as hex digits."""
    return digest_of({name: file_sha256(path) for name, path in files.items()})


def digest_of(contents: Mapping[str, str]) -> str:
    """Return the digest of files by their paths and digests, as hex digits."""
    total = hashlib.sha256()
    for name in sorted(contents, key=lambda name: name.split("/")):
        total.update(name.encode() + b"\0" + bytes.fromhex(contents[name].removeprefix("sha256:")))
    return total.hexdigest()


def counts(name: str) -> bool:
    """Whether a file or folder of this name can shape a model: it is not compiled, hidden, or an editor's copy."""
    return not (name.startswith(".") or name == "__pycache__" or name.endswith((*_COMPILED, "~")))


def require_content(path: Path) -> None:
    """Raise ProjectError when a file cannot be read, or is a pointer to one that git-lfs has not fetched."""
    try:
        with path.open("rb") as stream:
            head = stream.read(len(LFS_POINTER))
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be read: {error.strerror}.", next_step="make it readable, or move it away"
        ) from error
    if head == LFS_POINTER:
        raise ProjectError(f"{path} is only a pointer of git-lfs, not the file.", next_step="git lfs pull")


class _FromSource(SourceFileLoader):
    """Compiles a module at each start.

    Python takes bytecode for a source of the same size and the same second: that may be another source's.
    """

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of a module's source as it is now."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def read_from_source(folder: Path) -> None:
    """Let Python import what lies in a folder from its source, never from bytecode."""
    finder = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (_FromSource, [".py"]))

    def hook(path: str) -> PathEntryFinder:
        if not Path(path).is_relative_to(folder):
            raise ImportError(path)
        return finder(path)

    sys.path_hooks.insert(0, hook)
    for path in [path for path in sys.path_importer_cache if Path(path).is_relative_to(folder)]:
        del sys.path_importer_cache[path]


def _walk(folder: Path, prefix: str, above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    for entry in os.scandir(folder):
        path, name = Path(entry.path), prefix + entry.name
        if not counts(entry.name):
            continue
        if not _is_utf8(name):
            raise ProjectError(
                f"A file's name is not UTF-8: {os.fsencode(name)!r} in {folder}.", next_step="rename it"
            )
        if path.is_dir():
            real = path.resolve()
            if real in above:
                raise ProjectError(
                    f"{path} is a link to a folder that contains it.", next_step="remove the link"
                )
            yield from _walk(path, f"{name}/", (*above, real))
        elif path.is_file():
            require_content(path)
            yield name, path
        else:
            what = "leads nowhere" if path.is_symlink() else "is neither a file nor a folder"
            raise ProjectError(f"{path} {what}.", next_step="remove it, or put the file there")


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
