from __future__ import annotations

from trunkline.core.figures import Figure
from trunkline.evaluation.reports.crossings import crossed_gate, crossings


def test_a_crossing_names_a_second_attribute_and_a_value_does_not() -> None:
    groups = ["", "trade=A & B", "trade=C", "sex=f", "trade=A & B & sex=f", "sex=f & g", "trade=C & D=1"]
    figures = [Figure(name="accuracy", value=0.5, rows=9, group=group) for group in groups]
    assert crossings(figures) == {"trade=A & B & sex=f"}


def test_a_gate_is_crossed_by_its_attributes() -> None:
    assert crossed_gate("fairness/colour & sex/champion")
    assert not crossed_gate("fairness/colour/champion")
    assert not crossed_gate("performance/metric:a & b")
