"""What an e-mail says, and which settings could never send one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.policy.responses import Mail
from trunkline.core.signals import Finding, Signal
from trunkline.response import mail

SETTINGS = Mail(recipients=("ops@example.org", "ada@example.org"), sender="trunkline@example.org")


def signal(**changes: Any) -> Signal:
    whole: dict[str, Any] = {
        "kind": "data",
        "environment": "production",
        "fingerprint": "production/data",
        "state": "alarm",
        "severity": "warning",
        "summary": "age has drifted",
        "rows": 500,
        "findings": (Finding(subject="age", measure="PSI", value=0.31, threshold=0.25),),
        "time": datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    }
    return Signal.model_validate(whole | changes)


def test_an_alarm_reads_as_a_message() -> None:
    message = mail.compose(signal(), SETTINGS, issue=3)
    assert message["Subject"] == "[trunkline] Warning: Data in production: age"
    assert message["From"] == "trunkline@example.org"
    assert message["To"] == "ops@example.org, ada@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "- age: PSI 0.31 (threshold 0.25)" in text
    assert "Issue #3 follows it." in text


def test_a_recovery_says_so() -> None:
    message = mail.compose(signal(state="quiet", severity="info"), SETTINGS)
    assert message["Subject"].startswith("[trunkline] Recovered: ")


def test_a_summary_cannot_add_headers() -> None:
    message = mail.compose(
        signal(findings=(), summary="drift\r\nBcc: everyone@example.org\r\n\r\nbody"), SETTINGS
    )
    assert "Bcc" not in message
    assert "\n" not in message["Subject"]
    assert "Bcc: everyone" in message["Subject"]


def test_no_recipients_names_the_key() -> None:
    with pytest.raises(PolicyError, match=r"responses\.mail\.recipients is empty"):
        mail.compose(signal(), Mail())


@pytest.mark.parametrize(
    "address",
    ["ops", "ops@", "ops@example.org\r\nBcc: all@example.org", "a@b, c@d", "ops@example.org "],
)
def test_what_is_no_address_is_refused_by_its_key(address: str) -> None:
    with pytest.raises(PolicyError, match=r"responses\.mail\.recipients") as caught:
        mail.check_mail(Mail(recipients=(address,)))
    assert caught.value.value == address
    with pytest.raises(PolicyError, match=r"responses\.mail\.sender"):
        mail.check_mail(Mail(recipients=("ops@example.org",), sender=address))


@pytest.mark.parametrize(
    ("host", "security", "allowed"),
    [
        ("mail.example.org", "none", False),
        ("mail.example.org", "starttls", True),
        ("mail.example.org", "tls", True),
        ("192.0.2.7", "none", False),
        ("127.0.0.1", "none", True),
        ("::1", "none", True),
        ("localhost", "none", True),
    ],
)
def test_a_password_never_crosses_the_network_in_the_clear(host: str, security: Any, allowed: bool) -> None:
    settings = Mail(host=host, security=security, user="ops", recipients=("ops@example.org",))
    if allowed:
        mail.check_mail(settings)
    else:
        with pytest.raises(PolicyError, match="in the clear"):
            mail.check_mail(settings)


def test_a_user_without_a_password_names_the_variable() -> None:
    settings = SETTINGS.model_copy(update={"user": "ops"})
    with pytest.raises(PolicyError, match="TRUNKLINE_SMTP_PASSWORD"):
        mail.send(mail.compose(signal(), settings), settings, environment={})
