"""The webhook over a real HTTP server."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.core.policy.responses import Webhook
from trunkline.core.signals import Signal
from trunkline.response.webhook import check_webhook, post


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


def test_a_secret_address_goes_before_the_policys_and_into_no_log(
    hook: Any,
    signal: Callable[..., Signal],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("TRUNKLINE_WEBHOOK_URL", hook.url)
    with caplog.at_level(logging.DEBUG):
        post(signal(), Webhook(url="http://127.0.0.1:9/nobody"))
        httpx.get(f"http://{check_webhook(Webhook())}/other")
    assert len(hook.bodies) == 1
    assert "/T0/secret" not in caplog.text
    assert "/other" in caplog.text, "the client logs no addresses: nothing was shown"


HOSTILE = "<!channel> [free](http://evil) *money*"


def test_slack_gets_a_message_in_which_no_text_of_users_is_markup(
    hook: Any, signal: Callable[..., Signal]
) -> None:
    post(
        signal(summary=HOSTILE, findings=signal().findings * 30),
        Webhook(url=hook.url, format="slack"),
        issue=7,
    )
    (message,) = hook.bodies
    assert set(message) == {"text", "blocks"}
    assert "<" not in message["text"]
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["header", "section", "section", "context"]
    texts = [block.get("text") or block["elements"][0] for block in message["blocks"]]
    assert {text["type"] for text in texts} == {"plain_text"}
    assert len(texts[0]["text"]) <= 150
    assert max(len(text["text"]) for text in texts) <= 3000
    assert texts[1]["text"] == HOSTILE
    assert "#7" in texts[3]["text"]


def test_teams_gets_an_adaptive_card_in_which_no_text_of_users_is_markup(
    hook: Any, signal: Callable[..., Signal]
) -> None:
    hook.statuses = [202]
    assert post(signal(summary=HOSTILE), Webhook(url=hook.url, format="teams"), issue=7) == 202
    (message,) = hook.bodies
    (attachment,) = message["attachments"]
    assert (message["type"], attachment["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}  # a TextBlock reads Markdown
    assert HOSTILE in [run["text"] for block in card["body"] for run in block["inlines"]]


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://127.0.0.1:9"])
def test_a_receiver_on_this_machine_is_reached_past_any_proxy(
    proxy: str, hook: Any, signal: Callable[..., Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALL_PROXY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    assert post(signal(), Webhook(url=hook.url)) == 200
