"""How figures and verdicts read in words."""

from __future__ import annotations

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Verdict

OUTCOME_WORDS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE"}


def number(value: float) -> str:
    """Return a number as people read it: three decimals below a thousand, none above."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.3f}"
    if float(text) == 0 and value != 0:
        return f"{value:.2g}"
    return "0.000" if text == "-0.000" else text


def between(interval: Interval | None) -> str:
    """Return an interval as `95 % interval 0.701 to 0.823`."""
    if interval is None:
        return "no interval"
    return f"{interval.level * 100:g} % interval {number(interval.low)} to {number(interval.high)}"


def measured(figure: Figure, sample: str = "") -> str:
    """Return a figure's value with its interval and what it was measured on: its rows, or `sample` in words."""
    return f"{number(figure.value)} ({between(figure.interval)}, {sample or f'{figure.rows:,} rows'})"


def by_chance(p_value: float) -> str:
    """Return a p value as `p = 0.012`."""
    return "p below 0.001" if p_value < 0.001 else f"p = {number(p_value)}"


def outcome_word(verdict: Verdict) -> str:
    """Return the outcome as people should read it: whether it stops the release, and if not, why."""
    word = OUTCOME_WORDS[verdict.outcome]
    if verdict.outcome == "pass":
        return word
    if verdict.waiver is not None:
        return f"{word}, waived"
    return word if verdict.blocking else f"{word}, does not block"
