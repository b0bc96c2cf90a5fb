from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from trunkline.core.bundle import BundleManifest
from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.figures import Figure, Interval
from trunkline.core.lineage import Lineage, Usage
from trunkline.core.policy.policy import Policy
from trunkline.core.snapshots import SnapshotManifest, Window
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.evaluation import Scored, card, card_pictures
from trunkline.evaluation.reports.card import DIFFERS, SAME
from trunkline.evaluation.reports.rendering import render

FIGURE = Figure(name="roc_auc", value=0.8123, rows=600, interval=Interval(low=0.78, high=0.84))
LINEAGE = Lineage(
    commit="abc",
    snapshot="sha256:c",
    training_key="sha256:k",
    code="sha256:d",
    policy="sha256:p",
    lock="sha256:l",
    toolkit="0.1.0",
    candidate="forest",
    settings={"max_depth": 3, "criterion": "a|b"},
)
SNAPSHOT = SnapshotManifest(
    files={},
    rows={"train": 1400, "validation": 400, "test": 600},
    split={"method": "stratified", "seed": 7},
    window=Window(last=1999),
    sources={"source": 2300, "traffic": 100},
)
USAGE = Usage(
    seconds=12.34,
    cpu_seconds=20.5,
    peak_memory_mb=812.3,
    cores=2,
    energy_wh=0.0569,
    energy_source="estimated",
    watts_per_core=10.0,
)
RED = Verdict(gate="fairness/sex/equalized-odds", outcome="fail", reason="Too unlike.")
SLOW = Verdict(
    gate="load/latency",
    outcome="fail",
    blocking=False,
    reason="Slow.",
    figures=(Figure(name="latency_p95_ms", value=212.0, rows=500),),
)


def evaluation(*verdicts: Verdict) -> Evaluation:
    return Evaluation(
        bundle="sha256:" + "a" * 64,
        snapshot="sha256:c",
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=(FIGURE, FIGURE.model_copy(update={"group": "sex=Male"})),
        verdicts=verdicts,
    )


def text_of(
    contract: Contract,
    *verdicts: Verdict,
    version: int | None = 3,
    usage: Usage | None = None,
    candidate: str = "forest",
    decision: Decision | None = None,
    **policy: Any,
) -> str:
    rules = Policy.model_validate({"name": "release", "package": "release"} | policy)
    manifest = BundleManifest(
        name="release",
        runtime="onnx",
        model="model.onnx",
        decision=decision,
        figures=(),
        lineage=LINEAGE.model_copy(update={"candidate": candidate}),
        files={},
    )
    return card(
        evaluation(*verdicts),
        manifest,
        contract,
        rules,
        version,
        SNAPSHOT,
        pictures=("pictures/roc.svg",),
        usage=usage,
    )


def section(text: str, heading: str) -> str:
    return text.split(f"## {heading}\n")[1].split("\n## ")[0].strip()


def test_a_red_gate_of_a_strangers_is_among_the_limits(contract: Contract) -> None:
    red = Verdict(gate="toys/mistakes", outcome="fail", reason="Many answers are wrong.")
    assert "toys/mistakes" in text_of(contract, red)


def test_the_front_matter_stands_first_and_is_yaml(contract: Contract) -> None:
    text = text_of(contract, license="mit")

    assert text.startswith("---\n")
    facts = YAML(typ="safe").load(text.split("---\n")[1])
    assert facts["license"] == "mit"
    assert facts["pipeline_tag"] == "tabular-classification"


def test_the_card_holds_use_data_inputs_figures_and_lineage(contract: Contract) -> None:
    text = text_of(contract, intended_use="Audits only.", owner="Ada", license="other")

    assert "# release version 3" in text
    assert section(text, "Intended use") == (
        "Audits only.\n\nWho answers for it: Ada\n\nLicence: the one in the repository's LICENSE"
    )
    assert "event times from the beginning to 1999" in text
    assert "- Rows: train 1,400, validation 400, test 600." in text
    assert "- Sources: source 2,300 rows, traffic 100 rows." in text
    assert "| `colour` | audit, protected | one of Black, White |" in text
    assert "| roc_auc | 0.812 | 0.780 to 0.840 | 600 |" in text
    assert "| Commit | `abc` |" in text
    assert "| Chosen by | `roc_auc in cross-validation` |" in text
    assert "`criterion = a\\|b, max_depth = 3`" in text
    assert "![roc](pictures/roc.svg)" in text


def test_what_nobody_stated_is_said_to_be_missing(contract: Contract) -> None:
    text = text_of(contract, version=None)

    assert text.count("*Not stated: a person must write this") == 3
    assert "# release (not registered)" in text


def test_limits_and_waivers_are_those_of_the_verdicts(contract: Contract) -> None:
    waiver = Waiver(gate="fairness/*", owner="Ada", reason="Known", expires="2026-12-31")

    clean, waived = text_of(contract), text_of(contract, RED.model_copy(update={"waiver": waiver}))

    assert section(clean, "Limits found by the gates") == "None: every gate is green."
    assert section(waived, "Limits found by the gates") == (
        "- `fairness/sex/equalized-odds`: FAIL, waived. Too unlike."
    )
    assert section(waived, "Waivers") == (
        "- `fairness/sex/equalized-odds` FAIL. Waived by Ada until 2026-12-31: Known"
    )


def test_what_training_took_is_told_with_how_the_energy_is_known(contract: Contract) -> None:
    resources = section(text_of(contract, usage=USAGE), "Resources")

    assert "| Time | 12.3 s |" in resources
    assert "| Processor time | 20.5 s, on a machine with 2 cores |" in resources
    assert "| Peak memory | 812 MB |" in resources
    assert "| Energy | 0.057 Wh, estimated: processor time at 10 W a core |" in resources
    assert "Emissions are not stated" in resources
    measured = USAGE.model_copy(update={"energy_source": "measured"})
    assert "Wh, measured by the processor's own meter" in text_of(contract, usage=measured)
    assert "What training took was not measured." in text_of(contract)


def test_what_differs_from_run_to_run_stands_between_two_marks(contract: Contract) -> None:
    def masked(text: str) -> str:
        return re.sub(f"{re.escape(DIFFERS)}.*?{re.escape(SAME)}", "", text, flags=re.DOTALL)

    other = USAGE.model_copy(update={"seconds": 99.0, "energy_wh": 3.0, "peak_memory_mb": 1.0})
    slower = SLOW.model_copy(update={"reason": "Slower.", "figures": ()})

    first, second = text_of(contract, SLOW, usage=USAGE), text_of(contract, slower, usage=other)

    assert first != second
    assert masked(first) == masked(second)


def test_load_is_told_among_the_resources_only(contract: Contract) -> None:
    text = text_of(contract, SLOW)

    assert "- `load/latency`: FAIL, does not block. Slow." in section(text, "Resources")
    assert text.count("load/latency") == 1


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (
            "forest+threshold-optimizer",
            "Mitigation: threshold-optimizer for equalized-odds on `sex`: a threshold",
        ),
        (
            "forest+exponentiated-gradient",
            "Mitigation: exponentiated-gradient for equalized-odds on `sex`: a mix",
        ),
        ("forest", ""),
    ],
)
def test_mitigation_is_told_where_the_candidate_was_put_under_it(
    contract: Contract, candidate: str, told: str
) -> None:
    mitigation = {"method": "threshold-optimizer", "attribute": "sex", "constraint": "equalized-odds"}

    text = text_of(contract, candidate=candidate, training={"mitigation": mitigation})

    assert ("Mitigation: " in text) == bool(told)
    assert told in section(text, "Groups of people")


def test_the_card_names_what_a_person_must_write_for_the_ai_act(contract: Contract) -> None:
    text = text_of(contract, RED, usage=USAGE)

    assert render("annex.md").strip() in section(text, "Technical documentation (EU AI Act, Annex IV)")
    # What the table says that the card gives stands on it.
    assert "train" in section(text, "Data")
    assert "Split:" in section(text, "Data")
    assert "Who answers for it:" in section(text, "Intended use")
    assert RED.gate in section(text, "Limits found by the gates")
    for fact in ("Time", "Processor time", "Peak memory", "Energy"):
        assert f"| {fact} | " in section(text, "Resources")
    for fact in ("Runtime", "Candidate", "Settings", "Chosen by", "Commit", "Toolkit"):
        assert f"| {fact} | " in section(text, "Lineage")


def test_the_same_facts_give_the_same_card(contract: Contract) -> None:
    assert text_of(contract, RED, usage=USAGE) == text_of(contract, RED, usage=USAGE)


def test_pictures_are_files_to_put_beside_the_card(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    scored = answer(rows(200))

    found = card_pictures(evaluation(), scored, None, contract)

    assert {"roc", "calibration", "confusion"} <= set(found)
    assert found == card_pictures(evaluation(), scored, None, contract)


def test_a_threshold_stands_on_the_card_with_its_reason(contract: Contract) -> None:
    decision = Decision(positive="Yes", threshold=0.31, reason="Chosen by f1 on 900 rows held out by folds.")
    text = section(text_of(contract, decision=decision), "Inputs and outcome")

    assert "Yes from a probability of 0.31 on" in text
    assert decision.reason in text
    assert "threshold" not in section(text_of(contract), "Inputs and outcome")
