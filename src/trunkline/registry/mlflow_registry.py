"""Bundles as versions of one MLflow model, in an embedded store or on a server, found by digest."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError, NotFoundError, PolicyError, StorageError
from trunkline.core.mlflow_uri import embedded_folder, require_near
from trunkline.core.record import short

from .connection import connect, speaking
from .experiment import ARTIFACTS, LINEAGE, PARAM_LENGTH, at_home, experiment_of, metric_key
from .protocol import Place

ARTIFACT = "bundle"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
BUNDLE, NUMBER = "bundle", "version"
"""The tags that hold a version's digest, and the number that main gives it."""


class MlflowRegistry:
    """The bundles of one model in an MLflow store or server, asked through MLflow's public client alone.

    Methods raise StorageError when a store cannot be used and UnavailableError when a server does not answer.
    """

    def __init__(self, place: Place) -> None:
        """Raise PolicyError when the URI or the name is none that MLflow takes."""
        embedded_folder(place.uri)
        if not re.fullmatch(r"[^/:\s\"'`]+", place.name):
            raise PolicyError(
                "name: a model's name is not empty and has no space, quote, slash or colon.",
                value=place.name,
                next_step="correct `name` in trunkline.yaml",
            )
        self.uri = place.uri
        self.name = place.name

    def digests(self) -> frozenset[str]:
        """Return the digests of all versions that hold a bundle; a tag that is no digest counts for nothing."""
        found = (row.tags[BUNDLE] for row in self._search(f"name='{self.name}'"))
        return frozenset(digest for digest in found if DIGEST.fullmatch(digest))

    def put(self, bundle: Bundle, *, number: int, run: str = "") -> None:
        """Register a bundle unless it is, and tag it with its number; MLflow counts its own versions.

        The files become artifacts of the MLflow run `run`, or of a small run of their own where the store has no
        such run.
        """
        with self._speaking() as client:
            row = self._row(bundle.digest) or self._registered(client, bundle, run)
            if row.tags.get(NUMBER) != str(number):
                client.set_model_version_tag(self.name, row.version, NUMBER, str(number))

    def fetch(self, digest: str, folder: Path) -> Path:
        """Write the files of a bundle below `folder` and return where they lie; nobody has compared them yet."""
        version = self._required(digest).version
        with self._speaking() as client:
            source = client.get_model_version_download_uri(self.name, version)
            require_near(source, self.uri, error=BundleError)
            from mlflow.artifacts import download_artifacts
            from mlflow.exceptions import MlflowException

            try:
                if moved := self._moved(source):
                    return Path(shutil.copytree(moved, folder / ARTIFACT))
                return Path(download_artifacts(source, dst_path=str(folder), tracking_uri=self.uri))
            except (
                MlflowException,
                OSError,
                ValueError,
            ) as error:  # the last for a source that is no address
                raise BundleError(
                    f"The registry's copy of {short(digest)} cannot be had from {source}: "
                    f"{' '.join(str(error).split())}.",
                    next_step="restore the artifact store from its backup, or train again: same commit, same bundle",
                ) from error

    def since(self, digest: str) -> datetime:
        """Return when a bundle was registered."""
        return datetime.fromtimestamp(self._required(digest).creation_timestamp / 1000, UTC)

    def remove(self, digests: Iterable[str]) -> None:
        """Delete the versions of bundles; `mlflow gc` clears their artifacts away."""
        with self._speaking() as client:
            for digest in digests:
                if row := self._row(digest):
                    client.delete_model_version(self.name, row.version)

    def _registered(self, client: Any, bundle: Bundle, run: str) -> Any:
        """Return the version that was made of a bundle now."""
        lineage = bundle.manifest.lineage
        facts = {
            BUNDLE: bundle.digest,
            "snapshot": lineage.snapshot,
            "training_key": lineage.training_key,
            "commit": lineage.commit,
        }
        self._require_model(client)
        own = "" if self._has_run(client, run) else self._start_run(client, bundle)
        holder = client.get_run(own or run).info
        client.log_artifacts(holder.run_id, str(bundle.folder), artifact_path=ARTIFACT)
        source = f"{holder.artifact_uri}/{ARTIFACT}"
        made = client.create_model_version(self.name, source, run_id=holder.run_id, tags=facts)
        if own:
            client.set_terminated(own)
        return made

    def _row(self, digest: str) -> Any | None:
        found = self._search(f"name='{self.name}' and tags.{BUNDLE}='{_digest(digest)}'")
        return found[0] if found else None

    def _required(self, digest: str) -> Any:
        if (found := self._row(digest)) is None:
            raise NotFoundError(
                f"No version of {self.name} is the bundle {short(digest)}.",
                next_step="correct the digest in deployments/; or set MLFLOW_TRACKING_URI to the server that has it",
            )
        return found

    def _search(self, query: str) -> list[Any]:
        found: list[Any] = []
        with self._speaking() as client:
            page = client.search_model_versions(query)
            while True:
                found += [row for row in page if BUNDLE in row.tags]
                if not page.token:
                    return sorted(found, key=lambda row: int(row.version))
                page = client.search_model_versions(query, page_token=page.token)

    def _moved(self, source: str) -> Path | None:
        """Return where artifacts lie that were moved together with an embedded store; None where they were not."""
        folder = embedded_folder(self.uri)
        path = Path(unquote(urlsplit(source).path))
        _, named, inside = path.as_posix().rpartition(f"/{ARTIFACTS}/")
        here = folder / ARTIFACTS / inside if folder and named else None
        return here if here and not path.exists() and here.is_dir() else None

    def _require_model(self, client: Any) -> None:
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _has_run(self, client: Any, run: str) -> bool:
        """Whether the store has a run and its folder: what is remembered of one may be older than the store."""
        from mlflow.exceptions import MlflowException

        if not run:
            return False
        try:
            info = client.get_run(run).info
            return info.lifecycle_stage == "active" and at_home(self.uri, info.artifact_uri)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return False
            raise

    def _start_run(self, client: Any, bundle: Bundle) -> str:
        """Start a run for a bundle that was trained elsewhere, with what its manifest tells of that."""
        number = experiment_of(client, self.uri, self.name)
        manifest = bundle.manifest
        lineage = manifest.lineage
        tags = {f"trunkline.{name}": getattr(lineage, name) for name in LINEAGE}
        run = client.create_run(number, run_name=f"bundle {short(bundle.digest)}", tags=tags)
        for name, value in {"candidate": lineage.candidate, **lineage.settings}.items():
            client.log_param(run.info.run_id, name, str(value)[:PARAM_LENGTH])
        for figure in manifest.figures:
            if not figure.group:
                client.log_metric(run.info.run_id, metric_key(figure.name), figure.value)
        return str(run.info.run_id)

    @contextmanager
    def _speaking(self) -> Iterator[Any]:
        client = self._client
        with speaking(self.uri):
            try:
                yield client
            except PermissionError as error:
                raise StorageError(
                    f"Cannot write {error.filename}: {error.strerror}.", next_step="make it writable"
                ) from error

    @cached_property
    def _client(self) -> Any:
        return connect(self.uri)


def _digest(text: str) -> str:
    if not DIGEST.fullmatch(text):
        raise NotFoundError("A digest is sha256: and 64 hexadecimal digits.", value=text)
    return text
