"""Figures of a bundle by name."""

from __future__ import annotations

from trunkline.core.bundle import figures_by_name
from trunkline.core.figures import Figure


def test_figures_of_groups_do_not_hide_those_of_all_rows() -> None:
    whole = Figure(name="roc_auc", value=0.7, rows=1000)
    group = Figure(name="roc_auc", value=0.5, rows=100, group="sex=Male")
    assert figures_by_name((whole, group)) == {"roc_auc": whole}
    assert figures_by_name((group,)) == {}
