"""Which addresses a webhook may have."""

from __future__ import annotations

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.policy.responses import Webhook
from trunkline.response.webhook import check_webhook


def test_no_address_names_the_key() -> None:
    with pytest.raises(PolicyError, match=r"TRUNKLINE_WEBHOOK_URL nor responses\.webhook\.url"):
        check_webhook(Webhook())


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "example.org/hook", "http://", "http://[::1", "http://a:b/"]
)
def test_what_is_no_http_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(PolicyError, match="no HTTP address") as caught:
        check_webhook(Webhook(url=url))
    assert url not in str(caught.value)


def test_only_the_host_of_an_address_is_shown() -> None:
    assert check_webhook(Webhook(url="https://user:secret@hooks.example.org:8443/T0/B0/secret")) == (
        "hooks.example.org:8443"
    )
