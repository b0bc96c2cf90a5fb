"""Do test rows come back from what is learned from, under a new key and a new date?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Role
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import beyond, score_interval
from trunkline.measure.wording import between, percent

from .case import SnapshotCase
from .coincidence import beyond_chance


class Redelivered(Gate[SnapshotCase]):
    """The share of test rows that equal a learned one in everything but key, user and event time, less what
    chance explains. By chance fewer contents come twice than once and fewer thrice than twice, by a known bound
    for any source; rows that were delivered twice come in pairs and break it. So people who look alike in few
    coarse columns pass, and among them a redelivery cannot be told from chance. Test rows of a user who is
    learned from are left to `data/user-leakage`.

    Pass: The share that chance does not explain is at most the limit.
    Fail: The whole interval lies above it: the same cases came again, in whichever split.
    Inconclusive: The share is above the limit, but its interval reaches back over it; that does not stop a
    release.
    Advice: Drop all but the first of them in load(). Where they belong to somebody who comes back, give that
    column the role `user`; where cases come in pairs by nature, raise `gates.data.redelivered` in a reviewed change.
    Source: Good and Toulmin (1956), Biometrika 43, with the inequality of Cauchy and Schwarz; Garwood (1936),
    Biometrika 28, for the limits of the counts.
    """

    name = "data/redelivered"
    question = "Are test rows learned from under another key and another date?"
    keys = ("gates.data.redelivered",)

    def applies(self, case: SnapshotCase) -> bool:
        return case.rules.redelivered is not None

    def verdict(self, case: SnapshotCase) -> Verdict:
        parts, contract, limit = case.parts, case.contract, case.rules.redelivered or 0.0
        user = contract.of_role(Role.USER)
        apart = (Role.KEY, Role.USER, Role.TIME)
        contents = [column.name for column in contract.columns if column.role not in apart]
        learned, test = pd.concat([parts["train"], parts["validation"]], ignore_index=True), parts["test"]
        total = len(test)
        if user is not None:
            known = test[user.name].notna() & test[user.name].isin(learned[user.name].dropna().unique())
            test = test[~known]
            learned, test = (_once_a_user(rows, contents, user.name) for rows in (learned, test))
        both = pd.concat([learned[contents], test[contents]], ignore_index=True)
        group = (
            both.groupby(contents, sort=False, dropna=False).ngroup().to_numpy()
            if len(both)
            else np.zeros(0, int)
        )
        times = np.bincount(group)
        is_test = np.arange(len(both)) >= len(learned)
        met = is_test & (np.bincount(group[~is_test], minlength=len(times)) > 0)[group]
        value = float(beyond_chance(times)[times[group[met]]].sum()) / max(1, total)
        figure = Figure(name="redelivered", value=value, rows=total, interval=score_interval(value, total))
        sure, unsure = beyond([figure], limit)
        equal = int(met.sum()) / max(1, total)
        reason = (
            f"{percent(equal)} of {total:,} test rows equal a learned one in everything but key, user and event time; "
            f"chance does not explain {percent(value)} ({between(figure.interval, percent)}), {percent(limit)} may."
        )
        return self.answer(
            "fail" if sure else "inconclusive" if unsure else "pass",
            blocking=not unsure,
            reason=reason + (" The interval reaches back over the limit." if unsure else ""),
            threshold=limit,
            figures=(
                figure,
                Figure(name="equal_rows", value=equal, rows=total, interval=score_interval(equal, total)),
            ),
        )


def _once_a_user(rows: pd.DataFrame, contents: list[str], user: str) -> pd.DataFrame:
    # One who comes back unchanged is no coincidence of two; rows that name no user are all kept.
    return rows[rows[user].isna() | ~rows.duplicated([*contents, user])]
