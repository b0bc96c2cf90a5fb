"""Rows that come again, in real data: people who are alike by chance pass, cases under new keys and dates do not.

Adult and Bike Sharing (UCI 2 and 275) are not part of the repository.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklego.datasets import load_arrests

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.data import DataPolicy, Split
from trunkline.core.policy.gates import DataGates
from trunkline.core.verdicts import Verdict
from trunkline.data import split_rows
from trunkline.data.case import SnapshotCase
from trunkline.data.redelivered import Redelivered
from trunkline.data.rows import typed

DATA = Path(os.environ.get("TRUNKLINE_DATA") or Path(__file__).parents[4] / "shared" / "data")
ADULT, BIKES = DATA / "adult" / "adult.data.gz", DATA / "bike_sharing" / "hour.csv.gz"
LIMIT = DataGates().redelivered or 0.0
SET = {"arrests": ("released", "year"), "adult": ("income", "row"), "bikes": ("cnt", "dteday")}
"""Outcome and event time (of Adult, which has none, the row's number)."""


def rows_of(name: str) -> pd.DataFrame:
    """Return the rows of a data set, numbered."""
    if name == "arrests":
        frame = pd.DataFrame(load_arrests(as_frame=True))
    elif not (file := {"adult": ADULT, "bikes": BIKES}[name]).is_file():
        pytest.skip(f"the data set {file.name} is not here; TRUNKLINE_DATA names its folder")
    elif name == "adult":
        # Without the census weight (column 2) people are alike; with it hardly two are.
        frame = pd.read_csv(file, header=None, skipinitialspace=True).drop(columns=2)
        frame.columns = pd.Index([*map("column{}".format, range(13)), "income"])
        frame["row"] = np.arange(len(frame))
    else:
        frame = pd.read_csv(file).drop(columns=["instant", "casual", "registered"])
        days = pd.to_datetime(frame["dteday"])
        frame["dteday"] = (days - days.min()).dt.days
    return frame.reset_index(drop=True).assign(key=np.arange(len(frame)))


def judged(rows: pd.DataFrame, name: str, seed: int) -> Verdict:
    outcome, time = SET[name]
    roles = {outcome: Role.OUTCOME, time: Role.TIME, "key": Role.KEY}
    columns = []
    for column in map(str, rows.columns):
        text, role = not pd.api.types.is_numeric_dtype(rows[column]), roles.get(column, Role.FEATURE)
        if text:
            categories = tuple(sorted(rows[column].unique()))
            columns.append(Column(name=column, type="category", categories=categories, role=role))
        else:
            columns.append(Column(name=column, type="number", role=role))
    positive = next((c.categories[-1] for c in columns if c.role is Role.OUTCOME and c.categories), "")
    contract = Contract(name=name, columns=tuple(columns), positive=positive)
    parts = split_rows(typed(rows, contract), contract, Split(test=0.25, seed=seed))
    return Redelivered().verdict(SnapshotCase(parts, contract, DataPolicy(), DataGates(), "random"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SET)
def test_healthy_rows_pass_however_alike_they_are(name: str, seed: int) -> None:
    verdict = judged(rows_of(name), name, seed)
    equal = next(figure.value for figure in verdict.figures if figure.name == "equal_rows")
    assert verdict.outcome == "pass", verdict.reason
    assert equal > {"arrests": 0.7, "adult": 0.1, "bikes": -1}[name]


def test_a_fifth_of_the_bikes_under_new_keys_and_days_fails() -> None:
    rows = rows_of("bikes")
    twice = rows.sample(frac=0.2, random_state=1)
    twice = twice.assign(key=twice["key"] + 100_000, dteday=(twice["dteday"] + 40) % 365)
    verdict = judged(pd.concat([rows, twice], ignore_index=True), "bikes", 0)
    assert verdict.outcome == "fail"
    assert verdict.figures[0].value > 0.2
