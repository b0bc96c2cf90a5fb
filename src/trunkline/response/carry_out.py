"""Doing what was decided: each channel by itself, so that one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from trunkline.core.errors import TrunklineError
from trunkline.core.policy.responses import Responses
from trunkline.core.record import Record
from trunkline.core.signals import Signal
from trunkline.forge import Forge, Issue

from . import issues, mail, webhook
from .chart import chart
from .labels import PENDING, given, labels_for, relabelled, severity_of
from .policy import STORM, Response, rules_for, storm_signal, worse, worst_first


class Done(Record):
    """What became of a response; *handed over* means that the caller has to do it (retraining)."""

    SCHEMA: ClassVar[str] = "trunkline/done/1"

    response: Response
    outcome: Literal["done", "failed", "handed over"]
    detail: str
    issue: int | None = None
    exit_code: int = 0
    """That of the error, for what failed."""


def carry_out(
    responses: Sequence[Response],
    signals: Sequence[Signal],
    *,
    forge: Forge,
    policy: Responses,
    history: Sequence[Signal] = (),
    progress: Callable[[str], None] | None = None,
) -> tuple[Done, ...]:
    """Carry the responses out in order and return what became of each; foreseeable trouble is reported, not raised.

    An issue is opened with a label for each message that is still to be sent, and loses it once the message is
    delivered: what failed, or was killed in between, is sent by the next run. `history` holds the signals of earlier
    runs, oldest first, for the issues' charts.
    """
    run = _Run(responses, signals, forge, policy, history)
    found = []
    for response in responses:
        done = run.carry_out(response)
        found.append(done)
        if progress:
            progress(f"{response.action} {response.fingerprint}: {done.outcome}, {done.detail}")
    return tuple(found)


class _Run:
    def __init__(
        self,
        responses: Sequence[Response],
        signals: Sequence[Signal],
        forge: Forge,
        policy: Responses,
        history: Sequence[Signal],
    ) -> None:
        self.forge = forge
        self.policy = policy
        self.history = history
        self.signals = {signal.fingerprint: signal for signal in worst_first(signals)}
        self.pending: dict[str, set[str]] = {}
        for response in responses:
            if response.covers and STORM not in self.signals:
                self.signals[STORM] = storm_signal(
                    [self.signals[name] for name in response.covers], policy.new_issues
                )
            if response.action in PENDING:
                self.pending.setdefault(response.fingerprint, set()).add(response.action)
        self.issues: dict[str, Issue] = {}

    def carry_out(self, response: Response) -> Done:
        if response.action == "retrain":
            return Done(response=response, outcome="handed over", detail=response.reason)
        try:
            detail = self._act(response)
        except TrunklineError as error:
            return Done(
                response=response,
                outcome="failed",
                detail=str(error),
                issue=self._number(response),
                exit_code=error.exit_code,
            )
        return Done(response=response, outcome="done", detail=detail, issue=self._number(response))

    def _number(self, response: Response) -> int | None:
        issue = self.issues.get(response.fingerprint)
        return issue.number if issue else response.issue

    def _act(self, response: Response) -> str:
        match response.action:
            case "open_issue":
                return self._open(self.signals[response.fingerprint])
            case "update_issue":
                return self._update(self.signals[response.fingerprint], response)
            case "close_issue":
                return self._close(response)
            case "mail":
                detail = self._mail(self.signals[response.fingerprint], response)
            case _:
                status = webhook.post(
                    self.signals[response.fingerprint], self.policy.webhook, issue=self._number(response)
                )
                detail = f"the webhook answered {status}"
        return detail + self._delivered(response)

    def _open(self, signal: Signal) -> str:
        rules = rules_for(signal, severity=signal.severity, policy=self.policy)
        routing = [label for rule in rules for label in rule.labels]
        # A forge gives a reopened issue the labels that it is told: those that people gave are among them.
        for before in self.forge.issues(state="closed", fingerprint=signal.fingerprint):
            routing += given(before.labels)
        issue = self.forge.open_issue(
            fingerprint=signal.fingerprint,
            title=issues.title(signal),
            body=issues.body(signal, chart(signal, self.history)),
            labels=labels_for(
                signal.kind, signal.severity, self.pending.get(signal.fingerprint, ()), routing
            ),
        )
        self.issues[signal.fingerprint] = issue
        return f"issue #{issue.number} is open"

    def _update(self, signal: Signal, response: Response) -> str:
        issue = self.forge.issue(response.issue or 0)
        before = "".join(each.body for each in issue.comments if each.marker == issues.MARKER)
        issue = self.forge.comment_issue(
            issue.number, issues.update(signal, before, chart(signal, self.history)), marker=issues.MARKER
        )
        # The label keeps the worst severity while the issue is open: a flapping one sends no mail at each turn.
        rose = worse(signal.severity, severity_of(issue.labels))
        labels = relabelled(
            issue.labels,
            severity=signal.severity if rose else None,
            pending=self.pending.get(signal.fingerprint, ()),
        )
        self.issues[signal.fingerprint] = self._labelled(issue, labels)
        return f"issue #{issue.number} is updated"

    def _close(self, response: Response) -> str:
        signal = self.signals.get(response.fingerprint)
        evidence = issues.recovery(signal, chart(signal, self.history)) if signal else response.reason
        issue = self.forge.close_issue(response.issue or 0, comment=evidence)
        self.issues[response.fingerprint] = issue
        return f"issue #{issue.number} is closed"

    def _mail(self, signal: Signal, response: Response) -> str:
        message = mail.compose(signal, self.policy.mail, issue=self._number(response))
        refused = mail.send(message, self.policy.mail)
        took = len(self.policy.mail.recipients) - len(refused)
        problems = "".join(f"; {name} was refused: {reason}" for name, reason in refused.items())
        return f"mail went to {took} of {len(self.policy.mail.recipients)}{problems}"

    def _delivered(self, response: Response) -> str:
        issue = self.issues.get(response.fingerprint)
        if issue is None or issue.state == "closed":
            return ""
        try:
            labels = relabelled(issue.labels, pending=(), delivered=(response.action,))
            self.issues[response.fingerprint] = self._labelled(issue, labels)
        except TrunklineError as error:
            return f", and may be sent again, because issue #{issue.number} could not be marked: {error}"
        return ""

    def _labelled(self, issue: Issue, labels: tuple[str, ...]) -> Issue:
        return issue if labels == issue.labels else self.forge.label_issue(issue.number, labels)
