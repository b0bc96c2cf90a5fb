"""Does a single feature tell the outcome?"""

from __future__ import annotations

import pandas as pd

from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.wording import columns, listed
from trunkline.tasks import outcomes_of

from .case import SnapshotCase
from .single_feature import single_feature_scores


class Leakage(Gate[SnapshotCase]):
    """How well each feature alone predicts the outcome out of fold: the area under the ROC curve, or R2 for
    regression. The intervals hold for all features together (Bonferroni).

    Pass: No feature alone is better than the limit, and no interval reaches beyond it.
    Fail: A feature is: it probably became known only after the outcome.
    Inconclusive: No score is above the limit, but an interval reaches beyond it, which does not stop a release;
    or there are too few rows to measure a feature at all, which does.
    Advice: Ask when each named column becomes known. If only after the outcome, take it out of the features.
    Source: Hanley and McNeil (1982), Radiology 143; Fisher's z for R2; Kaufman et al. (2012), Leakage in data
    mining.
    """

    name = "data/leakage"
    question = "Does a single feature tell the outcome?"
    keys = ("gates.data.leakage",)

    def verdict(self, case: SnapshotCase) -> Verdict:
        parts, contract, threshold = case.parts, case.contract, case.rules.leakage
        rows = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
        figures = single_feature_scores(rows, contract)
        leaks = [figure for figure in figures if figure.value > threshold]
        open_ = [figure for figure in figures if figure.interval and figure.interval.high > threshold]
        unsaid = len(contract.features) - len(figures)
        outcome: Outcome = "fail" if leaks else "inconclusive" if open_ or unsaid else "pass"
        measure = outcomes_of(contract).measure
        shown = max(figures, key=lambda figure: figure.value, default=None)
        if leaks:
            named = listed(
                f"{name} ({measure} {figure.value:.3f})"
                for name, figure in zip(columns(leaks), leaks, strict=True)
            )
            reason = f"Alone they predict {contract.outcome.name} better than {threshold:g}: {named}."
            advice = "Ask when each named column becomes known: if only after the outcome, take it out of the features."
        elif unsaid or shown is None:
            reason = f"{len(rows):,} rows are too few to measure {unsaid} features alone."
            advice = "Bring more rows."
        elif open_:
            named = listed(columns(open_))
            reason = f"{len(rows):,} rows are too few to rule out that {named} tells {contract.outcome.name}."
            advice = "Ask when each named column becomes known; more rows would narrow the interval."
        else:
            reason = f"The best single feature is {columns([shown])[0]} with {measure} {shown.value:.3f}."
            advice = ""
        return self.answer(
            outcome,
            question=f"Does a single feature tell {contract.outcome.name}?",
            blocking=outcome != "inconclusive" or unsaid > 0,
            reason=reason,
            threshold=threshold,
            figures=figures,
            advice=advice,
        )
