from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from trunkline.evaluation.reports import answer_plots
from trunkline.evaluation.reports.answer_plots import MOST_CELLS, MOST_POINTS
from trunkline.measure.paired import Paired

RANDOM = np.random.default_rng(0)


def axes(draw: Callable[[Canvas], None]) -> Axes:
    """Return what was drawn, after drawing it for real."""
    canvas = Canvas(layout="constrained")
    draw(canvas)
    FigureCanvasAgg(canvas).draw()
    (found,) = canvas.axes
    return found


def binary(rows: int = 400, names: tuple[str, str] = ("No", "Yes")) -> Paired:
    scores = RANDOM.random(rows)
    truth = (RANDOM.random(rows) < scores).astype(int)
    return Paired(truth, (scores > 0.5).astype(int), np.stack([1 - scores, scores], axis=1), names, 1)


def many(size: int) -> Paired:
    truth = np.arange(200) % size
    return Paired(truth, np.roll(truth, 1), None, tuple(f"class {place}" for place in range(size)), None)


def number(rows: int = 2000) -> Paired:
    truth = RANDOM.normal(size=rows)
    return Paired(truth, truth + 0.2 * RANDOM.normal(size=rows), None)


@pytest.mark.parametrize("plot", [answer_plots.roc, answer_plots.precision_recall, answer_plots.calibration])
def test_curves_show_both_models_within_the_unit_square(
    plot: Callable[[Canvas, Paired, Paired | None], None],
) -> None:
    for champion, names in ((None, 1), (binary(), 2)):
        ax = axes(lambda on, other=champion: plot(on, binary(), other))  # type: ignore[misc]

        legend = ax.get_legend()
        assert legend is not None
        labels = [text.get_text() for text in legend.get_texts()]
        assert sum(label.startswith(("this model", "champion")) for label in labels) == names
        assert ax.get_xlim() == (0, 1)


def test_the_area_under_the_curve_is_said() -> None:
    perfect = Paired(np.array([0, 1] * 20), np.array([0, 1] * 20), np.tile(np.eye(2), (20, 1)), ("a", "b"), 1)

    legend = axes(lambda on: answer_plots.roc(on, perfect, None)).get_legend()

    assert legend is not None
    assert "this model, area 1.000" in [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize(("size", "counts"), [(2, True), (MOST_CELLS, True), (12, False)])
def test_a_confusion_matrix_has_counts_where_there_is_room(size: int, counts: bool) -> None:
    paired = many(size)

    ax = axes(partial(answer_plots.confusion, test=paired))

    assert len(ax.texts) == size * size
    assert ("\n" in ax.texts[0].get_text()) == counts
    assert answer_plots.confusion_size(paired)[0] <= 9.4


def test_a_share_in_the_confusion_matrix_is_none_or_all_only_where_it_is_exactly_that() -> None:
    truth = np.repeat([0, 1], [100, 504])
    paired = Paired(truth, np.where(np.arange(604) < 102, 0, 1), None, ("No", "Yes"), 1)

    shown = [text.get_text() for text in axes(partial(answer_plots.confusion, test=paired)).texts]

    assert shown == ["100\n100 %", "0\n0 %", "2\n0.4 %", "502\n99.6 %"]


def test_a_class_of_any_name_is_drawn() -> None:
    names = ("$\\broken", "x" * 60)

    ax = axes(lambda on: answer_plots.confusion(on, binary(names=names)))

    assert [label.get_text() for label in ax.get_xticklabels()] == ["\\$\\broken", "x" * 17 + "…"]
    axes(lambda on: answer_plots.calibration(on, binary(names=names), None))


def test_many_rows_are_thinned_and_few_are_all_there() -> None:
    for rows, points in ((MOST_POINTS * 3, MOST_POINTS), (50, 50)):
        for plot in (answer_plots.predicted, answer_plots.residuals_by_answer):
            ax = axes(partial(plot, test=number(rows)))
            drawn = [np.asarray(one.get_offsets()).shape[0] for one in ax.collections]
            assert max(drawn) == points


def test_every_residual_is_counted_though_some_lie_far_out() -> None:
    far = number(1000)
    far = Paired(np.concatenate([far.truth, [1e6]]), np.concatenate([far.labels, [0.0]]), None)

    ax = axes(lambda on: answer_plots.residuals(on, far, None))

    outline = ax.patches[0].get_path().vertices
    assert np.asarray(outline)[:, 0].max() < 10
    assert ax.get_xlim()[1] < 10


def test_residuals_that_are_all_the_same_are_drawn() -> None:
    truth = np.arange(10.0)

    outline = axes(lambda on: answer_plots.residuals(on, Paired(truth, truth, None), None))
    dots = axes(lambda on: answer_plots.residuals_by_answer(on, Paired(truth[:3], truth[:3], None)))

    assert outline.patches
    assert dots.has_data()
