"""Packages that the policy asks for beyond the toolkit's own."""

from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.policy.policy import Policy
from trunkline.loop.model.needed import needed

ISSUER = {"issuer": "https://i.example", "audience": "loans", "jwks": "https://i.example/keys"}
SIGNED = {"tls": "own", "callers": "jwt", "jwt": ISSUER}


@pytest.mark.parametrize(
    ("serving", "package"),
    [
        ({"access": SIGNED}, "pyjwt[crypto]"),
        ({"log": {"store": "s3://bucket/{environment}"}}, "obstore"),
        ({"log": {"store": "az://account/box/{environment}"}}, "obstore"),
    ],
    ids=["jwt", "s3", "az"],
)
def test_a_package_that_is_not_installed_is_named_with_what_asks_for_it(
    serving: dict[str, Any], package: str
) -> None:
    policy = Policy.model_validate({"name": "loans", "package": "loans", "serving": serving})
    (said,) = needed(policy, installed=lambda _: False)
    assert package in said
    assert "serving." in said
    assert needed(policy, installed=lambda _: True) == ()


@pytest.mark.parametrize("store", ["", "file:///share/{environment}", "https://{environment}.example.org"])
def test_a_policy_that_needs_no_more_says_nothing(store: str) -> None:
    policy = Policy.model_validate(
        {"name": "loans", "package": "loans", "serving": {"log": {"store": store}}}
    )
    assert needed(policy, installed=lambda _: False) == ()
