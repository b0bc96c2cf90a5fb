"""Files of models that were trained elsewhere: found in the package or fetched, and compared with their digest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import NotFoundError, ProjectError, StorageError
from trunkline.core.package import require_content
from trunkline.core.record import digits, file_sha256

from .addresses import fetch, too_large
from .mlflow_version import file_of_version, version_in
from .trained import Trained

SCHEMES = ("az", "file", "gs", "https", "models", "s3")
HEADS = {
    b"\x08": "onnx",  # the version that every such file begins with
    b"PK": "skops",
    b"\x80": "pickle",
    b"x": "pickle",  # joblib's compressions: zlib, gzip, bz2, xz, lzma, lz4
    b"\x1f\x8b": "pickle",
    b"BZ": "pickle",
    b"\xfd7z": "pickle",
    b"]\x00": "pickle",
    b"\x04\x22": "pickle",
}
"""How files begin: what they are follows from their content, whatever their name."""


Versions = Callable[[str, Path], Path]
"""Fetches a version of MLflow, `models:/name/number`, into a folder, and returns where its files lie there."""


@dataclass(frozen=True)
class Files:
    """Where files of models lie: the project's package, the folder that keeps fetched ones, and MLflow."""

    package: Path
    cache: Path
    versions: Versions | None = None

    def path(self, trained: Trained) -> tuple[Path, str]:
        """Return where the verified file lies, and its digest.

        Raises ProjectError when it is no place of a model, or main does not name its digest where it must;
        NotFoundError when it is not there; UnavailableError when a server does not answer; StorageError when it has
        another digest.
        """
        if not trained.scheme:
            return self._in_package(trained)
        if trained.scheme not in SCHEMES:
            raise ProjectError(
                f"Trained model {trained.name}: a file is not fetched by {trained.scheme}.",
                value=trained.file,
                next_step=f"use a path within the package, or one of {', '.join(f'{one}:' for one in SCHEMES)}",
            )
        if not trained.digest:
            raise ProjectError(
                f"Trained model {trained.name}: {trained.file} may change, and no digest says what is meant.",
                next_step="add digest='sha256:...' in model.py (sha256sum FILE), so that main names the file",
            )
        kept = self.cache / digits(trained.digest)
        try:
            if not kept.is_file() or file_sha256(kept) != trained.digest:
                self._fetch(trained, kept)
        except OSError as error:
            raise StorageError(
                f"Trained model {trained.name}: {trained.file} cannot be kept in {self.cache}: "
                f"{error.strerror or error}.",
                next_step="make the folder writable, or free disk space",
            ) from error
        return kept, trained.digest

    def _in_package(self, trained: Trained) -> tuple[Path, str]:
        path = self.package / trained.file
        if not path.resolve().is_relative_to(self.package.resolve()):
            raise ProjectError(
                f"Trained model {trained.name}: {trained.file} lies outside the package, on this machine alone.",
                next_step=f"move it to {self.package.parent.name}/{self.package.name}/, or name an address "
                "(https:, s3:, file:) and its digest in model.py",
            )
        if not path.is_file():
            raise NotFoundError(
                f"Trained model {trained.name}: there is no file {trained.file} in "
                f"{self.package.parent.name}/{self.package.name}/.",
                next_step="put it there, or correct its name in model.py",
            )
        require_content(path)
        found = file_sha256(path)
        if trained.digest:
            _require(found, trained)
        elif kind_of(path, trained) != "onnx":
            raise ProjectError(
                f"Trained model {trained.name}: {trained.file} runs code when it is read, and main does not name its "
                "digest.",
                next_step=f"if you know where it comes from, add digest='{found}' in model.py",
            )
        return path, found

    def _fetch(self, trained: Trained, kept: Path) -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        limit = trained.largest_mb * 1_000_000
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".fetching-") as name:
            partial = Path(name) / "file"
            if trained.scheme == "models":
                partial = self._of_mlflow(trained, Path(name))
                if partial.stat().st_size > limit:
                    raise too_large(trained)
            else:
                fetch(trained, partial, limit)
            _require(file_sha256(partial), trained)
            partial.replace(kept)

    def _of_mlflow(self, trained: Trained, folder: Path) -> Path:
        version = version_in(trained)
        if self.versions is None:
            raise ProjectError(
                f"Trained model {trained.name}: nothing says which MLflow is meant.",
                value=trained.file,
                next_step="set registry.uri in trunkline.yaml",
            )
        return file_of_version(trained, self.versions(version, folder))


def kind_of(path: Path, trained: Trained) -> str:
    """Return `onnx`, or `skops` or `pickle`, which run code when they are read.

    Raises ProjectError when a file is none of them.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    for start, kind in HEADS.items():
        if head.startswith(start):
            return kind
    raise ProjectError(
        f"Trained model {trained.name}: {trained.file} is no model that Trunkline reads.",
        value=head,
        next_step="bring ONNX, or a scikit-learn model that joblib, pickle or skops has written",
    )


def _require(found: str, trained: Trained) -> None:
    if found != trained.digest:
        raise StorageError(
            f"Trained model {trained.name}: {trained.file} is {found}, and model.py names {trained.digest}.",
            next_step="find out who changed it; if it is meant, change the digest in model.py by a pull request",
        )
