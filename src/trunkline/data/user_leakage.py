"""Is a model judged on users whom it has learned by heart?"""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.figures import Figure
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import score_interval
from trunkline.measure.wording import percent

from .split import Parts


def judge_user_leakage(parts: Parts, contract: Contract, method: str) -> Verdict | None:
    """Answer how many test rows are about users who were also learned from; None without a user column.

    Any is too many, but for a temporal split: there they are users who come back, as they will; it is said, and
    does not block. Rows that name no user count as new.
    """
    user = contract.of_role(Role.USER)
    if user is None:
        return None
    learned = pd.concat([parts["train"][user.name], parts["validation"][user.name]]).dropna()
    asked = parts["test"][user.name]
    known = asked.notna() & asked.isin(learned.unique())
    count, rows = int(known.sum()), len(asked)
    share, returning = count / max(1, rows), method == "temporal"
    red = count > 0 and not returning
    reason = f"{count:,} of {rows:,} test rows ({percent(share)}) are about a {user.name} who is also learned from."
    if count and returning:
        reason += " The split is temporal: figures hold for users who come back, as these did."
    return Verdict(
        gate="data/user-leakage",
        question="Is the model judged on users whom it has not learned from?",
        outcome="fail" if red else "pass",
        blocking=not returning,
        reason=reason,
        threshold=0.0,
        figures=(Figure(name="known_users", value=share, rows=rows, interval=score_interval(share, rows)),),
        advice="Set data.split.method to grouped and run `trunkline snapshot`: all rows of a user then lie in one "
        "part. Where only known users will ever ask, choose temporal."
        if red
        else "",
    )
