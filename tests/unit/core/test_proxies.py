from __future__ import annotations

import ssl

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.proxies import goes_through_proxies, on_this_machine

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8080/ready", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8080", True),
        ("http://localhost:8080", True),
        ("http://app.localhost", True),
        ("https://example.org", False),
        ("http://localhost.example.org", False),
        ("http://[::1", False),
        ("", False),
        ("sqlite:////srv/mlflow.db", False),
    ],
)
def test_an_address_of_this_machine_is_known(url: str, here: bool) -> None:
    assert on_this_machine(url) is here


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1080", "htp://proxy", "http://[::1", "http://proxy:port"]
)
@pytest.mark.parametrize("name", ["ALL_PROXY", "HTTPS_PROXY"])
def test_a_proxy_that_cannot_be_used_is_refused_by_the_variables_names(
    proxy: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, proxy)
    with pytest.raises(PolicyError) as caught:
        goes_through_proxies("https://example.org", ssl.create_default_context())
    assert name in caught.value.next_step
    assert not goes_through_proxies("http://127.0.0.1:8080", ssl.create_default_context())


def test_a_proxy_that_can_be_used_is_used_for_other_machines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example.org:3128")
    assert goes_through_proxies("https://example.org", ssl.create_default_context())
    assert not goes_through_proxies("http://localhost:8080", ssl.create_default_context())
