"""The webhook over a real HTTP server."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.core.policy.responses import Webhook
from trunkline.core.signals import Signal
from trunkline.response.webhook import post


@pytest.fixture
def pauses() -> list[float]:
    return []


def test_the_signal_is_posted_as_json(hook: Any, signal: Callable[..., Signal]) -> None:
    assert post(signal(), Webhook(url=hook.url)) == 200
    assert hook.bodies == [signal().to_dict()]
    assert hook.bodies[0]["schema"] == "trunkline/signal/1"
    assert hook.types == ["application/json"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_address_in_passing_trouble_is_tried_again(
    hook: Any, signal: Callable[..., Signal], pauses: list[float], status: int
) -> None:
    hook.statuses = [status, status, 204]
    assert post(signal(), Webhook(url=hook.url), pause=pauses.append) == 204
    assert len(hook.bodies) == 3
    assert pauses == [0.5, 1.0]


def test_it_gives_up_after_four_tries(hook: Any, signal: Callable[..., Signal], pauses: list[float]) -> None:
    hook.statuses = [503]
    with pytest.raises(UnavailableError, match=r"in 4 tries: it answered 503"):
        post(signal(), Webhook(url=hook.url), pause=pauses.append)
    assert len(hook.bodies) == 4
    assert pauses == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_a_refusal_is_not_tried_again(
    hook: Any, signal: Callable[..., Signal], pauses: list[float], status: int
) -> None:
    hook.statuses = [status]
    with pytest.raises(PolicyError, match=f"answered {status}"):
        post(signal(), Webhook(url=hook.url), pause=pauses.append)
    assert len(hook.bodies) == 1
    assert pauses == []


def test_nobody_there_is_unavailable(
    free_port: int, signal: Callable[..., Signal], pauses: list[float]
) -> None:
    with pytest.raises(UnavailableError, match="ConnectError"):
        post(signal(), Webhook(url=f"http://127.0.0.1:{free_port}/"), pause=pauses.append)
    assert len(pauses) == 3


def test_the_path_of_the_address_is_shown_nowhere(hook: Any, signal: Callable[..., Signal]) -> None:
    hook.statuses = [404]
    with pytest.raises(PolicyError) as caught:
        post(signal(), Webhook(url=hook.url))
    assert hook.url.rpartition("/")[2] not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://127.0.0.1:9"])
def test_a_receiver_on_this_machine_is_reached_past_any_proxy(
    proxy: str, hook: Any, signal: Callable[..., Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALL_PROXY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    assert post(signal(), Webhook(url=hook.url)) == 200
