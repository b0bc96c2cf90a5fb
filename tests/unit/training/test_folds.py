from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract, Role
from trunkline.training.folds import folds


def with_users(contract: Contract) -> Contract:
    return contract.model_copy(
        update={"columns": (Column(name="customer", type="text", role=Role.USER), *contract.columns)}
    )


def test_every_row_is_scored_once_and_never_learned_from_there(
    contract: Contract, rows: pd.DataFrame
) -> None:
    y = rows["paid"].to_numpy()

    cuts = folds(rows, y, contract, method="stratified", number=4, seed=1)

    assert sorted(np.concatenate([scored for _, scored in cuts])) == list(range(len(rows)))
    assert all(not set(learned) & set(scored) for learned, scored in cuts)
    shares = [(y[scored] == "yes").mean() for _, scored in cuts]
    assert max(shares) - min(shares) < 0.02


def test_the_rows_of_a_user_lie_in_one_fold_when_the_split_is_grouped(
    contract: Contract, rows: pd.DataFrame
) -> None:
    users = rows.assign(customer=[f"customer {place % 60}" for place in range(len(rows))])
    users.loc[:9, "customer"] = None
    y = rows["paid"].to_numpy()

    for method, shared in (("grouped", False), ("stratified", True)):
        cuts = folds(users, y, with_users(contract), method=method, number=4, seed=1)
        names = users["customer"]
        both = [set(names[learned].dropna()) & set(names[scored].dropna()) for learned, scored in cuts]
        assert any(both) is shared
    assert len({place for place, (_, scored) in enumerate(cuts) if set(scored) & set(range(10))}) > 1


def test_what_is_scored_comes_after_what_was_learned_when_the_split_is_temporal(
    contract: Contract, rows: pd.DataFrame
) -> None:
    for learned, scored in folds(
        rows, rows["paid"].to_numpy(), contract, method="temporal", number=3, seed=1
    ):
        assert learned.max() < scored.min()


def test_the_same_seed_gives_the_same_folds(price: Contract, sales: pd.DataFrame) -> None:
    y = sales["price"].to_numpy()

    first, again, other = (folds(sales, y, price, method="random", number=3, seed=seed) for seed in (1, 1, 2))

    assert all((a[1] == b[1]).all() for a, b in zip(first, again, strict=True))
    assert any((a[1] != b[1]).any() for a, b in zip(first, other, strict=True))
