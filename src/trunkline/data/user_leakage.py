"""Is a model judged on users whom it has learned by heart?"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from trunkline.core.contract import Role
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import score_interval
from trunkline.measure.wording import percent

from .case import SnapshotCase


class UserLeakage(Gate[SnapshotCase]):
    """The share of test rows whose user (the contract's role `user`) has rows in train or validation too.

    Pass: There is no such row. A temporal split keeps users who come back on purpose: that is said, and does
    not stop a release. A contract without a user is not asked.
    Fail: A random or stratified split put rows of the same user on both sides: the figures say how well the
    model knows these people, not new ones.
    Inconclusive: Never.
    Advice: Set `data.split.method: grouped`: all rows of a user then lie in one part. Where only known users
    will ever ask, choose temporal.
    Source: Saeb et al. (2017), GigaScience 6(5): record-wise against subject-wise splits.
    """

    name = "data/user-leakage"
    question = "Are there users in test whose other rows were learned from?"
    keys = ("data.split.method",)

    def verdicts(self, case: SnapshotCase) -> Iterable[Verdict]:
        user, returning = case.contract.of_role(Role.USER), case.method == "temporal"
        if user is None:
            return
        learned = pd.concat([case.parts["train"][user.name], case.parts["validation"][user.name]]).dropna()
        asked = case.parts["test"][user.name]
        known = asked.notna() & asked.isin(learned.unique())
        count, rows = int(known.sum()), len(asked)
        share = count / max(1, rows)
        red = count > 0 and not returning
        reason = f"{count:,} of {rows:,} test rows ({percent(share)}) are about a {user.name} who is also learned from."
        if count and returning:
            reason += " The split is temporal: figures hold for users who come back, as these did."
        yield self.answer(
            "fail" if red else "pass",
            blocking=not returning,
            reason=reason,
            threshold=0.0,
            figures=(
                Figure(name="known_users", value=share, rows=rows, interval=score_interval(share, rows)),
            ),
        )
