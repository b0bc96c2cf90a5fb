"""How figures and verdicts read in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Verdict

SHOWN = 5
"""Names of a long list that are said."""
OUTCOME_WORDS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE"}


def number(value: float) -> str:
    """Return a number as people read it: three decimals below a thousand, none above."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.3f}"
    if float(text) == 0 and value != 0:
        return f"{value:.2g}"
    return "0.000" if text == "-0.000" else text


def percent(share: float) -> str:
    """Return a share as people read it: `7.65 %`, and `0 %` or `100 %` only where it is exactly that."""
    if share in (0, 1):
        return "100 %" if share else "0 %"
    text = f"{100 * share:.2f}".rstrip("0").rstrip(".")
    return {"0": "below 0.01 %", "100": "above 99.99 %"}.get(text, f"{text} %")


def between(interval: Interval | None, say: Callable[[float], str] = number) -> str:
    """Return an interval as `95 % interval 0.701 to 0.823`; `say` words its ends, such as `percent`."""
    if interval is None:
        return "no interval"
    return f"{interval.level * 100:.4g} % interval {say(interval.low)} to {say(interval.high)}"


def measured(figure: Figure, sample: str = "") -> str:
    """Return a figure's value with its interval and what it was measured on: its rows, or `sample` in words."""
    return f"{number(figure.value)} ({between(figure.interval)}, {sample or f'{figure.rows:,} rows'})"


def by_chance(p_value: float) -> str:
    """Return a p value as `p = 0.012`."""
    return "p below 0.001" if p_value < 0.001 else f"p = {number(p_value)}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun, `1 row`, `2 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def join(parts: Sequence[str]) -> str:
    """Return parts as people list them: `a, b and c`."""
    return " and ".join(([", ".join(parts[:-1])] if len(parts) > 1 else []) + list(parts[-1:]))


def listed(names: Iterable[str]) -> str:
    """Return names as a list of at most five, and how many more there are."""
    given = list(names)
    more = f" and {len(given) - SHOWN:,} more" if len(given) > SHOWN else ""
    return ", ".join(given[:SHOWN]) + more


def columns(figures: Sequence[Figure]) -> list[str]:
    """Return the columns that figures named `<question>:<column>` are about."""
    return [figure.name.partition(":")[2] for figure in figures]


def outcome_word(verdict: Verdict) -> str:
    """Return the outcome as people should read it: whether it stops the release, and if not, why."""
    word = OUTCOME_WORDS[verdict.outcome]
    if verdict.outcome == "pass":
        return word
    if verdict.waiver is not None:
        return f"{word}, waived"
    return word if verdict.blocking else f"{word}, does not block"
