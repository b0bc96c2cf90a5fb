"""What AWS refuses becomes an error that says who must act."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from trunkline.core.errors import (
    ApplyError,
    NotFoundError,
    PolicyError,
    TrunklineError,
    UnavailableError,
)
from trunkline.delivery.targets.aws.account import Account

REGION = "eu-central-1"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "cloudformation", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="s"
    )
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture
def account(stub: Stubber) -> Account:
    return Account(REGION, {"cloudformation": stub.client})


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ExpiredToken", UnavailableError),
        ("InvalidClientTokenId", UnavailableError),
        ("Throttling", UnavailableError),
        ("InternalFailure", UnavailableError),
        ("AccessDenied", PolicyError),
        ("LimitExceeded", ApplyError),
    ],
)
def test_a_refusal_says_who_must_act(
    account: Account, stub: Stubber, code: str, error: type[TrunklineError]
) -> None:
    stub.add_client_error("delete_stack", code, "no")
    with pytest.raises(error) as refused:
        account.call("cloudformation", "delete_stack", StackName="s")
    assert refused.type is error
    assert "cloudformation:DeleteStack" in refused.value.what
    assert refused.value.next_step


def test_what_is_missing_may_be(account: Account, stub: Stubber) -> None:
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id s does not exist")
    assert account.stack("s") is None


def test_a_foundation_that_is_not_done_is_not_used(account: Account, stub: Stubber) -> None:
    begun = {"StackName": "s", "CreationTime": "2026-01-01T00:00:00Z", "StackStatus": "CREATE_IN_PROGRESS"}
    stub.add_response("describe_stacks", {"Stacks": [begun]})
    with pytest.raises(NotFoundError):
        account.outputs("s")


def test_what_aws_would_not_take_is_ours_to_mend(account: Account, stub: Stubber) -> None:
    stub.deactivate()
    with pytest.raises(ApplyError) as refused:
        account.call("cloudformation", "delete_stack", Nothing=1)
    assert "defect" in refused.value.next_step


def test_without_credentials_it_says_how_to_get_some(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(UnavailableError) as refused:
        Account(REGION).call("sts", "get_caller_identity")
    assert "AWS_ROLE_ARN" in refused.value.next_step
