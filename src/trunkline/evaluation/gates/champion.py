"""Is the challenger no worse than the champion?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from trunkline.core.errors import ProjectError
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import PerformanceGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.quality import SEED
from trunkline.measure.wording import between, by_chance, number
from trunkline.tasks import task_of

from ..case import Case
from ..performance.comparison import SAID, Comparison, compare
from ..performance.figures import too_little


class Champion(Gate[Case]):
    """The metric of the challenger less that of the champion, both on the test part of now, with the interval
    of the paired bootstrap. "Better" and "worse" are said only where a second test agrees: DeLong's of areas
    under the ROC curve, McNemar's of accuracies, else Student's. Where users have several test rows, both ask
    how much would move had other users been drawn, and the reason says how many there are. Of errors
    (`neg_...`) the margin is a share of the error of a model that ignores its inputs.

    Pass: The whole interval lies above minus the margin. The first release has nothing to beat.
    Fail: The whole interval lies below minus the margin.
    Inconclusive: The rows cannot tell; the reason says how many would decide it. `undecided` says what that
    stops: by default a release whose difference itself is below minus the margin, which on few rows an equally
    good model has by chance (of AUC on 400 test rows, one in six). A champion that answers another question
    (another outcome, other classes) cannot be compared: that stops nothing here, `data/interface` decides about
    it.
    Advice: Let it run silent beside the champion and judge it on the traffic, gather more test rows, or set
    `undecided: report` where few rows are all there will be. If it is worse: compare settings, features and
    training rows of the two.
    Source: Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority; DeLong et al.
    (1988), Biometrics 44; McNemar (1947), Psychometrika 12; by user: Obuchowski (1997), Biometrics 53, and
    (1998), Statistics in Medicine 17.
    """

    name = "performance/champion"
    question = "Is the challenger no worse than the champion, on the same rows?"
    keys = (
        "gates.performance.metric",
        "gates.performance.margin",
        "gates.performance.undecided",
        "gates.performance.resamples",
    )

    def verdict(self, case: Case) -> Verdict:
        rules, paired = case.policy.gates.performance, case.paired
        if case.unlike:
            return Verdict(
                gate=self.name,
                outcome="inconclusive",
                blocking=False,
                question=self.question,
                reason=f"{case.unlike} The two cannot be compared, so this gate does not apply and stops nothing.",
                advice="Nothing here: data/interface decides whether callers may get other answers, and floors and "
                "baseline judge the new model by itself. Put a floor under it in gates.performance.floors.",
            )
        if case.silent:
            return champion_verdict(
                None,
                (),
                rules,
                problem=case.silent,
                advice="Make the change of contract in two steps (first a model without the column, then a contract "
                "without it), or waive this gate in the change that is reviewed.",
            )
        if case.reigning is None:
            return Verdict(
                gate=self.name,
                outcome="pass",
                blocking=False,
                question=self.question,
                reason="There is no champion yet: this is the first release.",
            )
        if problem := too_little(paired):
            return champion_verdict(None, (), rules, problem=problem)
        names = dict.fromkeys((rules.metric, *task_of(paired).standard(paired)))
        try:
            found = compare(paired, case.reigning, tuple(names), case.metrics, rules.resamples, SEED)
        except ProjectError as error:
            return champion_verdict(None, (), rules, problem=error.what)
        first = next((one for one in found if one.metric == rules.metric), None)
        return champion_verdict(first, found, rules)


def champion_verdict(
    found: Comparison | None,
    others: Sequence[Comparison],
    policy: PerformanceGates,
    *,
    problem: str = "",
    advice: str = "Give the test part more rows of every outcome.",
) -> Verdict:
    """Answer whether the challenger is worse than the champion by no more than the margin (non-inferiority).

    Pass: the whole interval of the difference lies above `-margin`. Fail: it lies below. "Better" and "worse" are said
    only where the second test agrees. Inconclusive: it straddles `-margin`; whether that stops a release is what
    `policy.undecided` says: by default only where the difference itself is below. `problem` says why there is no
    comparison, and `advice` what to do then.
    """
    gate = "performance/champion"
    question = (
        f"Is {policy.metric} at most {number(policy.margin)} lower than the champion's, on the same rows?"
    )
    if found is None or found.difference.interval is None:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=-policy.margin,
            reason=problem or f"{policy.metric} has no value for both models on these rows.",
            advice=advice,
        )
    difference, span, margin = found.difference, found.difference.interval, policy.margin * found.scale.size
    if found.scale.of:
        question = (
            f"Is {policy.metric} lower than the champion's, on the same rows, "
            f"by at most {number(policy.margin)} of {found.scale.of}?"
        )
    figures = (difference, *(other.difference for other in others if other.metric != found.metric))
    facts = (
        f"{policy.metric} {number(found.challenger)} against the champion's {number(found.champion)}, difference "
        f"{number(difference.value)} ({between(span)}, {found.sample or f'{difference.rows:,} rows'}, "
        f"margin {number(margin)}; {found.test}: {by_chance(found.p_value)})."
    )
    if span.low >= -margin:
        kind = "better" if found.better else "worse, but within the margin" if found.worse else "not worse"
        return Verdict(
            gate=gate,
            outcome="pass",
            question=question,
            threshold=-margin,
            figures=figures,
            reason=f"The challenger is {kind}: {facts}{_doubt(found)}",
        )
    if span.high < -margin and found.worse:
        return Verdict(
            gate=gate,
            outcome="fail",
            question=question,
            threshold=-margin,
            figures=figures,
            reason=f"The challenger is worse by more than the margin: {facts}",
            advice="Keep the champion; compare settings, features and training rows of the two.",
        )
    needed = found.rows_to_decide(margin)
    rows = f"about {needed:,} test rows" if needed else "more test rows than are worth waiting for"
    if needed and found.users:
        rows += f" (of about {math.ceil(needed * found.users / difference.rows):,} users, as many rows each)"
    return Verdict(
        gate=gate,
        outcome="inconclusive",
        question=question,
        threshold=-margin,
        figures=figures,
        blocking=policy.undecided == "stop" or (policy.undecided == "worse" and difference.value < -margin),
        reason=f"These rows cannot tell whether the challenger is worse: {facts}{_doubt(found)} "
        f"If the difference stays what it is, {rows} would decide it.",
        advice="Let it run silent beside the champion and judge it on the traffic, or gather more test rows. Whether "
        "such an answer stops a release is what gates.performance.undecided says.",
    )


def _doubt(found: Comparison) -> str:
    """Return what to say where the interval leaves zero and the test does not agree."""
    span = found.difference.interval
    if span is None or span.low <= 0 <= span.high or found.better or found.worse:
        return ""
    return f" The interval leaves out zero, but {found.test} does not confirm a difference (below {SAID:g})."
