from __future__ import annotations

import pytest

from trunkline.core.records import Figure
from trunkline.training.tracking import metric_name


@pytest.mark.parametrize(
    ("group", "name"),
    [("", "roc_auc"), ("sex=f", "sex.f.roc_auc"), ("age=[18, 25)", "age._18_ 25_.roc_auc")],
)
def test_a_figure_of_a_group_says_so_in_its_name(group: str, name: str) -> None:
    assert metric_name(Figure(name="roc_auc", value=0.5, rows=9, group=group)) == name
