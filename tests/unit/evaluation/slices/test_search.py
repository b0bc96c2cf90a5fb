from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.evaluation.slices.search import Slice, Table
from trunkline.measure.paired import Array

ROWS = 2000
OUTCOME = Column(name="y", type="number", role=Role.OUTCOME)
CONTRACT = Contract(
    name="c",
    columns=(
        Column(name="id", type="integer", role=Role.KEY),
        Column(name="year", type="integer", role=Role.TIME),
        Column(name="who", type="text", role=Role.USER),
        Column(name="age", type="integer"),
        Column(name="skill", type="number", nullable=True),
        Column(name="kind", type="category", categories=("a", "b", "c")),
        Column(name="member", type="boolean"),
        Column(name="sex", type="category", role=Role.AUDIT, categories=("F", "M")),
        OUTCOME,
    ),
)


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "year": generator.integers(1990, 2020, ROWS),
            "who": [f"u{row}" for row in range(ROWS)],
            "age": generator.integers(16, 70, ROWS),
            "skill": np.where(generator.uniform(size=ROWS) < 0.2, np.nan, generator.normal(size=ROWS)),
            "kind": generator.choice(["a", "b", "c"], ROWS),
            "member": generator.choice([True, False], ROWS),
            "sex": generator.choice(["F", "M"], ROWS),
            "y": generator.normal(size=ROWS),
        }
    )


def search(
    frame: pd.DataFrame, target: Array, contract: Contract = CONTRACT, depth: int = 3
) -> dict[str, Slice]:
    table = Table(frame, contract, minimum_rows=50)
    found = table.slices(target.astype(float), np.arange(len(frame)), depth=depth, minimum_rows=50)
    assert len({part.words for part in found}) == len(found)
    return {part.words: part for part in found}


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("age < 25", "age < 25"),
        ("age >= 60", "age >= 60"),
        ("kind = b", "kind == 'b'"),
        ("kind is not b", "kind != 'b'"),
        ("member = true", "member"),
        ("member = false", "not member"),
        ("sex = F", "sex == 'F'"),
        ("skill is missing", "skill.isna()"),
        ("skill is not missing", "skill.notna()"),
    ],
)
def test_a_part_is_found_and_said_in_words(frame: pd.DataFrame, words: str, condition: str) -> None:
    planted = np.asarray(frame.eval(condition), dtype=bool)

    found = search(frame, planted, depth=1)

    assert words in found
    assert np.array_equal(found[words].mask, planted)


def test_conditions_on_several_columns_are_joined(frame: pd.DataFrame) -> None:
    planted = ((frame["age"] < 25) & (frame["sex"] == "F")).to_numpy()

    found = search(frame, planted, depth=2)

    (match,) = [part for part in found.values() if np.array_equal(part.mask, planted)]
    assert match.words == "age < 25 & sex = F"
    assert match.columns == ("age", "sex")


def test_two_cuts_of_a_number_make_a_range(frame: pd.DataFrame) -> None:
    found = search(frame, frame["age"].between(30, 39).to_numpy(), depth=2)

    (match,) = [part for part in found.values() if part.mask.sum() == frame["age"].between(30, 39).sum()]
    assert match.words == "30 <= age < 40"


def test_two_categories_left_out_leave_the_third(frame: pd.DataFrame) -> None:
    value = frame["kind"].map({"a": 0.0, "b": 5.0, "c": 9.0}).to_numpy()

    assert {"kind = a", "kind = b", "kind = c"} <= set(search(frame, value, depth=2))


def test_the_words_say_the_very_rows_of_the_mask(frame: pd.DataFrame) -> None:
    skill = frame["skill"].to_numpy()

    found = search(frame, np.where(skill > 0.5, 3.0, np.where(np.isnan(skill), 1.0, 0.0)), depth=3)

    for words, part in found.items():
        if part.columns != ("skill",):
            continue
        if words == "skill is not missing":
            expected = ~np.isnan(skill)
        elif words == "skill is missing":
            expected = np.isnan(skill)
        else:
            asked = words.strip("()").removesuffix(" or missing")
            expected = np.asarray(frame.eval(asked), dtype=bool)
            if "missing" in words:
                expected = expected | np.isnan(skill)
        assert np.array_equal(part.mask, expected), words
    assert any("or missing" in words for words in found)


def test_cuts_of_fractions_are_readable(frame: pd.DataFrame) -> None:
    contract = Contract(name="c", columns=(Column(name="skill", type="number"), OUTCOME))
    words = set(search(frame, (frame["skill"].fillna(0) > 0.123456).to_numpy(), contract, depth=1))

    for said in words:
        if "missing" not in said:
            assert len(said.split()[-1].lstrip("-")) <= 4


def test_keys_users_times_and_the_outcome_describe_no_slice(frame: pd.DataFrame) -> None:
    target = frame["id"].to_numpy() + 1000 * (frame["year"] > 2005).to_numpy() + frame["y"].to_numpy()

    used = {name for part in search(frame, target, depth=4).values() for name in part.columns}

    assert used <= {"age", "skill", "kind", "member", "sex"}


def test_rare_categories_and_free_texts_are_not_told_apart() -> None:
    contract = Contract(
        name="c",
        columns=(Column(name="note", type="text"), Column(name="kind", type="category"), OUTCOME),
    )
    frame = pd.DataFrame(
        {
            "note": [f"text {row}" for row in range(400)],
            "kind": ["rare"] * 40 + ["often"] * 200 + ["also"] * 160,
            "y": 0.0,
        }
    )

    found = search(frame, (frame["kind"] == "rare").to_numpy(), contract)

    assert not any("rare" in words or "note" in words for words in found if " = " in words)


def test_nulls_of_a_category_are_a_part() -> None:
    contract = Contract(name="c", columns=(Column(name="kind", type="category"), OUTCOME))
    frame = pd.DataFrame({"kind": ["a", "b", None] * 200, "y": 0.0})

    found = search(frame, frame["kind"].isna().to_numpy(), contract, depth=1)

    assert np.array_equal(found["kind = missing"].mask, frame["kind"].isna().to_numpy())


def test_a_number_that_is_nearly_always_zero_is_cut_above_it() -> None:
    contract = Contract(name="c", columns=(Column(name="gain", type="number"), OUTCOME))
    gain = np.where(np.arange(5000) < 60, 7.5, 0.0)
    frame = pd.DataFrame({"gain": gain, "y": 0.0})

    assert np.array_equal(search(frame, gain > 0, contract)["gain >= 7.5"].mask, gain > 0)


def test_columns_with_a_single_value_give_nothing_to_cut() -> None:
    contract = Contract(name="c", columns=(Column(name="kind", type="category"), OUTCOME))
    frame = pd.DataFrame({"kind": ["a"] * 200, "y": np.arange(200.0)})

    assert Table(frame, contract, minimum_rows=50).values.shape == (200, 0)
    assert search(frame, frame["y"].to_numpy(), contract) == {}


def test_only_the_rows_at_the_positions_are_learnt_from(frame: pd.DataFrame) -> None:
    target = (frame["sex"] == "F").to_numpy(dtype=float)
    rows = np.flatnonzero(frame["sex"] == "F")

    assert Table(frame, CONTRACT, minimum_rows=50).slices(target, rows, depth=3, minimum_rows=50) == ()
