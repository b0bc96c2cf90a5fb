from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Outcome, Verdict
from trunkline.evaluation.reports.interval_plots import (
    MOST_LINES,
    Pictures,
    champion_plot,
    group_plots,
    limit_plots,
    load_plots,
    slice_plots,
)


def figure(name: str, value: float = 0.1, *, group: str = "", reach: float = 0.05) -> Figure:
    span = Interval(low=value - reach, high=value + reach)
    return Figure(name=name, value=value, rows=60, interval=span, group=group)


def verdict(
    gate: str, *figures: Figure, threshold: float | None = None, outcome: Outcome = "pass"
) -> Verdict:
    return Verdict(gate=gate, outcome=outcome, reason="", figures=figures, threshold=threshold)


def evaluation(*verdicts: Verdict, figures: Sequence[Figure] = ()) -> Evaluation:
    return Evaluation(
        bundle="b",
        snapshot="s",
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=tuple(figures),
        verdicts=verdicts,
    )


def axes(pictures: Pictures, name: str) -> list[Axes]:
    """Return the axes of one picture, after drawing it for real."""
    draw, size = pictures[name]
    canvas = Canvas(figsize=size, layout="constrained")
    draw(canvas)
    FigureCanvasAgg(canvas).draw()
    return list(canvas.axes)


def labels(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def test_the_champion_is_compared_on_one_axis_where_scales_are_alike() -> None:
    found = champion_plot(
        evaluation(verdict("performance/champion", figure("difference:f1"), figure("difference:recall")))
    )

    (ax,) = axes(found, "champion")
    assert labels(ax) == ["f1", "recall"]


def test_the_champion_is_compared_on_an_axis_each_where_scales_differ() -> None:
    far = figure("difference:neg_mean_absolute_error", 3.0, reach=40.0)
    found = champion_plot(
        evaluation(verdict("performance/champion", figure("difference:r2", reach=0.01), far))
    )

    assert [labels(ax) for ax in axes(found, "champion")] == [["r2"], ["neg_mean_absolute_error"]]


def test_without_a_champion_nothing_is_drawn() -> None:
    assert champion_plot(evaluation(verdict("performance/champion"))) == {}
    assert champion_plot(evaluation()) == {}


def test_groups_of_one_attribute_and_of_two_are_drawn_apart() -> None:
    figures = [
        figure("selection_rate", 0.7, group="sex=f"),
        figure("selection_rate", 0.6, group="a=2 & sex=f"),
        figure("selection_rate", 0.2, group="a=1 & sex=f"),
        figure("roc_auc", 0.8, group="sex=f"),
        figure("selection_rate", 0.7),
    ]
    judged = evaluation(figures=figures)

    single, crossed = (group_plots(judged, crossed=crossed) for crossed in (False, True))

    assert (list(single), list(crossed)) == (["groups-selection-rate"], ["crossings-selection-rate"])
    assert labels(axes(single, "groups-selection-rate")[0]) == ["sex=f (60 rows)"]
    assert labels(axes(crossed, "crossings-selection-rate")[0]) == [
        "a=1 & sex=f (60 rows)",
        "a=2 & sex=f (60 rows)",
    ]


def test_a_value_with_an_ampersand_is_drawn_among_the_groups_of_its_attribute() -> None:
    given = evaluation(figures=[figure("accuracy", group=group) for group in ("trade=A & B", "trade=C")])

    (ax,) = axes(group_plots(given, crossed=False), "groups-accuracy")

    assert labels(ax) == ["trade=A & B (60 rows)", "trade=C (60 rows)"]
    assert group_plots(given, crossed=True) == {}


def test_many_crossings_are_cut_and_that_is_said() -> None:
    figures = [figure("accuracy", place / 100, group=f"a={place} & b=1") for place in range(60)]
    alone = figure("accuracy", group="b=1")

    (ax,) = axes(group_plots(evaluation(figures=[*figures, alone]), crossed=True), "crossings-accuracy")

    assert len(labels(ax)) == MOST_LINES
    assert ax.get_title().endswith(f", the {MOST_LINES} least of 60")


@pytest.mark.parametrize(
    ("gate", "name", "plot"),
    [
        ("fairness/sex/demographic-parity", "demographic_parity_ratio", "fairness-ratios"),
        ("fairness/sex/equalized-odds", "equalized_odds_difference", "fairness-differences"),
        ("robustness/noise", "fall:roc_auc", "robustness-falls"),
        ("robustness/metamorphic:x", "violations", "robustness-metamorphic"),
    ],
)
def test_what_a_gate_decides_by_is_drawn_beside_its_limit(gate: str, name: str, plot: str) -> None:
    found = limit_plots(evaluation(verdict(gate, figure(name), threshold=0.25, outcome="fail")))

    assert list(found) == [plot]
    (ax,) = axes(found, plot)
    assert labels(ax) == [gate.partition("/")[2]]
    assert [0.25, 0.25] in [list(line.get_xdata()) for line in ax.lines]  # type: ignore[arg-type]


def test_what_has_no_limit_or_no_interval_is_not_drawn() -> None:
    bare = figure("violations").model_copy(update={"interval": None})

    assert limit_plots(evaluation(verdict("robustness/noise", figure("fall:f1")))) == {}
    assert limit_plots(evaluation(verdict("robustness/metamorphic:x", bare, threshold=0.1))) == {}


def test_the_champion_is_compared_by_group_too() -> None:
    found = limit_plots(
        evaluation(
            verdict("fairness/sex/champion", figure("difference:accuracy", group="sex=f"), threshold=-0.1)
        )
    )

    assert list(found) == ["fairness-champion"]


def test_slices_are_drawn_by_their_conditions() -> None:
    found = slice_plots(
        evaluation(
            verdict("slices/weak", figure("gap", group="$\\x < 25 & " + "y" * 80), outcome="fail"),
            verdict("slices/harm", figure("harm", group="age < 25")),
        )
    )

    assert list(found) == ["slices-weak", "slices-harm"]
    (label,) = labels(axes(found, "slices-weak")[0])
    assert label.startswith("\\$\\x < 25")
    assert label.endswith("…")


def test_answer_times_under_load_begin_at_zero() -> None:
    found = load_plots(
        evaluation(
            verdict(
                "load/latency",
                figure("latency_p50_ms", 4.0),
                figure("latency_p95_ms", 12.0),
                figure("generator_cpu"),
            )
        )
    )

    (ax,) = axes(found, "load-latency")
    assert labels(ax) == ["p50", "p95"]
    assert ax.get_xlim()[0] == 0
    assert load_plots(evaluation()) == {}
