from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.policy.gates import SliceGates
from trunkline.evaluation.slices.evidence import apart, measure_slices
from trunkline.evaluation.slices.search import Slice
from trunkline.measure.rise import above_zero, against_rest
from trunkline.tasks import Losses


def test_slices_are_measured_as_shares_of_the_baselines_loss() -> None:
    mask = np.arange(400) < 100
    model = np.where(mask, 0.5, 0.1) + 0.01 * np.random.default_rng(0).normal(size=400)
    confirm = Losses("Brier score", model, np.full(400, 0.2), model, False)
    part = Slice("age < 25", mask, ("age",))

    (found,) = measure_slices(
        [part], [against_rest(model, mask)], [0.1], confirm, np.arange(400), SliceGates()
    )

    assert found.effect == pytest.approx(2.0, abs=0.05)
    assert found.interval.low < found.effect < found.interval.high
    assert (found.rows, found.there) == (100, 0.1)
    assert found.here == pytest.approx(0.5, abs=0.01)
    assert found.confirmed
    assert found.figure("gap").group == "age < 25"


def test_an_effect_that_is_sure_but_small_is_not_confirmed() -> None:
    mask = np.arange(20_000) < 10_000
    model = np.where(mask, 0.11, 0.1) + 0.01 * np.random.default_rng(0).normal(size=20_000)
    confirm = Losses("Brier score", model, np.full(20_000, 0.2), model, False)

    (found,) = measure_slices(
        [Slice("a", mask, ("a",))],
        [against_rest(model, mask)],
        [0.1],
        confirm,
        np.arange(20_000),
        SliceGates(),
    )

    assert found.interval.low > 0
    assert not found.confirmed
    assert not found.alone


def test_of_slices_that_share_their_rows_the_surest_is_kept() -> None:
    rows = np.arange(300)
    masks = {"all": rows < 200, "inner": rows < 100, "other": rows >= 200}
    model = np.where(rows < 200, 0.9, np.where(rows < 260, 0.8, 0.0))
    confirm = Losses("Brier score", model, np.full(300, 0.2), model, False)
    parts = [Slice(name, mask, ()) for name, mask in masks.items()]
    found = measure_slices(
        parts, [above_zero(model, part.mask) for part in parts], [0.0] * 3, confirm, rows, SliceGates()
    )

    assert [one.slice.words for one in apart(found)] == ["all", "other"]
