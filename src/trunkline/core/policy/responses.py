"""What is done about a signal, and when a model is trained again."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from trunkline.core.signals import Severity, SignalKind

from .rollout import Stage
from .section import Distinct, Positive, Section, Shape


class Rule(Section):
    """What to do about a kind of signal."""

    kind: SignalKind
    """Whose alarms it answers: monitors of this kind."""
    at_least: Severity = "warning"
    """The least severity that it answers: info, warning, critical."""
    do: Distinct[tuple[Literal["issue", "mail", "webhook", "retrain"], ...]] = ("issue",)
    """What is done: an issue, an e-mail, a call of the webhook, a retraining."""
    labels: Distinct[
        tuple[Annotated[str, Shape(r"^[^,\n]{1,50}$", "a label has 1 to 50 letters, and no comma")], ...]
    ] = ()
    """More labels for its issue, as `owner: data`: who it is routed to."""


class Mail(Section):
    """Where e-mail goes; a password is read from TRUNKLINE_SMTP_PASSWORD, never from this file."""

    host: str = "127.0.0.1"
    """The mail server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    """Its port."""
    security: Literal["none", "starttls", "tls"] = "none"
    """How the connection is encrypted."""
    user: str = ""
    """Who logs in there; empty: nobody does."""
    sender: str = "trunkline@localhost"
    """From whom the letters come."""
    recipients: Distinct[tuple[str, ...]] = ()
    """To whom they go."""


class Webhook(Section):
    """An address that gets each alarm and its recovery, once."""

    url: str = ""
    """The address, http:// or https://. A secret one, as Slack's and Teams', goes into TRUNKLINE_WEBHOOK_URL."""
    format: Literal["signal", "slack", "teams"] = "signal"
    """What is sent: the signal as JSON, a message for Slack's incoming webhook, or a card for a workflow of Teams."""


class Responses(Section):
    """What follows from signals."""

    rules: tuple[Rule, ...] = (
        Rule(kind="data", do=("issue", "mail")),
        Rule(kind="performance", do=("issue", "retrain")),
        Rule(kind="infrastructure", do=("issue", "mail")),
        Rule(kind="log", do=("issue",)),
    )
    """What is done about an alarm, by its kind and severity."""
    new_issues: Positive = 10
    """New issues that one run may open; what goes past it gets one summary issue."""
    mail: Mail = Mail()
    webhook: Webhook = Webhook()

    @field_validator("rules")
    @classmethod
    def _says_each_once(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        said = [(rule.kind, rule.at_least) for rule in rules]
        if doubled := [f"{kind} at_least {least}" for kind, least in said if said.count((kind, least)) > 1]:
            raise ValueError(f"two rules are for {doubled[0]}: make one of them")
        return rules


class Retraining(Section):
    """What a retraining trains on."""

    rows: Positive | None = None
    """At most so many labelled rows, the newest of the project's source and answered traffic together; `null` is all.

    A cap below what the champion learned from makes the next model know less; the pull request says by how much.
    """
    new_rows: Positive = 100
    """With fewer labelled rows that the champion neither learned from nor was tested on, there is nothing new."""
    pause_hours: Annotated[float, Field(ge=0)] = 24.0
    """After a run of retrain.yml, monitoring starts none for so long: one that came to nothing would again."""
    stage: Stage = "single"
    """The stage at which a retrained version starts; single, because the champion is known to be bad."""
