from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from trunkline.core.records import Evaluation, Figure, Interval, Verdict, Waiver
from trunkline.evaluation import report_markdown
from trunkline.evaluation.report import LIMIT, plain, verdict_table

FIGURE = Figure(name="roc_auc", value=0.81, rows=600, interval=Interval(low=0.78, high=0.84))


def evaluation(*verdicts: Verdict, **different: Any) -> Evaluation:
    value: dict[str, Any] = {
        "bundle": "sha256:" + "a" * 64,
        "snapshot": "sha256:" + "c" * 64,
        "created": datetime(2026, 11, 2, tzinfo=UTC),
        "figures": (FIGURE, FIGURE.model_copy(update={"group": "sex=Male"})),
        "verdicts": verdicts,
    }
    return Evaluation(**(value | different))


PASS = Verdict(gate="performance/baseline", outcome="pass", reason="Beaten.")
FAIL = Verdict(gate="performance/overfit", outcome="fail", reason="A gap of 0.3.", advice="Make it simpler.")


def test_the_report_says_outcome_verdicts_figures_and_what_to_do() -> None:
    text = report_markdown(evaluation(PASS, FAIL), title="Release")

    assert text.startswith("## Release\n\n**FAIL**")
    assert "`aaaaaaaaaaaa`, no champion yet" in text
    assert "2 gates: 1 pass, 1 fail, 0 inconclusive" in text
    assert "| `performance/overfit` | FAIL | A gap of 0.3. |" in text
    assert "- `performance/overfit`: Make it simpler." in text
    assert "| roc_auc | 0.810 | 0.780 to 0.840 | 600 |" in text
    assert "| sex=Male | roc_auc |" in text


def test_what_stops_a_release_stands_first() -> None:
    soft = Verdict(gate="a", outcome="inconclusive", reason="", blocking=False)
    lines = verdict_table([PASS, soft, FAIL]).splitlines()[2:]

    assert [line.split("`")[1] for line in lines] == ["performance/overfit", "a", "performance/baseline"]


def test_a_waiver_is_shown_with_owner_reason_and_date() -> None:
    waiver = Waiver(gate="*", owner="Ada", reason="Known", expires="2026-12-31")

    text = report_markdown(evaluation(FAIL.model_copy(update={"waiver": waiver})), title="Release")

    assert "FAIL, waived" in text
    assert "Waived by Ada until 2026-12-31: Known" in text
    assert "**PASS**" in text


def test_the_comparison_with_the_champion_is_shown_by_metric() -> None:
    difference = Figure(name="difference:f1", value=-0.01, rows=600, interval=Interval(low=-0.03, high=0.01))
    verdict = Verdict(
        gate="performance/champion", outcome="pass", reason="", figures=(difference,), threshold=-0.02
    )

    text = report_markdown(evaluation(verdict, champion="sha256:" + "b" * 64), title="Release")

    assert "champion `bbbbbbbbbbbb`" in text
    assert "| f1 | -0.0100 | 95 % interval -0.030 to 0.010 |" in text


@pytest.mark.parametrize("many", [200, 20_000])
def test_a_report_always_fits_into_a_comment_and_says_when_it_was_cut(many: int) -> None:
    figures = tuple(FIGURE.model_copy(update={"group": f"postcode={number}"}) for number in range(many))

    text = report_markdown(evaluation(PASS, figures=figures), title="Release")

    assert len(text) < LIMIT
    assert ("Cut here" in text) == (many == 20_000)
    assert text.count("<details>") == text.count("</details>") == 1


def test_a_report_cut_within_the_verdicts_keeps_whole_lines() -> None:
    verdicts = [Verdict(gate=f"g{number:03}", outcome="fail", reason="x" * 400) for number in range(200)]

    text = report_markdown(evaluation(*verdicts), title="Release", limit=5000)

    assert len(text) < 5000
    assert all(line.endswith("|") for line in text.splitlines() if line.startswith("| `g"))


def test_text_of_users_neither_breaks_the_table_nor_mentions_anyone() -> None:
    assert plain("a|b\n<script> @ada") == "a\\|b &lt;script> &#64;ada"
