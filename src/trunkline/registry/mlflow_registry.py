"""The registry: bundles as numbered versions of one MLflow model, found by digest."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from trunkline.core.bundle import Bundle, BundleStore, open_bundle
from trunkline.core.errors import BundleError, NotFoundError, PolicyError, StorageError
from trunkline.core.lineage import Version
from trunkline.core.mlflow_names import metric_key
from trunkline.core.mlflow_uri import embedded_folder
from trunkline.core.record import short

from .connection import connect, speaking

ARTIFACT = "bundle"
LINEAGE = ("commit", "snapshot", "training_key", "toolkit")
PARAM_LENGTH = 6000
"""Characters that MLflow takes of a parameter."""


class Registry:
    """The versions of one model in an MLflow store or server.

    Nothing is opened before it is used. Methods raise StorageError when a store cannot be used and UnavailableError
    when a server does not answer.
    """

    def __init__(self, uri: str, name: str) -> None:
        """Raise PolicyError when the URI or the name is none that MLflow takes."""
        embedded_folder(uri)
        if not re.fullmatch(r"[^/:\s\"'`]+", name):
            raise PolicyError(
                "name: a model's name is not empty and has no space, quote, slash or colon.",
                value=name,
                next_step="correct `name` in trunkline.yaml",
            )
        self.uri = uri
        self.name = name

    def register(self, bundle: Bundle, *, run: str = "") -> Version:
        """Return the version of a bundle, uploaded and registered now unless it is one already.

        The files become artifacts of the MLflow run `run`, or of a small run of their own where the store has no
        such run.
        """
        known = self._find(bundle.digest)
        if known is not None:
            return known
        lineage = bundle.manifest.lineage
        facts = {
            "bundle": bundle.digest,
            "snapshot": lineage.snapshot,
            "training_key": lineage.training_key,
            "commit": lineage.commit,
        }
        with self._speaking() as client:
            self._require_model(client)
            own = "" if self._has_run(client, run) else self._start_run(client, bundle)
            holder = client.get_run(own or run).info
            client.log_artifacts(holder.run_id, str(bundle.folder), artifact_path=ARTIFACT)
            made = client.create_model_version(
                self.name,
                f"{holder.artifact_uri}/{ARTIFACT}",
                run_id=holder.run_id,
                tags=facts,
            )
            if own:
                client.set_terminated(own)
            return _version(made)

    def versions(self) -> tuple[Version, ...]:
        """Return all versions that hold a bundle, by number."""
        return self._search(f"name='{self.name}'")

    def newest(self) -> Version:
        """Return the version with the highest number.

        Raises NotFoundError when none is registered yet.
        """
        if not (known := self.versions()):
            raise NotFoundError("No version is registered yet.", next_step="trunkline release")
        return known[-1]

    def by_number(self, number: int) -> Version:
        """Return one version.

        Raises NotFoundError when there is none of this number.
        """
        for version in (known := self.versions()):
            if version.number == number:
                return version
        numbers = ", ".join(str(version.number) for version in known)
        raise NotFoundError(
            f"{self.name} has no version {number}.",
            next_step=f"use one of its versions: {numbers}"
            if numbers
            else "there is none yet: trunkline release",
        )

    def by_bundle(self, digest: str) -> Version:
        """Return the version of a bundle.

        Raises NotFoundError when it was never registered.
        """
        found = self._find(digest)
        if found is None:
            raise NotFoundError(
                f"No version of {self.name} is the bundle {short(digest)}.",
                next_step="correct the digest in deployments/; or fetch the store that has it: trunkline bring, or "
                "set MLFLOW_TRACKING_URI to its server",
            )
        return found

    def fetch(self, version: Version, store: BundleStore) -> Bundle:
        """Return a version's bundle from the store, brought there first if it is missing or damaged.

        Raises BundleError when the registry's copy is gone, or is not what was registered; it is then not stored.
        """
        if version.bundle in store:
            try:
                return store.get(version.bundle)
            except BundleError:
                pass  # fetching again is what mends it
        with tempfile.TemporaryDirectory(prefix="trunkline-") as folder:
            fetched = self._download(version, Path(folder))
            try:
                sound = open_bundle(fetched, digest=version.bundle)
            except BundleError as error:
                raise BundleError(
                    f"The registry's copy of {self.name} version {version.number} is not the bundle that was"
                    f" registered, and was not taken: {error.what}",
                    next_step="find out who changed the artifact store; training again gives the same bundle",
                ) from error
            shutil.rmtree(store.path(version.bundle), ignore_errors=True)
            return store.add(sound.folder)

    def _find(self, digest: str) -> Version | None:
        found = self._search(f"name='{self.name}' and tags.bundle='{_digest(digest)}'")
        return found[0] if found else None

    def _search(self, query: str) -> tuple[Version, ...]:
        found: list[Version] = []
        with self._speaking() as client:
            page = client.search_model_versions(query)
            while True:
                found += [_version(row) for row in page if "bundle" in row.tags]
                if not page.token:
                    return tuple(sorted(found, key=lambda version: version.number))
                page = client.search_model_versions(query, page_token=page.token)

    def _download(self, version: Version, folder: Path) -> Path:
        with self._speaking() as client:
            source = client.get_model_version_download_uri(self.name, str(version.number))
            from mlflow.artifacts import download_artifacts
            from mlflow.exceptions import MlflowException

            try:
                return Path(download_artifacts(source, dst_path=str(folder), tracking_uri=self.uri))
            except (MlflowException, OSError) as error:
                raise BundleError(
                    f"The registry's copy of {self.name} version {version.number} cannot be had from {source}: "
                    f"{' '.join(str(error).split())}.",
                    next_step="restore the artifact store from its backup, or train again: same commit, same bundle",
                ) from error

    def _require_model(self, client: Any) -> None:
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _has_run(self, client: Any, run: str) -> bool:
        """Whether the store has a run: what is remembered of one may be older than the store."""
        from mlflow.exceptions import MlflowException

        if not run:
            return False
        try:
            return bool(client.get_run(run).info.lifecycle_stage == "active")
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return False
            raise

    def _start_run(self, client: Any, bundle: Bundle) -> str:
        """Start a run for a bundle that was trained elsewhere, with what its manifest tells of that."""
        experiment = client.get_experiment_by_name(self.name)
        if experiment is None:
            folder = embedded_folder(self.uri)
            place = (folder / "mlartifacts" / self.name).as_uri() if folder else None
            number = client.create_experiment(self.name, artifact_location=place)
        else:
            number = experiment.experiment_id
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
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise NotFoundError("A digest is sha256: and 64 hexadecimal digits.", value=text)
    return text


def _version(row: Any) -> Version:
    return Version(
        number=int(row.version),
        bundle=row.tags["bundle"],
        run=row.run_id or "",
        created=datetime.fromtimestamp(row.creation_timestamp / 1000, UTC),
    )
