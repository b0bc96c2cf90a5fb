"""Faults on AWS: each ends in the old or the new state and says which; what is set by hand is seen."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud import push
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, PolicyError, UnavailableError
from trunkline.core.keys import add_key, new_key
from trunkline.core.release import Release, Route
from trunkline.delivery.apply import apply
from trunkline.delivery.targets.service import wait_for

from .aws_account import REPOSITORY, Cloud, Killed
from .conftest import MakeAws, seal_model, single
from .fake_service import REFUSED, SLOW
from .test_local_service import adding

pytestmark = pytest.mark.timeout(300)
BALANCED = ["ecs", "ec2"]
KINDS = [*BALANCED, "lambda", "sagemaker"]
MakeRelease = Callable[[int], Release]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def release(
    kind: str, on_aws: MakeAws, route: Callable[[int], Route], cloud_image: Callable[[], str]
) -> MakeRelease:
    on_aws(kind)
    image = cloud_image()
    return lambda number: single(route(number), f"c{number}", image=image)


def test_an_image_that_is_not_there_changes_nothing(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    on_aws(kind).apply(release(1), bundles)
    missing = release(2).image.partition("@")[0] + "@sha256:" + "0" * 64
    with pytest.raises(ApplyError) as refused:
        on_aws(kind).apply(release(2).model_copy(update={"image": missing}), bundles)
    assert "Nothing was changed" in refused.value.what
    assert on_aws(kind).observe() == release(1)


def test_an_image_of_another_registry_is_refused(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    elsewhere = release(1).model_copy(update={"image": "ghcr.io/acme/loans@sha256:" + "0" * 64})
    with pytest.raises(PolicyError):
        on_aws(kind).apply(elsewhere, bundles)
    assert on_aws(kind).observe() is None


def test_what_does_not_become_healthy_goes_back(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    on_aws(kind).apply(release(1), bundles)
    with pytest.raises(ApplyError) as refused:
        on_aws(kind, patience=5.0).apply(release(REFUSED), bundles)
    assert "version 1 serves as before" in refused.value.what
    assert on_aws(kind).observe() == on_aws(kind).assigned() == release(1)
    assert on_aws(kind).check().ready
    on_aws(kind).apply(release(2), bundles)
    assert on_aws(kind).observe() == release(2)


def test_where_nothing_served_nothing_serves_after_a_failure(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    with pytest.raises(ApplyError) as refused:
        on_aws(kind, patience=3.0).apply(release(REFUSED), bundles)
    assert "nothing serves" in refused.value.what
    assert on_aws(kind).observe() is None
    assert on_aws(kind).assigned() is None


def test_what_never_becomes_ready_is_taken_back(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    on_aws(kind).apply(release(1), bundles)
    with pytest.raises(ApplyError) as refused:
        on_aws(kind, patience=3.0).apply(release(SLOW), bundles)
    assert "version 1 serves as before" in refused.value.what
    assert on_aws(kind).observe() == release(1)


LAST = {
    "ecs": ["register_task_definition", "update_service", "put_scaling_policy"],
    "ec2": ["create_launch_template_version", "start_instance_refresh", "put_scaling_policy"],
    "lambda": ["update_function_configuration", "publish_version", "update_alias"],
    "sagemaker": ["create_model", "create_endpoint_config", "update_endpoint"],
}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_apply_that_was_killed_is_repeated(
    kind: str, place: int, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    on_aws(kind).apply(release(1), bundles)
    with pytest.raises(Killed):
        on_aws(kind, last=LAST[kind][place]).apply(release(2), bundles)
    assert on_aws(kind).observe() in (release(1), release(2))
    on_aws(kind).apply(release(2), bundles)
    assert on_aws(kind).observe() == release(2)
    assert on_aws(kind).upkeep() == ()


def test_of_two_at_once_the_second_is_refused(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    if kind not in BALANCED:
        pytest.skip("of what lies behind a load balancer")
    on_aws(kind).apply(release(1), bundles)
    with pytest.raises(Killed):
        on_aws(kind, last=LAST[kind][1]).apply(release(SLOW), bundles)
    with pytest.raises(UnavailableError):
        on_aws(kind).apply(release(2), bundles)
    assert on_aws(kind).observe() == release(1)


def test_other_settings_and_keys_are_a_restart(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    if kind == "sagemaker":
        pytest.skip("AWS alone knows its callers")
    on_aws(kind).apply(release(1), bundles)
    with on_aws(kind).changing_keys() as file:
        add_key(file, new_key(("predict",), datetime(2026, 1, 1, tzinfo=UTC))[0])
    assert [step.kind for step in on_aws(kind).upkeep()] == ["restart"]
    on_aws(kind).apply(release(1), bundles)
    assert on_aws(kind).upkeep() == ()
    with on_aws(kind).changing_keys() as file:
        assert len(json.loads(file.read_text())["keys"]) == 1
    sizes: dict[str, dict[str, object]] = {
        "ecs": {"cpu": 1024, "memory": 2048},
        "ec2": {"machine": "c7i.large"},
        "lambda": {"memory": 3000},
        "sagemaker": {"machine": "ml.m5.large"},
    }
    assert [step.kind for step in on_aws(kind, **sizes[kind]).upkeep()] == ["restart"]


def test_how_many_serve_is_the_desired_states(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any, cloud: Cloud
) -> None:
    if kind not in BALANCED:
        pytest.skip("of what lies behind a load balancer")
    on_aws(kind).apply(release(1), bundles)
    assert [step.kind for step in on_aws(kind, minimum=3, maximum=9).upkeep()] == ["restart"]
    on_aws(kind, minimum=3, maximum=9).apply(release(1), bundles)
    assert on_aws(kind, minimum=3, maximum=9).upkeep() == ()
    assert numbers(kind, cloud) == (3, 9)
    assert "of 3" in on_aws(kind).check().text


def test_what_was_changed_by_hand_is_seen_and_put_right(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any, cloud: Cloud
) -> None:
    if kind not in BALANCED:
        pytest.skip("of what lies behind a load balancer")
    on_aws(kind).apply(release(1), bundles)
    name = on_aws(kind).key
    if kind == "ecs":
        cloud.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{name}/{name}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=0,
            MaxCapacity=1,
        )
    else:
        cloud.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=2)
    assert [step.kind for step in on_aws(kind).upkeep()] == ["restart"]
    on_aws(kind).apply(release(1), bundles)
    assert on_aws(kind).upkeep() == ()
    assert numbers(kind, cloud) == (2, 6)


def test_a_task_of_another_hand_is_replaced(
    on_aws: MakeAws, cloud: Cloud, route: Any, bundles: Any, cloud_image: Any
) -> None:
    target = on_aws("ecs")
    wanted = single(route(1), "c1", image=cloud_image())
    target.apply(wanted, bundles)
    ecs = cloud.client("ecs")
    found = ecs.describe_services(cluster=target.key, services=[target.key])["services"][0]
    own = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    container = own["containerDefinitions"][0]
    container["environment"] = [row | {"value": "{}"} for row in container["environment"]]
    keys = (
        "family",
        "cpu",
        "memory",
        "networkMode",
        "requiresCompatibilities",
        "executionRoleArn",
        "taskRoleArn",
    )
    made = ecs.register_task_definition(**{key: own[key] for key in keys}, containerDefinitions=[container])
    ecs.update_service(
        cluster=target.key,
        service=target.key,
        taskDefinition=made["taskDefinition"]["taskDefinitionArn"],
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )
    assert on_aws("ecs").upkeep()

    def applied() -> bool | None:
        try:
            on_aws("ecs").apply(wanted, bundles)
        except UnavailableError:  # ECS is still at work on what was done by hand
            return None
        return True

    assert wait_for(applied, patience=60.0, every=0.3)
    assert on_aws("ecs").observe() == wanted
    assert on_aws("ecs").upkeep() == ()


def test_the_newest_deployment_is_known_on_every_machine(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any, tmp_path: Any
) -> None:
    from trunkline.delivery import plan
    from trunkline.delivery.desired_state import DesiredState

    one = release(1)
    desired = DesiredState(
        environment="production",
        target=on_aws(kind).settings,
        strategy="single",
        champion=one.champion,
        image=one.image,
    )
    made = plan(desired, None, "c1")
    done = apply(
        made,
        reviewed=made.checksum,
        target=on_aws(kind),
        bundles=bundles,
        history=tmp_path / "here/history.jsonl",
    )
    assert on_aws(kind).newest() == done
    on_aws(kind).remember(None)
    assert on_aws(kind).newest() is None


def test_the_services_own_log_is_fetched(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    if kind not in BALANCED:
        pytest.skip("of what lies behind a load balancer")
    if kind == "ec2":
        pytest.skip("docker's log driver has no stand-in")
    with pytest.raises(ApplyError):
        on_aws(kind).apply(release(REFUSED), bundles)
    assert "does not load" in on_aws(kind).logs().read_text()


def test_without_tls_or_keys_it_does_not_begin(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any
) -> None:
    if kind == "sagemaker":
        pytest.skip("AWS terminates TLS and knows the callers, whatever the policy says")
    with pytest.raises(PolicyError) as refused:
        on_aws(kind, access={}).apply(release(1), bundles)
    assert "access" in refused.value.next_step
    assert on_aws(kind).assigned() is None


def test_callers_need_a_key_and_answers_reach_the_bucket(
    kind: str, on_aws: MakeAws, cloud: Cloud, bundles: BundleStore, tmp_path: Path
) -> None:
    if kind not in BALANCED:
        pytest.skip("of what lies behind a load balancer")
    target = on_aws(kind)
    sealed = bundles.add(seal_model(tmp_path / "sealed-real", adding(1)).folder)
    image = push(
        cloud.clients, cloud.images, REPOSITORY, bundles.root, (sealed.digest,), "-m trunkline.serving"
    )
    made, text = new_key(("predict",), datetime(2026, 1, 1, tzinfo=UTC))
    with target.changing_keys() as file:
        add_key(file, made)
    target.apply(single(Route(version=1, bundle=sealed.digest), "c1", image=image), bundles)
    health = cloud.clients["elbv2"].describe_target_health(TargetGroupArn=target.foundation["TargetGroup"])
    port = health["TargetHealthDescriptions"][0]["Target"]["Port"]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as caller:
        asked = [caller.post(path, json={"x": 1.0}) for path in ("/predict", "/feedback")]
        asked += [caller.get(path) for path in ("/metrics", "/log", "/docs")]
        assert {answer.status_code for answer in asked} == {401}
        assert caller.get("/ready").json() == {"ready": True}
        answer = caller.post("/predict", json={"x": 1.0}, headers={"authorization": f"Bearer {text}"})
        assert answer.status_code == 200
    assert target.stop()
    bucket = target.foundation["LogBucket"]
    found = cloud.clients["s3"].list_objects_v2(Bucket=bucket, Prefix="production/")["Contents"]
    kept = [cloud.clients["s3"].get_object(Bucket=bucket, Key=row["Key"])["Body"].read() for row in found]
    lines = b"".join(gzip.decompress(one) if one[:2] == b"\x1f\x8b" else one for one in kept)
    assert answer.json()["id"].encode() in lines


@pytest.mark.parametrize("kind", ["lambda"])
def test_a_function_that_was_changed_by_hand_is_seen_and_put_right(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any, cloud: Cloud
) -> None:
    target = on_aws(kind)
    target.apply(release(1), bundles)
    client = cloud.client("lambda")
    client.update_function_configuration(FunctionName=target.key, MemorySize=512)
    assert target.upkeep() == ()  # the alias leads to its version, which nobody can change
    made = client.publish_version(FunctionName=target.key)
    client.update_alias(FunctionName=target.key, Name="live", FunctionVersion=made["Version"])
    assert [step.kind for step in target.upkeep()] == ["restart"]
    target.apply(release(1), bundles)
    assert target.upkeep() == ()


@pytest.mark.parametrize("kind", ["lambda"])
def test_the_url_of_a_function_asks_for_awss_signature(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any, cloud: Cloud
) -> None:
    target = on_aws(kind)
    target.apply(release(1), bundles)
    found = cloud.client("lambda").get_function_url_config(FunctionName=target.key, Qualifier="live")
    assert found["AuthType"] == "AWS_IAM"
    assert target.address() == found["FunctionUrl"].rstrip("/")


@pytest.mark.parametrize("kind", ["sagemaker"])
def test_an_endpoint_that_is_at_work_is_left_alone_and_its_configurations_never_change(
    kind: str, on_aws: MakeAws, release: MakeRelease, bundles: Any, cloud: Cloud
) -> None:
    target = on_aws(kind)
    target.apply(release(1), bundles)
    first = cloud.client("sagemaker").describe_endpoint(EndpointName=target.key)["EndpointConfigName"]
    with pytest.raises(Killed):
        on_aws(kind, last="update_endpoint").apply(release(SLOW), bundles)
    with pytest.raises(UnavailableError):
        on_aws(kind).apply(release(2), bundles)
    assert on_aws(kind).observe() == release(1)
    found = cloud.client("sagemaker").describe_endpoint_config(EndpointConfigName=first)
    assert found["ProductionVariants"][0]["InitialInstanceCount"] == 1


def numbers(kind: str, cloud: Cloud) -> tuple[int, int]:
    """Return between which numbers AWS scales."""
    if kind == "ecs":
        row = cloud.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
        return row["ScalableTargets"][0]["MinCapacity"], row["ScalableTargets"][0]["MaxCapacity"]
    row = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    return row["MinSize"], row["MaxSize"]
