"""The Kubernetes target against a real API server, with the rights of docs/targets.md and no others."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conformance.targets import Reach, TargetConformance
from ruamel.yaml import YAML

from cloud.cluster import NAMESPACE, Cluster, serve_cluster
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, PolicyError, UnavailableError
from trunkline.core.release import Deployment, Release, Route
from trunkline.delivery import Environment, TargetSettings
from trunkline.delivery.targets.kubernetes import KubernetesSettings
from trunkline.delivery.targets.kubernetes_target import KubernetesTarget
from trunkline.delivery.targets.service import wait_for

from .conftest import MakeRoute, single

DOCUMENT = Path(__file__).parents[3] / "docs/targets.md"
MakeKubernetes = Callable[..., KubernetesTarget]


def rules() -> list[dict[str, Any]]:
    """Return the rights that the document says are needed."""
    text = re.search(r"```yaml\n(apiVersion: rbac.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert text
    found: list[dict[str, Any]] = YAML(typ="safe").load(text[1])["rules"]
    return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with serve_cluster(tmp_path_factory.mktemp("cluster")) as made:
        made.grant(rules())
        yield made


@pytest.fixture
def in_cluster(
    cluster: Cluster, keyed_environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeKubernetes]:
    """Makes targets of one environment; what they made is deleted afterwards."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))

    def make(*, patience: float = 20.0, **keys: object) -> KubernetesTarget:
        settings = KubernetesSettings.model_validate({"namespace": NAMESPACE} | keys)
        return KubernetesTarget(keyed_environment, settings, patience=patience, every=0.1)

    yield make
    cluster.broken.clear()
    cluster.slow.clear()
    make().stop()
    make().remember(None)


@pytest.fixture
def of(route: MakeRoute, image: str, bundles: BundleStore) -> Callable[[int], Release]:
    """Makes releases of a version, in the tests' image."""
    return lambda version: single(route(version), f"c{version}", image=image)


class TestKubernetes(TargetConformance):
    @pytest.fixture
    def settings(self) -> TargetSettings:
        return KubernetesSettings(namespace=NAMESPACE)

    @pytest.fixture
    def image(self, image: str) -> str:
        return image

    @pytest.fixture
    def reach(self, in_cluster: MakeKubernetes) -> Reach:
        return in_cluster


def test_pods_that_do_not_become_ready_give_way_to_those_before(
    in_cluster: MakeKubernetes, cluster: Cluster, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    cluster.broken.add(2)
    with pytest.raises(ApplyError, match="version 1 serves as before") as refused:
        in_cluster().apply(of(2), bundles)
    assert refused.value.value == of(2).image
    assert in_cluster().observe() == in_cluster().assigned() == of(1)
    assert in_cluster().upkeep() == ()


def test_of_a_first_release_that_fails_nothing_is_left(
    in_cluster: MakeKubernetes, cluster: Cluster, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    cluster.broken.add(1)
    with pytest.raises(ApplyError, match="nothing serves"):
        in_cluster().apply(of(1), bundles)
    assert in_cluster().observe() is None
    assert cluster.deployments() == []


def test_while_new_pods_start_the_old_ones_serve_and_nobody_else_deploys(
    in_cluster: MakeKubernetes, cluster: Cluster, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    cluster.slow.add(2)
    first = threading.Thread(target=lambda: in_cluster().apply(of(2), bundles), daemon=True)
    first.start()
    assert wait_for(lambda: (in_cluster().assigned() == of(2)) or None, patience=20)
    assert in_cluster().observe() == of(1)
    with pytest.raises(UnavailableError) as refused:
        in_cluster().apply(of(3), bundles)
    assert "c2" in refused.value.what
    cluster.slow.clear()
    first.join(timeout=30)
    assert in_cluster().observe() == of(2)


def test_an_apply_that_was_killed_is_taken_up_again(
    in_cluster: MakeKubernetes, cluster: Cluster, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    cluster.slow.add(2)
    target = in_cluster()
    target.cluster.apply(*target._objects(of(2), of(1)))  # and nothing waits for it
    cluster.slow.clear()
    in_cluster().apply(of(2), bundles)
    assert in_cluster().observe() == of(2)


def test_what_was_changed_by_hand_is_said_and_mended(
    in_cluster: MakeKubernetes, cluster: Cluster, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    target = in_cluster()
    autoscaler = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers/{target.key}"
    cluster.ask("PATCH", autoscaler, {"spec": {"maxReplicas": 50}}, "application/merge-patch+json")
    assert [step.kind for step in in_cluster().upkeep()] == ["restart"]
    in_cluster().apply(of(1), bundles)
    assert in_cluster().upkeep() == ()
    assert cluster.ask("GET", autoscaler)["spec"]["maxReplicas"] == target.settings.maximum
    # Replicas are the autoscaler's, and no drift.
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{target.key}"
    cluster.ask("PATCH", path, {"spec": {"replicas": 4}}, "application/merge-patch+json")
    assert wait_for(lambda: (in_cluster().check().text == "4 of 4 pods are ready") or None, patience=10)
    assert in_cluster().upkeep() == ()


def test_other_settings_and_keys_need_a_restart(
    in_cluster: MakeKubernetes, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    assert in_cluster(minimum=3).upkeep()
    assert in_cluster(memory="2Gi").upkeep()
    with in_cluster().changing_keys() as file:
        file.write_text(file.read_text() + "\n", encoding="utf-8")
    assert in_cluster().upkeep()
    in_cluster().apply(of(1), bundles)
    assert in_cluster().upkeep() == ()


def test_credentials_that_expired_change_nothing(
    in_cluster: MakeKubernetes, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    with pytest.raises(UnavailableError):
        in_cluster(context="expired").apply(of(2), bundles)
    with pytest.raises(UnavailableError):
        in_cluster(context="nowhere").observe()
    assert in_cluster().observe() == of(1)


def test_an_image_that_is_nowhere_or_lacks_a_version_changes_nothing(
    in_cluster: MakeKubernetes, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    name = of(1).image.partition("@")[0]
    gone = of(2).model_copy(update={"image": f"{name}@sha256:{'0' * 64}"})
    lacks = of(2).model_copy(update={"champion": Route(version=9, bundle=f"sha256:{'9' * 64}")})
    for release in (gone, lacks):
        with pytest.raises(ApplyError):
            in_cluster().apply(release, bundles)
    with pytest.raises(PolicyError):
        in_cluster().apply(of(2).model_copy(update={"image": ""}), bundles)
    assert in_cluster().observe() == of(1)


def test_a_pod_has_no_right_that_it_does_not_need_and_a_secret_is_in_no_text(
    in_cluster: MakeKubernetes, cluster: Cluster, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    (made,) = cluster.deployments()
    pod = made["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert container["image"] == of(1).image
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    held = in_cluster().cluster.secret(in_cluster().key)
    assert held
    assert held["user-secret"] not in str(made)
    # The strictest of Kubernetes' own standards for pods takes it.
    cluster.ask(
        "PATCH",
        f"/api/v1/namespaces/{NAMESPACE}",
        {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        "application/merge-patch+json",
    )
    template = made["spec"]["template"]
    named = {"name": "tried", "labels": template["metadata"]["labels"]}
    token = {"serviceAccountName": "default"}
    tried = {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": pod | token}
    cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": "default"}})
    cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All", tried)


def test_the_newest_deployment_is_known_to_every_machine(in_cluster: MakeKubernetes) -> None:
    assert in_cluster().newest() is None
    made = Deployment(
        time=datetime.now(UTC),
        environment="production",
        revision="c1",
        plan="",
        release=None,
        outcome="applied",
    )
    in_cluster().remember(made)
    assert in_cluster().newest() == made
    in_cluster().remember(None)
    assert in_cluster().newest() is None


def test_a_change_of_the_keys_leaves_the_users_secret(
    in_cluster: MakeKubernetes, of: Callable[[int], Release], bundles: BundleStore
) -> None:
    in_cluster().apply(of(1), bundles)
    before = in_cluster().cluster.secret(in_cluster().key)
    assert before
    with in_cluster().changing_keys() as file:
        file.write_text(file.read_text() + "\n", encoding="utf-8")
    after = in_cluster().cluster.secret(in_cluster().key)
    assert after
    assert after["user-secret"] == before["user-secret"]
    assert after["keys"] != before["keys"]
