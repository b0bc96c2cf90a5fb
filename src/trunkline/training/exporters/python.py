"""The Python form of a fitted pipeline: skops, written so that the same pipeline gives the same bytes."""

from __future__ import annotations

import io
import json
import pickle
import re
import shutil
import sys
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError, StorageError
from trunkline.core.package import files_in
from trunkline.core.raised import raised
from trunkline.core.record import canonical_json, write_atomically

from ..candidate import Export
from .exporter import Exported, Job

BASE = ("numpy", "pandas", "scikit-learn", "scipy", "skops")
PACKAGES = ("numpy", "pandas", "sklearn", "scipy", "skops", "trunkline")
"""The names under which they are imported, and the toolkit, whose version the lineage names."""
EPOCH = (1980, 1, 1, 0, 0, 0)
BRING = "bring a model's file by Trained(FILE, inputs=..., outputs=...) of trunkline.training in model.py"
ADVICE = (
    "move functions and classes to the top level of a file in the project's package (a lambda cannot be written), "
    f"or use scikit-learn's own transformers; {BRING}"
)


class Python:
    """skops with the user's package, whose answers are compared once it is sealed."""

    code: ClassVar[bool] = True

    def export(self, job: Job) -> Exported:
        """Write `model.skops` and `code`. Raises ExportError when it cannot be written, or names a path."""
        content = dump(job.fitted.pipeline)
        require_no_path(content, job.code.parents[1])
        types = untrusted_types(content)
        needed = requirements(types, job.code.name)
        # It is read back by a process of its own once it is sealed: what cannot be read may end one that tries.
        copy_code(job.code, job.folder)
        write_atomically(job.folder / "model.skops", content)
        job.say("taking the Python runtime")
        return Exported("python", "model.skops", types, needed)

    def check(
        self,
        pipeline: Any,
        contract: Contract,
        rows: pd.DataFrame,
        *,
        classes: tuple[str, ...],
        package: str,
        export: Export,
    ) -> int:
        """Return the model's bytes. Raises ExportError when it cannot be written, or needs a package of no index."""
        content = dump(pipeline)
        requirements(untrusted_types(content), package)
        return len(content)


class _Nowhere:
    def write(self, content: bytes | pickle.PickleBuffer) -> int:
        return memoryview(content).nbytes  # large arrays come as buffers


def dump(pipeline: Any) -> bytes:
    """Return a fitted pipeline as a skops archive, in canonical form.

    Raises ExportError when skops has no way to write a part of it.
    """
    import skops.io  # Half a second and more, which a verb that writes and reads no model does not spend.

    try:
        # skops ends the process on some objects of C++ that pickle refuses in words: an open session, say
        pickle.Pickler(_Nowhere(), protocol=pickle.HIGHEST_PROTOCOL).dump(pipeline)
        return canonical(skops.io.dumps(pipeline))
    except Exception as error:
        raise ExportError(f"The pipeline cannot be written: {raised(error)}.", next_step=ADVICE) from error


def canonical(archive: bytes) -> bytes:
    """Return a skops archive without what differs from process to process.

    skops names objects and files by memory address, keeps the order of sets and stamps files with the time. Here
    objects are numbered as they first appear, sets are sorted, unused bytes between the fields of a record are zero,
    and files carry a fixed time.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = json.loads(source.read("schema.json"))
        content = {name: source.read(name) for name in source.namelist() if name != "schema.json"}
    _sort_sets(schema, content)
    names: dict[str, str] = {}
    _renumber(schema, {}, names)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for old, new in names.items():
            _put(target, new, without_padding(content[old]) if old.endswith(".npy") else content[old])
        _put(target, "schema.json", json.dumps(schema).encode())
    return written.getvalue()


def _put(target: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    target.writestr(entry, content)


def _sort_sets(node: Any, content: dict[str, bytes]) -> None:
    if isinstance(node, list):
        for item in node:
            _sort_sets(item, content)
    elif isinstance(node, dict):
        for item in node.values():
            _sort_sets(item, content)
        if node.get("__loader__") == "SetNode":
            node["content"].sort(key=lambda item: canonical_json(_nameless(item)))


def _nameless(node: Any) -> Any:
    if isinstance(node, list):
        return [_nameless(item) for item in node]
    if isinstance(node, dict):
        return {key: _nameless(value) for key, value in node.items() if key not in ("__id__", "file")}
    return node


def _renumber(node: Any, numbers: dict[int, int], names: dict[str, str]) -> None:
    if isinstance(node, list):
        for item in node:
            _renumber(item, numbers, names)
        return
    if not isinstance(node, dict):
        return
    if "__id__" in node:
        # equal words and numbers may or may not be one object: they are told apart, as that means nothing to them
        key = -len(numbers) - 1 if node.get("__loader__") == "JsonNode" else node["__id__"]
        node["__id__"] = numbers.setdefault(key, len(numbers) + 1)
    if isinstance(node.get("file"), str) and "__loader__" in node:
        old = node["file"]
        node["file"] = names.setdefault(old, f"{len(names) + 1}{Path(old).suffix}")
    for item in node.values():
        _renumber(item, numbers, names)


def without_padding(content: bytes) -> bytes:
    """Return an array in numpy's format with zeros between the fields of its records, where memory holds anything."""
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, dtype=array.dtype)
    for name in array.dtype.names:
        clean[name] = array[name]
    written = io.BytesIO()
    np.save(written, clean, allow_pickle=False)
    return written.getvalue()


def require_no_path(content: bytes, folder: Path) -> None:
    """Raise ExportError when an archive names a file in `folder`, which no other machine has at that place."""
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        schema = source.read("schema.json").decode()
    place = re.escape(json.dumps(str(folder))[1:-1])
    if found := re.search(rf"(?<![\w.-]){place}/[^\"\\]*", schema):
        raise ExportError(
            f"The fitted pipeline keeps the path {found[0]}: on another machine it would read another file, or none.",
            next_step="find the file from the package (Path(__file__).parent, importlib.resources) when it is read, or "
            f"keep its content in an attribute of the fitted estimator; {BRING}",
        )


def load(content: bytes, trusted: Sequence[str]) -> Any:
    """Return the pipeline that an archive holds; only call this on bytes whose checksum was verified.

    Raises what skops raises when a type is not among `trusted` or cannot be imported.
    """
    import skops.io

    return skops.io.loads(content, trusted=list(trusted))


def untrusted_types(content: bytes) -> tuple[str, ...]:
    """Return the types that skops must be told to trust before it loads the archive."""
    import skops.io

    return tuple(sorted(skops.io.get_untrusted_types(data=content)))


def requirements(types: Sequence[str], package: str) -> tuple[str, ...]:
    """Return the distributions that the archive needs, pinned, as `numpy==2.4.6`.

    `package` is the user's own package, which travels with the archive. Raises ExportError when a type comes from
    code that does not.
    """
    needed = set(BASE)
    tops = {name.split(".")[0]: name for name in sorted(types)}
    if any(name.startswith("trunkline.training.elsewhere.onnx_estimator.") for name in types):
        needed.add("onnxruntime")
    foreign = {
        top: name
        for top, name in tops.items()
        if top not in (package, *PACKAGES) and top not in sys.stdlib_module_names
    }
    # reading the metadata of all that is installed takes a second: only where it is needed
    owners = metadata.packages_distributions() if foreign else {}
    for top, name in foreign.items():
        if top not in owners:
            raise ExportError(
                f"The pipeline uses {name}, which is neither in the package {package} nor installed.",
                value=name,
                next_step=ADVICE,
            )
        needed.add(owners[top][0])
    return tuple(f"{name}=={metadata.version(name)}" for name in sorted(needed, key=str.lower))


def copy_code(package: Path, folder: Path) -> None:
    """Copy every file of the user's package to `folder`/code/<package>; a link becomes what it leads to.

    Raises ExportError when there is no such package.
    """
    files = files_in(package) if package.is_dir() else {}
    if not any(name.endswith(".py") for name in files):
        raise ExportError(
            f"There are no Python files in {package}.", next_step="correct `package` in trunkline.yaml"
        )
    for name, path in files.items():
        target = folder / "code" / package.name / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o644)
        except OSError as error:
            raise StorageError(
                f"Cannot write {target}: {error.strerror}.", next_step="free disk space"
            ) from error
