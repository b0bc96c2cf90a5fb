from __future__ import annotations

from datetime import UTC, datetime

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.evaluation import report_markdown
from trunkline.evaluation.reports.rendering import shortened
from trunkline.evaluation.reports.rooms import by_urgency, stopping

PASS = Verdict(gate="performance/baseline", outcome="pass", reason="Beaten.")
FAIL = Verdict(gate="performance/overfit", outcome="fail", reason="A gap of 0.3.")
OPEN = Verdict(gate="data/leakage", outcome="inconclusive", reason="Too few.")
SOFT = Verdict(gate="fairness/sex/error-rate", outcome="inconclusive", reason="", blocking=False)
WAIVER = Waiver(gate="performance/*", owner="Ada", reason="Known | <b>", expires="2026-12-31")


def test_what_stops_a_release_stands_first() -> None:
    assert by_urgency([PASS, SOFT, OPEN, FAIL]) == [FAIL, OPEN, SOFT, PASS]


def test_what_to_look_at_first_is_the_data_and_only_what_stops_is_told() -> None:
    let_through = FAIL.model_copy(update={"waiver": WAIVER})

    assert stopping([PASS, SOFT, FAIL, OPEN]) == [OPEN, FAIL]
    assert stopping([let_through]) == []


def test_two_attributes_together_come_after_each_of_them() -> None:
    crossed, single = (
        FAIL.model_copy(update={"gate": f"fairness/{name}/x"}) for name in ("age & sex", "sex")
    )

    assert stopping([crossed, single]) == by_urgency([crossed, single]) == [single, crossed]


def test_long_text_is_cut_at_a_word_and_that_is_seen() -> None:
    assert shortened("one two three", 9) == "one two …"
    assert shortened("one two", 9) == "one two"


def report(*verdicts: Verdict, figures: tuple[Figure, ...] = ()) -> list[str]:
    """Return the lines of a report."""
    judged = Evaluation(
        bundle="b",
        snapshot="s",
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=figures,
        verdicts=verdicts,
    )
    return report_markdown(judged, title="a <b>").splitlines()


def test_a_verdict_is_a_row_with_its_waiver() -> None:
    lines = report(PASS, FAIL.model_copy(update={"waiver": WAIVER}))

    place = lines.index("| Gate | Verdict | Reason |")
    assert lines[place + 2] == (
        "| `performance/overfit` | FAIL, waived | A gap of 0.3. Waived by Ada until 2026-12-31: Known \\| &lt;b> |"
    )
    assert lines[place + 3] == "| `performance/baseline` | PASS | Beaten. |"


def test_a_figure_is_a_row_with_its_interval_and_group() -> None:
    figure = Figure(name="f1", value=0.5, rows=1200, interval=Interval(low=0.4, high=0.6))
    bare = figure.model_copy(update={"interval": None, "group": "a|b"})

    lines = report(PASS, figures=(figure, bare))

    assert "| f1 | 0.500 | 0.400 to 0.600 | 1,200 |" in lines
    assert "| a\\|b | f1 | 0.500 | none | 1,200 |" in lines


def test_the_level_of_intervals_is_said_where_all_have_the_same() -> None:
    wide = Figure(name="f1", value=0.5, rows=12, interval=Interval(low=0.3, high=0.7, level=0.99))
    usual = wide.model_copy(update={"interval": Interval(low=0.4, high=0.6)})

    heads = [
        next(line for line in report(PASS, figures=figures) if line.startswith("| Figure"))
        for figures in ((wide,), (usual, usual), (wide, usual))
    ]

    assert ["99 % interval" in heads[0], "95 % interval" in heads[1], "| Interval |" in heads[2]] == [
        True
    ] * 3


def test_what_is_folded_opens_and_closes() -> None:
    text = "\n".join(report(PASS, FAIL))

    assert text.startswith("## a &lt;b>\n")
    assert "<details><summary>Performance: 1 fail; 1 pass</summary>\n\n| Gate |" in text
    assert text.endswith("Beaten. |\n\n</details>")
