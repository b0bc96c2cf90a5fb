from __future__ import annotations

from trunkline.inputs.drift import counts_drift
from trunkline.inputs.profiles import CategoryProfile, NumberProfile


def test_a_value_that_the_reference_never_saw_does_not_shift_the_known_ones() -> None:
    reference = CategoryProfile(values=("No", "Yes"), counts=(300, 700))
    window = CategoryProfile(values=("No", "Yes"), counts=(30, 70), other=100, unseen={"new": 100})
    found = counts_drift(reference, window)
    assert found is not None
    assert found.psi == 0.0


def test_the_shared_cell_of_a_capped_reference_can_drift() -> None:
    reference = CategoryProfile(values=("a",), counts=(900,), other=100)
    window = CategoryProfile(values=("a",), counts=(100,), other=400)
    found = counts_drift(reference, window)
    assert found is not None
    assert found.psi > 1
    assert found.shifts[0][0] in ("a", "(other)")


def test_nulls_do_not_count_as_drift_of_the_values() -> None:
    reference = NumberProfile(edges=(0.5,), counts=(500, 500))
    found = counts_drift(reference, NumberProfile(edges=(0.5,), counts=(50, 50), nulls=400))
    assert found is not None
    assert found.psi == 0.0
