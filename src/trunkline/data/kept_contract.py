"""Do the rows of a snapshot keep the contract that the project has now?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandera.pandas as pa

from trunkline.core.contract import Column, Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of
from trunkline.measure.wording import listed

from .case import SnapshotCase
from .rows import in_order
from .schema import contract_from
from .validation import Breach, inspect_rows

SAID_ONLY = {"description", "unit"}
"""What a column says to people, and no row can break."""


class KeptContract(Gate[SnapshotCase]):
    """Every row of the snapshot is asked every rule of contract.py as it is now, and the snapshot's own
    contract is compared with it. Rows that break the contract while a snapshot is taken never get this far:
    `trunkline snapshot` refuses them with an error that names column, rule, rows and values, so there is no
    snapshot, no report and nothing to waive. Rules about the table as a whole are asked there only.

    Pass: Every row keeps every rule, and the contract is the one that the snapshot was taken by (descriptions
    and units apart).
    Fail: A row breaks a rule, or the contract has changed since the snapshot was taken: the model would be
    trained and served by the older one.
    Inconclusive: Never.
    Advice: Take the snapshot again (`trunkline snapshot`). If it refuses rows, correct load(), or the contract
    where the world has changed.
    """

    name = "data/contract"
    question = "Do the rows keep the contract of now?"

    def verdicts(self, case: SnapshotCase) -> Iterable[Verdict]:
        if case.schema is not None:
            yield self._kept(case, case.schema)

    def _kept(self, case: SnapshotCase, schema: type[pa.DataFrameModel]) -> Verdict:
        rows = in_order(case.rows, case.contract)
        now = contract_from(schema)
        found, _ = inspect_rows(rows, schema, now, whole=False)
        # Reports are read by more people than rows are.
        free = {column.name for column in now.columns if input_of(column).free}
        breaches = [replace(breach, values=()) if breach.column in free else breach for breach in found]
        changed = _changed(case.contract, now)
        said = [_said(breach) for breach in breaches]
        if changed:
            said.append(f"the snapshot was taken by another contract: {listed(changed)} changed since")
        ready = schema.to_schema()
        rules = sum(
            1 + (not field.nullable) + field.unique + len(field.checks) for field in ready.columns.values()
        )
        rules += len(ready.checks)
        return self.answer(
            "fail" if said else "pass",
            reason=f"Of {len(rows):,} rows: {'; '.join(said)}."
            if said
            else f"All {len(rows):,} rows keep the {rules:,} rules for {len(now.columns):,} columns.",
            threshold=0.0,
            figures=(
                Figure(name="rules_broken", value=len(breaches), rows=len(rows)),
                *_shares(breaches, len(rows)),
            ),
        )


def _said(breach: Breach) -> str:
    shown = f" (as {', '.join(map(repr, breach.values))})" if breach.values else ""
    return f"{breach}{shown}"


def _shares(breaches: Sequence[Breach], rows: int) -> list[Figure]:
    counts: dict[str, int] = {}
    for breach in breaches:
        counts[breach.column] = max(counts.get(breach.column, 0), breach.rows)
    return [
        Figure(name=f"broken:{name}", value=count / max(1, rows), rows=rows)
        for name, count in counts.items()
        if count
    ]


def _changed(taken: Contract, now: Contract) -> list[str]:
    """Return the columns whose rules are not the same in both contracts, and `the positive outcome`."""
    one, other = ({column.name: _rules(column) for column in each.columns} for each in (taken, now))
    found = [name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name)]
    return found + ["the positive outcome"] * (taken.positive != now.positive)


def _rules(column: Column) -> dict[str, Any]:
    rules: dict[str, Any] = column.model_dump(mode="json", exclude=SAID_ONLY)
    return rules
