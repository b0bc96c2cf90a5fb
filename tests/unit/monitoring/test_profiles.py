from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError, StorageError
from trunkline.inputs.profiles import UNSEEN_KEPT, CategoryProfile, NumberProfile, PartsProfile
from trunkline.monitoring import Profile, profile_like, reference_profile

ROW = some.tuples(
    some.one_of(some.none(), some.integers(-100, 200)),
    some.one_of(some.none(), some.floats(-1e6, 1e6)),
    some.one_of(some.none(), some.sampled_from(["No", "Yes", *(f"new {index}" for index in range(40))])),
    some.floats(0, 1),
)


def _profile(reference: Profile, contract: Contract, rows: list[tuple[Any, ...]]) -> Profile:
    columns = {name: [row[at] for row in rows] for at, name in enumerate(("age", "income", "employed"))}
    scores = [row[3] for row in rows]
    labels = ["Yes" if score > 0.5 else "No" for score in scores]
    return profile_like(reference, contract, columns, labels=labels, scores=scores)


def _moments(profile: NumberProfile) -> tuple[float, ...]:
    return tuple(value or 0.0 for value in (profile.mean, profile.m2, profile.minimum, profile.maximum))


@given(first=some.lists(ROW, max_size=40), second=some.lists(ROW, max_size=40))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_profiles_of_parts_add_up_to_the_profile_of_the_whole(
    reference: Profile, contract: Contract, first: list[tuple[Any, ...]], second: list[tuple[Any, ...]]
) -> None:
    added = _profile(reference, contract, first) + _profile(reference, contract, second)
    whole = _profile(reference, contract, first + second)
    assert added.rows == whole.rows
    pairs = [(added.columns[name], whole.columns[name]) for name in whole.columns]
    for mine, theirs in [*pairs, (added.score, whole.score)]:
        assert mine is not None
        assert theirs is not None
        assert not isinstance(mine, PartsProfile)
        assert not isinstance(theirs, PartsProfile)
        assert (mine.counts, mine.nulls) == (theirs.counts, theirs.nulls)
        if isinstance(mine, NumberProfile) and isinstance(theirs, NumberProfile):
            assert _moments(mine) == pytest.approx(_moments(theirs), rel=1e-6, abs=1e-6)
        else:
            assert mine == theirs
    assert added.label == whole.label


def test_the_moments_give_mean_and_variance(
    contract: Contract, draw: Callable[..., dict[str, list[Any]]]
) -> None:
    columns = draw(500, 3)
    income = reference_profile(columns, contract).columns["income"]
    assert isinstance(income, NumberProfile)
    assert income.mean == pytest.approx(np.mean(columns["income"]))
    assert income.m2 is not None
    assert income.m2 / 500 == pytest.approx(np.var(columns["income"]))


def test_profiles_on_different_bins_do_not_add_up() -> None:
    one = NumberProfile(edges=(0.0, 1.0), counts=(0, 1, 0))
    with pytest.raises(DataError, match="different bins"):
        one + NumberProfile(edges=(0.0, 2.0), counts=(0, 1, 0))


def test_profiles_on_different_categories_do_not_add_up() -> None:
    with pytest.raises(DataError, match="different categories"):
        CategoryProfile(values=("a",), counts=(1,)) + CategoryProfile(values=("b",), counts=(1,))


def test_profiles_of_different_columns_do_not_add_up(reference: Profile) -> None:
    columns = {name: column for name, column in reference.columns.items() if name != "age"}
    with pytest.raises(DataError, match="age"):
        reference + reference.model_copy(update={"columns": columns})


def test_a_number_is_not_added_to_a_category() -> None:
    number = Profile(rows=1, columns={"x": NumberProfile(edges=(), counts=(1,))})
    category = Profile(rows=1, columns={"x": CategoryProfile(values=("a",), counts=(1,))})
    with pytest.raises(DataError, match="different kinds"):
        number + category


def test_a_profile_survives_being_written_as_json(reference: Profile) -> None:
    again = Profile.from_dict(json.loads(reference.canonical()), origin="memory")
    assert again == reference
    assert again.canonical() == reference.canonical()


def test_counts_that_do_not_fit_the_edges_are_refused() -> None:
    value = Profile(rows=1, columns={"x": NumberProfile(edges=(0.5,), counts=(1, 0))}).to_dict()
    value["columns"]["x"]["counts"] = [1]
    with pytest.raises(StorageError, match="1 edges need 2 counts"):
        Profile.from_dict(value, origin="memory")


@pytest.mark.parametrize(
    ("edges", "cells"),
    [
        ((), ("any",)),
        ((17.5, 18.5, 24.5), ("below 18", "18", "19 to 24", "above 24")),
        ((0.25, 1.0), ("below 0.25", "0.25 to 1", "above 1")),
    ],
)
def test_cells_are_named_as_people_would(edges: tuple[float, ...], cells: tuple[str, ...]) -> None:
    assert NumberProfile(edges=edges, counts=(0,) * (len(edges) + 1)).cells == cells


def test_as_many_unknown_values_are_named_however_the_rows_were_parted(
    reference: Profile, contract: Contract
) -> None:
    values = [f"new {index:02}" for index in range(30)]
    whole = profile_like(reference, contract, {"employed": values}).columns["employed"]
    parts = [
        profile_like(reference, contract, {"employed": part}).columns["employed"]
        for part in (values[::2], values[1::2])
    ]
    assert isinstance(whole, CategoryProfile)
    assert isinstance(parts[0], CategoryProfile)
    assert isinstance(parts[1], CategoryProfile)
    assert len(whole.unseen) == UNSEEN_KEPT
    assert parts[0] + parts[1] == whole
