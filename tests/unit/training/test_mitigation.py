from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.core.policy.training import Mitigation
from trunkline.training import Candidate, mitigated_attribute
from trunkline.training.fair_mixture import FairMixture
from trunkline.training.group_thresholds import GroupThresholds
from trunkline.training.mitigation import constrained, fit_groups, put_under

NONE = Mitigation()
THRESHOLDS = Mitigation(method="threshold-optimizer")
REDUCTION = Mitigation(method="exponentiated-gradient")


def with_columns(contract: Contract, **columns: dict[str, Any]) -> Contract:
    """Return the contract with some columns changed, or added."""
    known = {column.name: column for column in contract.columns}
    for name, changed in columns.items():
        known[name] = known.get(name, Column(name=name, type="category")).model_copy(update=changed)
    return contract.model_copy(update={"columns": tuple(known.values())})


def pipeline(model: Any) -> Pipeline:
    return Pipeline([("features", StandardScaler()), ("model", model)])


def test_the_default_puts_nothing_under_a_constraint(contract: Contract) -> None:
    candidate, inner = Candidate("plain", LogisticRegression()), pipeline(LogisticRegression())
    assert mitigated_attribute(NONE, contract) is None
    assert put_under([candidate], NONE) == [candidate]
    assert constrained(inner, candidate, NONE, None, contract, 7) is inner


def test_candidates_say_in_their_names_what_they_are_under() -> None:
    candidates = [Candidate("one", LogisticRegression()), Candidate("two", LogisticRegression())]
    named = [candidate.name for candidate in put_under(candidates, REDUCTION)]
    assert named == ["one+exponentiated-gradient", "two+exponentiated-gradient"]


def test_the_only_protected_attribute_need_not_be_named(open_contract: Contract) -> None:
    column = mitigated_attribute(THRESHOLDS, open_contract)
    assert column is not None
    assert column.name == "sex"


def test_of_several_protected_attributes_one_must_be_named(open_contract: Contract) -> None:
    two = with_columns(open_contract, town={"protected": True})
    with pytest.raises(PolicyError, match=r"say which attribute is meant \(protected are town, sex\)"):
        mitigated_attribute(THRESHOLDS, two)
    named = mitigated_attribute(THRESHOLDS.model_copy(update={"attribute": "town"}), two)
    assert named is not None
    assert named.name == "town"


@pytest.mark.parametrize("name", ["income", "nobody"])
def test_an_attribute_that_is_not_protected_is_refused(open_contract: Contract, name: str) -> None:
    with pytest.raises(PolicyError, match=f"{name} is no protected attribute"):
        mitigated_attribute(THRESHOLDS.model_copy(update={"attribute": name}), open_contract)


def test_a_contract_that_protects_nothing_is_told_how(contract: Contract) -> None:
    with pytest.raises(PolicyError, match="the contract protects none") as caught:
        mitigated_attribute(REDUCTION, with_columns(contract, sex={"protected": False}))
    assert "protected=True" in caught.value.next_step


def test_thresholds_need_the_attribute_in_every_request(contract: Contract) -> None:
    with pytest.raises(PolicyError, match="keeps it out of the model") as caught:
        mitigated_attribute(THRESHOLDS, contract)
    assert "make sex a feature" in caught.value.next_step
    assert "exponentiated-gradient" in caught.value.next_step


def test_a_reduction_takes_an_attribute_that_the_model_never_sees(contract: Contract) -> None:
    column = mitigated_attribute(REDUCTION, contract)
    assert column is not None
    assert column.role is Role.AUDIT


def test_a_number_needs_bands(open_contract: Contract) -> None:
    ages = {"type": "integer", "protected": True}
    policy = THRESHOLDS.model_copy(update={"attribute": "age"})
    with pytest.raises(PolicyError, match="where its groups begin"):
        mitigated_attribute(policy, with_columns(open_contract, age=ages))
    cut = mitigated_attribute(policy, with_columns(open_contract, age=ages | {"bands": (18.0,)}))
    assert cut is not None
    assert cut.bands == (18.0,)


def test_regression_and_many_classes_are_refused(price: Contract, contract: Contract) -> None:
    many = with_columns(contract, paid={"categories": ("no", "part", "yes")})
    for refused in (price, many):
        with pytest.raises(PolicyError, match="an outcome of two classes"):
            mitigated_attribute(REDUCTION, refused)


def test_a_boolean_outcome_has_two_classes(contract: Contract) -> None:
    flag = with_columns(contract, paid={"type": "boolean", "categories": ()})
    assert mitigated_attribute(REDUCTION, flag.model_copy(update={"positive": ""})) is not None


def test_each_method_has_its_estimator(contract: Contract) -> None:
    candidate, inner = Candidate("plain", LogisticRegression()), pipeline(LogisticRegression())
    sex = contract.column("sex")
    assert isinstance(constrained(inner, candidate, THRESHOLDS, sex, contract, 7), GroupThresholds)
    assert isinstance(constrained(inner, candidate, REDUCTION, sex, contract, 7), FairMixture)


def test_a_model_that_takes_no_weights_is_named(contract: Contract) -> None:
    candidate = Candidate("near+exponentiated-gradient", KNeighborsClassifier())
    with pytest.raises(
        ProjectError, match=r"near\+exponentiated-gradient .*KNeighborsClassifier does not take"
    ):
        constrained(
            pipeline(KNeighborsClassifier()), candidate, REDUCTION, contract.column("sex"), contract, 7
        )


def test_only_the_reduction_is_given_the_groups(contract: Contract, rows: pd.DataFrame) -> None:
    sex = contract.column("sex")
    assert fit_groups(rows, THRESHOLDS, sex) == {}
    assert fit_groups(rows, NONE, None) == {}
    given = fit_groups(rows, REDUCTION, sex)
    np.testing.assert_array_equal(given["sensitive_features"], rows["sex"].to_numpy())
