from __future__ import annotations

import re

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.evaluation.reports.charts import MOST_BARS, difference_chart, group_chart, quoted

STRING = r'"[^"\n]+"'
NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)"
ROW = rf"\[{NUMBER}(?:, {NUMBER})*\]"
GRAMMAR = re.compile(
    rf"```mermaid\n%%{{init: [^\n]*}}%%\nxychart-beta horizontal\n"
    rf"    title {STRING}\n    x-axis \[({STRING}(?:, {STRING})*)\]\n    y-axis {STRING} {NUMBER} --> {NUMBER}\n"
    rf"((?:    (?:line|bar) {ROW}\n)+)```"
)
"""The part of mermaid's xychart.jison that is written here: texts know no escape and are never empty."""


def difference(name: str, value: float, reach: float) -> Figure:
    span = Interval(low=value - reach, high=value + reach)
    return Figure(name=f"difference:{name}", value=value, rows=600, interval=span)


def rate(group: str, value: float) -> Figure:
    return Figure(name="selection_rate", value=value, rows=100, group=group)


def parsed(chart: str) -> tuple[list[str], list[list[float]]]:
    """Return the labels and the series of a chart that keeps the grammar."""
    found = GRAMMAR.fullmatch(chart)
    assert found, chart
    labels = re.findall(STRING, found[1])
    series = [[float(number) for number in re.findall(NUMBER, line)] for line in found[2].splitlines()]
    assert all(len(row) == len(labels) for row in series)
    return labels, series


def test_challenger_less_champion_is_drawn_with_zero_and_both_ends() -> None:
    labels, series = parsed(
        difference_chart([difference("roc_auc", 0.01, 0.02), difference("f1", -0.02, 0.01)])
    )

    assert labels == ['"roc_auc"', '"f1"']
    assert series == [[0, 0], [-0.01, -0.03], [0.03, -0.01], [0.01, -0.02]]


@pytest.mark.parametrize(
    "figures",
    [
        [difference("roc_auc", 0.01, 0.02)],
        [difference("r2", 0.0, 0.001), difference("neg_mean_absolute_error", 3.0, 40.0)],
        [Figure(name="difference:f1", value=0.1, rows=9), Figure(name="difference:r", value=0.1, rows=9)],
    ],
)
def test_what_cannot_share_an_axis_is_not_drawn(figures: list[Figure]) -> None:
    assert difference_chart(figures) == ""


@pytest.mark.parametrize("value", [1e-9, -1e-9, 1e9, 0.0, 123.456])
def test_a_number_is_written_without_an_exponent(value: float) -> None:
    _, series = parsed(group_chart([rate("a", value), rate("b", value)]))

    assert series[0][0] == pytest.approx(value, rel=1e-3, abs=1e-9)


def test_groups_are_bars_and_many_are_cut() -> None:
    labels, series = parsed(group_chart([rate(f"age={place}", 0.5) for place in range(50)]))

    assert len(labels) == len(series[0]) == MOST_BARS
    assert labels[0] == '"age=0 (100)"'
    assert group_chart([rate("a", 0.5)]) == ""


@pytest.mark.parametrize(
    "hostile",
    [
        'a"b',
        "a\nbar [1]",
        "18 to <25",
        "```",
        "%%{init: x}%%",
        "#quot;",
        "<script>",
        "a;b",
        "x`y",
        "]",
        "@ada",
        "",
    ],
)
def test_no_label_ends_its_text_or_reaches_the_page(hostile: str) -> None:
    assert re.fullmatch(r'"[\w \-=.,:()/+…]+"', quoted(hostile))
    labels, _ = parsed(group_chart([rate(hostile, 0.5), rate("b", 0.4)]))
    assert len(labels) == 2


def test_labels_that_would_be_the_same_are_told_apart() -> None:
    labels, _ = parsed(group_chart([rate(group, 0.5) for group in ('a"b', "a;b", "a`b", "c")]))

    assert labels == ['"a b (100)"', '"2: a b (100)"', '"3: a b (100)"', '"c (100)"']


def test_errors_are_drawn_with_their_own_sign() -> None:
    errors = [
        Figure(name="neg_mean_absolute_error", value=value, rows=9, group="g") for value in (-3.0, -2.0)
    ]

    chart = group_chart(errors)

    assert parsed(chart)[1] == [[3, 2]]
    assert 'title "Mean absolute error by group"' in chart


def test_a_label_keeps_its_sense() -> None:
    assert quoted("age=18 to <25 & sex=f") == '"age=18 to under 25 and sex=f"'
    assert len(quoted("x" * 100)) == 36
