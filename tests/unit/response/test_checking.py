"""What rules need before they can tell anybody, asked before an alarm comes."""

from __future__ import annotations

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.policy.responses import Mail, Responses, Rule, Webhook
from trunkline.response.checking import check_responses
from trunkline.response.mail import PASSWORD
from trunkline.response.webhook import URL

MAILS = (Rule(kind="data", do=("issue", "mail")),)
POSTS = (Rule(kind="data", do=("issue", "webhook")),)
OPS = Mail(recipients=("ops@example.org",))


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (URL, PASSWORD):
        monkeypatch.delenv(name, raising=False)


def test_a_rule_that_mails_nobody_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"responses\.mail\.recipients"):
        check_responses(Responses(rules=MAILS))
    assert check_responses(Responses(rules=MAILS, mail=OPS)) == ()


def test_rules_that_nobody_wrote_are_said_and_not_refused() -> None:
    (said,) = check_responses(Responses())
    assert "responses.mail.recipients" in said


def test_settings_of_a_channel_that_no_rule_uses_are_not_asked_for() -> None:
    assert check_responses(Responses(rules=(Rule(kind="data"),), webhook=Webhook(url="ftp://x"))) == ()


def test_what_only_the_machine_that_monitors_knows_is_said() -> None:
    (said,) = check_responses(Responses(rules=POSTS))
    assert URL in said
    (said,) = check_responses(Responses(rules=MAILS, mail=OPS.model_copy(update={"user": "bot"})))
    assert PASSWORD in said


def test_an_address_of_the_policy_is_checked() -> None:
    assert check_responses(Responses(rules=POSTS, webhook=Webhook(url="https://example.org/x"))) == ()
    with pytest.raises(PolicyError, match="no HTTP address"):
        check_responses(Responses(rules=POSTS, webhook=Webhook(url="example.org/x")))
