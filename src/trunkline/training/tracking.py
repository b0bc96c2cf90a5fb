"""Tracking: a training run in MLflow, with its parameters, figures, trials and where it comes from."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trunkline.core.errors import StorageError, UnavailableError
from trunkline.core.figures import Figure
from trunkline.core.lineage import Lineage, Usage
from trunkline.core.mlflow_names import metric_key
from trunkline.core.mlflow_uri import embedded_folder, without_secrets
from trunkline.core.record import short
from trunkline.core.secrets import lent

from .fit import Fitted

BUNDLE_TAG = "trunkline.bundle"
ARTIFACTS = "mlartifacts"
CHATTY = ("mlflow", "alembic", "mlflow.store.db.utils", "alembic.runtime.migration", "git")
PARAM_LENGTH = 6000


def track(
    uri: str,
    name: str,
    fitted: Fitted,
    lineage: Lineage,
    figures: Sequence[Figure],
    bundle_digest: str,
    *,
    usage: Usage | None = None,
) -> str:
    """Record a training run in MLflow's experiment `name` and return its id.

    `usage` is what the fit took. A bundle that was tracked before gives the run it has. The embedded store
    (`sqlite:///...`) keeps artifacts in `mlartifacts` beside it. Raises UnavailableError when the server does not
    answer, StorageError when the embedded store cannot be written, PolicyError when `uri` is none that MLflow knows.
    """
    with _speaking(uri):
        store = embedded_folder(uri)
        artifacts = None if store is None else _artifacts_beside(store)
        return _track(uri, artifacts, name, fitted, lineage, figures, bundle_digest, usage)


def rename_run(uri: str, run: str, commit: str, bundle_digest: str) -> None:
    """Say in a run which commit and bundle it stands for, when its bundle was sealed again.

    Raises what `track` raises.
    """
    with _speaking(uri):
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=uri)
        client.set_tag(run, "trunkline.commit", commit)
        client.set_tag(run, BUNDLE_TAG, bundle_digest)


@contextmanager
def _speaking(uri: str) -> Iterator[None]:
    """Turn what MLflow raises into errors of ours."""
    store, shown = embedded_folder(uri), without_secrets(uri)
    with _quiet():
        if store is None:
            _check_reachable(uri)
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            if store is not None:
                raise StorageError(
                    f"The embedded store {shown} cannot be used: {words}.",
                    next_step="look at the file, or set registry.uri in trunkline.yaml",
                ) from error
            raise UnavailableError(
                f"MLflow at {shown} did not take the run: {words}.",
                value=shown,
                next_step="look at the server's log, then run the command again",
            ) from error


def _track(
    uri: str,
    artifacts: str | None,
    name: str,
    fitted: Fitted,
    lineage: Lineage,
    figures: Sequence[Figure],
    digest: str,
    usage: Usage | None,
) -> str:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag

    client = MlflowClient(tracking_uri=uri)
    experiment = _experiment(client, name, artifacts)
    # the digest is set last: a run that was interrupted before does not count
    known = client.search_runs([experiment], f"tags.`{BUNDLE_TAG}` = '{digest}'", max_results=1)
    if known:
        return str(known[0].info.run_id)
    run = client.create_run(experiment, run_name=f"{fitted.candidate} {short(digest)}").info.run_id
    now = time.time_ns() // 1_000_000
    best = next(trial for trial in fitted.trials if trial.candidate == fitted.candidate)
    metrics = [Metric(metric_name(figure), figure.value, now, 0) for figure in figures]
    metrics += [
        Metric(metric_key(f"search.{trial.candidate}.score"), trial.score, now, 0) for trial in fitted.trials
    ]
    metrics += [Metric("search.score", best.score, now, 0)]
    metrics += [Metric(name, value, now, 0) for name, value in usage_metrics(usage).items()]
    params = [Param("candidate", fitted.candidate)] + [
        Param(key, (value if isinstance(value, str) else json.dumps(value))[:PARAM_LENGTH])
        for key, value in sorted(fitted.settings.items())
    ]
    if fitted.decision is not None:
        params.append(Param("threshold", f"{fitted.decision.threshold:g}"))
    tags = {
        "trunkline.commit": lineage.commit,
        "trunkline.snapshot": lineage.snapshot,
        "trunkline.training_key": lineage.training_key,
        "trunkline.toolkit": lineage.toolkit,
    }
    if usage is not None:
        tags["trunkline.energy_source"] = usage.energy_source
    client.log_batch(run, metrics, params, [RunTag(key, value) for key, value in tags.items()])
    client.log_table(run, _table(fitted), "trials.json")
    client.set_tag(run, BUNDLE_TAG, digest)
    client.set_terminated(run)
    return str(run)


def _table(fitted: Fitted) -> dict[str, list[Any]]:
    return {
        "candidate": [trial.candidate for trial in fitted.trials],
        "score": [trial.score for trial in fitted.trials],
        "spread": [trial.spread for trial in fitted.trials],
        "seconds": [trial.seconds for trial in fitted.trials],
        "settings": [json.dumps(trial.settings, sort_keys=True) for trial in fitted.trials],
    }


def metric_name(figure: Figure) -> str:
    """Return the name of a figure in the letters that MLflow takes, with its group before it."""
    group = figure.group.replace("=", ".")
    return metric_key(f"{group}.{figure.name}" if group else figure.name)


def usage_metrics(usage: Usage | None) -> dict[str, float]:
    """Return what a fit took as metrics by name, with units; none where it was not measured."""
    if usage is None:
        return {}
    return {
        "usage.seconds": usage.seconds,
        "usage.cpu_seconds": usage.cpu_seconds,
        "usage.peak_memory_mb": usage.peak_memory_mb,
        "usage.cores": float(usage.cores),
        "usage.energy_wh": usage.energy_wh,
    }


def _experiment(client: Any, name: str, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=artifacts))
        except MlflowException:
            # someone else made it in between, or it is another trouble and this says so
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _artifacts_beside(store: Path) -> str:
    artifacts = store / ARTIFACTS
    try:
        artifacts.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Cannot write {artifacts}: {error.strerror}.", next_step="make the folder writable"
        ) from error
    return artifacts.as_uri()


def _check_reachable(uri: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    # MLflow's own client tries for minutes before it says that nobody is there
    try:
        socket.create_connection((parts.hostname or "", port), timeout=5).close()
    except (OSError, UnicodeError) as error:  # a name too long for DNS is no OSError
        raise UnavailableError(
            f"No MLflow server answers at {parts.hostname}:{port}: {error}.",
            value=without_secrets(uri),
            next_step="start the server, or correct registry.uri in trunkline.yaml",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    # set before MLflow is imported: it would report its use to its makers, complain where git is missing,
    # and print addresses
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    before = {name: logging.getLogger(name).level for name in CHATTY}
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), lent():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
