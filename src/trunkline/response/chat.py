"""How a signal reads in a chat: the messages that Slack and Microsoft Teams take at their webhooks.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Teams: an adaptive card for the
workflow "Post to a channel when a webhook request is received". What may come from users' data goes into elements that
read no markup, so that it neither calls anybody nor hides a link.
"""

from __future__ import annotations

from typing import Any

from trunkline.core.markdown import one_line
from trunkline.core.signals import Signal
from trunkline.forge.page import moment

from . import issues

HEADER, TEXT, FINDINGS = 150, 2900, 10
"""Letters of a header and of a text that Slack takes, and findings that a person reads in a chat."""


def slack(signal: Signal, issue: int | None) -> dict[str, Any]:
    """Return the message for an incoming webhook of Slack."""
    parts = [one_line(signal.summary)[:TEXT], "\n".join(_findings(signal))[:TEXT]]
    return {
        # Shown in notifications, where Slack reads markup.
        "text": _escaped(title(signal)[:HEADER]),
        "blocks": [
            {"type": "header", "text": _plain(title(signal)[:HEADER])},
            *({"type": "section", "text": _plain(part)} for part in parts if part),
            {"type": "context", "elements": [_plain(_facts(signal, issue))]},
        ],
    }


def teams(signal: Signal, issue: int | None) -> dict[str, Any]:
    """Return the message for a workflow of Microsoft Teams."""
    lines = [one_line(signal.summary)[:TEXT], *_findings(signal), _facts(signal, issue)]
    head = {"type": "TextRun", "text": title(signal)[:HEADER], "weight": "Bolder", "size": "Large"}
    head["color"] = (
        "Good" if signal.recovered else "Attention" if signal.severity == "critical" else "Warning"
    )
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "RichTextBlock", "inlines": [head]},
            *({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]} for line in lines),
        ],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def title(signal: Signal) -> str:
    """Return one line that says what it is about: severity or recovery, then the issue's title."""
    head = "Recovered" if signal.recovered else signal.severity.capitalize()
    return f"{head}: {issues.title(signal)}"


def _findings(signal: Signal) -> list[str]:
    rows = [
        f"• {one_line(one.subject)}: {one_line(one.measure)} {issues.number(one.value)}"
        f" (threshold {issues.number(one.threshold)})"[:TEXT]
        for one in signal.findings[:FINDINGS]
    ]
    more = len(signal.findings) - FINDINGS
    return [*rows, f"and {more} more"] if more > 0 else rows


def _facts(signal: Signal, issue: int | None) -> str:
    follows = f", issue #{issue}" if issue else ""
    return f"{signal.environment}, {signal.rows:,} rows looked at, {moment(signal.time)}{follows}"


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
