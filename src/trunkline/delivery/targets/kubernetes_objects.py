"""The objects of Kubernetes that serve a release, and the release read back from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trunkline.core.errors import StorageError
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release

from ..engine import PORT
from . import told
from .kubernetes import KubernetesSettings
from .on_platform import SECRETS

CONTAINER = "service"
USER = 65532
BUSY = 60
"""Percent of the processors asked for at which more pods are started."""
PREVIOUS = "trunkline/previous"
"""The annotation with the release that served before, which serves on until the next one is ready."""
KINDS = {
    "deployments": "apps/v1",
    "services": "v1",
    "horizontalpodautoscalers": "autoscaling/v2",
    "poddisruptionbudgets": "policy/v1",
}
"""What is made for a release, and its API."""
DEADLINE_S = 600


def objects(
    key: str,
    release: Release,
    settings: KubernetesSettings,
    serving: Serving,
    *,
    keys: str,
    previous: Release | None,
) -> list[dict[str, Any]]:
    """Return Deployment, Service, autoscaler and disruption budget; `keys` is the digest of the callers' keys."""
    labels = {"app.kubernetes.io/name": "trunkline", "app.kubernetes.io/instance": key}
    chosen = {"app.kubernetes.io/instance": key}

    def of(kind: str, api: str, spec: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
        named = {"name": key, "namespace": settings.namespace, "labels": labels, **metadata}
        return {"apiVersion": api, "kind": kind, "metadata": named, "spec": dict(spec)}

    pod = {"metadata": {"labels": labels}, "spec": _pod(key, release, settings, serving, keys)}
    before = {PREVIOUS: previous.canonical().decode() if previous else ""}
    return [
        of(
            *("Service", "v1"),
            {"selector": chosen, "ports": [{"name": "http", "port": 80, "targetPort": PORT}]},
        ),
        of(
            *("Deployment", "apps/v1"),
            {
                "selector": {"matchLabels": chosen},
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "100%"},
                },
                "progressDeadlineSeconds": DEADLINE_S,
                "revisionHistoryLimit": 3,
                "template": pod,
            },
            annotations=before,
        ),
        of(
            *("HorizontalPodAutoscaler", "autoscaling/v2"),
            {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": key},
                "minReplicas": settings.minimum,
                "maxReplicas": settings.maximum,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "averageUtilization": BUSY},
                        },
                    }
                ],
            },
        ),
        of(
            *("PodDisruptionBudget", "policy/v1"),
            {"maxUnavailable": 1, "selector": {"matchLabels": chosen}},
        ),
    ]


def _pod(
    key: str, release: Release, settings: KubernetesSettings, serving: Serving, keys: str
) -> dict[str, Any]:
    variables = told.variables(release, settings.admits(serving), keys=keys)
    size = {"cpu": settings.cpu, "memory": settings.memory}

    def asks(path: str, **how: int) -> dict[str, Any]:
        return {"httpGet": {"path": path, "port": PORT}, **how}

    container = {
        "name": CONTAINER,
        "image": release.image,
        "command": list(told.command(serving, serving.log.store)),
        "env": [
            *({"name": name, "value": value} for name, value in sorted(variables.items())),
            *(
                {"name": name, "valueFrom": {"secretKeyRef": {"name": key, "key": part}}}
                for name, part in SECRETS.items()
            ),
        ],
        "ports": [{"name": "http", "containerPort": PORT}],
        "resources": {"requests": size, "limits": {"memory": settings.memory}},
        "startupProbe": asks("/ready", periodSeconds=2, failureThreshold=90),
        "readinessProbe": asks("/ready", periodSeconds=5, timeoutSeconds=3),
        "livenessProbe": asks("/health", periodSeconds=10, timeoutSeconds=3, failureThreshold=6),
        # Whoever balances learns of the end a moment after the pod does.
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "log", "mountPath": "/srv/log"}],  # noqa: S108
    }
    return {
        "automountServiceAccountToken": False,
        **({"serviceAccountName": settings.service_account} if settings.service_account else {}),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # The service takes 30 seconds to end what is under way, then ships its log.
        "terminationGracePeriodSeconds": 75,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app.kubernetes.io/instance": key}},
            }
        ],
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "log", "emptyDir": {}}],
    }


def release_of(deployment: Mapping[str, Any]) -> Release | None:
    """Return the release that a Deployment shall serve; None where another wrote it."""
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        for row in container.get("env", ()):
            if row["name"] == told.RELEASE:
                return _read(str(row.get("value", "")))
    return None


def previous_of(deployment: Mapping[str, Any]) -> Release | None:
    """Return the release that served before the one that a Deployment shall serve."""
    return _read((deployment["metadata"].get("annotations") or {}).get(PREVIOUS, ""))


def _read(text: str) -> Release | None:
    try:
        return Release.from_dict(json.loads(text), origin="Deployment") if text else None
    except (StorageError, ValueError):  # of another version of Trunkline, or changed by hand
        return None


def outcome(deployment: Mapping[str, Any]) -> str | None:
    """Return empty when every pod serves the newest release, why it does not, or None while that is open."""
    status = deployment.get("status") or {}
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return None
    for row in status.get("conditions", ()):
        if row["type"] == "Progressing" and row.get("reason") == "ProgressDeadlineExceeded":
            return str(row.get("message") or "its pods did not become ready in time").rstrip(".")
        if row["type"] == "ReplicaFailure" and row["status"] == "True":
            return str(row.get("message") or "its pods cannot be made").rstrip(".")
    wanted = deployment["spec"].get("replicas", 1)
    done = (status.get("updatedReplicas", 0), status.get("replicas", 0), status.get("availableReplicas", 0))
    return "" if wanted and done == (wanted,) * 3 else None
