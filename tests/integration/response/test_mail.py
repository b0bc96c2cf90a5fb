"""E-mail over a real SMTP server."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.core.policy.responses import Mail
from trunkline.core.signals import Signal
from trunkline.response.mail import PASSWORD, compose, send

WRONG, RIGHT = "hunter2", "right"
RECIPIENTS = ("ops@example.org", "ada@example.org")


def settings(office: Any, **changes: Any) -> Mail:
    return Mail.model_validate({"port": office.port, "recipients": RECIPIENTS} | changes)


def test_a_message_reaches_every_recipient(post_office: Any, signal: Callable[..., Signal]) -> None:
    mail = settings(post_office)
    assert send(compose(signal(), mail, issue=3), mail, environment={}) == {}
    assert post_office.envelopes[0].rcpt_tos == list(RECIPIENTS)
    assert post_office.envelopes[0].mail_from == "trunkline@localhost"
    assert post_office.messages[0]["Subject"] == "[trunkline] Warning: Data in production: age"
    assert "Issue #3" in post_office.messages[0].get_content()


def test_a_summary_with_line_breaks_reaches_nobody_else(
    post_office: Any, signal: Callable[..., Signal]
) -> None:
    mail = settings(post_office)
    send(
        compose(signal(findings=(), summary="drift\r\nBcc: all@example.org\r\n\r\n.\r\nQUIT"), mail),
        mail,
        environment={},
    )
    assert post_office.envelopes[0].rcpt_tos == list(RECIPIENTS)
    assert post_office.messages[0]["Bcc"] is None


def test_letters_beyond_ascii_arrive_as_they_are(post_office: Any, signal: Callable[..., Signal]) -> None:
    mail = settings(post_office)
    send(compose(signal(findings=(), summary="âge a dérivé — 年齢"), mail), mail, environment={})
    assert "âge a dérivé — 年齢" in post_office.messages[0]["Subject"]
    assert "âge a dérivé — 年齢" in post_office.messages[0].get_content()


def test_one_refused_recipient_does_not_keep_the_others_from_it(
    post_office: Any, signal: Callable[..., Signal]
) -> None:
    post_office.refuse["ada@example.org"] = "550 no such user"
    mail = settings(post_office)
    assert send(compose(signal(), mail), mail, environment={}) == {"ada@example.org": "550 no such user"}
    assert post_office.envelopes[0].rcpt_tos == ["ops@example.org"]


@pytest.mark.parametrize(
    ("answer", "error"), [("550 no such user", PolicyError), ("451 come again", UnavailableError)]
)
def test_when_all_are_refused_the_code_says_who_must_act(
    post_office: Any, signal: Callable[..., Signal], answer: str, error: type[Exception]
) -> None:
    post_office.refuse = dict.fromkeys(RECIPIENTS, answer)
    mail = settings(post_office)
    with pytest.raises(error, match=answer):
        send(compose(signal(), mail), mail, environment={})


def test_a_server_that_is_not_there_is_unavailable(free_port: int, signal: Callable[..., Signal]) -> None:
    mail = Mail(port=free_port, recipients=RECIPIENTS)
    with pytest.raises(UnavailableError, match=f"127.0.0.1:{free_port} does not answer") as caught:
        send(compose(signal(), mail), mail, environment={})
    assert "responses.mail.host" in caught.value.next_step


def test_a_server_that_says_nothing_is_unavailable_after_the_timeout(signal: Callable[..., Signal]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        mail = Mail(port=deaf.getsockname()[1], recipients=RECIPIENTS)
        with pytest.raises(UnavailableError, match="does not answer"):
            send(compose(signal(), mail), mail, environment={}, timeout=0.2)


def test_the_password_is_taken_from_the_environment(post_office: Any, signal: Callable[..., Signal]) -> None:
    mail = settings(post_office, user="ops")
    send(compose(signal(), mail), mail, environment={PASSWORD: RIGHT})
    assert post_office.logins[-1] == (b"ops", b"right")
    assert len(post_office.messages) == 1


def test_a_wrong_password_is_refused_and_shown_nowhere(
    post_office: Any, signal: Callable[..., Signal]
) -> None:
    mail = settings(post_office, user="ops")
    with pytest.raises(PolicyError, match=r"responses\.mail\.user") as caught:
        send(compose(signal(), mail), mail, environment={PASSWORD: WRONG})
    assert caught.value.__context__ is None
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert WRONG not in shown


def test_a_server_that_quotes_the_password_does_not_bring_it_into_the_error(
    post_office: Any, signal: Callable[..., Signal]
) -> None:
    post_office.refuse = dict.fromkeys(RECIPIENTS, f"550 after login with {RIGHT}")
    mail = settings(post_office, user="ops")
    with pytest.raises(PolicyError, match=r"550 after login with \*\*\*") as caught:
        send(compose(signal(), mail), mail, environment={PASSWORD: RIGHT})
    assert caught.value.__context__ is None
    assert RIGHT not in "".join(traceback.format_exception(caught.value))


def test_starttls_encrypts_login_and_message(starttls_office: Any, signal: Callable[..., Signal]) -> None:
    mail = settings(starttls_office, security="starttls", user="ops")
    send(compose(signal(), mail), mail, environment={PASSWORD: RIGHT})
    assert starttls_office.encrypted == [True]
    assert starttls_office.logins[-1] == (b"ops", b"right")


def test_implicit_tls_encrypts_login_and_message(tls_office: Any, signal: Callable[..., Signal]) -> None:
    mail = settings(tls_office, security="tls", user="ops")
    send(compose(signal(), mail), mail, environment={PASSWORD: RIGHT})
    assert len(tls_office.messages) == 1
    assert tls_office.logins[-1] == (b"ops", b"right")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    starttls_office: Any, signal: Callable[..., Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    mail = settings(starttls_office, security="starttls")
    with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        send(compose(signal(), mail), mail, environment={})
    assert starttls_office.messages == []


def test_a_server_without_starttls_is_not_used_in_the_clear(
    post_office: Any, signal: Callable[..., Signal]
) -> None:
    mail = settings(post_office, security="starttls")
    with pytest.raises(PolicyError, match=r"does not offer") as caught:
        send(compose(signal(), mail), mail, environment={})
    assert "responses.mail.security" in caught.value.next_step
    assert post_office.messages == []
