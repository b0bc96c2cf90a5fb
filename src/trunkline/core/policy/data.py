"""Which rows a snapshot takes, and how they are cut."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trunkline.core.snapshots import Window

from .section import Distinct, Positive, Section


class Split(Section):
    """How a snapshot is cut into train, validation and test."""

    method: Literal["stratified", "random", "grouped", "temporal"] = "stratified"
    """*grouped* keeps all rows of a user (role `user`) in one part; *temporal* tests on the newest rows."""
    validation: Annotated[float, Field(gt=0, lt=0.5)] = 0.2
    """The share of the rows for validation; the search uses them together with those of train."""
    test: Annotated[float, Field(gt=0, lt=0.5)] = 0.25
    """The share of the rows that the gates judge on; no training sees them."""
    seed: int = 7
    """Decides which rows fall into which part."""


class DataPolicy(Section):
    """Which rows a snapshot takes, and how they are cut."""

    window: Window = Window()
    """By event time, both ends inclusive; leave an end out to keep it open."""
    split: Split = Split()
    environment: Distinct[tuple[str, ...]] = ()
    """Variables that load() in data.py may read in a workflow, as a database's password; others are kept from it."""
    rows: Literal["repository", "main", "environment"] = "repository"
    """Where workflows can read the rows: in any run; or, because they lie behind a secret, on *main* alone.

    With *main* a pull request says that no gate was asked; they are asked after the merge, before the promotion.
    With *environment* a person's pull request reads them in GitHub's environment `data`, once a reviewer approved.
    """
    minimum_rows: Positive = 200
    """A snapshot with fewer rows is refused."""
