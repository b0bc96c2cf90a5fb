from __future__ import annotations

import pytest

from trunkline.core.figures import Figure
from trunkline.core.lineage import Usage
from trunkline.registry.tracking import metric_name, usage_metrics


@pytest.mark.parametrize(
    ("group", "name"),
    [("", "roc_auc"), ("sex=f", "sex.f.roc_auc"), ("age=[18, 25)", "age._18_ 25_.roc_auc")],
)
def test_a_figure_of_a_group_says_so_in_its_name(group: str, name: str) -> None:
    assert metric_name(Figure(name="roc_auc", value=0.5, rows=9, group=group)) == name


def test_what_a_fit_took_becomes_metrics_with_their_units() -> None:
    usage = Usage(
        seconds=4.5,
        cpu_seconds=8.0,
        peak_memory_mb=300.0,
        cores=2,
        energy_wh=0.02,
        energy_source="estimated",
        watts_per_core=10,
    )
    assert usage_metrics(usage) == {
        "usage.seconds": 4.5,
        "usage.cpu_seconds": 8.0,
        "usage.peak_memory_mb": 300.0,
        "usage.cores": 2.0,
        "usage.energy_wh": 0.02,
    }


def test_a_fit_that_was_not_measured_has_no_such_metrics() -> None:
    assert usage_metrics(None) == {}
