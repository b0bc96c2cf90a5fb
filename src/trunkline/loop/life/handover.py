"""Handover: who retrains, this machine or the forge's workflow, and what the issue is told about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from trunkline.core import markdown
from trunkline.core.errors import GateFailed, GateInconclusive, TrunklineError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.delivery import read_state
from trunkline.forge import Forge, Issue, PullRequest, open_forge
from trunkline.loop.changes.names import RETRAINING

from .last_watch import bring_signals, last_signals

if TYPE_CHECKING:
    from trunkline.loop.gates.judging import Judged

RETRAIN = "retrain.yml"
"""The workflow that retraining is handed over to."""
LONGEST_REASON = 500
"""Characters of a retraining's reason: it goes through a workflow's input."""


def hand_over(forge: Forge, project: Project, environment: str, reason: str) -> str:
    """Start the workflow that retrains and say so; empty where the forge runs none and the work is to be done here."""
    newest = next((row for row in forge.workflows() if row.file == RETRAIN), None)
    if newest is not None and newest.newest is not None:
        if not newest.conclusion:
            return f"{RETRAIN} is at it already"
        again = newest.newest + timedelta(hours=project.policy.retraining.pause_hours)
        if datetime.now(UTC) < again:
            return f"{RETRAIN} ran {newest.newest:%Y-%m-%d %H:%M} UTC; not before {again:%Y-%m-%d %H:%M} UTC again"
    inputs = {"environment": environment, "reason": reason}
    if not forge.start(RETRAIN, branch=project.policy.forge.main, inputs=inputs):
        return ""
    return f"handed over to {RETRAIN}"


def one_line(reason: str) -> str:
    """Return a reason as one line of at most 500 characters, without control characters."""
    words = markdown.one_line(reason)
    return words if len(words) <= LONGEST_REASON else words[: LONGEST_REASON - 1] + "…"


def nothing_to_follow(project: Project, environment: str) -> str:
    """Return why there is no version that a retrained one could follow; empty when there is."""
    if read_state(project.deployment(environment)).champion is not None:
        return ""
    return f"{environment} serves no version yet. Merge the pull request that `trunkline release` opens."


def retrain_and_tell(
    project: Project,
    environment: str,
    *,
    reason: str,
    progress: Progress,
    told: Callable[[Judged], object] = lambda _: None,
) -> PullRequest:
    """Retrain, and say on the issues that ask for it, where they are open, what came of it, whatever it was.

    `told` gets what was proposed. Raises what `retrain` raises.
    """
    # The training stack takes seconds to import, and most watches need none of it.
    from .retraining import retrain

    bring_signals(project, environment)
    seen: list[Judged] = []
    try:
        pull = retrain(project, environment, reason=one_line(reason), progress=progress, told=seen.append)
    except TrunklineError as error:
        _tell(project, environment, f"A retraining came to nothing. {refusal_in_words(error, seen)}")
        raise
    told(seen[-1])
    _tell(project, environment, f"Retrained: #{pull.number} {pull.title}")
    return pull


def refusal_in_words(error: TrunklineError, judged: Sequence[Judged]) -> str:
    """Return as Markdown why a retraining came to nothing: of gates that said no, which, and with what reason."""
    stops = [verdict for one in judged for verdict in one.evaluation.verdicts if verdict.stops]
    if not stops or not isinstance(error, GateFailed | GateInconclusive):
        return markdown.plain(str(error))
    lines = [
        f"- {markdown.code(verdict.gate)} {verdict.outcome}:"
        f" {markdown.cell(verdict.reason)} {markdown.cell(verdict.advice)}".rstrip()
        for verdict in stops
    ]
    return "\n".join([markdown.plain(error.what), "", *lines])


def troubles(project: Project, environment: str) -> tuple[Issue, ...]:
    """Return the open issues of an environment that a retraining answers: of every monitor whose rule retrains.

    Our monitors have the names of their kinds; what kind another is of, the last watch says.
    """
    kinds = {rule.kind for rule in project.policy.responses.rules if "retrain" in rule.do} | {"performance"}
    asking = {f"{environment}/{kind}" for kind in kinds}
    asking |= {seen.fingerprint for seen in last_signals(project, environment) if seen.kind in kinds}
    forge = open_forge(project)
    return tuple(issue for mark in sorted(asking) for issue in forge.issues(state="open", fingerprint=mark))


def _tell(project: Project, environment: str, words: str) -> None:
    forge = open_forge(project)
    for issue in troubles(project, environment):
        forge.comment_issue(issue.number, words, marker=RETRAINING)
