"""Profiles by groups of users: the answers of one user are alike, so what they tell is counted by user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from trunkline.core.contract import Contract
from trunkline.measure.psi import effect_of
from trunkline.measure.users import numbered
from trunkline.predictions import Prediction

from .profiles import Profile
from .profiling import profile_answers

GROUPS = 30
"""Groups into which users are put: as many as a variance needs, and one pass over the answers however many they are."""


@dataclass(frozen=True)
class ByUsers:
    """The profile of answers, and those of groups of their users: none where no user has two answers.

    `most` is how many of a user's rows are worth one if they are all the same, on average.
    """

    whole: Profile
    groups: tuple[Profile, ...] = ()
    most: float = 1.0

    def worth(self, hits: Callable[[Profile], int], rows: Callable[[Profile], int]) -> float:
        """Return of how many independent rows the share of hits tells as much as of these."""
        total = rows(self.whole)
        if not self.groups or not total:
            return float(total)
        counts = [(hits(group), rows(group) - hits(group)) for group in self.groups]
        return total / effect_of(np.array(counts, dtype=float), self.most)


def profile_by_users(reference: Profile, answers: Sequence[Prediction], contract: Contract) -> ByUsers:
    """Return the profile of logged answers, in all and by groups of users."""
    users = numbered(answer.user or None for answer in answers)
    if users is None:
        return ByUsers(profile_answers(reference, answers, contract))
    of_user = np.bincount(users).astype(float)
    held: list[list[Prediction]] = [[] for _ in range(min(GROUPS, len(of_user)))]
    for answer, user in zip(answers, users, strict=True):
        held[user % len(held)].append(answer)
    groups = tuple(profile_answers(reference, group, contract) for group in held)
    return ByUsers(reduce(add, groups), groups, float((of_user**2).sum() / of_user.sum()))
