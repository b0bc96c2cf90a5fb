"""The foundation on AWS: rights, subjects and form of its templates; planned, made and taken away."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cloud import REGION
from trunkline.core.errors import ApplyError, StalePlanError
from trunkline.core.release import Route
from trunkline.delivery import Environment
from trunkline.delivery.targets.aws.account import Account
from trunkline.delivery.targets.aws.foundation import PARTS, template
from trunkline.delivery.targets.aws.foundation.changing import Foundation
from trunkline.delivery.targets.on_platform import key_of

from .aws_account import REPOSITORY, Cloud
from .conftest import MakeAws, single
from .fake_service import REFUSED, SLOW

BY_THE_WAY = {"iam:PassRole", "iam:CreateServiceLinkedRole", "ec2:RunInstances", "ec2:CreateTags"}
"""What AWS asks for without a call of ours, as the template says beside each."""


def statements(kind: str, role: str) -> list[dict[str, Any]]:
    """Return every statement of the policies of a role."""
    found: list[dict[str, Any]] = []
    for resource in template(kind)["Resources"].values():
        policy = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::ManagedPolicy" and {"Ref": role} in policy["Roles"]:
            found += policy["PolicyDocument"]["Statement"]
    return found


def actions(kind: str) -> set[str]:
    """Return what a deployment may do."""
    listed = [row["Action"] for row in statements(kind, "DeployRole")]
    return {one for action in listed for one in ([action] if isinstance(action, str) else action)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["ecs", "ec2", "lambda", "sagemaker"])
def test_a_deployment_may_do_exactly_what_the_target_calls(
    kind: str,
    on_aws: MakeAws,
    cloud: Cloud,
    cloud_image: Callable[[], str],
    route: Callable[[int], Route],
    bundles: Any,
) -> None:
    target = on_aws(kind)
    image = cloud_image()
    for number in (1, 2):
        target.apply(single(route(number), f"c{number}", image=image), bundles)
    for number in (REFUSED, SLOW):
        with pytest.raises(ApplyError):
            on_aws(kind, patience=2.0).apply(single(route(number), "c9", image=image), bundles)
    assert target.upkeep() == ()
    assert target.check().ready
    target.logs()
    assert target.newest() is None
    target.remember(None)
    assert target.stop()
    assert cloud.asked == actions(kind) - BY_THE_WAY


@pytest.mark.parametrize("kind", PARTS)
def test_a_role_is_taken_by_one_environments_jobs(kind: str) -> None:
    resources = template(kind)["Resources"]
    subjects = {}
    for name in ("DeployRole", "AutomationRole"):
        [row] = resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert row["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert list(row["Condition"]) == ["StringEquals"]
        said = row["Condition"]["StringEquals"]
        assert said["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
        subjects[name] = said["token.actions.githubusercontent.com:sub"]["Fn::Sub"]
    assert subjects == {
        "DeployRole": "repo:${GitHub}:environment:${Environment}",
        "AutomationRole": "repo:${GitHub}:environment:automation",
    }


@pytest.mark.parametrize("kind", PARTS)
def test_no_right_is_of_everything(kind: str) -> None:
    for resource in template(kind)["Resources"].values():
        policies = [row["PolicyDocument"] for row in resource.get("Properties", {}).get("Policies", ())]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            policies.append(resource["Properties"]["PolicyDocument"])
        for row in (row for policy in policies for row in policy["Statement"]):
            listed = [row["Action"]] if isinstance(row["Action"], str) else row["Action"]
            assert not [one for one in listed if "*" in one]


@pytest.mark.parametrize("kind", PARTS)
def test_what_holds_data_outlives_its_stack(kind: str) -> None:
    for name in ("LogBucket", "Images", "GitHubProvider"):
        assert template(kind)["Resources"][name]["DeletionPolicy"] == "Retain"


@pytest.mark.timeout(180)
def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("cfnlint")
    files = []
    for kind in PARTS:
        files.append(tmp_path / f"{kind}.json")
        files[-1].write_text(json.dumps(template(kind), indent=1))
    words = [str(Path(sys.executable).with_name("cfn-lint")), "-r", "eu-central-1", "-t", *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.fixture
def foundation(cloud: Cloud, keyed_environment: Environment, tmp_path: Path) -> Foundation:
    given = {"GitHub": "Acme/loans", "Environment": "production", "Registry": REPOSITORY}
    given |= {"Certificate": cloud.certificate(tmp_path), "Notify": "", "Budget": "100", "KeepDays": "400"}
    return Foundation(cloud.account(), key_of(keyed_environment), "ecs", given, every=0.1, patience=60)


@pytest.mark.timeout(300)
def test_what_was_planned_is_made(foundation: Foundation, cloud: Cloud) -> None:
    planned = foundation.plan()
    assert {"Cluster", "DeployRole", "LogBucket"} <= {change.name for change in planned.changes}
    assert foundation.account.stack(foundation.stack) is None
    assert planned.parameters["OwnRegistry"] == "yes"
    with pytest.raises(StalePlanError):
        foundation.apply("0" * 12)
    outputs = foundation.apply(planned.checksum)
    assert outputs["DeployRole"].startswith("arn:aws:iam::")
    assert cloud.client("ecs").describe_clusters(clusters=[foundation.stack])["clusters"]
    assert outputs["LogBucket"] in {row["Name"] for row in cloud.client("s3").list_buckets()["Buckets"]}


def test_what_outlives_a_stack_is_said() -> None:
    # With a Stubber: moto cannot delete a network that another of its resources lies in.
    client = boto3.Session("key", "secret", region_name=REGION).client("cloudformation")
    stack = {
        "StackName": "s",
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
        "StackStatus": "CREATE_COMPLETE",
    }
    rows = [("LogBucket", "log-1"), ("Network", "vpc-1"), ("Images", "acme/loans")]
    listed = [
        {
            "LogicalResourceId": name,
            "PhysicalResourceId": place,
            "ResourceType": "AWS::Any::Thing",
            "Timestamp": stack["CreationTime"],
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for name, place in rows
    ]
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]})
        stub.add_response("describe_stack_resources", {"StackResources": listed})
        stub.add_response("delete_stack", {}, {"StackName": "s"})
        stub.add_response("describe_stacks", {"Stacks": [stack | {"StackStatus": "DELETE_IN_PROGRESS"}]})
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id s does not exist")
        foundation = Foundation(Account(REGION, {"cloudformation": client}), "s", "ecs", {}, every=0.01)
        assert foundation.destroy() == ("log-1", "acme/loans")
        stub.assert_no_pending_responses()


def test_a_second_environment_takes_what_an_account_has_once(foundation: Foundation, cloud: Cloud) -> None:
    cloud.client("ecr").create_repository(repositoryName=REPOSITORY)
    cloud.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
    )
    planned = foundation.plan()
    assert (planned.parameters["OwnProvider"], planned.parameters["OwnRegistry"]) == ("no", "no")
