"""Gates: every question that a model must answer before it is released, asked in one go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from trunkline.core.config import Policy
from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError
from trunkline.core.records import Figure, Verdict

from .comparison import champion_verdict, compare
from .fairness import fairness_verdicts
from .groups import group_figures, groups
from .metrics import Metrics, check_metric_names, standard_names
from .performance import (
    SEED,
    baseline_verdict,
    floor_verdict,
    measure_paired,
    metric_verdicts,
    overfit_verdict,
    too_little,
)
from .robustness import Ask, row_order_verdict
from .scored import Paired, Scored, pair_scored
from .waivers import apply_waivers


def judge(
    *,
    contract: Contract,
    policy: Policy,
    test: Scored,
    train: Scored | None = None,
    champion: Scored | None = None,
    ask: Ask,
    data_verdicts: tuple[Verdict, ...] = (),
    metrics: Metrics | None = None,
    progress: Callable[[str], None] | None = None,
    today: date,
) -> tuple[tuple[Figure, ...], tuple[Verdict, ...]]:
    """Return the figures measured on the test part, and the verdict of every gate with waivers applied.

    `train` holds the model's answers to the rows it was trained on, `champion` the champion's to the same test rows;
    `ask` puts rows to the model. The same arguments give the same result.
    Raises PolicyError when the policy names a metric that does not exist or a waiver's date cannot be read, and
    DataError when rows and answers do not belong together.
    """
    say = progress or (lambda _: None)
    own = metrics or {}
    check_metric_names(policy, own, contract)
    apply_waivers((), policy.gates.waivers, today=today)
    rules = policy.gates.performance
    paired = pair_scored(test, contract, beside=champion)
    trained = pair_scored(train, contract, beside=test) if train is not None else None

    say(f"measuring {paired.rows:,} test rows")
    names = tuple(dict.fromkeys((*standard_names(paired), rules.metric, *rules.floors, *own)))
    figures, problems = measure_paired(paired, names, own, resamples=rules.resamples, seed=SEED)
    masks = groups(test.frame, contract)
    minimum = policy.gates.fairness.minimum_group
    by_group = group_figures(paired, masks, minimum=minimum, resamples=rules.resamples, seed=SEED)

    verdicts = list(data_verdicts)
    verdicts += [
        floor_verdict(name, floor, figures, problems, paired) for name, floor in sorted(rules.floors.items())
    ]
    verdicts += metric_verdicts(problems, tuple(rules.floors))
    if rules.baseline:
        say("comparing with a model that ignores its inputs")
        verdicts.append(baseline_verdict(paired, trained, rules, own))
    say("comparing with the champion" if champion is not None else "no champion to compare with")
    other = pair_scored(champion, contract, beside=test) if champion is not None else None
    verdicts.append(_against_champion(paired, other, policy, own))
    verdicts.append(overfit_verdict(paired, trained, rules, own))
    say("comparing groups of people")
    single = {column.name: masks[column.name] for column in contract.protected}
    verdicts += fairness_verdicts(
        paired, single, policy.gates.fairness, resamples=rules.resamples, seed=SEED
    ) or (_nothing_protected(),)
    if policy.gates.robustness.row_order:
        say("asking the same rows in other ways")
        verdicts.append(row_order_verdict(ask, test.frame, contract))
    return figures + by_group, apply_waivers(verdicts, policy.gates.waivers, today=today)


def _against_champion(paired: Paired, champion: Paired | None, policy: Policy, metrics: Metrics) -> Verdict:
    rules = policy.gates.performance
    if champion is None:
        return Verdict(
            gate="performance/champion",
            outcome="pass",
            blocking=False,
            question="Is the challenger no worse than the champion?",
            reason="There is no champion yet: this is the first release.",
        )
    problem = too_little(paired)
    if problem:
        return champion_verdict(None, (), rules, problem=problem)
    standard = [name for name in standard_names(paired) if name != rules.metric]
    try:
        found = compare(paired, champion, (rules.metric, *standard), metrics, rules.resamples, SEED)
    except ProjectError as error:
        return champion_verdict(None, (), rules, problem=error.what)
    first = next((comparison for comparison in found if comparison.metric == rules.metric), None)
    return champion_verdict(first, found, rules)


def _nothing_protected() -> Verdict:
    return Verdict(
        gate="fairness/none",
        outcome="pass",
        blocking=False,
        question="Are groups of people treated alike?",
        reason="The contract names no protected attribute, so no group was looked at.",
        advice="If the rows are about people, mark the columns with `protected: True`, as audit if need be.",
    )
