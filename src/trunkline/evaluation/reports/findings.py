"""What the gates found of a model, in words for its card."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import room_of
from trunkline.core.markdown import code, plain
from trunkline.core.verdicts import Evaluation, Verdict
from trunkline.measure.wording import OUTCOME_WORDS, outcome_word

from .crossings import crossed_gate, crossings
from .markdown import by_urgency, figure_table, verdict_table, waived


def champion(verdicts: Sequence[Verdict]) -> str:
    """Return how the model compares with the champion, overall and for each group of people."""
    overall = next((one for one in verdicts if one.gate == "performance/champion"), None)
    if overall is None:
        return "Not compared."
    by_group = [
        figure
        for verdict in verdicts
        if verdict.gate.startswith("fairness/") and verdict.gate.endswith("/champion")
        if not crossed_gate(verdict.gate)
        for figure in verdict.figures
        if figure.group
    ]
    parts = [
        _line(overall, mark=""),
        _table("Challenger less champion, on the same rows:", overall.figures),
        _table(
            "The same for each group of people, with intervals that hold for all groups of an attribute at once:",
            by_group,
        ),
    ]
    return "\n\n".join(part for part in parts if part)


def groups(evaluation: Evaluation, contract: Contract) -> str:
    """Return what was asked of groups of people, and what was measured of each of a single attribute."""
    if not contract.protected:
        return "The contract names no protected attribute, so no group was looked at."
    verdicts = [verdict for verdict in evaluation.verdicts if room_of(verdict.gate) == "fairness"]
    twofold = crossings(evaluation.figures)
    single = [figure for figure in evaluation.figures if figure.group and figure.group not in twofold]
    crossed = len(twofold)
    parts = [
        verdict_table(verdicts) if verdicts else "",
        figure_table(single, grouped=True) if single else "",
        f"Measured of {crossed} crossings of two attributes too; they are on the report." if crossed else "",
    ]
    return "\n\n".join(part for part in parts if part)


def limits(verdicts: Sequence[Verdict]) -> str:
    """Return every answer that is not green."""
    red = [verdict for verdict in by_urgency(verdicts) if verdict.outcome != "pass"]
    return "\n".join(_line(verdict) for verdict in red) or "None: every gate is green."


def weak_parts(verdicts: Sequence[Verdict]) -> str:
    """Return the parts of the rows on which the model is clearly weaker; empty where none was confirmed."""
    weak = next((one for one in verdicts if one.gate == "slices/weak" and one.outcome == "fail"), None)
    found = [figure for figure in weak.figures if figure.group] if weak else []
    return _table("Parts of the rows on which it is clearly weaker, found on the test part:", found)


def waivers(verdicts: Sequence[Verdict]) -> str:
    """Return which red answers are let through, by whom, until when and why."""
    lines = [
        f"- {code(one.gate)} {OUTCOME_WORDS[one.outcome]}. {waived(one)}"
        for one in by_urgency(verdicts)
        if one.waiver is not None
    ]
    return "\n".join(lines) or "None."


def under_load(verdicts: Sequence[Verdict]) -> str:
    """Return what the service did under load; empty where no load was put on it."""
    asked = [verdict for verdict in verdicts if room_of(verdict.gate) == "load"]
    figures = [figure for verdict in asked for figure in verdict.figures]
    if not figures:
        return "The service was not loaded." if asked else ""
    lines = "\n".join(_line(verdict) for verdict in by_urgency(asked))
    return f"Under load, on the machine that judged it:\n\n{lines}\n\n{figure_table(figures)}"


def _line(verdict: Verdict, mark: str = "- ") -> str:
    return f"{mark}{code(verdict.gate)}: {outcome_word(verdict)}. {plain(verdict.reason)}"


def _table(heading: str, figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    grouped = any(figure.group for figure in figures)
    return f"{heading}\n\n{figure_table(figures, grouped=grouped)}"
