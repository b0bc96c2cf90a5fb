"""Which groups of people are of two attributes together: told by the attributes, for a value may hold any text."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.core.figures import Figure


def crossings(figures: Iterable[Figure]) -> frozenset[str]:
    """Return the groups, such as `colour=Black & sex=Male`, that name a second attribute.

    Attributes are what the groups' names begin with: whoever is in a crossing is in a group of either attribute.
    """
    groups = {figure.group for figure in figures if figure.group}
    attributes = {group.partition("=")[0] for group in groups}
    return frozenset(
        group
        for group in groups
        if any(f" & {other}=" in group for other in attributes - {group.partition("=")[0]})
    )


def crossed_gate(gate: str) -> bool:
    """Return whether a gate such as `fairness/colour & sex/champion` is about two attributes together."""
    return gate.startswith("fairness/") and " & " in gate.split("/")[1]


def chief_figure(figures: Iterable[Figure]) -> str:
    """Return the name of the figure by which groups are best compared at a glance; empty where there is none."""
    names = dict.fromkeys(figure.name for figure in figures if figure.group)
    order = ("selection_rate", "accuracy", "neg_mean_absolute_error")
    return next((name for name in (*order, *names) if name in names), "")
