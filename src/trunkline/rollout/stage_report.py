"""How the judgement of a stage reads in a pull request, as Markdown."""

from __future__ import annotations

from trunkline.core.markdown import cell
from trunkline.core.verdicts import Verdict
from trunkline.forge.page import moment
from trunkline.measure.wording import percent

from .advice import Advice
from .stage import ArmFigures, StageEvidence

_WORDS = {"pass": "yes", "fail": "**no**", "inconclusive": "not known yet"}


def stage_report(evidence: StageEvidence, advice: Advice) -> str:
    """Return the evidence of a stage: what it says, the questions, and the two versions side by side."""
    share = f" with {percent(evidence.share)} of users" if evidence.strategy == "canary" else ""
    lines = [
        f"## The {evidence.strategy} stage on live traffic: {advice.action}",
        "",
        cell(advice.reason),
        "",
        f"Environment `{evidence.environment}`,{share} from {moment(evidence.since)} to {moment(evidence.until)}; "
        f"{evidence.refused:,} requests broke the contract and reached neither version. " + _units(evidence),
        "",
        "| question | answer | why |",
        "|---|---|---|",
        *(_row(verdict) for verdict in advice.verdicts),
        "",
        "| version | answers | users | failures | p95 (ms) | outcomes known | quality |",
        "|---|---:|---:|---:|---:|---:|---|",
        _arm("champion", evidence.champion),
        _arm("challenger", evidence.challenger),
    ]
    return "\n".join(lines) + "\n"


def _units(evidence: StageEvidence) -> str:
    nameless = (
        f" {evidence.nameless:,} requests name nobody, and each counts as a user."
        if evidence.nameless
        else ""
    )
    return f"Intervals are those of users, and hold at every look of the whole ladder.{nameless}"


def _row(verdict: Verdict) -> str:
    note = "" if verdict.blocking else " (for information)"
    return f"| {cell(verdict.question)}{note} | {_WORDS[verdict.outcome]} | {cell(verdict.reason)} |"


def _arm(name: str, arm: ArmFigures) -> str:
    latency = f"{arm.p95_ms:.1f}" if arm.p95_ms is not None else ""
    quality = ""
    if arm.quality:
        span = arm.quality.interval
        quality = f"{arm.quality.name} {arm.quality.value:.3f}"
        quality += f" ({span.low:.3f} to {span.high:.3f})" if span else ""
    cells = (
        f"{name}, {arm.version}",
        f"{arm.answers:,}",
        f"{arm.users:,}",
        f"{arm.failures:,}",
        latency,
        f"{arm.labelled:,}",
        quality,
    )
    return "| " + " | ".join(cells) + " |"
