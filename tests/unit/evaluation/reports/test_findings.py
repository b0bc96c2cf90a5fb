from __future__ import annotations

from datetime import UTC, datetime

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.evaluation.reports.findings import champion, groups, limits, under_load, waivers, weak_parts

SPAN = Interval(low=-0.1, high=0.2)
GREEN = Verdict(gate="performance/baseline", outcome="pass", reason="Beaten.")


def figure(name: str, group: str = "") -> Figure:
    return Figure(name=name, value=0.1, rows=60, interval=SPAN, group=group)


def evaluation(*verdicts: Verdict, figures: tuple[Figure, ...] = ()) -> Evaluation:
    return Evaluation(
        bundle="b",
        snapshot="s",
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=figures,
        verdicts=verdicts,
    )


def test_the_champion_is_compared_overall_and_by_group() -> None:
    overall = Verdict(
        gate="performance/champion", outcome="pass", reason="Not worse.", figures=(figure("difference:f1"),)
    )
    by_group = Verdict(
        gate="fairness/sex/champion",
        outcome="pass",
        reason="",
        figures=(figure("difference:accuracy", "sex=f"),),
    )

    text = champion([GREEN, overall, by_group])

    assert text.startswith("`performance/champion`: PASS. Not worse.")
    assert "| difference:f1 | 0.100 | -0.100 to 0.200 | 60 |" in text
    assert "| sex=f | difference:accuracy | 0.100 |" in text
    assert champion([GREEN]) == "Not compared."


def test_groups_are_told_by_verdict_and_figure(contract: Contract) -> None:
    red = Verdict(gate="fairness/sex/error-rate", outcome="fail", reason="Unlike.")
    figures = (figure("accuracy", "sex=f"), figure("accuracy", "age=1 & sex=f"), figure("accuracy"))

    text = groups(evaluation(GREEN, red, figures=figures), contract)

    assert "| `fairness/sex/error-rate` | FAIL | Unlike. |" in text
    assert "| sex=f | accuracy |" in text
    assert "age=1" not in text
    assert "Measured of 1 crossings" in text
    assert "baseline" not in text


def test_a_value_with_an_ampersand_is_a_group_of_one_attribute(contract: Contract) -> None:
    shop = "trade=Books & Toys"
    figures = (figure("accuracy", shop), figure("accuracy", "sex=f"), figure("accuracy", f"{shop} & sex=f"))
    by_group = Verdict(
        gate="fairness/trade/champion",
        outcome="pass",
        reason="",
        figures=(figure("difference:accuracy", shop),),
    )
    overall = Verdict(gate="performance/champion", outcome="pass", reason="Not worse.")

    text = groups(evaluation(figures=figures), contract)

    assert "| trade=Books &amp; Toys | accuracy |" in text
    assert "Measured of 1 crossings" in text
    assert "trade=Books &amp; Toys | difference:accuracy" in champion([overall, by_group])
    crossed = by_group.model_copy(update={"gate": "fairness/trade & sex/champion"})
    assert "difference:accuracy" not in champion([overall, crossed])


def test_a_contract_without_protected_attributes_says_that_nobody_looked(many: Contract) -> None:
    assert groups(evaluation(), many).startswith("The contract names no protected attribute")


def test_limits_are_all_that_is_not_green() -> None:
    soft = Verdict(gate="slices/weak", outcome="fail", reason="Two parts.", blocking=False)

    assert limits([GREEN]) == "None: every gate is green."
    assert limits([GREEN, soft]) == "- `slices/weak`: FAIL, does not block. Two parts."


def test_weak_parts_are_named_where_they_were_confirmed() -> None:
    weak = Verdict(
        gate="slices/weak", outcome="fail", reason="", figures=(figure("gap", "age < 25 & colour = Black"),)
    )

    assert "| age &lt; 25 &amp; colour = Black | gap |" in weak_parts([weak])
    assert weak_parts([GREEN]) == weak_parts([weak.model_copy(update={"outcome": "pass"})]) == ""


def test_waivers_name_who_lets_what_through_until_when() -> None:
    waiver = Waiver(gate="data/*", owner="Ada", reason="Known", expires="2026-12-31")
    red = Verdict(gate="data/nulls", outcome="fail", reason="Empty.", waiver=waiver)

    assert waivers([red, GREEN]) == "- `data/nulls` FAIL. Waived by Ada until 2026-12-31: Known"
    assert waivers([GREEN]) == "None."


def test_load_is_told_where_it_was_measured() -> None:
    ran = Verdict(gate="load/latency", outcome="pass", reason="Fast.", figures=(figure("latency_p95_ms"),))
    not_run = Verdict(gate="load/not-run", outcome="inconclusive", reason="Nobody ran it.")

    assert "| latency_p95_ms | 0.100 |" in under_load([GREEN, ran])
    assert under_load([not_run]) == "The service was not loaded."
    assert under_load([GREEN]) == ""
