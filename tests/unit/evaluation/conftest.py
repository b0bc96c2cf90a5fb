"""A small world for the gates: people with a hidden score, and models that know it more or less well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.policy import Policy
from trunkline.evaluation import Scored
from trunkline.evaluation.case import Case
from trunkline.measure.metrics import Metrics

TODAY = date(2026, 11, 2)


def people(rows: int = 1500, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    skill = generator.normal(size=rows)
    return pd.DataFrame(
        {
            "skill": skill,
            "age": generator.integers(16, 70, rows),
            "colour": generator.choice(["Black", "White"], rows),
            "sex": generator.choice(["Female", "Male"], rows),
            "released": np.where(skill + generator.normal(size=rows) > -0.5, "Yes", "No"),
        }
    )


def answers_of(
    frame: pd.DataFrame,
    *,
    noise: float = 0.0,
    seed: int = 1,
    bonus: dict[str, float] | None = None,
) -> Scored:
    """Answer by the hidden score, with noise; `bonus` is added to the score of people of that colour."""
    score = frame["skill"].to_numpy() + noise * np.random.default_rng(seed).normal(size=len(frame))
    score = score + frame["colour"].map(bonus or {}).fillna(0.0).to_numpy(dtype=float)
    chance = 1 / (1 + np.exp(-1.7 * (score + 0.5)))
    labels = np.where(chance > 0.5, "Yes", "No").astype(object)
    return Scored(frame, labels, np.stack([1 - chance, chance], axis=1), ("No", "Yes"))


@pytest.fixture
def contract() -> Contract:
    """Return a contract with a positive outcome and three protected attributes."""
    return Contract(
        name="release",
        columns=(
            Column(name="skill", type="number"),
            Column(name="age", type="integer", protected=True, bands=(18, 25, 35)),
            Column(
                name="colour",
                type="category",
                role=Role.AUDIT,
                protected=True,
                categories=("Black", "White"),
            ),
            Column(
                name="sex", type="category", role=Role.AUDIT, protected=True, categories=("Female", "Male")
            ),
            Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
        ),
        positive="Yes",
    )


@pytest.fixture
def regression() -> Contract:
    """Return a contract whose outcome is a number."""
    return Contract(
        name="rent",
        columns=(
            Column(name="size", type="number"),
            Column(
                name="sex", type="category", role=Role.AUDIT, protected=True, categories=("Female", "Male")
            ),
            Column(name="price", type="number", role=Role.OUTCOME),
        ),
    )


@pytest.fixture
def rows() -> Callable[..., pd.DataFrame]:
    """Return the maker of people."""
    return people


@pytest.fixture
def answer() -> Callable[..., Scored]:
    """Return the maker of answers."""
    return answers_of


@pytest.fixture
def today() -> date:
    """Return the day on which the gates are asked."""
    return TODAY


@pytest.fixture
def case(contract: Contract, policy: Policy) -> Callable[..., Case]:
    """Return a maker of cases: sections of `gates` by name, and what else of the case is to be different."""

    def made(*, test: Scored | None = None, metrics: Metrics | None = None, **sections: object) -> Case:
        value = policy.model_dump()
        value["gates"] |= sections
        return Case(
            contract=contract,
            policy=Policy.model_validate(value),
            test=answers_of(people(300)) if test is None else test,
            train=answers_of(people(300, 1)),
            ask=answers_of,
            metrics=metrics or {},
        )

    return made
