"""Is the challenger no worse than the champion?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from trunkline.core.gate import Gate
from trunkline.core.policy.gates import PerformanceGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.comparison import SAID, Comparison
from trunkline.measure.scorers import find_metric
from trunkline.measure.wording import between, by_chance, number
from trunkline.tasks import task_of
from trunkline.tasks.scale import AS_IT_IS, Scale, scale_of

from ..case import Case
from ..performance.figures import MORE_ROWS


class Champion(Gate[Case]):
    """The metric of the challenger less that of the champion, both on the test part of now, with the interval
    of the paired bootstrap. "Better" and "worse" are said only where a second test agrees: DeLong's of areas
    under the ROC curve, McNemar's of accuracies, else Student's. Where users have several test rows, both ask
    how much would move had other users been drawn, and the reason says how many there are. For errors
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
            return self.answer(
                "inconclusive",
                f"{case.unlike} The two cannot be compared, so this gate does not apply and stops nothing.",
                blocking=False,
                advice="Nothing here: data/interface decides whether callers may get other answers, and floors and "
                "baseline judge the new model by itself. Put a floor under it in gates.performance.floors.",
            )
        if case.silent:
            advice = (
                "Make the change of contract in two steps (first a model without the column, then a contract without "
                "it), or waive this gate in the change that is reviewed."
            )
            return self.answer("inconclusive", case.silent, threshold=-rules.margin, advice=advice)
        if case.reigning is None:
            return self.answer("pass", "There is no champion yet: this is the first release.", blocking=False)
        names = dict.fromkeys((rules.metric, *task_of(paired).standard(paired)))
        found, reason = case.compared(case.reigning, names)
        first = next((one for one in found if one.metric == rules.metric), None)
        scale = AS_IT_IS
        if first:
            metric = find_metric(rules.metric, case.metrics)
            scale = scale_of(metric, paired, (first.challenger, first.champion))
        return self.judge(first, found, rules, scale=scale, problem=reason)

    def judge(
        self,
        found: Comparison | None,
        others: Sequence[Comparison],
        policy: PerformanceGates,
        *,
        scale: Scale = AS_IT_IS,
        problem: str = "",
    ) -> Verdict:
        """Answer whether the challenger is worse than the champion by no more than the margin (non-inferiority).

        "Better" and "worse" are said only where the second test agrees. `policy.undecided` says whether an interval
        that straddles the margin stops a release; its margin is a share of `scale`. `problem` says why there is no
        comparison.
        """
        if found is None or found.difference.interval is None:
            reason = problem or f"{policy.metric} has no value for both models on these rows."
            return self.answer("inconclusive", reason, threshold=-policy.margin, advice=MORE_ROWS)
        gap, span, margin = found.difference, found.difference.interval, policy.margin * scale.size
        facts = (
            f"{policy.metric} {number(found.challenger)} against the champion's {number(found.champion)}, difference "
            f"{number(gap.value)} ({between(span)}, {found.sample or f'{gap.rows:,} rows'}, margin {number(margin)}"
            f"{scale.words(policy.margin)}; {found.test}: {by_chance(found.p_value)})."
        )
        answer = partial(
            self.answer,
            threshold=-margin,
            figures=(gap, *(other.difference for other in others if other.metric != found.metric)),
        )
        if span.low >= -margin:
            kind = (
                "better" if found.better else "worse, but within the margin" if found.worse else "not worse"
            )
            return answer("pass", f"The challenger is {kind}: {facts}{_doubt(found)}")
        if span.high < -margin and found.worse:
            advice = "Keep the champion; compare settings, features and training rows of the two."
            return answer("fail", f"The challenger is worse by more than the margin: {facts}", advice=advice)
        needed = found.rows_to_decide(margin)
        rows = f"about {needed:,} test rows" if needed else "more test rows than are worth waiting for"
        if needed and found.users:
            rows += f" (of about {math.ceil(needed * found.users / gap.rows):,} users, as many rows each)"
        return answer(
            "inconclusive",
            f"These rows cannot tell whether the challenger is worse: {facts}{_doubt(found)} If the difference stays "
            f"what it is, {rows} would decide it.",
            blocking=policy.undecided == "stop" or (policy.undecided == "worse" and gap.value < -margin),
            advice="Let it run silent beside the champion and judge it on the traffic, or gather more test rows. "
            "Whether such an answer stops a release is what gates.performance.undecided says.",
        )


def _doubt(found: Comparison) -> str:
    """Return what to say where the interval leaves zero and the test does not agree."""
    span = found.difference.interval
    if span is None or span.low <= 0 <= span.high or found.better or found.worse:
        return ""
    return f" The interval leaves out zero, but {found.test} does not confirm a difference (below {SAID:g})."
