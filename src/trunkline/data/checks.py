"""The gates that a snapshot must pass before a model is made of it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from trunkline.core.config import DataPolicy
from trunkline.core.contract import Contract, Role
from trunkline.core.gates import DataGates
from trunkline.core.intervals import wilson
from trunkline.core.records import DataLock, Figure, Outcome, Part, Verdict

from .leakage import single_feature_scores
from .snapshot import Snapshot
from .split import PARTS

Parts = Mapping[Part, pd.DataFrame]
LEAST_OF_CLASS = 10
"""Rows of each class that the test part needs before anything can be said of it."""


def check_snapshot(
    snapshot: Snapshot,
    policy: DataPolicy,
    gates: DataGates,
    *,
    previous: DataLock | None = None,  # noqa: ARG001
) -> tuple[Verdict, ...]:
    """Return the verdicts data/rows, data/classes, data/duplicates and data/leakage."""
    parts = {name: snapshot.part(name) for name in PARTS}
    contract = snapshot.contract
    return (
        judge_rows(parts, policy),
        judge_classes(parts, contract),
        judge_duplicates(parts, contract, gates),
        judge_leakage(parts, contract, gates),
    )


def judge_rows(parts: Parts, policy: DataPolicy) -> Verdict:
    """Answer whether there are enough rows."""
    counts = {name: len(parts[name]) for name in PARTS}
    total = sum(counts.values())
    empty = [name for name in PARTS if not counts[name]]
    enough = total >= policy.minimum_rows and not empty
    said = f"{total:,} rows" + (f", and none in {' and '.join(empty)}" if empty else "")
    return Verdict(
        gate="data/rows",
        question="Are there enough rows to learn from and to judge by?",
        outcome="pass" if enough else "fail",
        reason=f"{said}; at least {policy.minimum_rows:,} are asked for.",
        threshold=policy.minimum_rows,
        figures=tuple(
            Figure(name="rows", value=float(count), rows=count, group=group)
            for group, count in [("", total), *((f"part={name}", count) for name, count in counts.items())]
        ),
        advice="" if enough else "Widen data.window, or bring more rows in load().",
    )


def judge_classes(parts: Parts, contract: Contract) -> Verdict:
    """Answer whether every outcome can be learned and judged; its figures are the class balance."""
    if contract.task == "regression":
        return _judge_spread(parts, contract)
    name = contract.outcome.name
    labels = {part: parts[part][name].astype(str) for part in PARTS}
    if contract.outcome.type == "boolean":
        labels = {part: values.str.lower() for part, values in labels.items()}
    classes = contract.outcome.categories
    everything = pd.concat(list(labels.values()))
    counts = {label: int((everything == label).sum()) for label in classes}
    in_train = {label: int((labels["train"] == label).sum()) for label in classes}
    in_test = {label: int((labels["test"] == label).sum()) for label in classes}
    unseen = [label for label in classes if not in_train[label]]
    rare = [label for label in classes if in_test[label] < LEAST_OF_CLASS]
    outcome: Outcome = "fail" if unseen else "inconclusive" if rare else "pass"
    reason = {
        "fail": f"Train has no row of {name} = {' or '.join(unseen)}.",
        "inconclusive": f"Test has fewer than {LEAST_OF_CLASS} rows of {name} = {' or '.join(rare)}.",
        "pass": f"Every class is there; the rarest has {min(in_test.values(), default=0):,} rows in test.",
    }[outcome]
    return Verdict(
        gate="data/classes",
        question="Are there rows of every outcome to learn from and to judge by?",
        outcome=outcome,
        reason=reason,
        threshold=LEAST_OF_CLASS,
        figures=tuple(_share(f"{name}={label}", count, len(everything)) for label, count in counts.items()),
        advice=""
        if outcome == "pass"
        else "Bring more rows of it, look at the filter in load(), or take the class out of the contract.",
    )


def _judge_spread(parts: Parts, contract: Contract) -> Verdict:
    values = {part: parts[part][contract.outcome.name] for part in PARTS}
    constant = [part for part in PARTS if values[part].nunique() < 2]
    everything = pd.concat(list(values.values())).astype("float64")
    return Verdict(
        gate="data/classes",
        question="Does the outcome vary in every part?",
        outcome="fail" if constant else "pass",
        reason=f"{contract.outcome.name} is the same in every row of {' and '.join(constant)}."
        if constant
        else f"{contract.outcome.name} takes {everything.nunique():,} values.",
        figures=(
            Figure(name="mean", value=float(everything.mean()), rows=len(everything)),
            Figure(name="standard_deviation", value=float(everything.std(ddof=0)), rows=len(everything)),
        ),
        advice="Look at the filter in load() and at data.window." if constant else "",
    )


def judge_duplicates(parts: Parts, contract: Contract, policy: DataGates) -> Verdict:
    """Answer whether rows repeat one another, within a part or, worse, across parts.

    Rows are the same by key where the contract has one, else by all their values. A key in two parts fails whatever
    the policy allows. The figure `identical_rows` counts rows that differ by their key only; it decides nothing.
    """
    key = contract.of_role(Role.KEY)
    rows = pd.concat([parts[part].assign(**{_PART: part}) for part in PARTS], ignore_index=True)
    names = [column.name for column in contract.columns]
    by = [key.name] if key else names
    named = rows[rows[key.name].notna()] if key else rows
    total = max(1, len(rows))
    repeated = int(named.duplicated(by).sum())
    # One row a part is left of each; whatever still repeats lies in more than one part.
    crossing = int(named.drop_duplicates([*by, _PART]).duplicated(by).sum())
    contents = [name for name in names if key is None or name != key.name]
    share = repeated / total
    what = f"by {key.name}" if key else "in every column"
    torn = bool(key) and crossing > 0
    red = torn or share > policy.duplicates
    figures = (
        Figure(name="duplicates", value=share, rows=len(rows)),
        Figure(name="duplicates_across_parts", value=crossing / total, rows=len(rows)),
        Figure(name="identical_rows", value=float(rows.duplicated(contents).sum()) / total, rows=len(rows)),
    )
    return Verdict(
        gate="data/duplicates",
        question="Does any row repeat another one, above all across the parts?",
        outcome="fail" if red else "pass",
        reason=f"{repeated:,} of {len(rows):,} rows repeat another one {what}, {crossing:,} of them in another part; "
        f"{policy.duplicates:.2%} may.",
        threshold=policy.duplicates,
        figures=figures,
        advice=""
        if not red
        else "Drop repeated rows in load()."
        if key
        else "Drop repeated rows in load(); where equal rows are different events, give the contract a key column "
        "or raise gates.data.duplicates.",
    )


def judge_leakage(parts: Parts, contract: Contract, policy: DataGates) -> Verdict:
    """Answer whether one feature alone predicts the outcome too well; measured on train and validation.

    Fail: a score above the threshold. Inconclusive: none is, but the interval of one reaches beyond it.
    """
    rows = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
    figures = single_feature_scores(rows, contract)
    threshold = policy.leakage
    leaks = [figure for figure in figures if figure.value > threshold]
    open_ = [figure for figure in figures if figure.interval and figure.interval.high > threshold]
    unsaid = len(contract.features) - len(figures)
    outcome: Outcome = "fail" if leaks else "inconclusive" if open_ or unsaid else "pass"
    measure = "R2" if contract.task == "regression" else "AUC"
    shown = max(figures, key=lambda figure: figure.value, default=None)
    if leaks:
        named = ", ".join(f"{_column(figure)} ({measure} {figure.value:.3f})" for figure in leaks)
        reason = f"Alone they predict {contract.outcome.name} better than {threshold:g}: {named}."
    elif open_:
        named = ", ".join(map(_column, open_))
        reason = f"{len(rows):,} rows are too few to rule out that {named} tells {contract.outcome.name}."
    elif unsaid or shown is None:
        reason = f"{len(rows):,} rows are too few to measure {unsaid} features alone."
    else:
        reason = f"The best single feature is {_column(shown)} with {measure} {shown.value:.3f}."
    return Verdict(
        gate="data/leakage",
        question=f"Does a single feature tell {contract.outcome.name}?",
        outcome=outcome,
        reason=reason,
        threshold=threshold,
        figures=figures,
        advice=""
        if outcome == "pass"
        else "Ask when each named column becomes known: if only after the outcome, take it out of the features."
        if leaks
        else "Bring more rows.",
    )


def _column(figure: Figure) -> str:
    return figure.name.partition(":")[2]


def _share(group: str, count: int, rows: int) -> Figure:
    return Figure(name="share", value=count / rows, rows=rows, group=group, interval=wilson(count, rows))


_PART = "\0part"
