"""Does any row repeat another one, above all across the parts?"""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.figures import Figure
from trunkline.core.policy.gates import DataGates
from trunkline.core.verdicts import Verdict

from .split import PARTS, Parts

_PART = "\0part"


def judge_duplicates(parts: Parts, contract: Contract, policy: DataGates) -> Verdict:
    """Answer whether rows repeat one another, within a part or, worse, across parts.

    Rows are the same by key where the contract has one, else by all their values. A key in two parts fails whatever
    the policy allows. With a key, rows that differ by it alone are copies; those between test and what is learned from
    may be `copies` of the test rows.
    """
    key = contract.of_role(Role.KEY)
    rows = pd.concat([parts[part].assign(**{_PART: part}) for part in PARTS], ignore_index=True)
    names = [column.name for column in contract.columns]
    by = [key.name] if key else names
    named = rows[rows[key.name].notna()] if key else rows
    total = max(1, len(rows))
    repeated = int(named.duplicated(by).sum())
    # One row a part is left of each; whatever still repeats lies in more than one part.
    crossing = int(named.drop_duplicates([*by, _PART]).duplicated(by).sum())
    contents = [name for name in names if key is None or name != key.name]
    share = repeated / total
    what = f"by {key.name}" if key else "in every column"
    torn = bool(key) and crossing > 0
    learned = rows.loc[rows[_PART] != "test", contents].drop_duplicates()
    test = rows.loc[rows[_PART] == "test", contents]
    met = test.merge(learned, how="left", on=contents, indicator=True)["_merge"].eq("both")
    copied = float(met.mean()) if len(met) else 0.0
    copies = key is not None and policy.copies is not None and copied > policy.copies
    red = torn or copies or share > policy.duplicates
    figures = (
        Figure(name="duplicates", value=share, rows=len(rows)),
        Figure(name="duplicates_across_parts", value=crossing / total, rows=len(rows)),
        Figure(name="identical_rows", value=float(rows.duplicated(contents).sum()) / total, rows=len(rows)),
        Figure(name="copies", value=copied, rows=len(test)),
    )
    said = (
        f" {copied:.2%} of the test rows equal one that is learned from in all but {key.name}" if key else ""
    )
    if key and policy.copies is not None:
        said += f"; {policy.copies:.2%} may"
    return Verdict(
        gate="data/duplicates",
        question="Does any row repeat another one, above all across the parts?",
        outcome="fail" if red else "pass",
        reason=f"{repeated:,} of {len(rows):,} rows repeat another one {what}, {crossing:,} of them in another part; "
        f"{policy.duplicates:.2%} may.{said}{'.' if said else ''}",
        threshold=policy.duplicates,
        figures=figures,
        advice=""
        if not red
        else "Find out why test rows come back under another key, and drop the copies in load(); where rows are alike "
        "because the columns are few and coarse, raise gates.data.copies."
        if copies and not torn and share <= policy.duplicates
        else "Drop repeated rows in load()."
        if key
        else "Drop repeated rows in load(); where equal rows are different events, give the contract a key column "
        "or raise gates.data.duplicates.",
    )
