"""Gates: every question that a model must answer before it is released, asked in one go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError
from trunkline.core.figures import Figure
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.measure.metrics import Metrics, standard_names
from trunkline.measure.paired import Paired
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import check_metric_names

from .fairness.groups import group_figures, groups
from .fairness.questions import fairness_verdicts
from .performance.calibration import calibration_verdict
from .performance.class_recall import class_recall_verdict
from .performance.comparison import champion_verdict, compare
from .performance.figures import (
    baseline_verdict,
    floor_verdict,
    measure_paired,
    metric_verdicts,
    too_little,
)
from .performance.named_slices import check_slices, slice_floor_verdicts
from .performance.overfit import overfit_verdict
from .robustness.asking import Ask
from .robustness.metamorphic import check_metamorphic
from .robustness.questions import robustness_verdicts
from .scored import Scored, pair_scored
from .slices.questions import slice_verdicts
from .waivers import apply_waivers


def check_gates(policy: Policy, metrics: Metrics, contract: Contract) -> None:
    """Check that the gates ask for metrics, columns and values that exist, before any work is done.

    Raises PolicyError naming the key, with close matches.
    """
    check_metric_names(policy, metrics, contract)
    check_slices(policy.gates.performance, contract)
    check_metamorphic(policy.gates.robustness, contract)


def judge(
    *,
    contract: Contract,
    policy: Policy,
    test: Scored,
    train: Scored | None = None,
    champion: Scored | None = None,
    silent: str = "",
    unlike: str = "",
    ask: Ask,
    before: tuple[Verdict, ...] = (),
    metrics: Metrics | None = None,
    progress: Callable[[str], None] | None = None,
    today: date,
) -> tuple[tuple[Figure, ...], tuple[Verdict, ...]]:
    """Return the figures measured on the test part, and the verdict of every gate with waivers applied.

    `train` holds the model's answers to the rows it was trained on, `champion` the champion's to the same test rows,
    `silent` why there is a champion and it has none, `unlike` why its answers mean something else;
    `ask` puts rows to the model; `before` holds what other rooms and processes said of it already. The same arguments
    give the same result. Raises PolicyError when the policy names what does not exist or a waiver's date cannot be
    read, and DataError when rows and answers do not belong together.
    """
    say = progress or (lambda _: None)
    own = metrics or {}
    check_gates(policy, own, contract)
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

    verdicts = list(before)
    verdicts += [
        floor_verdict(name, floor, figures, problems, paired, own)
        for name, floor in sorted(rules.floors.items())
    ]
    verdicts += metric_verdicts(problems, tuple(rules.floors))
    verdicts += slice_floor_verdicts(test, paired, contract, rules, own)
    if rules.baseline:
        say("comparing with a model that ignores its inputs")
        verdicts.append(baseline_verdict(paired, trained, rules, own))
    if rules.calibration is not None and paired.classes:
        verdicts.append(calibration_verdict(paired, rules.calibration, resamples=rules.resamples, seed=SEED))
    other = pair_scored(champion, contract, beside=test) if champion is not None else None
    if rules.class_recall is not None and paired.classes:
        verdicts.append(class_recall_verdict(paired, trained, rules.class_recall, champion=other))
    say(
        "comparing with the champion"
        if champion is not None
        else silent or unlike or "no champion to compare with"
    )
    verdicts.append(_against_champion(paired, other, policy, own, silent, unlike))
    temporal = policy.data.split.method == "temporal"
    verdicts.append(overfit_verdict(paired, trained, rules, own, temporal=temporal))
    say("comparing groups of people")
    verdicts += fairness_verdicts(
        paired, masks, policy.gates.fairness, resamples=rules.resamples, seed=SEED, champion=other
    ) or (_nothing_asked() if masks else _nothing_protected(),)
    verdicts += robustness_verdicts(
        ask,
        test,
        contract,
        policy.gates.robustness,
        metric=rules.metric,
        metrics=own,
        train_frame=train.frame if train is not None else None,
        resamples=rules.resamples,
        seed=SEED,
        progress=say,
    )
    say("looking for parts of the rows on which the model is weak")
    verdicts += slice_verdicts(paired, test.frame, contract, policy.gates.slices, trained, seed=SEED)
    return figures + by_group, apply_waivers(verdicts, policy.gates.waivers, today=today)


def _against_champion(
    paired: Paired, champion: Paired | None, policy: Policy, metrics: Metrics, silent: str, unlike: str
) -> Verdict:
    rules = policy.gates.performance
    if unlike:
        return Verdict(
            gate="performance/champion",
            outcome="inconclusive",
            blocking=False,
            question="Is the challenger no worse than the champion?",
            reason=f"{unlike} The two cannot be compared, so this gate does not apply and stops nothing.",
            advice="Nothing here: data/interface decides whether callers may get other answers, and floors and "
            "baseline judge the new model by itself. Put a floor under it in gates.performance.floors.",
        )
    if silent:
        return champion_verdict(
            None,
            (),
            rules,
            problem=silent,
            advice="Make the change of contract in two steps (first a model without the column, then a contract "
            "without it), or waive this gate in the change that is reviewed.",
        )
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


def _nothing_asked() -> Verdict:
    return Verdict(
        gate="fairness/none",
        outcome="inconclusive",
        blocking=False,
        question="Are groups of people treated alike?",
        reason="The contract names protected attributes, and no limit of gates.fairness asks anything about them: all "
        "that fit this outcome are null.",
        advice="Set a limit that fits the outcome (many classes without a positive one, and numbers: error_ratio).",
    )
