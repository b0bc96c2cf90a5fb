"""Does any row repeat another one, above all across the parts?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Role
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import score_interval
from trunkline.measure.wording import percent

from .case import SnapshotCase
from .coincidence import beyond_chance
from .split import PARTS

_PART = "\0part"


class Duplicates(Gate[SnapshotCase]):
    """Rows are the same by the contract's key (and item), else by all their values. Test rows that equal one that is
    learned from in all but their key (without a key: in every column) are copies. A row of test that train has
    seen makes every figure too good, but people look alike where columns are few and coarse: copies that chance
    explains (see `data/redelivered`) are not held against the rows. The shares themselves decide, not their
    intervals.

    Pass: No more rows repeat another one than are allowed, no key lies in two parts, and no more test rows are
    copies than may be.
    Fail: More do, or a key lies in two parts (whatever the policy allows).
    Inconclusive: Never.
    Advice: Drop repeated rows in load(). Where equal rows are different events, give the contract a key column;
    where cases come in pairs by nature, raise gates.data.copies.
    """

    name = "data/duplicates"
    question = "Does any row repeat another one, above all across the parts?"
    keys = ("gates.data.duplicates", "gates.data.copies")

    def verdict(self, case: SnapshotCase) -> Verdict:
        parts, contract, policy = case.parts, case.contract, case.rules
        key = contract.of_role(Role.KEY)
        rows = pd.concat([parts[part].assign(**{_PART: part}) for part in PARTS], ignore_index=True)
        names = [column.name for column in contract.columns]
        whole = [key.name] if key else names
        item = contract.of_role(Role.ITEM)
        by = [*whole, item.name] if key and item else whole
        named = rows[rows[key.name].notna()] if key else rows
        repeated = int(named.duplicated(by).sum())
        # One row a part is left of each; whatever still repeats lies in more than one part.
        crossing = int(named.drop_duplicates([*whole, _PART]).duplicated(whole).sum())
        contents = [name for name in names if key is None or name != key.name]
        group = rows.groupby(contents, sort=False, dropna=False).ngroup().to_numpy(dtype=np.int64)
        is_test, times = (rows[_PART] == "test").to_numpy(), np.bincount(group)
        met = is_test & (np.bincount(group[~is_test], minlength=len(times)) > 0)[group]
        tested, copied = int(is_test.sum()), int(met.sum())
        odd = float(beyond_chance(times)[times[group[met]]].sum()) / max(1, tested)
        share = repeated / max(1, len(rows))
        torn = key is not None and crossing > 0
        copies = policy.copies is not None and odd > policy.copies
        twice = torn or share > policy.duplicates
        may = "" if policy.copies is None else f", {percent(policy.copies)} may"
        how = f"by {key.name}" if key else "in every column"
        said = (
            f"{percent(copied / max(1, tested))} of {tested:,} test rows equal one that is learned from in "
        )
        said += f"all but {key.name}" if key else "every column"
        said += f"; chance does not explain {percent(odd)}{may}."
        return self.answer(
            "fail" if twice or copies else "pass",
            reason=f"{repeated:,} of {len(rows):,} rows repeat another one {how}, {crossing:,} of them in another "
            f"part; {percent(policy.duplicates)} may. {said}",
            threshold=policy.copies if copies and not twice else policy.duplicates,
            figures=(
                _share("duplicates", repeated, len(rows)),
                _share("duplicates_across_parts", crossing, len(rows)),
                _share("identical_rows", int(rows.duplicated(contents).sum()), len(rows)),
                _share("copies", copied, tested),
                Figure(
                    name="copies_beyond_chance", value=odd, rows=tested, interval=score_interval(odd, tested)
                ),
            ),
            advice=_advice(keyed=key is not None, twice=twice) if twice or copies else "",
        )


def _share(name: str, hits: int, rows: int) -> Figure:
    share = hits / max(1, rows)
    return Figure(name=name, value=share, rows=rows, interval=score_interval(share, rows))


def _advice(*, keyed: bool, twice: bool) -> str:
    if twice and keyed:
        return "Drop repeated rows in load()."
    if twice:
        return (
            "Drop repeated rows in load(); where equal rows are different events, give the contract a key column "
            "or raise gates.data.duplicates and gates.data.copies."
        )
    return (
        "Find out why test rows were delivered before, and drop the copies in load(); where cases come in pairs by "
        "nature, raise gates.data.copies."
    )
