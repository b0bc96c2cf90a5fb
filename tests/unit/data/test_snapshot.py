from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.core.policy.data import DataPolicy
from trunkline.data.snapshot import check_enough

MakeRows = Callable[[int], pd.DataFrame]


def test_enough_rows_of_both_outcomes_are_accepted(contract: Contract, make_rows: MakeRows) -> None:
    check_enough(make_rows(200), contract, DataPolicy())


def test_too_few_rows_name_the_policy_key(contract: Contract, make_rows: MakeRows) -> None:
    with pytest.raises(DataError, match=r"needs 200 rows \(data.minimum_rows\), and there are 199"):
        check_enough(make_rows(199), contract, DataPolicy())


def test_one_outcome_only_is_refused(contract: Contract, make_rows: MakeRows) -> None:
    with pytest.raises(DataError, match=r"All 300 rows have the same outcome.*'paid': 'yes'"):
        check_enough(make_rows(300).assign(paid="yes"), contract, DataPolicy())


def test_one_number_only_is_shown_as_a_plain_number() -> None:
    outcome = Column(name="price", type="number", role=Role.OUTCOME)
    contract = Contract(name="x", columns=(Column(name="size", type="integer"), outcome))
    rows = pd.DataFrame({"size": range(300), "price": 3.0})

    with pytest.raises(DataError, match=r"All 300 rows have the same outcome.*'price': 3\.0}"):
        check_enough(rows, contract, DataPolicy())
