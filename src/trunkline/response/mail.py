"""E-mail through the SMTP server that the policy names."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from trunkline.core.errors import PolicyError, TrunklineError, UnavailableError
from trunkline.core.markdown import one_line
from trunkline.core.policy.responses import Mail
from trunkline.core.secrets import secret
from trunkline.core.signals import Signal
from trunkline.forge.page import moment

from . import issues

PASSWORD = "TRUNKLINE_SMTP_PASSWORD"  # noqa: S105 - the variable's name, not what it holds
SECONDS = 10.0


def compose(signal: Signal, mail: Mail, *, issue: int | None = None) -> EmailMessage:
    """Return the message about an alarm, or about its recovery when the signal is quiet.

    Raises PolicyError when the policy's recipients or sender are missing or no addresses.
    """
    check_mail(mail)
    message = EmailMessage()
    head = "Recovered" if signal.recovered else signal.severity.capitalize()
    message["Subject"] = f"[trunkline] {head}: {issues.title(signal)}"
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.recipients)
    message["Date"] = format_datetime(signal.time)
    message["Message-ID"] = make_msgid(domain="trunkline.localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text(signal, issue))
    return message


def check_mail(mail: Mail) -> None:
    """Raise PolicyError, naming the key, when no mail could ever be sent with these settings."""
    if not mail.recipients:
        raise PolicyError(
            "A rule sends e-mail, and responses.mail.recipients is empty.",
            next_step="name who gets it in trunkline.yaml under responses.mail.recipients",
        )
    for key, address in (("sender", mail.sender), *(("recipients", each) for each in mail.recipients)):
        try:
            valid = bool(Address(addr_spec=address).username)
        except (ValueError, IndexError, TypeError) as error:
            raise _no_address(key, address) from error
        if not valid or one_line(address) != address:
            raise _no_address(key, address)
    if mail.user and mail.security == "none" and not _on_this_machine(mail.host):
        raise PolicyError(
            "responses.mail.security is none, and the password would cross the network in the clear.",
            value=mail.host,
            next_step="set responses.mail.security to starttls or tls",
        )


def send(
    message: EmailMessage,
    mail: Mail,
    *,
    environment: Mapping[str, str] | None = None,
    timeout: float = SECONDS,
) -> dict[str, str]:
    """Hand a message to the server and return the recipients it refused, each with its reason.

    Raises UnavailableError when the server does not answer or asks to come again, and PolicyError when it refuses
    the settings. The password is in no error.
    """
    password = secret(PASSWORD) if environment is None else environment.get(PASSWORD, "")
    if mail.user and not password:
        raise PolicyError(
            f"responses.mail.user is set, and {PASSWORD} is not.", next_step=f"export {PASSWORD}"
        )
    where = f"{mail.host}:{mail.port}"
    problem: TrunklineError
    try:
        return _hand_over(message, mail, password, timeout)
    except smtplib.SMTPAuthenticationError as error:
        problem = PolicyError(
            f"The mail server {where} refused the user of responses.mail.user ({error.smtp_code}).",
            value=mail.user,
            next_step=f"correct responses.mail.user or {PASSWORD}",
        )
    except smtplib.SMTPNotSupportedError as error:
        problem = PolicyError(
            f"The mail server {where} does not offer what the policy asks for: {error}",
            value=mail.security,
            next_step="correct responses.mail.security or responses.mail.user",
        )
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        reasons = "; ".join(
            f"{name}: {code} {_words(said)}" for name, (code, said) in error.recipients.items()
        )
        problem = _refused(where, "recipients", min(codes), reasons)
    except smtplib.SMTPResponseException as error:
        problem = _refused(where, "sender", error.smtp_code, f"{error.smtp_code} {_words(error.smtp_error)}")
    except (OSError, smtplib.SMTPException) as error:
        problem = UnavailableError(
            f"The mail server {where} does not answer: {type(error).__name__}: {_words(str(error))}.",
            next_step="start it, or correct responses.mail.host, port and security",
        )
    # Raised outside the handlers: a server's answer may quote what it was sent, and a chained error would show it.
    if password:
        problem.what = problem.what.replace(password, "***")
        problem.args = (problem.what,)
    raise problem


def _hand_over(message: EmailMessage, mail: Mail, password: str, timeout: float) -> dict[str, str]:
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(mail.host, mail.port, timeout=timeout, context=context)
        if mail.security == "tls"
        else smtplib.SMTP(mail.host, mail.port, timeout=timeout)
    ) as server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, password)
        refused = server.send_message(message)
    return {name: f"{code} {_words(said)}" for name, (code, said) in refused.items()}


def _refused(where: str, key: str, code: int, said: str) -> TrunklineError:
    if code < 500:  # RFC 5321, section 4.2.1: 4yz is transient, 5yz permanent
        return UnavailableError(f"The mail server {where} asks to come again: {said}.", next_step="wait")
    return PolicyError(
        f"The mail server {where} refused the message: {said}.", next_step=f"correct responses.mail.{key}"
    )


def _no_address(key: str, address: str) -> PolicyError:
    return PolicyError(
        f"responses.mail.{key} holds something that is no e-mail address.",
        value=address,
        next_step="write it as name@example.org",
    )


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _words(said: bytes | str) -> str:
    return one_line(said.decode(errors="replace") if isinstance(said, bytes) else said)


def _text(signal: Signal, issue: int | None) -> str:
    where = f"Issue #{issue} follows it.\n" if issue else ""
    rows = [
        f"- {one_line(finding.subject)}: {one_line(finding.measure)} {issues.number(finding.value)} "
        f"(threshold {issues.number(finding.threshold)}) {one_line(finding.detail)}".rstrip()
        for finding in signal.findings[: issues.FINDINGS]
    ]
    found = "\n".join(rows) + "\n" if rows else ""
    facts = f"Environment {signal.environment}, {signal.rows} rows looked at, {moment(signal.time)}.\n"
    return "\n".join(part for part in (one_line(signal.summary) + "\n", found, facts, where) if part)
