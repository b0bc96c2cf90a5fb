"""Drift of a column: how far each part of a window lies from the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trunkline.measure.psi import Drift, Floats, drift

from .profiles import AnyProfile, CategoryProfile, Counts, NumberProfile, PartsProfile, measures
from .protocol import InputType


def column_drift(
    held: InputType,
    reference: AnyProfile,
    window: AnyProfile,
    groups: Sequence[AnyProfile] = (),
    most: float = 1.0,
) -> dict[str, Drift]:
    """Return the drift of each part that can be compared; a column that is counted whole has the one part ``.

    `groups` are profiles of the window by groups of users, where these have several rows; `most` as `drift` takes it.
    """
    left_out = blind_parts(held, reference, window)
    found = {
        name: counts_drift(before, measures(window)[name], [measures(group)[name] for group in groups], most)
        for name, before in measures(reference).items()
        if name not in left_out
    }
    return {name: drifted for name, drifted in found.items() if drifted}


def blind_parts(held: InputType, reference: AnyProfile, window: AnyProfile) -> dict[str, str]:
    """Return the parts that cannot be compared, with the reason in words."""
    if isinstance(reference, PartsProfile) and isinstance(window, PartsProfile):
        return dict(held.incomparable(reference, window))
    return {}


def counts_drift(
    reference: Counts, window: Counts, groups: Sequence[Counts] = (), most: float = 1.0
) -> Drift | None:
    """Return the drift between counts of the values that are not null and that the reference could have.

    `groups` are counts of the window by groups of users, where these have several rows; `most` as `drift` takes it.

    A value that the reference never saw is no shift of its cells and is left out, unless the reference itself
    had more values than it kept. None where one of the two has no such values.
    """
    by_users = np.stack([_known_counts(reference, group) for group in groups]) if groups else None
    return drift(
        reference.cells, _known_counts(reference, reference), _known_counts(reference, window), by_users, most
    )


def _known_counts(reference: Counts, profile: Counts) -> Floats:
    if isinstance(profile, NumberProfile):
        return np.asarray(profile.counts, dtype=float)
    capped = isinstance(reference, CategoryProfile) and reference.other > 0
    return np.asarray((*profile.counts, profile.other if capped else 0), dtype=float)
