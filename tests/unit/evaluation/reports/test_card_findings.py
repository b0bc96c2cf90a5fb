from __future__ import annotations

from datetime import UTC, datetime

from trunkline.core.bundle import BundleManifest
from trunkline.core.contract import Contract
from trunkline.core.figures import Figure, Interval
from trunkline.core.lineage import Lineage
from trunkline.core.policy.policy import Policy
from trunkline.core.snapshots import SnapshotManifest, Window
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.evaluation import card

SPAN = Interval(low=-0.1, high=0.2)
LINEAGE = Lineage(
    commit="c",
    snapshot="s",
    training_key="k",
    code="d",
    policy="p",
    lock="l",
    toolkit="t",
    candidate="forest",
    settings={},
)
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


def section(heading: str, judged: Evaluation, contract: Contract) -> str:
    """Return what a card says below a heading."""
    manifest = BundleManifest(
        name="release", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={}
    )
    snapshot = SnapshotManifest(files={}, rows={}, split={}, window=Window(), sources={})
    text = card(judged, manifest, contract, Policy(name="release", package="release"), None, snapshot)
    return text.split(f"## {heading}\n")[1].split("\n## ")[0].strip()


def told(heading: str, contract: Contract, *verdicts: Verdict) -> str:
    return section(heading, evaluation(*verdicts), contract)


def test_the_champion_is_compared_overall_and_by_group(contract: Contract) -> None:
    overall = Verdict(
        gate="performance/champion", outcome="pass", reason="Not worse.", figures=(figure("difference:f1"),)
    )
    by_group = Verdict(
        gate="fairness/sex/champion",
        outcome="pass",
        reason="",
        figures=(figure("difference:accuracy", "sex=f"),),
    )

    text = told("Compared with the champion", contract, GREEN, overall, by_group)

    assert text.startswith("`performance/champion`: PASS. Not worse.")
    assert "| difference:f1 | 0.100 | -0.100 to 0.200 | 60 |" in text
    assert "| sex=f | difference:accuracy | 0.100 |" in text
    assert told("Compared with the champion", contract, GREEN) == "Not compared."


def test_groups_are_told_by_verdict_and_figure(contract: Contract) -> None:
    red = Verdict(gate="fairness/sex/error-rate", outcome="fail", reason="Unlike.")
    figures = (figure("accuracy", "sex=f"), figure("accuracy", "age=1 & sex=f"), figure("accuracy"))

    text = section("Groups of people", evaluation(GREEN, red, figures=figures), contract)

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

    text = section("Groups of people", evaluation(figures=figures), contract)

    assert "| trade=Books &amp; Toys | accuracy |" in text
    assert "Measured of 1 crossings" in text
    assert "trade=Books &amp; Toys | difference:accuracy" in section(
        "Compared with the champion", evaluation(overall, by_group), contract
    )
    crossed = by_group.model_copy(update={"gate": "fairness/trade & sex/champion"})
    assert "difference:accuracy" not in section(
        "Compared with the champion", evaluation(overall, crossed), contract
    )


def test_a_contract_without_protected_attributes_says_that_nobody_looked(many: Contract) -> None:
    assert section("Groups of people", evaluation(), many).startswith(
        "The contract names no protected attribute"
    )


def test_limits_are_all_that_is_not_green(contract: Contract) -> None:
    soft = Verdict(gate="slices/weak", outcome="fail", reason="Two parts.", blocking=False)

    assert told("Limits found by the gates", contract, GREEN) == "None: every gate is green."
    assert (
        told("Limits found by the gates", contract, GREEN, soft)
        == "- `slices/weak`: FAIL, does not block. Two parts."
    )


def test_weak_parts_are_named_where_they_were_confirmed(contract: Contract) -> None:
    weak = Verdict(
        gate="slices/weak", outcome="fail", reason="", figures=(figure("gap", "age < 25 & colour = Black"),)
    )

    row = "| age &lt; 25 &amp; colour = Black | gap |"
    green = weak.model_copy(update={"outcome": "pass"})
    assert row in told("Limits found by the gates", contract, weak)
    assert row not in told("Limits found by the gates", contract, green)


def test_waivers_name_who_lets_what_through_until_when(contract: Contract) -> None:
    waiver = Waiver(gate="data/*", owner="Ada", reason="Known", expires="2026-12-31")
    red = Verdict(gate="data/nulls", outcome="fail", reason="Empty.", waiver=waiver)

    assert (
        told("Waivers", contract, red, GREEN) == "- `data/nulls` FAIL. Waived by Ada until 2026-12-31: Known"
    )
    assert told("Waivers", contract, GREEN) == "None."


def test_load_is_told_where_it_was_measured(contract: Contract) -> None:
    ran = Verdict(gate="load/latency", outcome="pass", reason="Fast.", figures=(figure("latency_p95_ms"),))
    not_run = Verdict(gate="load/not-run", outcome="inconclusive", reason="Nobody ran it.")

    assert "| latency_p95_ms | 0.100 |" in told("Resources", contract, GREEN, ran)
    assert "The service was not loaded." in told("Resources", contract, not_run)
    assert "load" not in told("Resources", contract, GREEN)
