"""`trunkline.field` says in words of the contract what a column is."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
import pytest

import trunkline
from trunkline.core.contract import Role
from trunkline.core.errors import ContractError
from trunkline.data import contract_from


class Contract(pa.DataFrameModel):
    number: int = trunkline.field(role="key", unique=True)
    hours: pd.Int64Dtype = trunkline.field(alias="hours-per-week", ge=0, le=100, unit="hours", nullable=True)
    age: int = trunkline.field(role="audit", protected=True, bands=[18, 65])
    code: str = trunkline.field(str_matches="^[a-z]{3}$", example="abc")
    left: str = trunkline.field(role="outcome", isin=["no", "yes"], positive="yes")


def test_a_field_says_what_metadata_said() -> None:
    contract = contract_from(Contract)
    hours, age, code = (contract.column(name) for name in ("hours-per-week", "age", "code"))
    assert [column.role for column in contract.columns] == [
        Role.KEY,
        Role.FEATURE,
        Role.AUDIT,
        Role.FEATURE,
        Role.OUTCOME,
    ]
    assert (hours.unit, hours.nullable, hours.minimum, hours.maximum) == ("hours", True, 0, 100)
    assert (age.protected, age.bands, code.example, contract.positive) == (True, (18, 65), "abc", "yes")


def test_a_keyword_that_nobody_knows_is_refused_with_the_one_that_is_meant() -> None:
    with pytest.raises(ContractError) as refused:
        trunkline.field(protectd=True)
    assert "protectd" in refused.value.what
    assert refused.value.next_step == "use protected"


def test_a_check_of_panderas_is_taken() -> None:
    assert trunkline.field(notin=["x"]).checks


def test_the_package_has_no_other_name() -> None:
    with pytest.raises(AttributeError, match="fields"):
        _ = trunkline.fields  # type: ignore[attr-defined]
