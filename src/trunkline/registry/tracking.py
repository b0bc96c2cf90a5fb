"""Tracking: a training run in MLflow, with its parameters, figures, trials and where it comes from."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from trunkline.core.decision import Decision
from trunkline.core.figures import Figure
from trunkline.core.lineage import Lineage, Trial, Usage
from trunkline.core.record import short

from .connection import connect, speaking
from .experiment import LINEAGE, PARAM_LENGTH, experiment_of, metric_key

BUNDLE_TAG = "trunkline.bundle"


class Fit(Protocol):
    """What a search found, as far as a run tells it."""

    @property
    def candidate(self) -> str:
        """The candidate that won."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its settings."""
        ...

    @property
    def trials(self) -> Sequence[Trial]:
        """The best trial of each candidate."""
        ...

    @property
    def decision(self) -> Decision | None:
        """From which probability on the positive class is the answer."""
        ...


def track(
    uri: str,
    name: str,
    fitted: Fit,
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
    client = connect(uri)
    with speaking(uri):
        experiment = experiment_of(client, uri, name)
        # The digest is set last: a run that was interrupted before does not count.
        known = client.search_runs([experiment], f"tags.`{BUNDLE_TAG}` = '{bundle_digest}'", max_results=1)
        if known:
            return str(known[0].info.run_id)
        run = client.create_run(experiment, run_name=f"{fitted.candidate} {short(bundle_digest)}").info.run_id
        client.log_batch(run, *_facts(fitted, lineage, figures, usage))
        client.log_table(run, _table(fitted), "trials.json")
        client.set_tag(run, BUNDLE_TAG, bundle_digest)
        client.set_terminated(run)
        return str(run)


def rename_run(uri: str, run: str, commit: str, bundle_digest: str) -> None:
    """Say in a run which commit and bundle it stands for, when its bundle was sealed again.

    Raises what `track` raises.
    """
    client = connect(uri)
    with speaking(uri):
        client.set_tag(run, "trunkline.commit", commit)
        client.set_tag(run, BUNDLE_TAG, bundle_digest)


def _facts(
    fitted: Fit, lineage: Lineage, figures: Sequence[Figure], usage: Usage | None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Return the metrics, parameters and tags of a run, as MLflow's entities."""
    from mlflow.entities import Metric, Param, RunTag

    best = next((trial for trial in fitted.trials if trial.candidate == fitted.candidate), None)
    measured = {metric_name(figure): figure.value for figure in figures}
    measured |= {metric_key(f"search.{trial.candidate}.score"): trial.score for trial in fitted.trials}
    measured |= ({"search.score": best.score} if best else {}) | usage_metrics(usage)
    now = time.time_ns() // 1_000_000
    params = {"candidate": fitted.candidate} | {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in sorted(fitted.settings.items())
    }
    if fitted.decision is not None:
        params["threshold"] = f"{fitted.decision.threshold:g}"
    tags = {f"trunkline.{key}": getattr(lineage, key) for key in LINEAGE}
    if usage is not None:
        tags["trunkline.energy_source"] = usage.energy_source
    return (
        [Metric(key, value, now, 0) for key, value in measured.items()],
        [Param(key, value[:PARAM_LENGTH]) for key, value in params.items()],
        [RunTag(key, value) for key, value in tags.items()],
    )


def _table(fitted: Fit) -> dict[str, list[Any]]:
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
