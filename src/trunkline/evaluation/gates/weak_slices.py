"""Are there parts of the rows on which the model is weak, or worse than one that ignores its inputs?"""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.wording import between, number

from ..case import Case
from ..slices.evidence import Measured, apart

SHOWN = 3
BASELINE = "one that ignores its inputs"


class _Slices(Gate[Case]):
    """Shallow trees look for weak parts on one half of the test rows, and the other half confirms them."""

    def found(
        self,
        case: Case,
        outcome: Outcome,
        words: str,
        told: Sequence[tuple[str, Measured]],
        *,
        blocking: bool = False,
    ) -> Verdict:
        """Return the verdict that tells these slices, each with the name of its figure."""
        seen = case.weaknesses
        return self.answer(
            outcome,
            f"{words} {seen.how}",
            figures=(*(one.figure(name) for name, one in told), seen.figure),
            threshold=case.policy.gates.slices.gap,
            blocking=blocking,
        )

    def unasked(self, case: Case) -> Verdict:
        """Return the verdict where there are too few rows to look."""
        rules = case.policy.gates.slices
        advice = (
            f"Gather more test rows ({4 * rules.minimum_rows:,} or more), or lower gates.slices.minimum_rows."
        )
        # The search is extra care: a small test part must not hold a release up.
        return self.answer(
            "inconclusive", case.weaknesses.problem, threshold=rules.gap, blocking=False, advice=advice
        )


class WeakSlices(_Slices):
    """Shallow trees look for high losses (Brier score, 0/1 loss or absolute error) on one half of the test
    rows; each part that they find is asked of the other half against all other rows. A classifier must err
    there by more than its own probabilities say. The chance of claiming any part wrongly is controlled over all
    of them. The rows of a user stay in one half; where users repeat, they are what is counted, and a part must
    have five of them.

    Pass: None is confirmed. Parts that are hard to tell, as the model's own probabilities say, are named all
    the same.
    Fail: Some are. This never stops a release, but is shown on the page and written on the card.
    Inconclusive: There are too few rows to look; that does not stop a release.
    Advice: Look at these rows: wrong labels, a feature that is missing or means something else there, too few
    such rows in training. `gates.performance.slices` can put a floor under them.
    Source: Chung et al. (2019), Slice Finder; Cox (1975), Biometrika 62; Holm (1979), Scandinavian Journal of
    Statistics 6.
    """

    name = "slices/weak"
    question = "Are there parts of the rows on which the model is clearly weaker?"
    keys = (
        "gates.slices.depth",
        "gates.slices.minimum_rows",
        "gates.slices.gap",
        "gates.slices.significance",
    )

    def verdict(self, case: Case) -> Verdict:
        found = case.weaknesses
        if found.problem:
            return self.unasked(case)
        bad = apart([one for one in found.weak if one.confirmed])
        rest = [one for one in found.known if one.confirmed] if found.doubts else []
        rest = apart([*bad, *rest])[len(bad) :]
        doubts = " and by more than its own probabilities say" if found.doubts else ""
        words = f"No part of the rows is found where the model errs more than elsewhere{doubts}."
        if bad:
            label = "unexplained gap" if doubts else "gap"
            where = _listed(bad, "elsewhere", label)
            words = f"The model's {found.loss} is higher than elsewhere{doubts} where {where}."
        if rest:
            words += f" Hard to tell, as its own probabilities say: {_listed(rest, 'elsewhere')}."
        return self.found(
            case,
            "fail" if bad else "pass",
            words,
            [*(("gap", one) for one in bad), *(("known_gap", one) for one in rest)],
        )


class HarmfulSlices(_Slices):
    """On each part that a tree found on one half of the test rows, on the other half: the loss of the model
    less that of one that ignores its inputs (class shares or mean of the training rows), controlled over all
    parts (Holm); of users where these repeat.

    Pass: On no part is the model worse than that, by more than the gap.
    Fail: On one it is, beyond chance: there its answers do harm.
    Inconclusive: One part would be enough if it were the only one asked; or there are too few rows to look.
    Neither stops a release.
    Advice: Look for wrong labels, a unit or code that means something else, or a group that training lacked.
    Mend the rows or features, or keep the model from deciding such rows.
    """

    name = "slices/harm"
    question = "Is the model worse than none on some part of the rows?"
    keys = (
        "gates.slices.blocking",
        "gates.slices.depth",
        "gates.slices.minimum_rows",
        "gates.slices.gap",
        "gates.slices.significance",
    )

    def verdict(self, case: Case) -> Verdict:
        found = case.weaknesses
        if found.problem:
            return self.unasked(case)
        bad = apart([one for one in found.harm if one.confirmed])
        doubtful = [one for one in found.harm if one.alone][:1] if not bad else []
        words = f"Nowhere is the model found to be worse than {BASELINE}."
        if bad:
            words = f"The model's {found.loss} is higher than that of {BASELINE} where {_listed(bad, 'of that one')}."
        if doubtful:
            words = (
                f"It may be higher than that of {BASELINE} where {_listed(doubtful, 'of that one')}: enough if it were "
                "the only slice asked, not among so many."
            )
        return self.found(
            case,
            "fail" if bad else "inconclusive" if doubtful else "pass",
            words,
            [("harm", one) for one in (*bad, *doubtful)],
            blocking=case.policy.gates.slices.blocking and not doubtful,
        )


def _listed(told: Sequence[Measured], against: str, label: str = "gap") -> str:
    said = [
        f"{one.slice.words} ({number(one.here)} against {number(one.there)} {against}; {label} "
        f"{number(one.effect)}, {between(one.interval)}, {one.rows:,} rows)"
        for one in told[:SHOWN]
    ]
    if len(told) > SHOWN:
        said.append(f"and in {len(told) - SHOWN} more")
    return "; ".join(said)
