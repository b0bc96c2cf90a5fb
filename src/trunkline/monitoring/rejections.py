"""Rejected requests: their share, and which values broke which rule."""

from __future__ import annotations

from collections import Counter

from trunkline.core.contract import Contract, Role
from trunkline.core.signals import Finding
from trunkline.inputs import input_of
from trunkline.measure.intervals import wilson
from trunkline.measure.wording import count
from trunkline.predictions import LogWindow

GROUPS = 5
"""How many kinds of broken rules a signal tells of, the most frequent first."""
VALUES = 3
"""How many offending values are shown of each kind."""
LONGEST = 40
"""Characters of an offending value that are shown."""


def rejection_findings(window: LogWindow, contract: Contract, tolerated: float) -> tuple[Finding, ...]:
    """Return nothing unless the lower end of the rejected share's Wilson interval is above `tolerated`.

    Else the share comes first, then one finding for each field and rule with the values that broke it. Values of
    key, user and text columns are not shown.
    """
    rejected, requests = len(window.rejections), window.requests
    interval = wilson(rejected, requests)
    if not requests or interval.low <= tolerated:
        return ()
    total = Finding(
        subject="requests",
        measure="share rejected",
        value=rejected / requests,
        threshold=tolerated,
        interval=interval,
        detail=f"{rejected} of {count(requests, 'request')} broke the contract",
    )
    return (total, *_by_rule(window, contract, tolerated))


def _by_rule(window: LogWindow, contract: Contract, tolerated: float) -> list[Finding]:
    groups: Counter[tuple[str, str]] = Counter()
    values: dict[tuple[str, str], Counter[str]] = {}
    hidden = _hidden(contract)
    for rejection in window.rejections:
        seen: dict[tuple[str, str], set[str]] = {}
        for problem in rejection.problems:
            group = (str(problem.get("field", "")), str(problem.get("rule", "")))
            seen.setdefault(group, set()).add(_shown(problem.get("value")))
        groups.update(seen.keys())
        for group, found in seen.items():
            values.setdefault(group, Counter()).update(found)
    findings = []
    ranked = sorted(groups, key=lambda group: (-groups[group], group))
    for field, rule in ranked[:GROUPS]:
        times = groups[field, rule]
        offending = sorted(values[field, rule].items(), key=lambda item: (-item[1], item[0]))
        shown = ["a value"] if field in hidden else [value for value, _ in offending[:VALUES]]
        more = len(offending) - VALUES if field not in hidden else 0
        words = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
        findings.append(
            Finding(
                subject=field,
                measure="share rejected",
                value=times / window.requests,
                threshold=tolerated,
                interval=wilson(times, window.requests),
                detail=f"{words} {_broken(rule)}: {times} of {count(window.requests, 'request')}",
            )
        )
    return findings


def _hidden(contract: Contract) -> set[str]:
    private = (Role.KEY, Role.USER)
    return {column.name for column in contract.columns if column.role in private or input_of(column).free}


def _shown(value: object) -> str:
    words = "null" if value is None else repr(value)
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _broken(rule: str) -> str:
    """Return a rule as the end of a sentence: `is not one of Yes, No`."""
    if rule.startswith("no "):
        return f"is {rule}"
    noun = rule.startswith(("a ", "an ", "one of ", "true or ", "JSON"))
    return f"is not {rule}" if noun else f"breaks the rule: {rule}"
