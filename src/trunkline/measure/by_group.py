"""Figures by group: which groups have enough rows, what their rates and means are, and how far apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from trunkline.core.figures import Figure, Interval

from .area import area_effect, area_interval
from .bootstrap import draw, interval
from .intervals import LEVEL
from .metrics import LightMetric
from .paired import Array, Paired
from .simultaneous import Estimates, mean_interval, means, shares
from .sums import mean
from .users import Users, number_of, repeated
from .wording import number
from .worth import share_interval, worth

Masks = Mapping[str, Array]
"""A group's name, as `colour=Black`, to the mask of its rows."""
SHOWN = 4
"""Groups that a sentence lists; the others are counted."""
SKEWED = 1000
"""Rows up to which a mean of skewed errors is not yet spread evenly around its true value."""


@dataclass(frozen=True)
class Values:
    """What was measured of each group, and on how many rows; `small` are the groups left out, with their rows.

    Those have fewer than `minimum`. Where users repeat, `users` are how many each group has, and `worth` how many
    independent rows its rows are worth.
    """

    name: str
    values: Mapping[str, float]
    rows: Mapping[str, int]
    small: Mapping[str, int] = field(default_factory=dict)
    minimum: int = 0
    users: Mapping[str, int] = field(default_factory=dict)
    worth: Mapping[str, float] = field(default_factory=dict)
    estimate: Callable[[float], Estimates] | None = None
    """For values that are no shares: the values with their intervals at a level."""

    @property
    def comparable(self) -> bool:
        """Whether there are two groups to compare."""
        return len(self.values) > 1

    def figures(self) -> tuple[Figure, ...]:
        """Return each group's value on its rows."""
        return tuple(
            Figure(name=self.name, value=value, rows=self.rows[group], group=group)
            for group, value in self.values.items()
        )

    def estimates(self, level: float) -> Estimates:
        """Return the values (shares of the rows, unless `estimate` says otherwise), each with its own interval."""
        if self.estimate is not None:
            return self.estimate(level)
        values = np.array(list(self.values.values()))
        if self.worth:
            tell = np.array([self.worth[group] for group in self.values])
            return shares(values * tell, tell, level)
        rows = np.array([self.rows[group] for group in self.values])
        return shares(np.rint(values * rows), rows, level)

    def listed(self) -> str:
        """Return the values in words, the least first; of many groups the least and the greatest."""
        order = sorted(self.values, key=lambda group: (self.values[group], group))
        words = [f"{number(self.values[group])} in {group} ({self._counted(group)})" for group in order]
        between = len(words) - SHOWN
        if between > 0:
            words[SHOWN // 2 : -SHOWN // 2] = [f"{between} more groups between"]
        return ", ".join(words)

    @property
    def words(self) -> str:
        """Return the name in words."""
        return self.name.replace("_", " ")

    def less_from(self, whole: Mapping[str, float]) -> Values:
        """Return a value of each group, known without error, less these."""
        known = np.array([whole[group] for group in self.values])
        return replace(
            self,
            values={group: whole[group] - value for group, value in self.values.items()},
            estimate=lambda level: self.estimates(level).less_from(known),
        )

    def _counted(self, group: str) -> str:
        of = f" of {self.users[group]:,} users" if self.users else ""
        return f"{self.rows[group]:,} rows{of}"


def judged_groups(by: Masks, condition: Array, minimum: int) -> tuple[dict[str, Array], dict[str, int]]:
    """Return the groups with at least `minimum` rows of the condition, and the sizes of the others."""
    sizes = {group: int((mask & condition).sum()) for group, mask in by.items()}
    judged = {group: mask for group, mask in by.items() if sizes[group] >= minimum}
    return judged, {group: size for group, size in sizes.items() if size < minimum}


def rates(
    name: str, selected: Array, condition: Array, by: Masks, minimum: int, users: Users | None = None
) -> Values:
    """Return the share of selected rows among those of the condition, a group, as fairlearn's MetricFrame gives it.

    Groups with fewer than `minimum` rows of the condition are left out. Counted here, because a frame for each question
    takes most of the time that all of them take.
    """
    judged, small = judged_groups(by, condition, minimum)
    rows = {group: int((condition & mask).sum()) for group, mask in judged.items()}
    found = {group: int((selected & condition & mask).sum()) / rows[group] for group, mask in judged.items()}
    if users is None:
        return Values(name, found, rows, small, minimum)
    parts = {group: condition & mask for group, mask in judged.items()}
    tell = {group: worth(selected[part].astype(np.float64), users[part]) for group, part in parts.items()}
    return Values(
        name,
        found,
        rows,
        small,
        minimum,
        {group: number_of(users[part]) for group, part in parts.items()},
        tell,
    )


def group_means(name: str, values: Array, by: Masks, minimum: int, users: Users | None = None) -> Values:
    """Return the mean of values of shape (n,) in each group of at least `minimum` rows (two or more)."""
    judged, small = judged_groups(by, np.ones(len(values), dtype=bool), minimum)
    who = None if users is None else [users[mask] for mask in judged.values()]
    samples = [values[mask] for mask in judged.values()]
    return Values(
        name,
        {group: float(values[mask].mean()) for group, mask in judged.items()},
        {group: int(mask.sum()) for group, mask in judged.items()},
        small,
        minimum,
        {} if who is None else dict(zip(judged, map(number_of, who), strict=True)),
        estimate=lambda level: means(samples, level, who),
    )


def left_out(small: Mapping[str, int], minimum: int) -> str:
    """Return in words which groups were too small to be compared, the greatest of them first, and what would do."""
    if not small:
        return ""
    order = sorted(small, key=lambda group: -small[group])
    words = [f"{group} ({small[group]})" for group in order[:SHOWN]]
    if len(order) > SHOWN:
        words.append(f"and {len(order) - SHOWN} more")
    least = min(small.values())
    enough = f"; about {max(2, math.ceil(minimum / least))} times as many test rows would do" if least else ""
    return f" Too few rows to compare ({minimum} are asked for): {', '.join(words)}{enough}."


def group_figures(
    paired: Paired,
    groups: Mapping[str, Masks],
    *,
    minimum: int,
    resamples: int,
    seed: int,
    own: Mapping[str, Array] | None = None,
) -> tuple[Figure, ...]:
    """Return what is measured of every group of at least `minimum` rows, with intervals; `groups` is by attribute.

    Two classes: selection, true and false positive rates, accuracy, AUC. Many classes: accuracy, and the selection
    rate where one outcome is the positive one. Regression: absolute and mean error. Others: what `own` holds of
    each row, measured among all rows, so that what is popular is so in all groups. Because there are many groups,
    intervals are in closed form: Wilson's of rates, Newcombe's of areas, Student's of mean errors over many rows; of
    mean errors over few, the bootstrap's. Where users repeat, rows count as what they are worth.
    """
    judged = {group: mask for by in groups.values() for group, mask in by.items() if mask.sum() >= minimum}
    if "classes" in paired.traits:
        return tuple(figure for group, mask in judged.items() for figure in _rates_of(paired, group, mask))
    values_of = dict(own or {})
    if "amounts" in paired.traits:
        residual = paired.labels - paired.truth
        values_of = {"neg_mean_absolute_error": -np.abs(residual), "mean_error": residual}
    return tuple(
        Figure(
            name=name,
            value=float(values[mask].mean()),
            rows=int(mask.sum()),
            interval=_of_errors(values[mask], users_of(paired, mask), resamples, seed),
            group=group,
        )
        for group, mask in judged.items()
        for name, values in values_of.items()
    )


def users_of(paired: Paired, mask: Array) -> Users | None:
    """Return the users of some rows, None where none of them repeats there."""
    return None if paired.users is None else repeated(paired.users[mask])


def _of_errors(values: Array, users: Users | None, resamples: int, seed: int) -> Interval | None:
    if len(values) > SKEWED:
        return mean_interval(values, users, LEVEL)
    drawn = draw({"": mean(values)}, rows=len(values), resamples=resamples, seed=seed, users=users)[""]
    return interval(drawn, users=users)


def _rates_of(paired: Paired, group: str, mask: Array) -> list[Figure]:
    """Return a group's rates and area, each with the number of rows it is taken over."""
    shares = {"accuracy": (paired.labels == paired.truth, mask)}
    selected, positive = paired.labels == paired.positive, paired.truth == paired.positive
    if "positive" in paired.traits:
        shares = {"selection_rate": (selected, mask)} | shares
    two = {"positive", "two classes"} <= paired.traits
    if two:
        shares |= {
            "true_positive_rate": (selected, mask & positive),
            "false_positive_rate": (selected, mask & ~positive),
        }
    figures = [
        Figure(
            name=name,
            value=float(hit[rows].mean()),
            rows=int(rows.sum()),
            interval=share_interval(hit[rows], None if paired.users is None else paired.users[rows]),
            group=group,
        )
        for name, (hit, rows) in shares.items()
        if rows.any()
    ]
    if two and paired.probabilities is not None:
        mine = paired.take(mask)
        area, ups = LightMetric("roc_auc").value(mine), int((mask & positive).sum())
        if np.isfinite(area):
            alike = 1.0 if paired.users is None else area_effect(mine)
            span = area_interval(area, ups / alike, (mine.rows - ups) / alike)
            figures.append(Figure(name="roc_auc", value=area, rows=mine.rows, interval=span, group=group))
    return figures
