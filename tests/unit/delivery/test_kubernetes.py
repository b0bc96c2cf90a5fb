"""What Kubernetes is told of a release, and what its answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release, Route
from trunkline.delivery.targets.kubernetes import KubernetesSettings
from trunkline.delivery.targets.kubernetes_objects import objects, outcome, previous_of, release_of

SERVING = Serving(access=Access(tls="own", callers="keys"))
DIGEST = f"sha256:{'0' * 64}"


def of(version: int) -> Release:
    route = Route(version=version, bundle=f"sha256:{version:064d}")
    release = Release.of_one(route.bundle, environment="production", revision=f"c{version}")
    return release.model_copy(update={"champion": route, "image": f"registry.test/loans@{DIGEST}"})


def made(**keys: Any) -> dict[str, dict[str, Any]]:
    settings = KubernetesSettings.model_validate({"namespace": "loans"} | keys)
    rows = objects("loans-production", of(2), settings, SERVING, keys="k", previous=of(1))
    return {row["kind"]: row for row in rows}


def test_a_release_is_read_back_from_its_deployment() -> None:
    deployment = made()["Deployment"]
    assert release_of(deployment) == of(2)
    assert previous_of(deployment) == of(1)
    deployment["metadata"]["annotations"] = {}
    deployment["spec"]["template"]["spec"]["containers"][0]["env"] = []
    assert release_of(deployment) is None
    assert previous_of(deployment) is None


def test_all_choose_the_same_pods_and_nobody_but_the_autoscaler_says_how_many() -> None:
    rows = made(minimum=3, maximum=9)
    labels = rows["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    for chosen in (
        rows["Service"]["spec"]["selector"],
        rows["Deployment"]["spec"]["selector"]["matchLabels"],
        rows["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ):
        assert chosen.items() <= labels
    assert "replicas" not in rows["Deployment"]["spec"]
    scaled = rows["HorizontalPodAutoscaler"]["spec"]
    assert (scaled["minReplicas"], scaled["maxReplicas"]) == (3, 9)


def test_its_certificate_is_the_ingress_own_and_its_identity_is_asked_for() -> None:
    settings = KubernetesSettings(namespace="loans", service_account="loans")
    assert settings.admits(SERVING).tls == "platform"
    assert (
        made(service_account="loans")["Deployment"]["spec"]["template"]["spec"]["serviceAccountName"]
        == "loans"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"namespace": "Loans"},
        {"namespace": "--all"},
        {"namespace": "loans", "context": "--token=x"},
        {"namespace": "loans", "memory": "much"},
        {"namespace": "loans", "minimum": 4, "maximum": 3},
    ],
)
def test_what_the_cluster_would_refuse_or_kubectl_misread_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KubernetesSettings.model_validate(wrong)


def answered(**status: Any) -> str | None:
    seen = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2} | status
    return outcome({"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": seen})


def test_a_rollout_is_done_once_every_pod_is_new_and_ready() -> None:
    assert answered() == ""
    assert answered(observedGeneration=1) is None
    assert answered(updatedReplicas=1) is None
    assert answered(replicas=3) is None
    assert answered(availableReplicas=1) is None
    late = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": "late.",
    }
    assert answered(availableReplicas=1, conditions=[late]) == "late"
    quota = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "over quota"}
    assert answered(replicas=0, conditions=[quota]) == "over quota"
