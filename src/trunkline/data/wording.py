"""How the data gates say shares, intervals and names in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trunkline.core.figures import Figure, Interval

SHOWN = 5


def percent(share: float) -> str:
    """Return a share as people read it: `7.65 %`, and `0 %` or `100 %` only where it is exactly that."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    text = f"{100 * share:.2f}".rstrip("0").rstrip(".")
    return {"0": "below 0.01 %", "100": "above 99.99 %"}.get(text, f"{text} %")


def span(interval: Interval | None) -> str:
    """Return an interval of a share as `95 % interval 1.20 % to 2.30 %`."""
    if interval is None:
        return "no interval"
    return f"{interval.level * 100:.4g} % interval {percent(interval.low)} to {percent(interval.high)}"


def listed(names: Iterable[str]) -> str:
    """Return names as a list of at most five, and how many more there are."""
    given = list(names)
    more = f" and {len(given) - SHOWN:,} more" if len(given) > SHOWN else ""
    return ", ".join(given[:SHOWN]) + more


def columns(figures: Sequence[Figure]) -> list[str]:
    """Return the columns that figures named `<question>:<column>` are about."""
    return [figure.name.partition(":")[2] for figure in figures]
