from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from markdown_it import MarkdownIt

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.evaluation import report_markdown
from trunkline.evaluation.reports.summary import LIMIT

SPAN = Interval(low=0.78, high=0.84)
FIGURE = Figure(name="roc_auc", value=0.81, rows=600, interval=SPAN)
PASS = Verdict(gate="performance/baseline", outcome="pass", reason="Beaten.")
FAIL = Verdict(gate="performance/overfit", outcome="fail", reason="A gap of 0.3.", advice="Make it simpler.")
OPEN = Verdict(gate="data/leakage", outcome="inconclusive", reason="Too few rows.", advice="Bring more rows.")
UNFAIR = Verdict(
    gate="fairness/a & b/error-rate", outcome="fail", reason="x | <b> @ada", advice="Mend.", blocking=False
)


def evaluation(*verdicts: Verdict, **different: Any) -> Evaluation:
    value: dict[str, Any] = {
        "bundle": "sha256:" + "a" * 64,
        "snapshot": "sha256:" + "c" * 64,
        "created": datetime(2026, 11, 2, tzinfo=UTC),
        "figures": (FIGURE, FIGURE.model_copy(update={"group": "sex=Male"})),
        "verdicts": verdicts,
    }
    return Evaluation(**(value | different))


def report(*verdicts: Verdict, limit: int = LIMIT, **different: Any) -> str:
    return report_markdown(evaluation(*verdicts, **different), title="Release", limit=limit)


def test_it_begins_with_the_outcome_and_what_was_judged() -> None:
    text = report(PASS, FAIL)

    assert text.startswith(
        "## Release\n\n**FAIL**: this model is not released.\n\n2 gates: 1 pass, 1 fail, 0"
    )
    assert "Bundle `aaaaaaaaaaaa`, no champion yet, snapshot `cccccccccccc`." in text


def test_it_says_what_answers_and_how_far_from_what_was_fitted() -> None:
    text = report(PASS, runtime="onnx", parity="0 of 600 labels differ")

    assert "runtime `onnx`: beside what was fitted, 0 of 600 labels differ.\n" in text
    assert "runtime `python`.\n" in report(PASS, runtime="python")


def test_what_stops_is_told_with_what_to_do_the_data_first() -> None:
    lines = report(PASS, FAIL, OPEN, UNFAIR).splitlines()

    start = lines.index("### What stops it (2)")
    assert lines[start + 2] == (
        "1. `data/leakage` **INCONCLUSIVE**: Too few rows.<br>**What to do first:** Bring more rows."
    )
    assert lines[start + 3] == (
        "2. `performance/overfit` **FAIL**: A gap of 0.3.<br>**What to do:** Make it simpler."
    )
    assert lines[start + 5] == "`trunkline explain data/leakage` tells how that is measured."


def test_a_gate_with_a_space_is_quoted_in_the_command() -> None:
    text = report(UNFAIR.model_copy(update={"blocking": True}))

    assert "`trunkline explain 'fairness/a & b/error-rate'`" in text


def test_a_green_report_begins_with_the_tables() -> None:
    text = report(PASS, figures=())

    assert "What stops it" not in text
    assert "### " not in text
    assert "<details><summary>Performance: 1 pass</summary>" in text


def test_verdicts_are_folded_by_room_and_counted() -> None:
    text = report(PASS, FAIL, OPEN, UNFAIR)

    order = [
        text.index(f"<summary>{words}</summary>")
        for words in (
            "Data: 1 inconclusive",
            "Performance: 1 fail; 1 pass",
            "Fairness: 1 fail, does not block",
        )
    ]
    assert order == sorted(order)
    assert "| `fairness/a & b/error-rate` | FAIL, does not block | x \\| &lt;b> &#64;ada |" in text


def test_a_waiver_is_shown_with_owner_reason_and_date() -> None:
    waiver = Waiver(gate="performance/*", owner="Ada", reason="Known", expires="2026-12-31")

    text = report(FAIL.model_copy(update={"waiver": waiver}))

    assert "**PASS**: every gate that blocks is green or waived." in text
    assert "### Waived (1)\n\n- `performance/overfit` FAIL. Waived by Ada until 2026-12-31: Known" in text


def test_the_comparison_with_the_champion_is_drawn_and_told_by_metric() -> None:
    differences = tuple(
        Figure(name=f"difference:{name}", value=-0.01, rows=600, interval=Interval(low=-0.03, high=0.01))
        for name in ("f1", "recall")
    )
    verdict = Verdict(
        gate="performance/champion", outcome="pass", reason="Not worse.", figures=differences, threshold=-0.02
    )

    text = report(verdict, champion="sha256:" + "b" * 64)

    assert "champion `bbbbbbbbbbbb`" in text
    assert "### Challenger and champion\n\nPASS. Not worse.\n\n```mermaid" in text
    assert "| f1 | -0.0100 | -0.0300 to +0.0100 |" in text
    assert "f1 decides. It may not lie below -0.020." in text


def test_groups_are_drawn_where_fairness_is_red() -> None:
    rates = tuple(
        Figure(name="selection_rate", value=0.5, rows=60, group=group)
        for group in ("s=f", "s=m", "s=x & y", "a=1 & s=f")
    )

    assert 'x-axis ["s=f (60)", "s=m (60)", "s=x and y (60)"]' in report(UNFAIR, figures=rates)
    assert "mermaid" not in report(PASS, figures=rates)


def rich(verdicts: int, groups: int, reason: int = 350) -> Evaluation:
    rooms = ("data", "performance", "fairness", "robustness", "slices", "load")
    return evaluation(
        *(
            Verdict(
                gate=f"{rooms[place % 6]}/attribute {place} & other/question-{place}",
                outcome=("pass", "fail", "inconclusive")[place % 3],
                reason="words and figures " * (reason // 18),
                advice="Do this and that. " * 8,
            )
            for place in range(verdicts)
        ),
        figures=tuple(
            FIGURE.model_copy(
                update={"name": "selection_rate", "group": f"colour=Black & region=number {place}"}
            )
            for place in range(groups)
        ),
    )


def test_sixty_gates_and_three_hundred_figures_of_groups_fit_whole() -> None:
    text = report_markdown(rich(60, 300), title="Release")

    assert len(text) < LIMIT
    assert "Left out" not in text
    assert text.count("| selection_rate |") == 300
    assert "question-59" in text


@pytest.mark.parametrize("limit", [LIMIT, 20_000, 3_000])
@pytest.mark.parametrize(
    ("verdicts", "groups", "reason"), [(60, 20_000, 350), (400, 300, 3000), (60, 300, 350)]
)
def test_a_report_always_fits_into_a_comment_and_says_what_was_left_out(
    limit: int, verdicts: int, groups: int, reason: int
) -> None:
    text = report_markdown(rich(verdicts, groups, reason), title="Release " * 500, limit=limit)

    assert len(text) < limit
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0
    assert ("*Left out, because a comment holds no more: " in text) == (
        (verdicts, groups, limit) != (60, 300, LIMIT)
    )


def test_every_table_is_read_as_one() -> None:
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(report(PASS, FAIL, OPEN, UNFAIR))

    assert html.count("<table>") == 5
    assert "| " not in html.replace("x | &lt;b>", "").replace("x | &lt;b&gt;", "")
