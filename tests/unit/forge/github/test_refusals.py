"""GitHub's refusals as errors of our own."""

from __future__ import annotations

import pytest

from trunkline.core.errors import ForgeError, UnavailableError
from trunkline.forge.github.patience import Failure
from trunkline.forge.github.refusals import Declined, refusal


@pytest.mark.parametrize(
    "failure",
    [
        Failure(0, message="ConnectError"),
        Failure(503),
        Failure(429),
        Failure(403, headers={"retry-after": "9"}),
    ],
)
def test_what_passes_is_for_waiting(failure: Failure) -> None:
    assert isinstance(refusal(failure, "issue #7"), UnavailableError)


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (Failure(401), "does not accept the token"),
        (Failure(403, message="Blocked"), "does not allow this with issue #7: Blocked"),
        (Failure(404), "There is no issue #7"),
        (
            Failure(422, message="Validation Failed", errors=("title is too long",)),
            "Validation Failed; title is too long",
        ),
    ],
)
def test_what_does_not_pass_names_who_must_act(failure: Failure, says: str) -> None:
    error = refusal(failure, "issue #7")
    assert isinstance(error, ForgeError)
    assert says in error.what
    assert error.next_step


def test_a_refusal_keeps_what_github_said() -> None:
    error = refusal(Failure(422, message="Validation Failed", errors=("name already_exists",)), "a label")
    assert isinstance(error, Declined)
    assert error.status == 422
    assert error.says("ALREADY_EXISTS")
    assert not error.says("too long")


ACCEPTED = {"x-accepted-github-permissions": "issues=write; pull_requests=write"}


@pytest.mark.parametrize(
    ("message", "next_step"),
    [
        ("Resource not accessible by integration", "add `issues: write or pull_requests: write`"),
        ("Resource not accessible by personal access token", "add `issues: write or pull_requests: write`"),
        (
            "GitHub Actions is not permitted to create or approve pull requests",
            "Allow GitHub Actions to create",
        ),
        ("Repository was archived so is read-only", "ask an owner"),
    ],
)
def test_what_would_be_accepted_is_advice_only_where_the_token_is_the_reason(
    message: str, next_step: str
) -> None:
    error = refusal(Failure(403, message=message, headers=ACCEPTED), "issue #7")
    assert isinstance(error, ForgeError)
    assert message in error.what
    assert next_step in error.next_step
    assert ("issues: write" in error.next_step) is message.startswith("Resource")
