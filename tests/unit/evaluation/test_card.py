from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from trunkline.core.bundle import BundleManifest
from trunkline.core.config import Policy
from trunkline.core.contract import Contract
from trunkline.core.records import (
    Evaluation,
    Figure,
    Interval,
    Lineage,
    SnapshotManifest,
    Verdict,
    Waiver,
    Window,
)
from trunkline.evaluation import Scored, card, card_pictures

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
MANIFEST = BundleManifest(
    name="release", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={}
)
SNAPSHOT = SnapshotManifest(
    files={},
    rows={"train": 1400, "validation": 400, "test": 600},
    split={"method": "stratified", "seed": 7},
    window=Window(last=1999),
    sources={"source": 2300, "traffic": 100},
)
RED = Verdict(gate="fairness/sex/equalized-odds", outcome="fail", reason="Too unlike.")


def evaluation(*verdicts: Verdict) -> Evaluation:
    return Evaluation(
        bundle="sha256:" + "a" * 64,
        snapshot="sha256:c",
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=(FIGURE, FIGURE.model_copy(update={"group": "sex=Male"})),
        verdicts=verdicts,
    )


def text_of(contract: Contract, *verdicts: Verdict, version: int | None = 3, **policy: Any) -> str:
    rules = Policy.model_validate({"name": "release", "package": "release"} | policy)
    return card(
        evaluation(*verdicts),
        MANIFEST,
        contract,
        rules,
        version,
        SNAPSHOT,
        pictures=("pictures/roc.svg",),
    )


def test_the_front_matter_is_what_hugging_face_reads(contract: Contract) -> None:
    head = text_of(contract).split("---\n")[1]

    facts = YAML(typ="safe").load(head)
    assert facts["pipeline_tag"] == "tabular-classification"
    assert facts["library_name"] == "onnx"
    (model,) = facts["model-index"]
    (result,) = model["results"]
    assert model["name"] == "release"
    assert result["task"]["type"] == "tabular-classification"
    assert result["dataset"]["type"] == "release"
    assert result["metrics"] == [{"type": "roc_auc", "name": "roc_auc", "value": 0.8123}]


def test_the_card_holds_use_data_inputs_figures_and_lineage(contract: Contract) -> None:
    text = text_of(contract, intended_use="Audits only.", owner="Ada")

    assert "# release version 3" in text
    assert "## Intended use\n\nAudits only.\n\nWho answers for it: Ada" in text
    assert "event times from the beginning to 1999" in text
    assert "- Rows: train 1,400, validation 400, test 600." in text
    assert "- Sources: source 2,300 rows, traffic 100 rows." in text
    assert "| `colour` | audit, protected | one of Black, White |" in text
    assert "| roc_auc | 0.812 | 0.780 to 0.840 | 600 |" in text
    assert "| Commit | `abc` |" in text
    assert "`criterion = a\\|b, max_depth = 3`" in text
    assert "![roc](pictures/roc.svg)" in text


def test_what_nobody_stated_is_said_to_be_missing(contract: Contract) -> None:
    text = text_of(contract, version=None)

    assert text.count("*Not stated: a person must write this") == 2
    assert "# release (not registered)" in text


def test_limits_and_waivers_are_those_of_the_verdicts(contract: Contract) -> None:
    waiver = Waiver(gate="fairness/*", owner="Ada", reason="Known", expires="2026-12-31")

    clean, waived = text_of(contract), text_of(contract, RED.model_copy(update={"waiver": waiver}))

    assert "## Limits found by the gates\n\nNone: every gate is green." in clean
    assert "- `fairness/sex/equalized-odds`: FAIL, waived. Too unlike." in waived
    assert "- `fairness/sex/equalized-odds`: Ada, until 2026-12-31: Known" in waived


def test_the_card_names_what_a_person_must_write_for_the_ai_act(contract: Contract) -> None:
    assert "## Technical documentation (EU AI Act, Annex IV)" in text_of(contract)


def test_the_same_facts_give_the_same_card(contract: Contract) -> None:
    assert text_of(contract, RED) == text_of(contract, RED)


def test_pictures_are_files_to_put_beside_the_card(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    scored = answer(rows(200))

    found = card_pictures(evaluation(), scored, None, contract)

    assert {"roc.svg", "calibration.svg", "confusion.svg"} <= set(found)
    assert found == card_pictures(evaluation(), scored, None, contract)
