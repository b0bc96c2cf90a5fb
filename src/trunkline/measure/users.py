"""Users: the rows of one user err alike, so it is users that are drawn, not rows.

A user is what the contract's user column names, and the prediction log by a hash. Nothing here is asked of rows whose
users never repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Users = NDArray[np.int64]
"""Each row's user as a number from 0, shape (n,)."""


@dataclass(frozen=True)
class UserShare:
    """A share of rows, as the sums of users: how many rows each has, and how many of them hit; shape (users,)."""

    hits: NDArray[np.float64]
    rows: NDArray[np.float64]

    @classmethod
    def of(cls, hit: Sequence[bool] | NDArray[np.bool_], names: Sequence[object]) -> UserShare:
        """Return the sums of rows and the names of their users; a row that names none (None) stands for itself."""
        codes = numbered(names)
        if codes is None:
            codes = np.arange(len(names))
        hits = np.bincount(codes, weights=np.asarray(hit, dtype=np.float64))
        return cls(hits.astype(np.float64), np.bincount(codes).astype(np.float64))

    @property
    def value(self) -> float:
        """Return the share. Raises ValueError when there are no rows."""
        if not self.rows.sum():
            raise ValueError("there are no rows")
        return float(self.hits.sum() / self.rows.sum())


def numbered(names: Iterable[object]) -> Users | None:
    """Return each row's user as a number in the order of their coming, None where no user has two rows.

    A row that names none (None) stands for itself.
    """
    known: dict[object, int] = {}
    codes = [
        known.setdefault(("", row) if name is None else name, len(known)) for row, name in enumerate(names)
    ]
    return repeated(np.array(codes, dtype=np.int64))


def repeated(users: Users) -> Users | None:
    """Return the users numbered from 0 without gaps, None where each has one row."""
    found, codes = np.unique(users, return_inverse=True)
    return codes.astype(np.int64) if len(found) < len(users) else None


def number_of(users: Users) -> int:
    """Return how many users there are among some of the rows, or all."""
    return len(np.unique(users))


def counted(rows: int, users: Users | None, word: str = "rows") -> str:
    """Return how many rows there are in words, and of how many users where these repeat."""
    return f"{rows:,} {word}" + ("" if users is None else f" of {number_of(users):,} users")


def totals(values: NDArray[np.float64], users: Users) -> NDArray[np.float64]:
    """Return the sum of the values of each user, of those who have a row here."""
    _, codes = np.unique(users, return_inverse=True)
    return np.asarray(np.bincount(codes, weights=values), dtype=np.float64)


def error_of_sum(parts: NDArray[np.float64], users: Users) -> float:
    """Return the standard error of a sum of parts, one a row and zero in all, whose users are independent.

    Source: Liang and Zeger (1986), Longitudinal data analysis using generalized linear models, Biometrika 73 (the
    variance between clusters), with the factor users / (users - 1). With one user it is not known: infinite.
    """
    sums = totals(parts, users)
    size = len(sums)
    return float(np.sqrt(size / (size - 1) * (sums**2).sum())) if size > 1 else float("inf")


def error_of_mean(values: NDArray[np.float64], users: Users) -> float:
    """Return the standard error of the mean of values, one a row, whose users are independent."""
    return error_of_sum((values - values.mean()) / len(values), users)


def design_effect(values: NDArray[np.float64], users: Users) -> float:
    """Return by how much the variance of the mean exceeds that of independent rows; at least 1 (Kish 1965).

    Where all values are the same nothing is seen of it, and all rows of a user count as one.
    """
    rows = len(values)
    alone = float(values.var(ddof=1)) / rows if rows > 1 else 0.0
    if not alone > 0:
        return float((np.bincount(users).astype(np.float64) ** 2).sum()) / rows
    return max(1.0, error_of_mean(values, users) ** 2 / alone)
