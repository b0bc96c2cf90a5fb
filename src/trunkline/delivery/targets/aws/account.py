"""The account: one region of AWS, as this machine's credentials reach it; every call fails with one of our errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from trunkline.core.errors import ApplyError, NotFoundError, PolicyError, StorageError, UnavailableError
from trunkline.core.secrets import everything, lent

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
UNKNOWN = {
    *("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "SignatureDoesNotMatch"),
    *("InvalidSignatureException", "InvalidAccessKeyId", "MissingAuthenticationToken"),
}
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
THROTTLED = {
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestLimitExceeded"),
    *("TooManyRequestsException", "SlowDown", "RequestThrottledException", "PriorRequestNotComplete"),
}
DOWN = {
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "InternalFailure",
    "InternalError",
    "ServerException",
}
ATTEMPTS = 6
"""Of one call, by botocore's retry mode `standard`, with growing pauses: about 30 s of throttling are waited out."""
LOGIN = "log in again, as by aws sso login; in a workflow, run the job again: its credentials last an hour"


class Account:
    """One region. Nothing is asked before the first call, and boto3 is imported only then.

    `clients` are taken instead of those that it would make, by the name of their service.
    """

    def __init__(self, region: str, clients: Mapping[str, Any] | None = None) -> None:
        self.region = region
        self._clients: dict[str, Any] = dict(clients or {})

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Return what an operation answers, as `call("ecs", "update_service", cluster=...)`.

        Raises UnavailableError without credentials, or where AWS does not answer; PolicyError where the role may not;
        ApplyError for every other refusal.
        """
        with _telling(service, operation, self.region):
            answer: dict[str, Any] = getattr(self._client(service), operation)(**parameters)
        return answer

    def find(
        self, service: str, operation: str, /, *, missing: tuple[str, ...], **parameters: Any
    ) -> dict[str, Any] | None:
        """Return what an operation answers; None where it fails with one of the codes in `missing`."""
        from botocore.exceptions import ClientError

        with _telling(service, operation, self.region):
            try:
                answer: dict[str, Any] = getattr(self._client(service), operation)(**parameters)
            except ClientError as error:
                if _code(error) in missing:
                    return None
                raise
        return answer

    def pages(
        self, service: str, operation: str, /, *, missing: Sequence[str] = (), **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield every page of an operation's answer; none where the refusal's code is one of `missing`."""
        from botocore.exceptions import ClientError

        with _telling(service, operation, self.region):
            try:
                yield from self._client(service).get_paginator(operation).paginate(**parameters)
            except ClientError as error:
                if _code(error) not in missing:
                    raise

    @cached_property
    def number(self) -> str:
        """Return the account's twelve digits."""
        return str(self.call("sts", "get_caller_identity")["Account"])

    def outputs(self, stack: str) -> Mapping[str, str]:
        """Return what the foundation made, by name. Raises NotFoundError when the stack is not there, or not done."""
        found = self.stack(stack)
        if found is None or not str(found["StackStatus"]).endswith("_COMPLETE") or "Outputs" not in found:
            raise NotFoundError(
                f"The foundation {stack} is not there in {self.region}.",
                value=found["StackStatus"] if found else None,
                next_step="trunkline infra plan <environment>, look at it, then trunkline infra apply <environment>",
            )
        return {row["OutputKey"]: row["OutputValue"] for row in found["Outputs"]}

    def stack(self, name: str) -> dict[str, Any] | None:
        """Return a stack of CloudFormation; None where there is none."""
        # It has no code of its own for a stack that is not there.
        found = self.find("cloudformation", "describe_stacks", missing=("ValidationError",), StackName=name)
        return dict(found["Stacks"][0]) if found else None

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            with lent([name for name in everything() if name.startswith("AWS_")]):
                self._clients[service] = self._session.client(service, config=_config())
        return self._clients[service]

    @cached_property
    def _session(self) -> Any:
        try:
            import boto3
        except ImportError as error:
            raise StorageError(
                "A target on AWS needs the package boto3, which is not installed.",
                next_step="add boto3 to requirements/dev.in, then make lock and make setup",
            ) from error
        session = boto3.Session(region_name=self.region)
        session.get_credentials()  # while a workflow's variables are lent
        return session


def _config() -> Any:
    from botocore.config import Config

    return Config(
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=10,
        read_timeout=60,
        user_agent_extra="trunkline",
    )


@contextmanager
def _telling(service: str, operation: str, region: str) -> Iterator[None]:
    """Raise what botocore raises as one of our errors; its texts name no secret."""
    from botocore import exceptions as aws
    from botocore.parsers import ResponseParserError

    doing = f"{service}:{''.join(part.capitalize() for part in operation.split('_'))}"
    try:
        yield
    except aws.ClientError as error:
        raise _refusal(error, doing, region) from error
    except (
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.CredentialRetrievalError,
        aws.ProfileNotFound,
        aws.SSOError,
        aws.TokenRetrievalError,
    ) as error:
        raise UnavailableError(
            f"AWS has no credentials from this machine: {_short(error)}.",
            value=doing,
            next_step="aws sso login, or set AWS_PROFILE; in a workflow, set the variable AWS_ROLE_ARN",
        ) from error
    except (aws.ParamValidationError, aws.UnknownServiceError) as error:
        raise ApplyError(
            f"AWS would not take what {doing} is asked: {_short(error)}.", next_step="report this as a defect"
        ) from error
    except (aws.BotoCoreError, ResponseParserError) as error:
        raise UnavailableError(
            f"AWS does not answer {doing} in {region}: {_short(error)}.",
            next_step="look at the network and at target.region, then try again",
        ) from error


def _refusal(error: Any, doing: str, region: str) -> UnavailableError | PolicyError | ApplyError:
    code, said = _code(error), _short(error.response.get("Error", {}).get("Message", ""))
    if code in EXPIRED:
        return UnavailableError(
            f"The credentials for AWS have expired, at {doing}.", value=code, next_step=LOGIN
        )
    if code in UNKNOWN:
        return UnavailableError(
            f"AWS does not know these credentials, at {doing}.", value=code, next_step=LOGIN
        )
    if code in REFUSED:
        return PolicyError(
            f"The role may not do {doing} in {region}: {said}.",
            value=code,
            next_step="trunkline infra plan <environment> shows whether the role is older than this version",
        )
    if (
        code in THROTTLED
        or code in DOWN
        or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
    ):
        return UnavailableError(
            f"AWS answers {doing} with {code} after {ATTEMPTS} attempts.",
            next_step="wait a minute, then try again",
        )
    return ApplyError(f"AWS refuses {doing}: {said or code}.", value=code, next_step="correct what it names")


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _short(said: object) -> str:
    return " ".join(str(said).split())[:400].rstrip(".")
